"""Counting again from the reviews themselves, independent of the code that moves the totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, not_, select, update
from sqlalchemy.orm import Session

from ..db import lock_rows
from ..reviews.models import Review
from ..scores import maths
from ..scores.actions import utc_day
from ..scores.models import Subject
from ..scores.queries import SHOP_REVIEWS

#: Rows to a statement.
PIECE = 1_000
# Nothing that was read before is looked at again, so the session need not follow.
_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Truth:
    """What the totals of a subject should be; `miscounted` are reviews whose `counted` flag is wrong."""

    counts: list[int]
    sums: list[float]
    shown: int
    next_shown_at: datetime | None
    miscounted: Sequence[int]


def all_subjects(session: Session) -> Sequence[int]:
    """Return our numbers of everything that has totals."""
    return session.scalars(select(Subject.id).order_by(Subject.id)).all()


def _scope(row: Subject) -> Any:
    if (row.kind, row.key) == SHOP_REVIEWS:
        return Review.id.is_not(None)
    return Review.subject_id == row.id


def truths(session: Session, row: Subject) -> Truth:
    """Recount one subject from its reviews."""
    counts, sums = [0] * 5, [0.0] * 5
    votes: Any = select(Review.stars, Review.shown_at).where(_scope(row), Review.id.in_(_newest(row)))
    for stars, shown_at in session.execute(votes):
        counts[stars - 1] += 1
        sums[stars - 1] += maths.weight(utc_day(shown_at), maths.HALF_LIFE[row.kind])
    live = select(func.count()).where(_scope(row), Review.live.is_(True))
    shown = session.scalar(live.where(Review.tallied.is_(True))) or 0
    waits = select(func.min(Review.shown_at)).where(_scope(row), Review.live.is_(True), Review.tallied.is_(False))
    return Truth(counts, sums, shown, session.scalar(waits), session.scalars(_wrong_flags(row)).all())


def _newest(row: Subject) -> Select[Any]:
    """Select the newest eligible review of each person on each product."""
    place = func.row_number().over(
        partition_by=(Review.subject_id, Review.person_id), order_by=(Review.shown_at.desc(), Review.id.desc())
    )
    eligible = and_(_scope(row), Review.live.is_(True), Review.tallied.is_(True), Review.eligible.is_(True))
    ranked = select(Review.id.label("id"), place.label("place")).where(eligible).subquery()
    return select(ranked.c.id).where(ranked.c.place == 1)


def _wrong_flags(row: Subject) -> Select[Any]:
    should = case((Review.id.in_(_newest(row)), 1), else_=0)
    return select(Review.id).where(_scope(row), should != case((Review.counted.is_(True), 1), else_=0))


def repair_subject(session: Session, subject_id: int, now: datetime) -> None:
    """Set the totals of a subject to a fresh recount, under its lock; call it first in a transaction."""
    lock_rows(session, Subject, [subject_id])
    row = session.get_one(Subject, subject_id, populate_existing=True)
    public = case((and_(Review.live.is_(True), Review.shown_at <= now), True), else_=False)
    session.execute(update(Review).where(_scope(row)).values(tallied=public), execution_options=_PLAIN)
    _mend_flags(session, truths(session, row).miscounted)
    truth = truths(session, row)
    for level in maths.LEVELS:
        setattr(row, f"n{level}", truth.counts[level - 1])
        setattr(row, f"w{level}", truth.sums[level - 1])
    row.shown, row.next_shown_at = truth.shown, truth.next_shown_at
    row.version += 1


def _mend_flags(session: Session, miscounted: Sequence[int]) -> None:
    # In pieces: PostgreSQL takes 65,535 values in one statement, SQLite often no more than 32,766.
    for start in range(0, len(miscounted), PIECE):
        wrong = Review.id.in_(miscounted[start : start + PIECE])
        session.execute(update(Review).where(wrong).values(counted=not_(Review.counted)), execution_options=_PLAIN)
