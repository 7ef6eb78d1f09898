"""Counting again from the reviews and ratings themselves, independent of the code that moves the totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Executable, Select, and_, case, delete, func, not_, select, update
from sqlalchemy.orm import Session

from ..db import lock_rows
from ..ratings.models import Rating
from ..reviews.models import Review
from ..reviews.votes.models import HelpfulVote
from ..scores import maths
from ..scores.actions import lock_total
from ..scores.models import Aspect, Day, Subject
from ..scores.queries import SHOP_RATINGS
from ..scores.rules import utc_day

#: Rows to a statement.
PIECE = 500
# Nothing that was read before is looked at again, so the session need not follow.
_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Truth:
    """What the totals of a subject should be; `miscounted` are votes whose `counted` flag is wrong.

    `days` are the counts by UTC day, `aspects` number, sum and low ones of the answers by name; nothing stands for
    none.
    """

    counts: list[int]
    sums: list[float]
    shown: int
    next_shown_at: datetime | None
    miscounted: Sequence[int]
    days: dict[date, list[int]]
    aspects: dict[str, list[int]]


def all_subjects(session: Session) -> Sequence[int]:
    """Return our numbers of everything that has totals."""
    return session.scalars(select(Subject.id).order_by(Subject.id)).all()


def _votes_of(row: Subject) -> Any:
    """Return the class whose rows add up to this subject."""
    return Rating if row.kind == "seller" or (row.kind, row.key) == SHOP_RATINGS else Review


def _scope(row: Subject) -> Any:
    votes = _votes_of(row)
    return votes.id.is_not(None) if row.kind == "shop" else votes.subject_id == row.id


def truths(session: Session, row: Subject) -> Truth:
    """Recount one subject from its reviews or ratings."""
    counts, sums, votes = [0] * 5, [0.0] * 5, _votes_of(row)
    days: dict[date, list[int]] = {}
    aspects: dict[str, list[int]] = {}
    answers = [getattr(votes, name) for name in votes.aspects]
    counted = select(votes.stars, votes.shown_at, *answers).where(_scope(row), votes.id.in_(_newest(row)))
    for stars, shown_at, *given in session.execute(counted):
        day = utc_day(shown_at)
        counts[stars - 1] += 1
        sums[stars - 1] += maths.weight(day, maths.HALF_LIFE[row.kind])
        days.setdefault(day, [0] * 5)[stars - 1] += 1
        for name, answer in zip(votes.aspects, given, strict=True):
            if answer is not None:
                number, total, low = aspects.get(name, (0, 0, 0))
                aspects[name] = [number + 1, total + answer, low + (answer in (1, 2))]
    live = select(func.count()).where(_scope(row), votes.live.is_(True))
    shown = session.scalar(live.where(votes.tallied.is_(True))) or 0
    waits = select(func.min(votes.shown_at)).where(_scope(row), votes.live.is_(True), votes.tallied.is_(False))
    wrong = session.scalars(_wrong_flags(row)).all()
    return Truth(counts, sums, shown, session.scalar(waits), wrong, days, aspects)


def parts_agree(session: Session, row: Subject, truth: Truth) -> bool:
    """Say whether the stored days and aspects of a subject are those of the recount; rows of nothing do no harm."""
    days = select(Day.day, Day.n1, Day.n2, Day.n3, Day.n4, Day.n5).where(Day.subject_id == row.id)
    aspects = select(Aspect.question, Aspect.n, Aspect.total, Aspect.low).where(Aspect.subject_id == row.id)
    return _stored(session, days) == truth.days and _stored(session, aspects) == truth.aspects


def _stored(session: Session, query: Executable) -> dict[Any, list[int]]:
    return {key: numbers for key, *numbers in session.execute(query) if any(numbers)}


def _newest(row: Subject) -> Select[Any]:
    """Select the newest eligible vote of each person on each subject."""
    votes = _votes_of(row)
    place = func.row_number().over(
        partition_by=(votes.subject_id, votes.person_id), order_by=(votes.shown_at.desc(), votes.id.desc())
    )
    eligible = and_(_scope(row), votes.live.is_(True), votes.tallied.is_(True), votes.eligible.is_(True))
    ranked = select(votes.id.label("id"), place.label("place")).where(eligible).subquery()
    return select(ranked.c.id).where(ranked.c.place == 1)


def _wrong_flags(row: Subject) -> Select[Any]:
    votes = _votes_of(row)
    should = case((votes.id.in_(_newest(row)), 1), else_=0)
    return select(votes.id).where(_scope(row), should != case((votes.counted.is_(True), 1), else_=0))


def repair_subject(session: Session, subject_id: int, now: datetime) -> None:
    """Set the totals of a subject to a fresh recount, under its lock; call it first in a transaction."""
    lock_rows(session, Subject, [subject_id])
    row = session.get_one(Subject, subject_id, populate_existing=True)
    votes = _votes_of(row)
    public = case((and_(votes.live.is_(True), votes.shown_at <= now), True), else_=False)
    session.execute(update(votes).where(_scope(row)).values(tallied=public), execution_options=_PLAIN)
    _mend_flags(session, votes, truths(session, row).miscounted)
    truth = truths(session, row)
    for level in maths.LEVELS:
        setattr(row, f"n{level}", truth.counts[level - 1])
        setattr(row, f"w{level}", truth.sums[level - 1])
    row.shown, row.next_shown_at = truth.shown, truth.next_shown_at
    row.version += 1
    _write_parts(session, row, truth)


def _write_parts(session: Session, row: Subject, truth: Truth) -> None:
    session.execute(delete(Day).where(Day.subject_id == row.id), execution_options=_PLAIN)
    session.execute(delete(Aspect).where(Aspect.subject_id == row.id), execution_options=_PLAIN)
    for day, numbers in truth.days.items():
        levels = {f"n{stars}": number for stars, number in zip(maths.LEVELS, numbers, strict=True)}
        session.add(Day(subject_id=row.id, day=day, **levels))
    for name, (number, total, low) in truth.aspects.items():
        session.add(Aspect(subject_id=row.id, question=name, n=number, total=total, low=low))
    session.flush()


def _mend_flags(session: Session, votes: Any, miscounted: Sequence[int]) -> None:
    # In pieces: PostgreSQL takes 65,535 values in one statement, some builds of SQLite no more than 999.
    for start in range(0, len(miscounted), PIECE):
        wrong = votes.id.in_(miscounted[start : start + PIECE])
        session.execute(update(votes).where(wrong).values(counted=not_(votes.counted)), execution_options=_PLAIN)


def wrong_votes(session: Session) -> Sequence[int]:
    """Return the reviews that say another number of helpful votes than they have."""
    votes = select(HelpfulVote.review_id, func.count().label("n")).group_by(HelpfulVote.review_id).subquery()
    number = func.coalesce(votes.c.n, 0)
    found = select(Review.id).outerjoin(votes, votes.c.review_id == Review.id).where(Review.helpful != number)
    return session.scalars(found.order_by(Review.id)).all()


def repair_votes(session: Session, review_ids: Sequence[int]) -> None:
    """Let reviews say how many helpful votes they have; call it first in a transaction."""
    lock_total(session, Review)
    number = select(func.count()).where(HelpfulVote.review_id == Review.id).correlate(Review).scalar_subquery()
    for start in range(0, len(review_ids), PIECE):
        wrong = Review.id.in_(review_ids[start : start + PIECE])
        session.execute(update(Review).where(wrong).values(helpful=number), execution_options=_PLAIN)
