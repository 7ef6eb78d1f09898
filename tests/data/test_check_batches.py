"""Totals are counted again many at a time; that can be stopped, keeps nobody waiting and raises no false alarm."""

from __future__ import annotations

import signal
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from flask_trust import Person
from flask_trust.cli.progress import Bar
from flask_trust.db import transaction
from flask_trust.db.dialect import as_date, see_one_moment, utc_date
from flask_trust.health import recount, totals
from flask_trust.health.totals import Place, differences
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.world import World

pytestmark = pytest.mark.usefixtures("ctrl_c")

PRODUCTS = ("bowl", "lamp", "cup", "plate", "vase")


@pytest.fixture
def many(any_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A shop with five rated products, counted again two at a time."""
    monkeypatch.setattr(recount, "PIECE", 2)
    for number, product in enumerate(PRODUCTS):
        buyer = Person(f"p{number}", "Anna", f"p{number}@customer.example")
        any_world.review(f"o{number}", number + 1, product=product, buyer=buyer)
    return any_world


def change(world: World, statement: Any) -> None:
    with world.app.app_context():
        transaction(world.state, lambda session: session.execute(statement))


def spoil(world: World, *products: str) -> None:
    change(world, sa.update(Subject).where(Subject.key.in_(products)).values(n1=Subject.n1 + 7))


def found(world: World, place: Place | None = None, *, repair: bool = False) -> list[str]:
    with world.app.app_context():
        return list(differences(world.state, place or Place(), repair=repair))


def test_exactly_what_is_wrong_is_named_and_mended(many: World) -> None:
    spoil(many, "lamp", "vase")
    assert ["'lamp'" in words or "'vase'" in words for words in found(many)] == [True, True]
    versions = {row.key: row.version for row in many.all(Subject)}
    assert found(many, repair=True) == []
    assert found(many) == []
    moved = {row.key for row in many.all(Subject) if row.version != versions[row.key]}
    assert moved == {"lamp", "vase"}


def test_all_of_them_at_once_are_mended_with_their_days_and_flags(many: World) -> None:
    change(many, sa.update(Subject).values(n1=9, w3=1.0, shown=44))
    change(many, sa.update(Review).values(counted=sa.false(), tallied=sa.false()))
    change(many, sa.text("DELETE FROM trust_day"))
    assert len(found(many)) >= len(PRODUCTS) + 1
    assert found(many, repair=True) == []
    assert many.cli("check").exit_code == 0
    many.review("later", 5, product="bowl")
    assert found(many) == []


def test_it_tells_how_far_it_is(many: World) -> None:
    told: list[tuple[int, int]] = []
    found(many, Place(moved=lambda done, whole: told.append((done, whole))))
    whole = len(many.all(Subject))
    assert len(told) > 2
    assert (sum(done for done, _ in told), {number for _, number in told}) == (whole, {whole})


def stopped(world: World, monkeypatch: pytest.MonkeyPatch, *command: str) -> Any:
    """Carry a command out, and press Ctrl-C at its third step; returns the answer."""
    stops = iter([False, False])

    def stop(_bar: Bar, _done: int, _whole: int) -> None:
        if next(stops, True):
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as stopping:
        stopping.setattr(Bar, "__call__", stop)
        return world.cli(*command)


def test_a_check_that_is_stopped_says_how_to_go_on(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = sorted(row.id for row in many.all(Subject) if row.key in ("bowl", "vase"))
    spoil(many, "bowl", "vase")
    answer = stopped(many, monkeypatch, "check")
    assert answer.exit_code == 130
    assert "'bowl'" in answer.stdout
    assert "'vase'" not in answer.stdout
    (place,) = [int(word.strip("'")) for word in answer.stderr.split() if word.strip("'").isdecimal()]
    assert first <= place < last
    again = many.cli("check", "--after", str(place))
    assert (again.exit_code, "'bowl'" in again.output, "'vase'" in again.output) == (1, False, True)


def test_a_repair_that_is_stopped_keeps_what_is_done(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(many, *PRODUCTS)
    answer = stopped(many, monkeypatch, "check", "--repair")
    assert "check --repair --after" in answer.stderr
    left = found(many)
    assert 0 < len(left) < len(PRODUCTS)
    assert many.cli("check", "--repair").exit_code == 0
    assert found(many) == []


def watch(world: World, sees: Callable[[str], None]) -> Any:
    with world.app.app_context():
        engine = world.db.engine

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sees(statement)

    sa.event.listen(engine, "before_cursor_execute", listen)
    return lambda: sa.event.remove(engine, "before_cursor_execute", listen)


def locks(statements: list[str]) -> int:
    return sum("FOR UPDATE" in each or "FOR NO KEY UPDATE" in each or each.startswith("UPDATE") for each in statements)


def test_nothing_is_locked_but_what_looks_wrong(many: World) -> None:
    statements: list[str] = []
    done = watch(many, statements.append)
    assert found(many) == []
    assert locks(statements) == 0
    spoil(many, "cup")
    statements.clear()
    assert len(found(many)) == 1
    assert locks(statements) == 1
    done()


def test_what_looks_wrong_is_looked_at_again_under_its_lock(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    really, alarms = totals._compare, iter([True])

    def excited(session: Session, ids: Any) -> dict[int, str]:
        return dict.fromkeys(ids, "wrong") if next(alarms, False) else really(session, ids)

    monkeypatch.setattr(totals, "_compare", excited)
    assert found(many) == []
    assert next(alarms, "used") == "used"


def test_a_review_that_comes_meanwhile_is_no_difference(many: World) -> None:
    due = iter(["late"])

    def write(statement: str) -> None:
        if "row_number" in statement.lower() and (key := next(due, None)):
            many.review(key, 1, product="bowl", buyer=Person("late", "Late", "late@customer.example"))

    done = watch(many, write)
    with many.app.app_context(), many.state.session() as session:
        see_one_moment(session)
        ids = session.scalars(sa.select(Subject.id)).all()
        assert totals._compare(session, ids) == {}
    assert next(due, "written") == "written"
    done()
    assert found(many) == []


def test_the_day_of_a_moment_is_the_one_in_utc(many: World) -> None:
    def days(session: Session) -> set[bool]:
        rows = session.execute(sa.select(Review.shown_at, utc_date(session, Review.shown_at)))
        return {moment.date() == as_date(day) for moment, day in rows}

    assert many.read(days) == {True}


class Terminal(StringIO):
    """A screen that keeps what is written on it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("screen", "drawn"), [(Terminal(), True), (StringIO(), False)])
def test_a_bar_is_drawn_on_a_terminal_only(screen: StringIO, drawn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", screen)
    with Bar("counting again") as bar:
        bar(2, 4)
        bar(2, 4)
    assert ("counting again" in screen.getvalue()) is drawn
    assert ("100%" in screen.getvalue()) is drawn
