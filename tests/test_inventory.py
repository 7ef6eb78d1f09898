"""What the tables hold about people is declared where the columns are declared."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import sqlalchemy as sa

import flask_trust.extension  # noqa: F401  every room's tables are known after this
from flask_trust.db import Base, Key, Moment
from flask_trust.inventory import CATEGORIES, KEEPS, PURPOSES, Audience, Basis, Personal, Source, personal
from flask_trust.privacy.catalogue import cookies, entries, recipients
from flask_trust.reputation.readers import COOKIE
from flask_trust.settings import Settings

TABLES = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
COLUMNS = [column for table in TABLES for column in table.columns]

#: Columns that hold our own number of a person; every one of them ties its row to somebody.
PERSON_NUMBERS = {"person_id", "buyer_id", "actor_id", "author_id", "merged_into"}


def name_of(column: sa.Column[object]) -> str:
    return str(column)


#: Whole numbers that count or order something, or are the number of another row.
PLAIN_NUMBERS = {"id", "no", "version", "link_version", "attempts", "helpful", "ask_after_days", "n"}
OTHER_ROWS = {
    *("subject_id", "deal_id", "order_id", "line_id", "seller_id", "object_id", "case_id", "report_id", "review_id"),
    *("rating_id", "post_id"),
}

#: Totals and where a poll stands: they are about no person, so only text needs a word there.
ABOUT_NOBODY = {"trust_aspect", "trust_cursor", "trust_day", "trust_subject"}


def ties_to_a_person(column: sa.Column[object]) -> bool:
    return column.name in PERSON_NUMBERS


def must_declare(column: sa.Column[object]) -> bool:
    """Everything a fact about a person fits into: text, dates, answers, bytes, and numbers that are no mere counter."""
    if isinstance(column.type, sa.String | sa.LargeBinary | sa.JSON | Key):
        return True
    return column.table.name not in ABOUT_NOBODY and column.name not in PLAIN_NUMBERS | OTHER_ROWS


def undeclared(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns if must_declare(column) and "privacy" not in column.info]


def test_there_are_tables_to_look_at() -> None:
    assert {"trust_person", "trust_order", "trust_review", "trust_outbox"} <= {table.name for table in TABLES}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_every_column_says_whether_it_can_be_personal(table: sa.Table) -> None:
    assert undeclared(table) == [], f"{table.name}: add info=personal(…) or info=NOT_PERSONAL"


@pytest.mark.parametrize(
    "column",
    [
        sa.Column("shoe_size", sa.SmallInteger),
        sa.Column("born_on", sa.Date),
        sa.Column("nickname", sa.String(20)),
        sa.Column("photo", sa.LargeBinary),
        sa.Column("likes", sa.JSON),
        sa.Column("is_vegan", sa.Boolean),
        sa.Column("person_id", sa.BigInteger),
        sa.Column("latitude", sa.Double),
        sa.Column("called_at", Moment),
    ],
    ids=lambda column: column.name,
)
def test_a_new_column_is_missed_until_it_is_declared(column: sa.Column[object]) -> None:
    table = sa.Table("trust_new", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True), column)
    assert undeclared(table) == [column.name]
    column.info.update(personal("order", "find_orders", "contract", "order", "shop"))
    assert undeclared(table) == []
    assert [(each.column, each.category) for each in entries(table.metadata)] == [(column.name, "order")]


def test_a_table_about_nobody_ties_to_nobody() -> None:
    assert {table.name for table in TABLES} >= ABOUT_NOBODY
    assert [str(column) for column in COLUMNS if ties_to_a_person(column) and column.table.name in ABOUT_NOBODY] == []


@pytest.mark.parametrize("column", [each for each in COLUMNS if ties_to_a_person(each)], ids=name_of)
def test_every_number_of_a_person_is_declared_as_personal(column: sa.Column[object]) -> None:
    assert isinstance(column.info.get("privacy"), Personal)


@pytest.mark.parametrize("column", [each for each in COLUMNS if each.info.get("privacy")], ids=name_of)
def test_a_declaration_answers_every_question(column: sa.Column[object]) -> None:
    declared = column.info["privacy"]
    assert isinstance(declared, Personal)
    assert declared.category in CATEGORIES
    assert declared.purpose in PURPOSES
    assert {declared.keep, declared.also or declared.keep} <= set(KEEPS)
    assert declared.basis in get_args(Basis)
    assert declared.seen_by in get_args(Audience)
    assert declared.source in get_args(Source)


@pytest.mark.parametrize("wrong", [("shoe size", "show_review", "order"), ("review", "sell", "order")])
def test_a_kind_or_purpose_that_is_on_no_list_stops_the_start(wrong: tuple[str, str, str]) -> None:
    category, purpose, keep = wrong
    with pytest.raises(KeyError, match="is none of"):
        personal(category, purpose, "contract", keep, "public")
    with pytest.raises(KeyError, match="is none of"):
        personal("review", "show_review", "contract", "a while", "public")


def test_nothing_stands_on_the_lists_that_no_column_uses() -> None:
    declared = [entry.personal for entry in entries()]
    assert {each.category for each in declared} == set(CATEGORIES)
    assert {each.purpose for each in declared} == set(PURPOSES)
    assert {key for each in declared for key in (each.keep, each.also) if key} == set(KEEPS)


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
        "trust_contact.email",  # of strangers who report something; deleted six months after
        "trust_contact.name",
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


def test_every_cookie_that_the_code_sets_is_declared() -> None:
    package = Path(__file__).parents[1] / "flask_trust"
    set_here = [path.name for path in package.rglob("*.py") if ".set_cookie(" in path.read_text("utf-8")]
    assert set_here == ["readers.py"]
    assert [each.name for each in cookies()] == [COOKIE]
    assert all(each.purpose in PURPOSES and each.on_request for each in cookies())


def test_the_server_that_carries_mails_gets_data_only_where_mails_leave() -> None:
    (server,) = recipients(Settings(mail_url="smtp://mail.shop.example"))
    assert server.purpose in PURPOSES
    assert set(server.categories) <= set(CATEGORIES)
    assert recipients(Settings()) == ()
