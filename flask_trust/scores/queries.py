"""Reading scores: one row by key, whatever the number of ratings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from ..db import Base
from ..db.dialect import table_of
from ..shop import SHOP_SELLER
from . import maths
from .late.queries import Due, find_due
from .models import TOTALS, Reader, Subject, Totals, VoteColumns
from .score import Score, make_score, usual_of

SHOP_REVIEWS = ("shop", "reviews")
SHOP_RATINGS = ("shop", "ratings")

#: How many scores are kept as they were worked out; one with its row takes two kilobytes.
KEPT = 2_000


def find_rows(session: Reader, kind: str, keys: Iterable[str]) -> tuple[dict[str, Row[Any]], Row[Any] | None]:
    """Return the rows of one kind by key, and the shop's total of that kind, in one query."""
    wanted = sorted(set(keys))
    one = len(wanted) == 1
    rows = session.execute(_rows_query(kind, one), {"key": wanted[0]} if one else {"keys": wanted}).all()
    found = {row.key: row for row in rows if row.kind == kind}
    total = TOTALS.get(kind)
    return found, next((row for row in rows if row.key == total and row.kind == "shop"), None)


@cache
def _rows_query(kind: str, one: bool) -> Select[Any]:
    """Return the statement, made once for each kind and on the plain table: every public page starts with it."""
    table = table_of(Subject)
    # A list of values is written into the statement anew each time, so most pages do better without.
    named = table.c.key == bindparam("key") if one else table.c.key.in_(bindparam("keys", expanding=True))
    wanted = and_(table.c.kind == kind, named)
    if kind not in TOTALS:
        return select(table).where(wanted)
    others = table.alias()
    some = exists().where(others.c.kind == "family").label("some_families")
    return select(table, some).where(or_(wanted, and_(table.c.kind == "shop", table.c.key == TOTALS[kind])))


def find_scores(session: Reader, kind: str, keys: Iterable[str], now: datetime) -> dict[str, Score]:
    """Return the scores of one kind by key, in one query; what has no row is left out.

    One more, bounded query is needed where something became public since the totals were last moved, and one for
    the families of products that have some.
    """
    return find_list(session, kind, keys, now)[0]


def find_list(session: Reader, kind: str, keys: Iterable[str], now: datetime) -> tuple[dict[str, Score], bool]:
    """Return what `find_scores` does, and whether any products of this shop share their reviews at all."""
    rows, shop = find_rows(session, kind, keys)
    return _scores_of(session, kind, rows, shop, now), bool(shop is not None and shop.some_families)


def _scores_of(
    session: Reader, kind: str, rows: Mapping[str, Row[Any]], shop: Row[Any] | None, now: datetime
) -> dict[str, Score]:
    today = now.astimezone(UTC).date()
    families = _families_of(session, rows.values())
    homes = {key: families.get(row.family_id, row) for key, row in rows.items()}
    late = [row for row in homes.values() if row.next_shown_at is not None and row.next_shown_at <= now]
    due = find_due(session, late, now) if late else {}
    # The shop's totals lean on themselves, everything else on the shop's: worked out once for a list.
    usual = None if kind == "shop" else tuple(maths.prior(usual_of(shop, today)))
    return {
        key: _as_member(_score_of(row, usual or tuple(maths.prior(usual_of(row, today))), today, due), rows[key])
        for key, row in homes.items()
    }


def _score_of(row: Row[Any], before: tuple[float, ...], today: date, due: Mapping[int, Due]) -> Score:
    return make_score(row, before, today, due[row.id]) if row.id in due else _kept_score(row, before, today)


@lru_cache(maxsize=KEPT)
def _kept_score(row: Row[Any], before: tuple[float, ...], today: date) -> Score:
    """Return the score of a row that was read: the same until somebody votes or a day ends."""
    return make_score(row, before, today)


def _families_of(session: Reader, rows: Iterable[Row[Any]]) -> dict[int, Row[Any]]:
    """Return the rows of the families that products belong to, by our number; no query where there are none."""
    wanted = {row.family_id for row in rows if row.family_id is not None}
    if not wanted:
        return {}
    table = table_of(Subject)
    return {row.id: row for row in session.execute(select(table).where(table.c.id.in_(wanted)))}


def _as_member(score: Score, row: Totals) -> Score:
    """Return a score under the name of the product whose page shows it."""
    if score.subject_id == row.id:
        return score
    return replace(score, kind=row.kind, key=row.key, title=row.title, family=score.key, own_id=row.id)


def find_shared(session: Reader, families: Mapping[str, str], now: datetime) -> dict[str, Score]:
    """Return what products of which nothing is known yet (with their families) share with them, where that is anything.

    One query for all of them.
    """
    found = find_scores(session, "family", families.values(), now) if families else {}
    return {
        product: replace(found[family], kind="product", key=product, title="", family=family)
        for product, family in families.items()
        if family in found
    }


@cache
def _version_query() -> Select[Any]:
    table, family = table_of(Subject), table_of(Subject).alias()
    # A member of a family counts nothing itself, so where there is a family, all three are the family's.
    columns = (func.coalesce(family.c[name], table.c[name]).label(name) for name in ("id", "version", "next_shown_at"))
    borrows = and_(table.c.family_id.is_(None), table.c.shown == 0).label("borrows")
    query = select(*columns, borrows).select_from(table.outerjoin(family, family.c.id == table.c.family_id))
    return query.where(table.c.kind == bindparam("kind"), table.c.key == bindparam("key"))


class Version(NamedTuple):
    """Number and version of what a page is about.

    `borrows`: it has nothing of its own, so that its page may show what a family has which only the shop names.
    """

    number: int
    version: int
    borrows: bool


def find_version(rows: Reader, kind: str, key: str, now: datetime) -> Version | None:
    """Return all that it takes to know that a page is still the same.

    None where something has become public by itself since the totals were last moved, and where there is no row.
    """
    row = rows.execute(_version_query(), {"kind": kind, "key": key}).first()
    if row is None or (row.next_shown_at is not None and row.next_shown_at <= now):
        return None
    return Version(row.id, row.version, bool(row.borrows))


def find_subject_id(session: Session, kind: str, key: str) -> int | None:
    """Return our number of a product, seller or shop."""
    return session.scalar(select(Subject.id).where(Subject.kind == kind, Subject.key == key))


def find_keys(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the shop's ids of subjects by our numbers."""
    rows = session.execute(select(Subject.id, Subject.key).where(Subject.id.in_(sorted(set(ids)))))
    return {row[0]: row[1] for row in rows}


def other_sellers() -> ColumnElement[bool]:
    """Return the condition that somebody else than the shop sells here; an index answers it at its first rows."""
    return exists().where(Subject.kind == "seller", Subject.key != SHOP_SELLER)


def has_voted(person: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that this person has said anything that carries stars, taken back or not."""
    tables = [table_of(votes) for votes in VoteColumns.__subclasses__() if issubclass(votes, Base)]
    return or_(*(exists().where(table.c.person_id == person) for table in tables))
