"""The shop as it was before: its shelves, its orders, and who may see and do what."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from example_shop.demo.browser import Browser, PageError
from example_shop.extensions import db
from example_shop.models import Order, OrderLine, Parcel, Stage

Visit = Callable[[str], Browser]

PAGES = (
    "/",
    "/products/1",
    "/products/7",
    "/products/13",
    "/sellers/1",
    "/sellers/2",
    "/sellers/3",
    "/sign-in",
    "/demo/mailbox",
    "/nowhere",
    "/trust/",
    "/trust/products/1",
)
#: Data for search engines is no script.
INLINE = re.compile(r"<script(?! type=.application/ld)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_the_strict_policy(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == (404 if path == "/nowhere" else 200)
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
    assert not INLINE.search(answer.text)


@pytest.mark.parametrize("path", ["/", "/products/1", "/trust/products/1", "/demo/mailbox"])
def test_a_stranger_who_reads_gets_no_cookie_but_for_a_form(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert ("Set-Cookie" in answer.headers) == (path == "/products/1")


def test_the_session_cookie_stays_at_home(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]


def test_shelves_show_every_product_with_its_stars(visit: Visit) -> None:
    html = visit("guest").open("/")
    assert html.count('class="card"') == 14
    for words in ("粉引のマグカップ", "하동 우전 녹차", "The Harbour Atlas", "Das kleine Buch vom Falten"):
        assert words in html
    assert "(7 ratings)" in html
    assert "No ratings yet" in html


def test_a_customer_buys_a_product(app: Flask, visit: Visit) -> None:
    anna = visit("Anna")
    anna.open("/products/1")
    html = anna.send(option="飴色", quantity="2")
    assert anna.path.startswith("/orders/LL-")
    assert "飴色" in html
    assert "€68.00" in html
    assert anna.path in anna.open("/orders")
    assert newest(app).stage is Stage.PLACED


def test_a_guest_buys_and_finds_the_way_back_by_the_order_number(app: Flask, visit: Visit) -> None:
    guest = visit("guest")
    guest.open("/products/4")
    guest.send(name="Ola Nordmann", email="Ola@Mail.Example")
    assert newest(app).guest_email == "ola@mail.example"
    assert "Ola Nordmann" in Browser(app).open(guest.path)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("email", "nobody", "This is not an e-mail address."),
        ("email", "", "This field is required."),
        ("name", "", "This field is required."),
        ("quantity", "0", "Number must be between 1 and 9."),
        ("quantity", "x", "Not a valid integer value."),
        ("option", "gold", "Please choose one of these."),
        ("shop_token", "made up", "open for too long"),
    ],
)
def test_a_wrong_order_comes_back_with_every_word_kept(app: Flask, field: str, value: str, complaint: str) -> None:
    browser, client = Browser(app), app.test_client()
    browser._client = client
    browser.open("/products/1")
    right = {"option": "白", "quantity": "1", "name": "Ola <Nordmann>", "email": "ola@mail.example"}
    before = count(app)
    answer = client.post("/products/1", data={**browser.form().fields, **right, field: value})
    assert answer.status_code == 422
    assert complaint in answer.text
    kept = "ola@mail.example" if field == "name" else "Ola &lt;Nordmann&gt;"
    assert kept in answer.text
    assert count(app) == before


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/selling/1/ship", "/selling/1/cancel", "/selling/parcels/1/arrived"]
)
def test_a_post_without_the_token_is_refused(app: Flask, visit: Visit, path: str) -> None:
    edith = visit("Edith")
    assert edith._client.post(path, data={"person": "5"}).status_code == 400


def test_an_order_is_for_its_buyer_only(app: Flask, visit: Visit) -> None:
    code = order_of(app, 6).code
    assert "partly arrived" in visit("Misaki").open(f"/orders/{code}")
    for other in ("Anna", "Ken", "guest"):
        with pytest.raises(PageError, match="404"):
            visit(other).open(f"/orders/{code}")


def test_a_customer_has_no_page_of_a_workshop(visit: Visit) -> None:
    with pytest.raises(PageError, match="403"):
        visit("Anna").open("/selling")


def test_a_seller_sends_some_of_an_order_and_the_rest_later(app: Flask, visit: Visit) -> None:
    edith = visit("Edith")
    html = edith.open("/selling")
    order = order_of(app, 8)
    first, second = order.lines
    send(edith, html, order.id, [first.id])
    assert [line.stage for line in order_of(app, 8).lines] == [Stage.SHIPPED, Stage.PLACED]
    edith.open("/selling")
    edith.send("/arrived")
    assert order_of(app, 8).stage is Stage.PARTLY_ARRIVED
    send(edith, edith.open("/selling"), order.id, [second.id])
    assert len(order_of(app, 8).parcels) == 2


def test_a_seller_cannot_touch_what_belongs_to_another(app: Flask, visit: Visit) -> None:
    order = order_of(app, 6)
    foreign = next(parcel for parcel in order.parcels if parcel.arrived_at is None)
    edith = visit("Edith")
    html = edith.open("/selling")
    token = {"shop_token": edith.form().fields["shop_token"]}
    assert edith._client.post(f"/selling/parcels/{foreign.id}/arrived", data=token).status_code == 404
    ken = order_of(app, 6).lines[0]
    send(edith, html, order.id, [ken.id])
    with app.app_context():
        assert db.session.get_one(Parcel, foreign.id).arrived_at is None
        assert db.session.get_one(OrderLine, ken.id).parcel_id == ken.parcel_id


def test_a_buyer_cancels_what_was_not_sent(app: Flask, visit: Visit) -> None:
    misaki = visit("Misaki")
    misaki.open(f"/orders/{order_of(app, 6).code}")
    html = misaki.send("/cancel")
    assert "What was not sent yet is cancelled." in html
    assert [line.stage for line in order_of(app, 6).lines] == [Stage.ARRIVED, Stage.SHIPPED, Stage.CANCELLED]


def test_a_buyer_says_that_the_parcel_has_arrived(app: Flask, visit: Visit) -> None:
    misaki = visit("Misaki")
    misaki.open(f"/orders/{order_of(app, 6).code}")
    misaki.send("/arrived/")
    assert order_of(app, 6).lines[1].stage is Stage.ARRIVED


def send(browser: Browser, html: str, order_id: int, lines: list[int]) -> None:
    data = {"shop_token": browser.form().fields["shop_token"], "line": [str(each) for each in lines]}
    assert browser._client.post(f"/selling/{order_id}/ship", data=data).status_code == 303


def count(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(Order.id))) or 0


def newest(app: Flask) -> Order:
    with app.app_context():
        return loaded(db.session.scalars(select(Order).order_by(Order.id.desc())).first())


def order_of(app: Flask, buyer_id: int) -> Order:
    """Return the newest order of a buyer."""
    with app.app_context():
        return loaded(db.session.scalars(select(Order).filter_by(buyer_id=buyer_id).order_by(Order.id.desc())).first())


def loaded(order: Order | None) -> Order:
    """Return an order that can be looked at after its session has ended."""
    assert order is not None
    for line in order.lines:
        assert line.parcel is None or line.parcel.id
    assert order.parcels is not None
    return order
