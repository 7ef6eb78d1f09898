"""Reading scores: one row by key, whatever the number of ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from ..db.dialect import table_of
from ..figures import one_decimal
from . import maths
from .models import Subject, VoteColumns

SHOP_REVIEWS = ("shop", "reviews")

#: The shop's total that votes on each kind of subject add up to, whose spread is the usual one of that kind.
TOTALS = {"product": "reviews", "seller": "ratings"}

#: A row of totals: mapped where it may be changed, plain where it is only read.
Totals: TypeAlias = Subject | Row[Any]
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

    @property
    def count(self) -> int:
        """Return the number of counted votes."""
        return sum(self.counts)

    @property
    def few(self) -> bool:
        """Say whether there are too few votes for the score to stand alone."""
        return self.count < maths.FEW

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
    found = maths.estimate(maths.present(sums, counts, today, half_life), before)
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


def find_rows(session: Session, kind: str, keys: Iterable[str]) -> tuple[dict[str, Row[Any]], Row[Any] | None]:
    """Return the rows of one kind by key, and the shop's total of that kind, in one query."""
    wanted = sorted(set(keys))
    one = len(wanted) == 1
    rows = session.execute(_rows_query(kind, one), {"key": wanted[0]} if one else {"keys": wanted}).all()
    found = {row.key: row for row in rows if row.kind == kind}
    shop = ("shop", TOTALS.get(kind))
    return found, next((row for row in rows if (row.kind, row.key) == shop), None)


@cache
def _rows_query(kind: str, one: bool) -> Select[Any]:
    """Return the statement, made once for each kind and on the plain table: every public page starts with it."""
    table = table_of(Subject)
    # A list of values is written into the statement anew each time, so most pages do better without.
    named = table.c.key == bindparam("key") if one else table.c.key.in_(bindparam("keys", expanding=True))
    wanted = and_(table.c.kind == kind, named)
    if kind not in TOTALS:
        return select(table).where(wanted)
    return select(table).where(or_(wanted, and_(table.c.kind == "shop", table.c.key == TOTALS[kind])))


def find_scores(session: Session, kind: str, keys: Iterable[str], now: datetime) -> dict[str, Score]:
    """Return the scores of one kind by key, in one query; what has no row is left out.

    One more, bounded query is needed where something became public since the totals were last moved.
    """
    today = now.astimezone(UTC).date()
    rows, shop = find_rows(session, kind, keys)
    late = [row for row in rows.values() if row.next_shown_at is not None and row.next_shown_at <= now]
    due = find_due(session, late, now) if late else {}
    # The shop's totals lean on themselves, everything else on the shop's: worked out once for a list.
    usual = None if kind == "shop" else maths.prior(usual_of(shop, today))
    return {
        key: make_score(row, usual or maths.prior(usual_of(row, today)), today, due.get(row.id))
        for key, row in rows.items()
    }


@dataclass(slots=True)
class Due:
    """What became public since the totals were last moved: changes by (stars, day), and how many more are shown."""

    votes: Counter[tuple[int, date]]
    shown: int = 0


def find_due(session: Session, rows: Sequence[Totals], now: datetime) -> dict[int, Due]:
    """Return what is public and not in the totals of these rows yet, by our number of the row."""
    found = {row.id: Due(Counter()) for row in rows}
    for votes in {id(each): each for row in rows for each in _votes_of(row)}.values():
        shop = next((row.id for row in rows if row.kind == "shop" and row.key == votes.total_key), None)
        subjects = None if shop is not None else [row.id for row in rows]
        for subject, changes, shown in _due_of(session, votes, subjects, now):
            for number in found.keys() & {subject, shop or subject}:
                found[number].votes.update(changes)
                found[number].shown += shown
    return found


def _votes_of(row: Totals) -> list[Any]:
    keys = {row.key} if row.kind == "shop" else {TOTALS.get(row.kind)}
    return [votes for votes in VoteColumns.__subclasses__() if votes.total_key in keys]


def _due_of(
    session: Session, votes: Any, subjects: Sequence[int] | None, now: datetime
) -> Iterator[tuple[int, Counter[tuple[int, date]], int]]:
    """Yield the change that each due vote makes: its stars come, the older vote of the same person goes."""
    older = aliased(votes)
    same = and_(older.subject_id == votes.subject_id, older.person_id == votes.person_id, older.counted.is_(True))
    query = select(votes, older.stars, older.shown_at).outerjoin(older, same)
    query = query.where(votes.live.is_(True), votes.tallied.is_(False), votes.shown_at <= now)
    if subjects is not None:
        query = query.where(votes.subject_id.in_(subjects))
    seen: set[tuple[int, int]] = set()
    for vote, old_stars, old_at in session.execute(query.order_by(votes.shown_at.desc(), votes.id.desc())):
        changes: Counter[tuple[int, date]] = Counter()
        if vote.eligible and (vote.subject_id, vote.person_id) not in seen:
            seen.add((vote.subject_id, vote.person_id))
            changes[vote.stars, vote.shown_at.astimezone(UTC).date()] += 1
            if old_stars is not None:
                changes[old_stars, old_at.astimezone(UTC).date()] -= 1
        yield vote.subject_id, changes, 1


def find_subject_id(session: Session, kind: str, key: str) -> int | None:
    """Return our number of a product, seller or shop."""
    return session.scalar(select(Subject.id).where(Subject.kind == kind, Subject.key == key))


def find_keys(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the shop's ids of subjects by our numbers."""
    rows = session.execute(select(Subject.id, Subject.key).where(Subject.id.in_(sorted(set(ids)))))
    return {row[0]: row[1] for row in rows}
