"""The staff's list and the public log read one page of rows, however many cases there are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from flask_trust.db.dialect import table_of
from flask_trust.moderation.models import Case, Decision
from flask_trust.moderation.queries import cases_closed, cases_waiting, log_page
from flask_trust.moderation.rules import PAGE
from flask_trust.web.places import Place
from tests.world import World

CASES = 4_000
#: A page, the one row that tells of a next page, and what an index has to step over.
MOST_ROWS = PAGE + 10
OURS = ("trust_case", "trust_decision")


def fill(world: World) -> None:
    """Make many cases, a third of them open, each with a decision."""
    now, phases = world.clock(), ("open", "closed", "closed")
    cases = [
        {"id": number, "kind": "review", "object_id": number, "author_id": 1, "phase": phases[number % 3], "version": 1}
        | {"opened_at": now, "waits_since": now + timedelta(seconds=number)}
        for number in range(1, CASES + 1)
    ]
    decisions = [
        {"case_id": number, "at": now, "step": "hide", "public": number % 2 == 0, "on_appeal": False}
        | {"source_type": "SOURCE_VOLUNTARY", "actor_id": 1}
        for number in range(1, CASES + 1)
    ]
    with world.app.app_context(), world.db.engine.begin() as connection:
        connection.execute(sa.insert(table_of(Case)), cases)
        connection.execute(sa.insert(table_of(Decision)), decisions)
        analyse = (
            "ANALYZE TABLE trust_case, trust_decision" if connection.dialect.name in ("mysql", "mariadb") else "ANALYZE"
        )
        connection.exec_driver_sql(analyse)


def sqlite_rows(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
        whole = row.detail.startswith("SCAN") and "INDEX" not in row.detail
        if whole or "TEMP B-TREE" in row.detail:
            yield row.detail


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(each)


def postgresql_rows(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    told = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
    for node in nodes(json.loads(told) if isinstance(told, str) else told):
        if node.get("Relation Name") in OURS:
            removed = sum(amount for name, amount in node.items() if name.startswith("Rows Removed"))
            # Every second decision is not in the log, and the primary key leads past it.
            if (node["Actual Rows"] + removed) * node["Actual Loops"] > 2 * MOST_ROWS:
                yield f"{node['Node Type']} of {node['Actual Rows'] + removed} rows"


def mariadb_rows(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    told = connection.exec_driver_sql(f"ANALYZE FORMAT=JSON {statement}", values).scalar_one()
    for node in nodes(json.loads(told)):
        if node.get("table_name") in OURS and (node.get("r_rows") or 0) * (node.get("r_loops") or 0) > 2 * MOST_ROWS:
            yield f"{node['access_type']} on {node['table_name']} of {node['r_rows']} rows"


LOOKS = {"sqlite": sqlite_rows, "postgresql": postgresql_rows, "mysql": mariadb_rows, "mariadb": mariadb_rows}


@pytest.mark.parametrize("share", [None, 0.5])
def test_a_page_of_cases_or_of_the_log_costs_the_same_wherever_it_is(any_world: World, share: float | None) -> None:
    fill(any_world)
    number = int(CASES * share) if share else None
    place = Place(any_world.clock() + timedelta(seconds=number), number) if number else None
    pages: list[Callable[[Session], Any]] = [
        lambda session: cases_waiting(session, "open", place),
        lambda session: cases_waiting(session, "appealed", place),
        lambda session: cases_closed(session, place),
        lambda session: log_page(session, number),
    ]
    asked: list[tuple[str, Any]] = []
    with any_world.app.app_context():
        engine = any_world.db.engine
    for page in pages:
        note = lambda *given: asked.append((given[2], given[3]))  # noqa: E731 SQLAlchemy wants the very same again
        sa.event.listen(engine, "before_cursor_execute", note)
        found, _ = any_world.read(page)
        sa.event.remove(engine, "before_cursor_execute", note)
        assert len(found) in (0, PAGE)
    with engine.connect() as connection:
        selects = [each for each in asked if each[0].startswith("SELECT")]
        assert len(selects) == len(pages) + 1
        assert [words for each in selects for words in LOOKS[engine.dialect.name](connection, *each)] == []
