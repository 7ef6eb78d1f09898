"""What somebody takes along holds every row of ours that is about them, and nothing of anybody else."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from flask_trust.clock import LONG_AGO
from flask_trust.db import Base, transaction
from flask_trust.db.dialect import table_of
from flask_trust.inventory import KEEPS, PURPOSES, Personal
from flask_trust.privacy.rights.export.queries import Belongings, parts_of
from flask_trust.privacy.rights.export.whole.queries import read_everything
from flask_trust.privacy.rights.models import GoneOrder
from tests.data.lives import Life, guest, live, member
from tests.world import World

ONE, OTHER = "zyqone", "zyqother"

#: Columns that name a person by our number, and columns that name something that belongs to one.
PEOPLE = {"person_id", "buyer_id", "actor_id", "author_id", "merged_into"}
THINGS = {
    "order_id": "trust_order", "deal_id": "trust_deal", "line_id": "trust_line", "review_id": "trust_review",
    "rating_id": "trust_rating", "case_id": "trust_case", "report_id": "trust_report",
}  # fmt: skip
KINDS = {"order", "deal", "review", "rating", "case"}

#: Tables without a row about a person, each with its reason.
NOBODYS = {
    "trust_subject": "totals", "trust_day": "totals", "trust_aspect": "totals",
    "trust_cursor": "how far the work has come",
    "trust_seller_choice": "a seller's",
    "trust_sender": "a hash of a connection that is another one every hour",
    "trust_gone_order": "hashes of orders, tied to nobody",
    "trust_policy_version": "the shop's",
}  # fmt: skip


def exported(world: World, life: Life) -> dict[str, Any]:
    answer = world.cli("export", life.person.id)
    assert answer.exit_code == 0, answer.output
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def all_rows(world: World) -> list[tuple[str, dict[str, Any]]]:
    def read(session: Any) -> list[tuple[str, dict[str, Any]]]:
        tables = Base.metadata.sorted_tables
        return [(table.name, dict(row)) for table in tables for row in session.execute(sa.select(table)).mappings()]

    return world.read(read)


def rows_about(world: World, life: Life) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row that names a person, or something of theirs, in any column."""
    number, everything = world.person(life.person.id).id, all_rows(world)
    theirs: dict[str, set[int]] = {name: set() for name in THINGS.values()}
    owner = {
        "trust_order": "buyer_id",
        "trust_review": "person_id",
        "trust_rating": "person_id",
        "trust_case": "author_id",
    }
    for table, row in everything:  # in the order of their foreign keys
        if table in owner and row[owner[table]] == number:
            theirs[table].add(row["id"])
    for table, row in everything:
        if table in ("trust_deal", "trust_line") and row["order_id"] in theirs["trust_order"]:
            theirs[table].add(row["id"])
    for table, row in everything:
        by_number = [name for name in PEOPLE & row.keys() if row[name] == number]
        by_thing = [name for name, of in THINGS.items() if row.get(name) is not None and row[name] in theirs[of]]
        by_kind = row.get("kind") in KINDS and row.get("object_id") in theirs.get(f"trust_{row.get('kind')}", ())
        is_them = table == "trust_person" and row["id"] == number
        if by_number or by_thing or (by_kind and table in ("trust_journal", "trust_case", "trust_verdict")) or is_them:
            yield table, row


def somebody_elses(table: str, row: dict[str, Any], number: int) -> bool:
    """Say whether a row names something of a person and is somebody else's all the same."""
    if table == "trust_vote":
        return bool(row["person_id"] != number)  # who found their review helpful
    return table == "trust_case_word" and row["side"] == "reporter"  # what a reporter said about their review


def test_it_holds_every_row_about_a_person_and_nothing_of_anybody_else(any_world: World) -> None:
    one, other = member(any_world, ONE), guest(any_world, OTHER)
    live(any_world, one, other)
    _every_row(any_world, [one, other])
    _what_they_typed(any_world, one, other)
    _what_it_is_for(any_world, one)


def _every_row(any_world: World, lives: list[Life]) -> None:
    for life in lives:
        number = any_world.person(life.person.id).id
        told = {(each["table"], row["id"]) for each in exported(any_world, life)["tables"] for row in each["rows"]}
        wanted = [(table, row) for table, row in rows_about(any_world, life) if not somebody_elses(table, row, number)]
        assert len({table for table, _ in wanted}) >= 17, "they have lived through everything"
        assert [(table, row) for table, row in wanted if (table, row["id"]) not in told] == []


def _what_they_typed(any_world: World, one: Life, other: Life) -> None:
    for life, stranger in ((one, other), (other, one)):
        text = json.dumps(exported(any_world, life), ensure_ascii=False)
        for what in ("firsttext", "thirdtext", "secondtitle", "secondrating", "firstnote", "public", "return", "reply",
                     "report", "reporter", "reporterword", "facts", "explanation", "appeal"):  # fmt: skip
            assert life.says(what) in text, what
        assert stranger.mark not in text
        numbers = [any_world.person(each).id for each in (stranger.person.id, "mia-1", "boss")]
        assert [number for number in numbers if str(number) in text] == []


def _what_it_is_for(any_world: World, life: Life) -> None:
    told = exported(any_world, life)
    for each in told["tables"]:
        for name in each["rows"][0]:
            how = table_of_name(each["table"]).c[name].info.get("privacy")
            if isinstance(how, Personal):
                column = told["columns"][each["table"]][name]
                assert column["purpose"] in PURPOSES
                assert column["keep"] in KEEPS
                assert column["keep"] in told["keep"]


def table_of_name(name: str) -> sa.Table:
    return Base.metadata.tables[name]


NO_REPLIES: dict[str, list[int]] = {"to_review": [], "to_rating": []}


def test_every_table_is_exported_or_holds_nobodys_rows() -> None:
    nothing: Any = ()
    mine = Belongings(nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, NO_REPLIES, LONG_AGO)
    told = {table_of(part.model).name for part in parts_of(mine)}
    assert told | set(NOBODYS) >= set(Base.metadata.tables), "a new table: say in parts_of what of it is a person's"
    assert told & set(NOBODYS) == set()


def test_of_a_stranger_nothing_is_there(world: World) -> None:
    answer = world.cli("export", "nobody")
    assert answer.exit_code == 1
    assert "Nothing of nobody is here" in answer.output
    assert world.cli("export", "a/b").exit_code == 1


def test_without_a_person_every_row_is_a_line(any_world: World) -> None:
    live(any_world, member(any_world, ONE), guest(any_world, OTHER))
    answer = any_world.cli("export")
    assert answer.exit_code == 0
    told = [json.loads(line) for line in answer.stdout.splitlines()]
    kept = [(table, {name: _as_told(value) for name, value in row.items()}) for table, row in all_rows(any_world)]
    assert sorted(map(repr, ((each["table"], each["row"]) for each in told))) == sorted(map(repr, kept))


def _as_told(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_it_takes_no_more_memory_for_more_rows(world: World) -> None:
    def peak() -> int:
        tracemalloc.start()
        with world.app.app_context(), world.state.session() as session:
            number = sum(1 for _ in read_everything(session))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert number >= 1
        return most

    def add(start: int, number: int) -> None:
        rows = [{"mark": f"{each:064}", "day": world.clock().date()} for each in range(start, start + number)]
        with world.app.app_context():
            transaction(world.state, lambda session: session.execute(sa.insert(GoneOrder), rows))

    add(0, 1000)
    peak()
    before = peak()
    add(1000, 30000)
    assert peak() < before * 1.5
