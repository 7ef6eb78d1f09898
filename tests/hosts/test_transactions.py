"""Our calls live and die with the shop's transaction, and the shop's own work is never finished by us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from blinker import NamedSignal
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, Session, mapped_column

from flask_trust import Person, UnknownOrder, signals
from flask_trust.db import Base
from flask_trust.errors import AdapterError, BadValue
from flask_trust.reviews.models import Review
from tests.hosts.conftest import MakeHost
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
BERT = Person("bert", "Bert", "bert@customer.example")


def everything(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all our tables."""

    def read(session: Session) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: sorted((tuple(row) for row in session.execute(sa.select(table))), key=repr)
            for name, table in Base.metadata.tables.items()
        }

    return world.read(read)


def prepared(world: World) -> None:
    """One order that is on its way, and one that arrived and was written about."""
    world.order("o1", "bowl", "cup", buyer=ANNA)
    world.tell("order_placed", "o1")
    world.review("o2", 4, buyer=BERT)


EVENTS: list[tuple[str, tuple[Any, ...]]] = [
    ("order_placed", ("o3",)),
    ("order_shipped", ("o1",)),
    ("order_delivered", ("o1",)),
    ("order_delivered", ("o3",)),
    ("order_cancelled", ("o1",)),
    ("order_paused", ("o1", World.__init__)),
    ("order_returned", ("o2", ["bowl"], "too small")),
    ("person_merged", ("bert", "anna")),
    ("person_merged", ("bert", "nobody-yet")),
    ("person_erased", ("bert",)),
    ("mail_bounced", ("bert",)),
]


def arguments_of(world: World, arguments: tuple[Any, ...]) -> list[Any]:
    return [world.clock() + timedelta(days=3) if callable(each) else each for each in arguments]


