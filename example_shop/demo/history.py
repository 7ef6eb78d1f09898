"""The shop's past, lived through day by day: orders happen, mails go out, buyers answer.

Nothing is written into the plugin's tables by hand: what a visitor finds has come about
the way it would in a real shop.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from .. import orders, seed
from ..adapter import trust
from ..extensions import db
from ..models import Order, Person, Product, Seller
from . import mailbox
from .browser import Browser, sign_in
from .clock import MORNING, clock
from .passing import HOURS

Entry = dict[str, Any]
DAYS = 130
#: Who speaks for the first two workshops. The third leaves its buyers to whoever tries out the demo.
AKATSUCHI, CHAGOK = 2, 3
DAYS_BETWEEN_ANSWERS = 3


def happen(app: Flask, step: Callable[[], None]) -> None:
    """Let the past happen and stop at this morning; `step` is called after each of its `DAYS` days."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    past = Past(app)
    for ago in range(DAYS - 1, -1, -1):
        past.live(today - timedelta(days=ago), ago)
        step()


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail that reached a buyer: which order it is about, its link, and when it came."""

    order: str
    link: str
    ago: int


class Past:
    """Everything that is known while the past is lived through."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.agenda = agenda()
        self.orders: dict[str, Order] = {}
        self.asked: dict[str, Asked] = {}
        self.seen: set[str] = set()
        self.answers: dict[str, list[Entry]] = defaultdict(list)
        for entry in seed.read("reviews.toml"):
            self.answers[entry["order"]].append(entry)

    def live(self, midnight: datetime, ago: int) -> None:
        """Live through one day, `ago` days before today."""
        for hour in HOURS:
            if ago == 0 and hour > MORNING:
                return
            clock().set(midnight + hour)
            if hour == MORNING:
                for act in self.agenda.pop(ago, []):
                    act(self.orders)
                db.session.commit()
            trust.run_due()
            self.open_mails(ago)
        self.answer(ago)
        if ago % DAYS_BETWEEN_ANSWERS == 0:
            self.rate_buyers()

    def open_mails(self, ago: int) -> None:
        """Look into the mails that are new, and see which order each is about."""
        for name in sorted(mailbox.names(self.app) - self.seen):
            mail = mailbox.read(self.app, name)
            link = mail.rate_link if mail else None
            if link and (order := self.order_behind(link)) and order not in self.asked:
                self.asked[order] = Asked(order, link, ago)
            self.seen.add(name)

    def order_behind(self, link: str) -> str | None:
        """Open a link, and find the order by the lines on the page."""
        browser = Browser(self.app)
        browser.open(link)
        line = browser.form().fields.get("line-0-id")  # missing where nothing has arrived
        return next((name for name, order in self.orders.items() if line in line_ids(order)), None)

    def answer(self, ago: int) -> None:
        """Let everybody write who has thought about it for long enough."""
        for asked in list(self.asked.values()):
            entries = self.answers.get(asked.order)
            if entries and asked.ago - ago >= entries[0]["wait"]:
                self.write(asked, self.answers.pop(asked.order))

    def write(self, asked: Asked, entries: list[Entry]) -> None:
        """Open the link again, fill in the page and send it."""
        buyer = self.orders[asked.order].buyer
        browser = Browser(self.app, buyer.locale if buyer else "en")
        browser.open(asked.link)
        ids = line_ids(self.orders[asked.order])
        fields = browser.form().fields
        rows = {fields[name]: name.removesuffix("-id") for name in fields if re.fullmatch(r"line-\d+-id", name)}
        said = {"public_name": entries[0].get("name", "")}
        said |= about_sellers(fields, self.orders[asked.order], entries)
        for entry in entries:
            row = rows[ids[entry["line"] - 1]]
            said |= {f"{row}-stars": str(entry["stars"])}
            said |= {f"{row}-title": entry.get("title", ""), f"{row}-text": entry.get("text", "")}
        browser.send(**said, action="publish")

    def rate_buyers(self) -> None:
        """Let the first workshop rate whoever can be rated, and the second say once that it never rates buyers."""
        for person, wish in ((AKATSUCHI, "answer"), (CHAGOK, "never")):
            browser = sign_in(self.app, person)
            browser.open("/trust/desk/deals")
            waiting = re.findall(r'name="order" value="(\d+)"', browser.html)
            if wish == "answer" and waiting:
                browser.send("/desk/deals", order=waiting, paid="yes", reachable="yes", again="yes", action=wish)
            elif wish == "never" and 'value="never"' in browser.html:
                browser.send("/desk/deals", action=wish)


def about_sellers(fields: dict[str, str], order: Order, entries: list[Entry]) -> dict[str, str]:
    """Return what a buyer says about the workshops of an order: as content as with what they made."""
    rows = {fields[name]: name.removesuffix("-id") for name in fields if re.fullmatch(r"seller-\d+-id", name)}
    said: dict[str, str] = {}
    for entry in entries:
        line = order.lines[entry["line"] - 1]
        row = rows.get(str(line.product.seller_id))
        if row is not None:
            said |= {
                f"{row}-{name}": str(value)
                for name, value in {"stars": entry["stars"], **entry.get("seller", {})}.items()
            }
    return said


def line_ids(order: Order) -> list[str]:
    """Return the numbers of an order's positions, as text."""
    return [str(line.id) for line in order.lines]


Act = Callable[[dict[str, Order]], None]


def agenda() -> dict[int, list[Act]]:
    """Return what happens to the orders, by how many days ago."""
    plan: dict[int, list[Act]] = defaultdict(list)
    for entry in seed.read("orders.toml"):
        plan[entry["placed"]].append(bought(entry))
        for number, parcel in enumerate(entry.get("parcels", [])):
            plan[parcel["shipped"]].append(sent(entry["name"], parcel))
            if "arrived" in parcel:
                plan[parcel["arrived"]].append(arrived(entry["name"], number))
        if "cancelled" in entry:
            plan[entry["cancelled"]["on"]].append(called_off(entry["name"], entry["cancelled"]))
    return plan


def bought(entry: Entry) -> Act:
    """Return the purchase of an order."""

    def act(known: dict[str, Order]) -> None:
        known[entry["name"]] = orders.place(buyer(entry), [wish(line) for line in entry["lines"]])

    return act


def buyer(entry: Entry) -> orders.Buyer:
    """Return who buys."""
    if "buyer" in entry:
        return orders.Buyer(person=db.session.get_one(Person, entry["buyer"]))
    name, email = entry["guest"]
    return orders.Buyer(guest_name=name, guest_email=email)


def wish(line: Entry) -> orders.Wish:
    """Return one wanted product."""
    return orders.Wish(db.session.get_one(Product, line["product"]), line.get("option"), line.get("quantity", 1))


def sent(name: str, parcel: Entry) -> Act:
    """Return the sending of a parcel."""

    def act(known: dict[str, Order]) -> None:
        order = known[name]
        lines = [order.lines[number - 1] for number in parcel["lines"]]
        seller = db.session.get_one(Seller, lines[0].product.seller_id)
        orders.ship(order, seller, lines, orders.CARRIERS[seller.language])

    return act


def arrived(name: str, number: int) -> Act:
    """Return the arrival of a parcel."""
    return lambda known: orders.arrive(known[name].parcels[number])


def called_off(name: str, cancelled: Entry) -> Act:
    """Return the cancelling of positions."""

    def act(known: dict[str, Order]) -> None:
        order = known[name]
        orders.cancel(order, [order.lines[number - 1] for number in cancelled["lines"]], cancelled["by"])

    return act
