"""How public pages read: over one connection, and without a session where the shop has begun none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy.session import Session
from sqlalchemy.orm import scoped_session, sessionmaker

from flask_trust.scores.models import Subject
from flask_trust.scores.queries import find_scores, find_version
from tests.web.deals import buyer_rates, deal
from tests.world import World


@contextmanager
def borrowed(world: World) -> Iterator[list[object]]:
    """Note every connection that is taken from the pool."""
    seen: list[object] = []
    engine = world.db.engine

    def note(connection: object, *_: object) -> None:
        seen.append(connection)

    sa.event.listen(engine, "checkout", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "checkout", note)


def titles(rows: object) -> list[str]:
    assert isinstance(rows, sa.Connection)
    return list(rows.execute(sa.select(Subject.title).where(Subject.kind == "product")).scalars())


@contextmanager
def only_here(world: World) -> Iterator[sa.Connection]:
    """Lend a connection that reads what no other does."""
    world.review("o1", 4)
    with world.app.app_context(), world.db.engine.connect() as connection, connection.begin() as undone:
        connection.execute(sa.update(Subject).values(title="Only here"))
        yield connection
        world.db.session.remove()
        undone.rollback()


def test_a_page_reads_without_a_session_where_the_shop_has_begun_none(any_world: World) -> None:
    any_world.review("o1", 4)
    with any_world.app.app_context(), borrowed(any_world) as seen:
        assert any_world.state.read_rows(titles) == ["Bowl"]
        assert not any_world.db.session.registry.has()
        assert len(seen) == 1


def test_a_page_reads_in_the_transaction_that_the_shop_has_begun(any_world: World) -> None:
    any_world.review("o1", 4)
    with any_world.app.app_context(), borrowed(any_world) as seen:
        any_world.db.session.execute(sa.update(Subject).values(title="Not committed"))
        assert set(any_world.state.read_rows(titles)) == {"Not committed"}
        assert len(seen) == 1
        any_world.db.session.rollback()


def test_a_page_reads_where_the_session_of_the_shop_leads(any_world: World) -> None:
    with only_here(any_world) as connection:
        any_world.db.session.remove()
        any_world.db.session(bind=connection).get_bind = lambda *_, **__: connection  # type: ignore[method-assign]
        assert set(any_world.state.read_rows(titles)) == {"Only here"}


class ElsewhereSession(Session):
    """A session of a shop that decides by itself where to read."""

    elsewhere: sa.Connection

    def get_bind(self, *_: object, **__: object) -> sa.Connection:
        return self.elsewhere


def test_a_page_reads_where_a_session_of_the_shops_own_making_leads(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_here(any_world) as connection:
        ElsewhereSession.elsewhere = connection
        makers: list[Any] = [sessionmaker(bind=connection), sessionmaker(class_=ElsewhereSession, db=any_world.db)]
        for make in makers:
            monkeypatch.setattr(any_world.db, "session", scoped_session(make))
            assert set(any_world.state.read_rows(titles)) == {"Only here"}
            any_world.db.session.remove()


def test_a_page_reads_as_the_shop_sets_out_in_each_transaction(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_world.review("o1", 4)

    def set_out(_session: object, _transaction: object, connection: sa.Connection) -> None:
        seen.append(connection)  # a schema or a tenant would be named here

    seen: list[object] = []
    monkeypatch.setattr(any_world.db, "session", scoped_session(sessionmaker(class_=Session, db=any_world.db)))
    sa.event.listen(any_world.db.session, "after_begin", set_out)
    with any_world.app.app_context():
        assert any_world.state.read_rows(titles) == ["Bowl"]
        any_world.db.session.rollback()
        assert any_world.state.read_rows(titles) == ["Bowl"]
        any_world.db.session.remove()
    assert len(seen) == 2


def test_a_page_reads_where_a_test_of_the_shop_put_one_connection_in_the_engines_place(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_here(any_world) as connection:
        monkeypatch.setitem(any_world.db.engines, None, connection)
        assert set(any_world.state.read_rows(titles)) == {"Only here"}


def test_a_version_is_what_the_score_has_until_something_becomes_public_by_itself(any_world: World) -> None:
    deal(any_world, "d1")
    buyer_rates(any_world, "d1")

    def both() -> tuple[tuple[int, int] | None, tuple[int | None, int] | None]:
        now = any_world.clock()
        with any_world.app.app_context():
            short = any_world.state.read_rows(lambda rows: find_version(rows, "seller", "tom", now))
            score = any_world.state.read_rows(lambda rows: find_scores(rows, "seller", ["tom"], now)).get("tom")
        return short and short[:2], (score.subject_id, score.version) if score and score.late is None else None

    short, score = both()
    assert short is not None
    assert short == score
    any_world.clock.advance(days=60)
    assert both() == (None, None)
    any_world.run()
    short, score = both()
    assert short is not None
    assert short == score
