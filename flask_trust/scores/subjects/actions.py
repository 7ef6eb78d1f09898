"""The rows that votes count for: products, families, sellers, and the shop's two totals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, Row, Select, Update, bindparam, select, true, tuple_, update
from sqlalchemy.orm import Session

from ...db import begin_writing, find_or_insert
from ...db.dialect import table_of
from ..models import Subject
from ..rules import Totals

TITLE_LENGTH = 200
#: The shop's totals over all product reviews and over all ratings of sellers.
TOTALS = (("shop", "ratings"), ("shop", "reviews"))

#: What a vote may move in the row of a subject.
_MOVING = (
    *("shown", "withheld", "version", "next_shown_at", "day"),
    *(f"{kind}{stars}" for kind in "nwm" for stars in range(1, 6)),
)
_COLUMNS = tuple(table_of(Subject).c.keys())
#: Our numbers of the shop's totals by their keys; each is looked at again when it is locked.
_totals: WeakKeyDictionary[Engine, dict[str, int]] = WeakKeyDictionary()


def subject_id(session: Session, kind: str, key: str) -> int:
    """Return our number of a product, family, seller or shop's total, making its row when it is new."""
    known = session.scalar(select(Subject.id).where(Subject.kind == kind, Subject.key == key))
    return known or find_or_insert(session, Subject, {"kind": kind, "key": key}, {"title": ""}).id


def subject_ids(session: Session, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return our numbers of several (kind, key) and of the shop's totals, making the rows that are missing.

    New rows are made in one order, so that two transactions with the same new ones do not wait for each other in a
    circle. The totals are made here, with the first order, because MariaDB locks the gap beside a new row: made by
    the first votes, which hold other locks by then, they would end one vote after the other in a deadlock.
    """
    pairs = sorted({*wanted, *TOTALS})
    rows = session.execute(
        select(Subject.kind, Subject.key, Subject.id).where(tuple_(Subject.kind, Subject.key).in_(pairs))
    )
    known = {(row.kind, row.key): row.id for row in rows}
    return {pair: known.get(pair) or subject_id(session, *pair) for pair in pairs}


def shop_id(session: Session, total_key: str = "reviews") -> int:
    """Return our number of the shop's total over all product reviews, or over all ratings of sellers."""
    return subject_id(session, "shop", total_key)


@dataclass(frozen=True, slots=True)
class Beside:
    """What else is read in the statement that locks totals: scalar subqueries, and the values of their parameters.

    They may be older than the locks, so that a lock which the caller has already must guard what they read.
    """

    columns: tuple[ColumnElement[Any], ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Locked:
    """Rows of totals under their locks: the shop's, and those by our number of it on which and for which votes count.

    `homes` tell for each subject what its votes count for: its family, or itself where it has none.
    """

    total: Totals
    rows: dict[int, Totals]
    homes: Mapping[int, int]
    beside: Row[Any] | None


def lock_subjects(session: Session, total_key: str, subjects: Sequence[int], beside: Beside | None = None) -> Locked:
    """Lock the shop's total and then these subjects in the order of their ids, and return them as they stand now."""
    session.flush()  # what was changed before is locked before any total, on every path
    begin_writing(session, Subject, subjects)
    total, rows, extra = _read_locked(session, total_key, subjects, beside)
    homes = {number: row["family_id"] or number for number, row in rows.items()}
    families = sorted(set(homes.values()) - set(homes))
    rows |= {row["id"]: row for row in read_subjects(session, families)}
    return Locked(total, rows, homes, extra)


def _read_locked(
    session: Session, total_key: str, subjects: Sequence[int], beside: Beside | None
) -> tuple[Totals, dict[int, Totals], Row[Any] | None]:
    known = _totals.setdefault(session.get_bind().engine, {})
    wanted = {"subjects": subjects, **(beside.values if beside else {})}
    query, width = _lock_query(beside.columns if beside else ()), len(_COLUMNS)
    for _ in range(2):
        if total_key not in known:
            known[total_key] = shop_id(session, total_key)
        found = session.connection().execute(query, {"total": known[total_key], **wanted}).all()
        total = dict(zip(_COLUMNS, found[0][:width], strict=True)) if found else {}
        if (total.get("kind"), total.get("key")) == ("shop", total_key):
            rows = [dict(zip(_COLUMNS, row[width : 2 * width], strict=True)) for row in found]
            return total, {row["id"]: row for row in rows}, found[0] if beside else None
        known.pop(total_key, None)  # as where a database was made anew; another thread may have seen it too
    raise LookupError(f"the shop's total of {total_key} or one of {subjects} is not there")


@cache
def _lock_query(beside: tuple[ColumnElement[Any], ...]) -> Select[Any]:
    """Return the statement that locks the shop's total before all others.

    Joined in this order, because PostgreSQL locks the tables of each row in the order of the statement, and MariaDB
    reads, and so locks, first what is named by its key.
    """
    total, wanted = table_of(Subject).alias("total"), table_of(Subject).alias("wanted")
    query = select(*total.c, *wanted.c, *beside).join_from(total, wanted, true())
    query = query.where(total.c.id == bindparam("total"), wanted.c.id.in_(bindparam("subjects", expanding=True)))
    return query.order_by(wanted.c.id).with_for_update(key_share=True)


def read_subjects(session: Session, ids: Collection[int]) -> list[Totals]:
    """Lock rows of totals in the order of their ids and return them as they stand now."""
    found = session.connection().execute(_read_query(), {"subjects": sorted(ids)}) if ids else ()
    return [dict(zip(_COLUMNS, row, strict=True)) for row in found]


@cache
def _read_query() -> Select[Any]:
    table = table_of(Subject)
    query = select(table).where(table.c.id.in_(bindparam("subjects", expanding=True)))
    return query.order_by(table.c.id).with_for_update(key_share=True)


def write_totals(session: Session, rows: Sequence[Totals]) -> None:
    """Write what votes may have moved in rows of totals, in one statement."""
    new = [{f"new_{name}": row[name] for name in _MOVING} | {"number": row["id"]} for row in rows]
    session.connection().execute(_write_statement(), new)


@cache
def _write_statement() -> Update:
    table = table_of(Subject)
    moved: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _MOVING}
    return update(table).where(table.c.id == bindparam("number")).values(moved)


def retitle(session: Session, titles: Mapping[int, str]) -> None:
    """Keep new names that the shop gives its products, for pages that have to do without the shop."""
    named = [{"number": number, "name": title[:TITLE_LENGTH]} for number, title in sorted(titles.items()) if title]
    if named:
        session.connection().execute(_naming(), named)


@cache
def _naming() -> Update:
    table = table_of(Subject)
    return update(table).where(table.c.id == bindparam("number")).values(title=bindparam("name"))