@pytest.mark.parametrize(("event", "arguments"), EVENTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_call_in_a_transaction_that_is_rolled_back_leaves_nothing(
    any_world: World, event: str, arguments: tuple[Any, ...]
) -> None:
    prepared(any_world)
    any_world.order("o3", buyer=ANNA)
    before = everything(any_world)
    with any_world.app.app_context():
        getattr(any_world.trust, event)(*arguments_of(any_world, arguments))
        any_world.db.session.rollback()
    assert everything(any_world) == before


@pytest.mark.parametrize(("event", "arguments"), EVENTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_call_changes_nothing_before_the_shop_commits_and_something_after(
    any_world: World, event: str, arguments: tuple[Any, ...]
) -> None:
    prepared(any_world)
    any_world.order("o3", buyer=ANNA)
    before = everything(any_world)
    with any_world.app.app_context():
        getattr(any_world.trust, event)(*arguments_of(any_world, arguments))
        assert everything(any_world) == before
        any_world.db.session.commit()
    assert everything(any_world) != before


@pytest.mark.parametrize(("event", "arguments"), EVENTS, ids=lambda value: value if isinstance(value, str) else "")
def test_calling_twice_changes_nothing(any_world: World, event: str, arguments: tuple[Any, ...]) -> None:
    prepared(any_world)
    any_world.order("o3", buyer=ANNA)
    any_world.tell(event, *arguments_of(any_world, arguments))
    once = everything(any_world)
    any_world.tell(event, *arguments_of(any_world, arguments))
    assert everything(any_world) == once


@pytest.mark.parametrize(
    ("event", "arguments", "error"),
    [
        ("order_placed", ("nowhere",), UnknownOrder),
        ("order_shipped", ("nowhere",), UnknownOrder),
        ("order_delivered", ("nowhere",), UnknownOrder),
        ("order_cancelled", ("nowhere",), UnknownOrder),
        ("order_returned", ("nowhere",), UnknownOrder),
        ("order_delivered", ("o1", ["no such line"]), BadValue),
        ("order_shipped", ("o1", ["no such line"]), BadValue),
        ("order_cancelled", ("o1", None, "nobody"), BadValue),
        ("order_delivered", ("a/b",), BadValue),
        ("person_erased", ("a@b",), BadValue),
        ("person_merged", ("anna", ""), BadValue),
        ("mail_bounced", (True,), BadValue),
    ],
)
def test_a_call_that_cannot_be_right_stores_nothing_even_if_the_shop_commits_all_the_same(
    any_world: World, event: str, arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    prepared(any_world)
    before = everything(any_world)
    any_world.order("o3", buyer=ANNA)
    with any_world.app.app_context():
        with pytest.raises(error):
            getattr(any_world.trust, event)(*arguments)
        any_world.db.session.commit()
    assert everything(any_world) == before


def test_an_adapter_that_fails_is_named_without_its_words_and_nothing_is_stored(world: World) -> None:
    world.order("o1")
    world.shop.failing.add("orders")
    with world.app.app_context():
        with pytest.raises(AdapterError) as failed:
            world.trust.order_delivered("o1")
        world.db.session.commit()
    assert "customer.example" not in str(failed.value)
    assert "RuntimeError" in str(failed.value)
    assert all(rows == [] for rows in everything(world).values())


def host_with_rows() -> tuple[SQLAlchemy, type[Any]]:
    db = SQLAlchemy()

    class Basket(db.Model):  # type: ignore[name-defined,misc]
        id: Mapped[int] = mapped_column(primary_key=True)
        owner: Mapped[str] = mapped_column(sa.String(20))

    return db, Basket


def baskets(host: World, basket: type[Any]) -> int:
    return host.read(lambda session: session.scalar(sa.select(sa.func.count()).select_from(basket)) or 0)


def test_the_shops_own_rows_and_ours_live_and_die_together(make_host: MakeHost) -> None:
    db, basket = host_with_rows()
    host = make_host(db=db)
    host.order("o1")
    with host.app.app_context():
        db.session.add(basket(owner="anna"))
        host.trust.order_delivered("o1")
        db.session.rollback()
    assert baskets(host, basket) == 0
    with host.app.app_context():
        db.session.add(basket(owner="anna"))
        host.trust.order_delivered("o1")
        db.session.commit()
    assert baskets(host, basket) == 1


DRAWN = [
    "{{ trust.head() }}",
    "{{ trust.stars('bowl') }}",
    "{{ trust.reviews('bowl') }}",
    "{{ trust.scores(['bowl', 'cup']) }}",
    "{{ trust.stars('bowl', scores=trust.scores(['bowl'])) }}",
]


@pytest.mark.parametrize("template", DRAWN)
def test_a_template_helper_neither_flushes_nor_commits_what_the_shop_has_pending(
    make_host: MakeHost, template: str
) -> None:
    db, basket = host_with_rows()
    host = make_host(db=db)
    host.review("o1", 4)
    with host.app.test_request_context():
        half_made = basket()  # its owner is missing: a flush would fail
        db.session.add(half_made)
        assert host.app.jinja_env.from_string(template).render()
        assert half_made in db.session.new
    assert baskets(host, basket) == 0


@pytest.mark.parametrize("path", ["/trust/", "/trust/products/bowl", "rate"])
def test_a_page_of_ours_neither_flushes_nor_commits_what_the_shop_has_pending(make_host: MakeHost, path: str) -> None:
    db, basket = host_with_rows()
    host = make_host(db=db, prepare=lambda app: app.before_request(lambda: db.session.add(basket())))
    host.review("o1", 4)
    assert host.client().get(host.rate_path("o1") if path == "rate" else path).status_code == 200
    assert baskets(host, basket) == 0


def test_posting_a_review_and_working_off_what_is_due_do_not_commit_for_the_shop(make_host: MakeHost) -> None:
    db, basket = host_with_rows()
    host = make_host(db=db, prepare=lambda app: app.before_request(lambda: db.session.add(basket(owner="anna"))))
    host.order("o1")
    host.deliver("o1")
    assert host.rate("o1", line_0_stars="4").status_code == 303
    host.clock.advance(days=7)
    with host.app.app_context():
        db.session.add(basket(owner="bert"))
        host.trust.run_due()
        assert len(db.session.new) == 1
    assert baskets(host, basket) == 0


Told = list[dict[str, Any]]


@contextmanager
def heard(signal: NamedSignal, world: World, ask: Callable[[], object] = lambda: None) -> Iterator[Told]:
    """Collect what a signal tells, and what can be asked of the database at that moment."""
    told: Told = []

    def receive(sender: object, **arguments: Any) -> None:
        assert sender is world.app
        told.append({**arguments, "asked": ask()})

    with signal.connected_to(receive):
        yield told


def test_a_signal_comes_after_the_commit_and_its_receiver_can_use_the_shops_session(any_world: World) -> None:
    prepared(any_world)

    def states() -> list[str]:
        return list(any_world.db.session.scalars(sa.select(Review.state)))

    with heard(signals.person_erased, any_world, states) as told, any_world.app.app_context():
        any_world.trust.person_erased("bert")
        assert told == []
        any_world.db.session.commit()
        assert [each["asked"] for each in told] == [["erased"]]
        assert told[0]["shop_key"] == "bert"
        any_world.db.session.commit()
        assert len(told) == 1


def test_a_rollback_drops_the_signal_for_good(any_world: World) -> None:
    prepared(any_world)
    with heard(signals.person_erased, any_world) as told, any_world.app.app_context():
        any_world.trust.person_erased("bert")
        any_world.db.session.rollback()
        any_world.order("o9", buyer=ANNA)
        any_world.trust.order_delivered("o9")
        any_world.db.session.commit()
    assert told == []


def test_a_savepoint_that_is_rolled_back_takes_its_signals_along(any_world: World) -> None:
    prepared(any_world)
    with heard(signals.person_erased, any_world) as told, any_world.app.app_context():
        session = any_world.db.session
        session.execute(sa.select(Review.id))
        with session.begin_nested() as savepoint:
            any_world.trust.person_erased("bert")
            savepoint.rollback()
        any_world.order("o9", buyer=ANNA)
        any_world.trust.order_delivered("o9")
        session.commit()
    assert [row.state for row in any_world.all(Review)] == ["shown"]
    assert told == []


def test_a_savepoint_that_is_released_keeps_its_signals_until_the_commit(any_world: World) -> None:
    prepared(any_world)
    with heard(signals.person_erased, any_world) as told, any_world.app.app_context():
        with any_world.db.session.begin_nested():
            any_world.trust.person_erased("bert")
        assert told == []
        any_world.db.session.commit()
    assert len(told) == 1


def test_a_posted_review_is_told_once_with_ids_only(any_world: World) -> None:
    any_world.order("o1", "bowl")
    any_world.deliver("o1")

    def shown() -> list[int | None]:
        return list(any_world.db.session.scalars(sa.select(Review.stars)))

    with heard(signals.review_published, any_world, shown) as told, heard(signals.score_changed, any_world) as moved:
        assert any_world.rate("o1", line_0_stars="4", line_0_text="A fine bowl").status_code == 303
    review = any_world.one(Review)
    assert told == [{"review_id": review.public_id, "product_id": "bowl", "asked": [4]}]
    assert sorted((each["kind"], each["shop_key"]) for each in moved) == [("product", "bowl"), ("shop", "reviews")]


def test_changing_and_deleting_are_told_too(any_world: World) -> None:
    any_world.review("o1", 4)
    with heard(signals.review_changed, any_world) as told:
        any_world.rate("o1", line_0_stars="2")
        any_world.rate("o1", line_0_stars="2")  # the same again is no change
        any_world.rate("o1", action="do-delete-0")
    assert [each["product_id"] for each in told] == ["bowl", "bowl"]


def test_a_request_is_told_when_its_mail_has_left_and_not_when_it_was_planned(any_world: World) -> None:
    any_world.order("o1")
    with heard(signals.review_requested, any_world) as told:
        any_world.deliver("o1")
        any_world.run()
        assert told == []
        any_world.pass_days(7)
    assert [each["order_id"] for each in told] == ["o1"]


def test_every_signal_tells_ids_and_nothing_else(any_world: World) -> None:
    allowed = {"order_id", "review_id", "product_id", "person_id", "shop_key", "kind", "subject_id"}
    told: list[set[str]] = []

    def receive(sender: object, **arguments: Any) -> None:
        told.append(set(arguments))

    every = [each for each in vars(signals).values() if isinstance(each, NamedSignal)]
    for signal in every:
        signal.connect(receive)
    any_world.review("o1", 4, buyer=BERT)
    any_world.rate("o1", line_0_stars="3")
    any_world.order("o2", buyer=ANNA)
    any_world.deliver("o2")
    any_world.pass_days(7)
    any_world.tell("person_erased", "bert")
    for signal in every:
        signal.disconnect(receive)
    assert told
    assert set().union(*told) <= allowed
