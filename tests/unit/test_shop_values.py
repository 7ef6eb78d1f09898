"""The values at the border with the shop: what an id may be, and how moments and numbers are read."""

from __future__ import annotations

import unicodedata
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_trust import Event, Line, Order, Person, Product, Seller, Shop
from flask_trust.errors import BadValue, TrustError
from flask_trust.shop import EVENT_KINDS, clean_id

NOON = datetime(2027, 5, 3, 12, tzinfo=UTC)
ANNA = Person("anna", "Anna", "anna@customer.example")


@pytest.mark.parametrize(
    ("given_id", "kept"),
    [
        ("o1", "o1"),
        (1, "1"),
        (0, "0"),
        (-7, "-7"),
        (10**40, "1" + "0" * 40),
        ("7c1f9f3e-5a1e-4a6c-9f0e-2b8f2d1c3b4a", "7c1f9f3e-5a1e-4a6c-9f0e-2b8f2d1c3b4a"),
        ("A B", "A B"),
        (" o1 ", " o1 "),
        ("O1", "O1"),
        ("注文-17", "注文-17"),
        ("100%", "100%"),
        ("a?b=c&d#e", "a?b=c&d#e"),
        ("..", ".."),
        ("x" * 64, "x" * 64),
        ("é" * 32, "é" * 32),
    ],
)
def test_an_id_is_kept_to_the_letter(given_id: object, kept: str) -> None:
    assert clean_id(given_id) == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x" * 65,
        "é" * 33,
        "🎁" * 17,
        10**64,
        "a/b",
        "/",
        "anna@customer.example",
        "a\nb",
        "a\r",
        "\t",
        "a\x00",
        "\x7f",
        "\x85",
        "\ud800",
        "a\udfff",
        True,
        False,
        None,
        1.0,
        b"o1",
        ("o1",),
        NOON,
    ],
    ids=repr,
)
def test_what_cannot_be_an_id_is_refused(wrong: object) -> None:
    with pytest.raises(BadValue):
        clean_id(wrong)


@pytest.mark.parametrize(("given_number", "kept"), [(1001, "1001"), ("N-1\x00", "N-1"), (None, ""), ("", "")])
def test_the_number_of_an_order_is_text_that_can_be_stored(given_number: Any, kept: str) -> None:
    assert Order("o1", ANNA, [], NOON, number=given_number).number == kept
    assert Order("o1", ANNA, [], NOON).number == ""


def test_a_refused_value_is_one_of_our_errors_and_a_value_error() -> None:
    assert issubclass(BadValue, TrustError)
    assert issubclass(BadValue, ValueError)


@given(st.text(st.characters(codec="utf-8"), max_size=70))
def test_an_id_is_either_kept_as_it_is_or_refused(value: str) -> None:
    allowed = (
        1 <= len(value.encode()) <= 64
        and not set("/@") & set(value)
        and all(unicodedata.category(each) != "Cc" for each in value)
    )
    if allowed:
        assert clean_id(value) == value
    else:
        with pytest.raises(BadValue):
            clean_id(value)


@pytest.mark.parametrize(
    ("make", "kept"),
    [
        (lambda: Person(1, "Anna", None), {"id": "1"}),  # type: ignore[arg-type]
        (lambda: Product(2, "Bowl", "/2", family=9), {"id": "2", "family": "9"}),  # type: ignore[arg-type]
        (lambda: Seller(3, "Kiln"), {"id": "3"}),  # type: ignore[arg-type]
        (lambda: Line(4, 5, 6), {"id": "4", "product_id": "5", "seller_id": "6"}),  # type: ignore[arg-type]
        (lambda: Line("4", "5"), {"seller_id": "shop"}),
        (lambda: Order(7, ANNA, [], NOON), {"id": "7"}),  # type: ignore[arg-type]
        (lambda: Event("placed", 8, NOON, [9]), {"order_id": "8", "line_ids": ("9",)}),  # type: ignore[arg-type,list-item]
        (lambda: Event("placed", "8", NOON), {"line_ids": None}),
        (lambda: Event("placed", "8", NOON, []), {"line_ids": ()}),
    ],
)
def test_whole_numbers_become_strings_at_the_border(make: Any, kept: dict[str, object]) -> None:
    value = make()
    assert {name: getattr(value, name) for name in kept} == kept


