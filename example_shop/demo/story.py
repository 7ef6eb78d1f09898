"""The story that the terminal tells: from a purchase to a review that everybody can read.

Every step is an HTTP request to the shop's own pages, the way a browser would send it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from ..extensions import db
from ..models import Person, Product
from . import mailbox
from .browser import Browser, PageError, sign_in
from .passing import pass_days

BUYER, SELLER, PRODUCT = 5, 4, 9
TITLE = "Two notebooks and no swearing"
WORDS = "I had never sewn a book. The drawings are clear, the thread is strong, and I gave one of the two away proudly."


@dataclass(frozen=True, slots=True)
class Ending:
    """Where the story has led: paths of pages worth looking at."""

    order: str
    mail: str
    rate: str
    product: str
    public: str


@dataclass(frozen=True, slots=True)
class Teller:
    """How the story is told: `say` prints a sentence, `wait` is called as time passes."""

    say: Callable[[str], None]
    wait: Callable[[], None]


def tell(app: Flask, teller: Teller) -> Ending:
    """Live through the story; raises `PageError` when the shop does not do what it should."""
    with app.app_context():
        buyer, seller = db.session.get_one(Person, BUYER), db.session.get_one(Person, SELLER)
        product = db.session.get_one(Product, PRODUCT)
        names = (buyer.name, seller.name, product.title)
    order = buy(app, teller, names)
    deliver(app, teller, names)
    mail = wait_for_mail(app, teller, names)
    review(app, teller, names, mail)
    answer(app, teller, names)
    return read_it(app, teller, Ending(order, f"/demo/mailbox/{mail.name}", link(mail), f"/products/{PRODUCT}", ""))


Names = tuple[str, str, str]


def buy(app: Flask, teller: Teller, names: Names) -> str:
    """Sign in as the buyer and buy; returns the path of the order's page."""
    browser = sign_in(app, BUYER)
    browser.open(f"/products/{PRODUCT}")
    browser.send()
    teller.say(f"{names[0]} buys “{names[2]}”.")
    return browser.path


def deliver(app: Flask, teller: Teller, names: Names) -> None:
    """Sign in as the seller, send the parcel, and let it arrive."""
    browser = sign_in(app, SELLER)
    with app.app_context():
        order = newest_order_id()
    send_parcel(browser, order)
    teller.say(f"{names[1]} packs it and sends the parcel.")
    browser.send("/arrived")
    teller.say(f"The parcel arrives. The shop says trust.order_delivered({order}) and carries on.")


def newest_order_id() -> int:
    """Return the number of the order that was placed last."""
    from sqlalchemy import func, select

    from ..models import Order

    return db.session.scalar(select(func.max(Order.id))) or 0


def send_parcel(browser: Browser, order: int) -> None:
    """Press "Send the parcel" at an order."""
    browser.open("/selling")
    browser.send(f"/selling/{order}/ship")


def wait_for_mail(app: Flask, teller: Teller, names: Names) -> mailbox.Mail:
    """Let 7 days pass, and return the mail that the buyer got."""
    teller.say("Seven quiet days pass. Nobody is asked before they had time to try a thing.")
    before = mailbox.names(app)
    with app.app_context():
        email = db.session.get_one(Person, BUYER).email
        pass_days(7, teller.wait)
    new = [mail for name in mailbox.names(app) - before if (mail := mailbox.read(app, name))]
    found = next((mail for mail in new if mail.to == email), None)
    if found is None:
        raise PageError(f"{names[0]} got no mail within 7 days")
    teller.say(f"{names[0]} gets a mail: “{found.subject}”.")
    return found


def link(mail: mailbox.Mail) -> str:
    """Return the link to the page where the reader can write."""
    if mail.rate_link is None:
        raise PageError("the mail has no link to write a review")
    return mail.rate_link


def review(app: Flask, teller: Teller, names: Names, mail: mailbox.Mail) -> None:
    """Follow the link in the mail without signing in, and publish stars and words."""
    browser = Browser(app)
    browser.open(link(mail))
    said = {"line-0-stars": "5", "line-0-title": TITLE, "line-0-text": WORDS, "public_name": "Anna V."}
    said |= {"seller-0-stars": "5", "seller-0-text": "Packed like a present, and the card was a nice touch."}
    browser.send(**said, action="publish")
    teller.say(f"{names[0]} clicks, gives 5 stars to the kit and to the workshop. No password, no signing in.")


def answer(app: Flask, teller: Teller, names: Names) -> None:
    """Let the seller rate the buyer, which opens what both have written."""
    if TITLE in Browser(app).open(f"{prefix(app)}/products/{PRODUCT}"):
        raise PageError("the review can be read before the seller has written")
    teller.say(f"Nobody else can read that yet: it waits until {names[1]} has rated {names[0]} too, 7 days at most.")
    browser = sign_in(app, SELLER)
    with app.app_context():
        order_id = newest_order_id()
    browser.open(f"{prefix(app)}/orders/{order_id}")
    browser.send("/orders/", paid="yes", reachable="yes", again="yes", action="answer")
    teller.say(f"{names[1]} answers three questions about the buyer. Neither has seen what the other said.")


def prefix(app: Flask) -> str:
    """Return where the plugin's pages begin."""
    return str(app.config.get("TRUST_URL_PREFIX", "/trust"))


def read_it(app: Flask, teller: Teller, ending: Ending) -> Ending:
    """Look at the public page as a stranger, and see that the review stands there."""
    stranger = Browser(app)
    public = f"{prefix(app)}/products/{PRODUCT}"
    if TITLE not in stranger.open(public) or TITLE not in stranger.open(ending.product):
        raise PageError("the review is not on the public page")
    teller.say("Now both can be read. Everybody can read it, on the shop's product page and on the public page.")
    return Ending(ending.order, ending.mail, ending.rate, ending.product, public)
