"""The adapter: what the shop answers, said in the plugin's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

import flask_trust
from example_shop.adapter import ExampleShop
from example_shop.extensions import db
from example_shop.models import Order

UNKNOWN = ["999999", "0", "g-0123456789abcdef", "x" * 64, "٣", ""]
SHOP = ExampleShop()


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.mark.parametrize("question", ["orders", "products", "people", "sellers"])
def test_what_the_shop_does_not_know_is_left_out(question: str) -> None:
    answer = getattr(SHOP, question)(["1", *UNKNOWN])
    assert list(answer) == ["1"]
    assert answer["1"].id == "1"
    assert getattr(SHOP, question)([]) == {}


@pytest.mark.parametrize(("question", "queries"), [("orders", 2), ("products", 1), ("people", 1), ("sellers", 1)])
def test_many_ids_cost_as_many_queries_as_one(question: str, queries: int) -> None:
    for ids in (["1"], [str(number) for number in range(1, 36)]):
        db.session.expire_all()
        with counted() as statements:
            getattr(SHOP, question)(ids)
        assert len(statements) == queries


def test_an_order_with_three_workshops_keeps_them_apart() -> None:
    row = db.session.scalars(select(Order).filter_by(buyer_id=6).order_by(Order.id.desc())).first()
    assert row is not None
    order = SHOP.orders([str(row.id)])[str(row.id)]
    assert [line.seller_id for line in order.lines] == ["1", "2", "3"]
    assert [line.variant for line in order.lines] == [None, None, "Madder"]
    assert order.buyer == flask_trust.Person("6", "佐藤 美咲", "misaki@mail.example", "ja", "Asia/Tokyo")
    assert order.placed_at.tzinfo is not None
    assert order.promised_at is not None
    assert order.promised_at > order.placed_at


def test_a_guest_is_the_same_person_in_all_orders_of_an_address() -> None:
    rows = db.session.scalars(select(Order).filter_by(guest_email="yuki@mail.example")).all()
    orders = SHOP.orders([str(row.id) for row in rows])
    assert len(orders) == 2
    assert {order.buyer.id for order in orders.values()} == {flask_trust.guest_id("Yuki@mail.example")}
    assert {order.buyer.name for order in orders.values()} == {"高橋 由紀"}


@pytest.mark.parametrize(
    ("person", "sellers", "staff"),
    [
        ("1", [], True),
        ("2", ["1"], False),
        ("4", ["3"], False),
        ("5", [], False),
        ("999", [], False),
        ("g-1", [], False),
    ],
)
def test_who_speaks_for_whom(person: str, sellers: list[str], staff: bool) -> None:
    assert list(SHOP.acts_for(person)) == sellers
    assert SHOP.is_staff(person) is staff


def test_two_sizes_of_one_article_are_one_family() -> None:
    known = SHOP.products(["9", "12", "14"])
    assert [known[key].family for key in ("9", "12", "14")] == [None, "FH-WOOL", "FH-WOOL"]


def test_an_address_finds_account_and_guest() -> None:
    assert list(SHOP.find_people(" Anna@mail.example")) == ["5", flask_trust.guest_id("anna@mail.example")]
    assert list(SHOP.find_people("nobody@mail.example")) == [flask_trust.guest_id("nobody@mail.example")]


def test_addresses_work_without_a_request(app: Flask) -> None:
    assert SHOP.products(["1"])["1"].url == "http://127.0.0.1:5000/products/1"
    with app.test_request_context(base_url="https://elsewhere.example/"):
        assert SHOP.products(["1"])["1"].url == "https://elsewhere.example/products/1"
        assert SHOP.sellers(["2"])["2"].url == "https://elsewhere.example/sellers/2"


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
