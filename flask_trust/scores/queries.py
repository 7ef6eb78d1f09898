"""Reading scores: one row by key, whatever the number of ratings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, TypeAlias

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
from ..figures import one_decimal
from ..shop import SHOP_SELLER
from . import maths
from .late.queries import Due, find_due
from .models import TOTALS, Reader, Subject, Totals, VoteColumns

SHOP_REVIEWS = ("shop", "reviews")
SHOP_RATINGS = ("shop", "ratings")

#: How many scores are kept as they were worked out; one with its row takes two kilobytes.
KEPT = 2_000

Counts: TypeAlias = tuple[int, int, int, int, int]
Sums: TypeAlias = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """What pages show about one product, seller or shop.

    `counts` are the counted votes with 1 to 5 stars, `shown` is everything that can be read;
    `average` is the plain mean (None without votes); `score`, `low` and `high` are in stars.
    """

    kind: str
    key: str
    title: str
    shown: int
    counts: tuple[int, int, int, int, int]
    average: float | None
    score: float
    low: float
    high: float
    #: Our own number, None where nobody has rated yet.
    subject_id: int | None = None
    #: What staff keeps from being read, in neither of the numbers above.
    withheld: int = 0
    #: What the score is made from, for 1 to 5 stars: today's weights, and what a subject starts with.
    weights: maths.Levels = ()
    start: maths.Levels = ()
    #: What is public and in none of our stored totals yet; `counts` and the score have it already.
    late: Due | None = None
    #: Rises with everything that changes a page about this.
    version: int = 0
    #: The shop's id of the family with which a product shares all this; empty where it stands alone.
    family: str = ""
    #: Our number of the product itself, where `subject_id` is that of its family.
    own_id: int | None = None

    @property
    def count(self) -> int:
        """Return the number of counted votes."""
        return sum(self.counts)

    @property
    def few(self) -> bool:
        """Say whether there are too few votes for the score to stand alone."""
        return self.count < maths.FEW

    @property
    def leans_to_shop(self) -> bool:
        """Say whether it starts from the shop's usual spread too, and not from an even one alone."""
        return len(set(self.start)) > 1

    @property
    def average_text(self) -> str:
        """Return the plain average as pages print it, or an empty string."""
        return "" if self.average is None else one_decimal(self.average)

    @property
    def score_text(self) -> str:
        """Return the score as pages print it."""
        return one_decimal(self.score)

    @property
    def range_text(self) -> tuple[str, str]:
        """Return both ends of the range as pages print them."""
        return one_decimal(self.low), one_decimal(self.high)

    @property
    def headline(self) -> float:
        """Return the figure that is drawn as stars: the average of few votes, else the score."""
        return self.average if self.few and self.average is not None else self.score


def counts_of(row: Totals) -> Counts:
    """Return the counted votes with 1 to 5 stars."""
    return row.n1, row.n2, row.n3, row.n4, row.n5


def sums_of(row: Totals) -> Sums:
    """Return the running sums of weights."""
    return row.w1, row.w2, row.w3, row.w4, row.w5


def usual_of(shop: Totals | None, today: date) -> Sequence[int]:
    """Return the shop's counts of each star as they stood when the UTC day began."""
    if shop is None:
        return (0,) * 5
    if shop.day is None or shop.day < today:
        return counts_of(shop)
    return shop.m1, shop.m2, shop.m3, shop.m4, shop.m5


def make_score(row: Totals, before: maths.Levels, today: date, due: Due | None = None) -> Score:
    """Return the score of one row with its prior; `due` is public and not in the totals yet."""
    half_life = maths.HALF_LIFE[row.kind]
    counts, sums, shown = counts_of(row), sums_of(row), row.shown
    if due is not None:
        counts, sums = _with_due(counts, sums, due, half_life)
        shown += due.shown
    weights = tuple(maths.present(sums, counts, today, half_life))
    found = maths.estimate(weights, before)
    return Score(
        row.kind,
        row.key,
        row.title,
        shown,
        counts,
        maths.average(counts),
        score=found.score,
        low=found.low,
        high=found.high,
        subject_id=row.id,
        withheld=row.withheld,
        weights=weights,
        start=before,
        late=due,
        version=row.version,
    )


def _with_due(counts: Counts, sums: Sums, due: Due, half_life: float) -> tuple[Counts, Sums]:
    n, w = list(counts), list(sums)
    for (stars, day), change in due.votes.items():
        n[stars - 1] += change
        w[stars - 1] += change * maths.weight(day, half_life)
    return (n[0], n[1], n[2], n[3], n[4]), (w[0], w[1], w[2], w[3], w[4])


def empty_score(kind: str, key: str) -> Score:
    """Return the score of something nobody has rated."""
    found = maths.estimate([0.0] * 5, maths.prior((0,) * 5))
    return Score(kind, key, "", 0, (0, 0, 0, 0, 0), None, score=found.score, low=found.low, high=found.high)


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
    query = select(*columns).select_from(table.outerjoin(family, family.c.id == table.c.family_id))
    return query.where(table.c.kind == bindparam("kind"), table.c.key == bindparam("key"))


def find_version(rows: Reader, kind: str, key: str, now: datetime) -> tuple[int, int] | None:
    """Return number and version of what a page is about: all that it takes to know that it is still the same.

    None where something has become public by itself since the totals were last moved, and where there is no row.
    """
    row = rows.execute(_version_query(), {"kind": kind, "key": key}).first()
    if row is None or (row.next_shown_at is not None and row.next_shown_at <= now):
        return None
    return row.id, row.version


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
