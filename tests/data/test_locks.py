"""Which rows are locked, and in which order: what keeps two writers from waiting for each other in a circle."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from flask_trust.db import lock_row, lock_rows
from flask_trust.invitations.actions import note_answer, stop
from flask_trust.invitations.models import Request
from flask_trust.people.models import Person as PersonRow
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.scores.models import Subject
from flask_trust.scores.subjects.actions import _totals, lock_subjects
from tests.data.test_query_budget import statements
from tests.web.cases import decided, reported
from tests.web.replies import CALM, RUDE, delete_reply, replied_to_review, reply_to
from tests.world import World


def numbers(world: World) -> dict[str, int]:
    return {row.key: row.id for row in world.all(Subject)}


def has_row_locks(world: World) -> bool:
    with world.app.app_context():
        return world.db.engine.dialect.name != "sqlite"


def is_free(world: World, number: int) -> bool:
    """Say whether nobody holds the lock of a subject."""
    with world.app.app_context(), world.state.session() as session:
        try:
            session.execute(sa.select(Subject.id).where(Subject.id == number).with_for_update(nowait=True)).all()
        except sa.exc.DBAPIError:
            return False
    return True


WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx JOIN information_schema.processlist "
    "ON id = trx_mysql_thread_id WHERE db = DATABASE() AND trx_state = 'LOCK WAIT'",
}


def somebody_waits(world: World) -> bool:
    with world.app.app_context(), world.db.engine.connect() as connection:
        return bool(connection.execute(sa.text(WAITING[connection.dialect.name])).scalar_one())


@contextmanager
def waiting(world: World, hold: Callable[[Session], object], work: Callable[[Session], object]) -> Iterator[None]:
    """Let a thread wait for what is held here; in the end, here is committed, and the thread goes on."""

    def begin() -> None:
        with world.app.app_context(), world.state.session() as session:
            work(session)

    thread = threading.Thread(target=begin)
    with world.app.app_context(), world.state.session() as session:
        hold(session)
        thread.start()
        for _ in range(200):
            if somebody_waits(world):
                break
            time.sleep(0.02)
        try:
            yield
            assert thread.is_alive(), "it did not wait"
        finally:
            session.commit()
            thread.join(10)


@pytest.fixture
def locking_world(any_world: World) -> World:
    if not has_row_locks(any_world):
        pytest.skip("SQLite has one lock for everything")
    any_world.review("o1", 5, "bowl")
    any_world.review("o2", 5, "cup")
    return any_world


def lock(session: Session, *ids: int) -> None:
    lock_rows(session, Subject, ids)


def test_whoever_waits_for_a_product_has_the_shops_total_already(locking_world: World) -> None:
    known = numbers(locking_world)
    first, second = sorted([known["bowl"], known["cup"]])
    wait = partial(lock_subjects, total_key="reviews", subjects=[first, second])
    with waiting(locking_world, lambda session: lock(session, first), wait):
        assert not is_free(locking_world, known["reviews"])
        assert is_free(locking_world, second)  # in the order of the ids


def test_whoever_waits_for_the_shops_total_has_no_product_yet(locking_world: World) -> None:
    known = numbers(locking_world)
    products = sorted([known["bowl"], known["cup"]])
    wait = partial(lock_subjects, total_key="reviews", subjects=products)
    with waiting(locking_world, lambda session: lock(session, known["reviews"]), wait):
        assert [is_free(locking_world, number) for number in products] == [True, True]


@pytest.mark.parametrize("who", ["replies", "deletes", "decides"])
def test_whoever_waits_for_a_review_with_a_reply_has_the_shops_total_already(any_world: World, who: str) -> None:
    if not has_row_locks(any_world):
        pytest.skip("SQLite has one lock for everything")
    public_id = replied_to_review(any_world)
    any_world.clock.advance(minutes=1)
    reported(any_world, public_id, "to_review")
    number = any_world.one(Review).id

    def work(_: Session) -> None:
        if who == "decides":
            decided(any_world, public_id, "hide", "to_review")
        elif who == "deletes":
            assert delete_reply(any_world, "to_review", public_id).status_code == 303
        else:
            assert reply_to(any_world, "to_review", public_id, CALM).status_code == 303

    with waiting(any_world, lambda session: lock_rows(session, Review, [number]), work):
        assert not is_free(any_world, numbers(any_world)["reviews"])
    left = [(row.text, row.state) for row in any_world.all(ReviewReply)]
    assert left == {"decides": [(RUDE, "hidden")], "deletes": [], "replies": [(CALM, "shown")]}[who]


def test_what_is_read_with_the_locks_is_what_others_committed_meanwhile(locking_world: World) -> None:
    known, seen = numbers(locking_world), []
    total, bowl = known["reviews"], known["bowl"]

    def hold(session: Session) -> None:
        lock(session, total)
        session.execute(sa.update(Subject).where(Subject.id.in_([total, bowl])).values(version=77))

    def work(session: Session) -> None:
        locked = lock_subjects(session, "reviews", [bowl])
        seen.append((locked.total["version"], locked.rows[bowl]["version"]))

    with waiting(locking_world, hold, work):
        assert seen == []
    assert seen == [(77, 77)]


def test_a_number_of_the_total_that_is_no_longer_right_is_found_out(any_world: World) -> None:
    any_world.review("o1", 5, "bowl")
    known = numbers(any_world)
    with any_world.app.app_context(), any_world.state.session() as session:
        for wrong in (known["bowl"], 10**9):
            _totals[any_world.db.engine]["reviews"] = wrong
            locked = lock_subjects(session, "reviews", [known["bowl"]])
            assert (locked.total["key"], list(locked.rows)) == ("reviews", [known["bowl"]])


def test_sqlite_takes_its_write_lock_once_in_a_transaction_and_anew_in_a_savepoint(world: World) -> None:
    world.order("o1")
    world.deliver("o1")
    person = world.one(PersonRow).id
    with world.app.app_context(), world.state.session() as session, statements(world) as seen:
        assert lock_row(session, PersonRow, person, "public_name").public_name == ""
        lock_rows(session, PersonRow, [person])
        assert lock_row(session, PersonRow, person, "key").key == "buyer-o1"
        taken = [each for each in seen if each.startswith("UPDATE")]
        with session.begin_nested():
            lock_rows(session, PersonRow, [person])
        session.commit()
        lock_rows(session, PersonRow, [person])
    assert len(taken) == 1
    assert len([each for each in seen if each.startswith("UPDATE")]) == 3


STATES: list[dict[str, Any]] = [
    {"state": "waiting", "reason": None},
    {"state": "asked", "reason": None},
    {"state": "skipped", "reason": "too_old"},
]


@pytest.mark.parametrize(
    ("state", "queued_as", "answered"), list(itertools.product(STATES, [None, "reminder"], [False, True]))
)
def test_an_answer_ends_the_asking_as_every_other_reason_does(
    any_world: World, state: dict[str, Any], queued_as: str | None, answered: bool
) -> None:
    any_world.order("o1")
    any_world.deliver("o1")
    now, row = any_world.clock(), any_world.one(Request)
    before = {**state, "queued_as": queued_as, "due": now, "held_up_by": "cap", "token": "t" * 32}
    before["answered_at"] = now - timedelta(days=1) if answered else None
    with any_world.app.app_context(), any_world.state.session() as session:
        expected = session.get_one(Request, row.id)
        for name, value in before.items():
            setattr(expected, name, value)
        session.commit()
        note_answer(session, row.order_id, now)
        session.commit()
        if not answered:
            expected.answered_at = now
            stop(expected, "answered")
        wanted = {name: getattr(expected, name) for name in before}
        session.expire_all()
    assert {name: getattr(any_world.one(Request), name) for name in before} == wanted


def test_a_review_that_counts_for_the_wrong_product_can_be_changed(any_world: World) -> None:
    any_world.review("o1", 4, "bowl")
    any_world.review("o2", 4, "cup")
    with any_world.app.app_context(), any_world.state.session() as session:
        session.execute(sa.update(Review).values(subject_id=numbers(any_world)["cup"]))
        session.commit()
    assert any_world.rate("o1", line_0_stars="2").status_code == 303
    assert [row.stars for row in any_world.all(Review)] == [2, 4]
