"""What the tables hold about people is declared where the columns are declared."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import flask_trust.extension  # noqa: F401  every room's tables are known after this
from flask_trust.db import Base, Key
from flask_trust.inventory import Personal

TABLES = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
COLUMNS = [column for table in TABLES for column in table.columns]

#: Columns that hold our own number of a person; every one of them ties its row to somebody.
PERSON_NUMBERS = {"person_id", "buyer_id", "actor_id", "author_id", "merged_into"}


def name_of(column: sa.Column[object]) -> str:
    return str(column)


def holds_text(column: sa.Column[object]) -> bool:
    return isinstance(column.type, sa.String | sa.LargeBinary | sa.JSON | Key)


def ties_to_a_person(column: sa.Column[object]) -> bool:
    return column.name in PERSON_NUMBERS


def test_there_are_tables_to_look_at() -> None:
    assert {"trust_person", "trust_order", "trust_review", "trust_outbox"} <= {table.name for table in TABLES}


@pytest.mark.parametrize("column", [each for each in COLUMNS if holds_text(each)], ids=name_of)
def test_every_text_column_says_whether_it_can_be_personal(column: sa.Column[object]) -> None:
    assert "privacy" in column.info, f"{column}: add info=personal(…) or info=NOT_PERSONAL"


@pytest.mark.parametrize("column", [each for each in COLUMNS if ties_to_a_person(each)], ids=name_of)
def test_every_number_of_a_person_is_declared_as_personal(column: sa.Column[object]) -> None:
    assert isinstance(column.info.get("privacy"), Personal)


@pytest.mark.parametrize("column", [each for each in COLUMNS if each.info.get("privacy")], ids=name_of)
def test_a_declaration_answers_every_question(column: sa.Column[object]) -> None:
    declared = column.info["privacy"]
    assert isinstance(declared, Personal)
    assert all((declared.purpose, declared.basis, declared.keep, declared.seen_by, declared.source))


@pytest.mark.parametrize("column", [each for each in COLUMNS if each.name == "address_hash"], ids=name_of)
def test_an_address_is_kept_only_as_a_keyed_hash_of_a_fixed_length(column: sa.Column[object]) -> None:
    assert isinstance(column.type, Key)
    assert column.type.length == 64


def test_no_column_could_take_an_address_or_a_name_of_the_shop() -> None:
    """An author's public name is typed by the author; nothing else may look like a name or an address."""
    suspicious = [
        str(column)
        for column in COLUMNS
        if any(word in column.name for word in ("mail", "name", "phone", "street", "ip_", "address"))
    ]
    assert sorted(suspicious) == [
        "trust_cursor.name",  # of a poll
        "trust_optout.address_hash",
        "trust_person.address_hash",
        "trust_person.mail_stop",
        "trust_person.mail_stopped_at",
        "trust_person.public_name",
    ]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_tables_constraints_and_indexes_carry_our_prefix(table: sa.Table) -> None:
    names = [table.name, *(each.name for each in table.constraints), *(each.name for each in table.indexes)]
    assert [str(name) for name in names if name is not None and not str(name).startswith("trust_")] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_nothing_refers_to_a_table_of_the_shop(table: sa.Table) -> None:
    ours = {each.name for each in TABLES}
    assert {key.column.table.name for key in table.foreign_keys} <= ours


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_unique_keys_checks_and_indexes_are_named_so_that_no_host_renames_them(table: sa.Table) -> None:
    checked = [each for each in table.constraints if isinstance(each, sa.UniqueConstraint | sa.CheckConstraint)]
    assert [each for each in checked if not each.name] == []
    assert [each for each in table.indexes if not each.name] == []
    assert not any(column.index or column.unique for column in table.columns)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_no_index_of_ours_serves_a_foreign_key(table: sa.Table) -> None:
    """MariaDB refuses to drop such an index, and a migration's downgrade drops indexes before their table."""
    foreign = {key.parent.name for key in table.foreign_keys}
    first = {str(index.name): next(iter(index.columns)).name for index in table.indexes}
    assert {name for name, column in first.items() if column in foreign} == set()