@pytest.mark.parametrize(
    "make",
    [
        lambda bad: Person(bad, "Anna", None),
        lambda bad: Product(bad, "Bowl", "/bowl"),
        lambda bad: Product("bowl", "Bowl", "/bowl", family=bad),
        lambda bad: Seller(bad, "Kiln"),
        lambda bad: Line(bad, "bowl"),
        lambda bad: Line("1", bad),
        lambda bad: Line("1", "bowl", bad),
        lambda bad: Order(bad, ANNA, [], NOON),
        lambda bad: Event("placed", bad, NOON),
        lambda bad: Event("placed", "o1", NOON, [bad]),
    ],
    ids=["person", "product", "family", "seller", "line", "line's product", "line's seller", "order", "event", "lines"],
)
@pytest.mark.parametrize("bad", ["a/b", "", True, "x" * 65], ids=repr)
def test_every_id_of_every_value_is_checked(make: Any, bad: object) -> None:
    with pytest.raises(BadValue):
        make(bad)


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [(None, None), ("", None), ("  ", None), (" anna@customer.example ", "anna@customer.example")],
)
def test_an_empty_address_is_none(given_address: str | None, kept: str | None) -> None:
    assert Person("anna", "Anna", given_address).email == kept


def test_a_person_without_a_name_has_an_empty_one() -> None:
    assert Person("anna", None, None).name == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_moment", "kept"),
    [
        (datetime(2027, 5, 3, 12), NOON),  # noqa: DTZ001 a naive moment is the case
        (datetime(2027, 5, 3, 14, tzinfo=timezone(timedelta(hours=2))), NOON),
        (NOON, NOON),
    ],
)
def test_moments_become_aware_and_utc(given_moment: datetime, kept: datetime) -> None:
    order = Order("o1", ANNA, [], given_moment, promised_at=given_moment)
    event = Event("placed", "o1", given_moment)
    for moment in (order.placed_at, order.promised_at, event.at):
        assert moment == kept
        assert isinstance(moment, datetime)
        assert moment.utcoffset() == timedelta(0)


def test_a_promised_day_is_the_noon_of_that_day() -> None:
    assert Order("o1", ANNA, [], NOON, promised_at=date(2027, 5, 10)).promised_at == datetime(
        2027, 5, 10, 12, tzinfo=UTC
    )


def test_an_order_wants_a_person_as_its_buyer() -> None:
    with pytest.raises(BadValue, match="must be a Person"):
        Order("o1", "anna", [], NOON)  # type: ignore[arg-type]


def test_two_lines_of_an_order_may_not_share_an_id() -> None:
    with pytest.raises(BadValue, match="same id"):
        Order("o1", ANNA, [Line("1", "bowl"), Line("1", "cup")], NOON)


def test_the_lines_of_an_order_cannot_be_changed_from_outside() -> None:
    lines = [Line("1", "bowl")]
    order = Order("o1", ANNA, lines, NOON)
    lines.append(Line("2", "cup"))
    assert [line.id for line in order.lines] == ["1"]


@pytest.mark.parametrize("days", [0, 3, 365, None])
def test_a_line_may_be_asked_about_sooner_or_later(days: int | None) -> None:
    assert Line("1", "bowl", ask_after_days=days).ask_after_days == days


@pytest.mark.parametrize("days", [-1, 366])
def test_a_line_cannot_wait_less_than_no_time_or_more_than_a_year(days: int) -> None:
    with pytest.raises(BadValue, match="ask_after_days"):
        Line("1", "bowl", ask_after_days=days)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_an_event_is_one_of_four_kinds(kind: Any) -> None:
    assert Event(kind, "o1", NOON).kind == kind


@pytest.mark.parametrize("kind", ["Delivered", "returned", "", None])
def test_another_kind_of_event_is_refused(kind: Any) -> None:
    with pytest.raises(BadValue, match="an event is one of"):
        Event(kind, "o1", NOON)


@pytest.mark.parametrize(
    "value",
    [
        ANNA,
        Product("bowl", "Bowl", "/bowl"),
        Seller("shop", "Shop"),
        Line("1", "bowl"),
        Order("o1", ANNA, [], NOON),
        Event("placed", "o1", NOON),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_frozen_equal_by_content_and_have_no_other_attributes(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, "other")
    assert replace(value) == value
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("question", ["orders", "products", "people"])
def test_a_shop_that_answers_too_little_is_told_which_method_it_lacks(question: str) -> None:
    with pytest.raises(NotImplementedError, match=rf"needs a method {question}\(self, ids\)"):
        getattr(Shop(), question)(["1"])


def test_the_other_questions_have_careful_defaults() -> None:
    shop = Shop()
    assert list(shop.acts_for("anna")) == []
    assert not shop.is_staff("anna")
    assert shop.may_mail("o1")
    assert list(shop.events_since(NOON)) == []
