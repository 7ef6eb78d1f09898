"""Counting what the page about reviews tells beside scores and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import case, false, func, select, true
from sqlalchemy.orm import Session

from ...ratings.models import Rating
from ...reviews.models import Review
from ...scores.queries import other_sellers


class Uncounted(NamedTuple):
    """How many of those that can be read move no score, beside older ones of the same buyer."""

    rewarded: int
    by_staff: int


def count_uncounted(session: Session, now: datetime) -> Uncounted:
    """Count the reviews that can be read and are not counted, because of a reward or of who wrote them."""
    rewarded = func.sum(case((Review.incentive.is_not(None), 1), else_=0))
    by_staff = func.sum(case((Review.insider & Review.incentive.is_(None), 1), else_=0))
    query: Any = select(rewarded, by_staff).where(Review.live == true(), Review.counted == false())
    row = session.execute(query.where(Review.shown_at <= now)).one()
    return Uncounted(int(row[0] or 0), int(row[1] or 0))


def has_other_sellers(session: Session) -> bool:
    """Say whether somebody else than the shop sells here."""
    return bool(session.scalar(select(other_sellers())))


def count_waiting(session: Session, now: datetime) -> int:
    """Count the reviews and ratings that wait for the other side of their order."""
    reviews, ratings = (
        select(func.count()).where(votes.live == true(), votes.tallied == false(), votes.shown_at > now)
        for votes in (Review, Rating)
    )
    return session.scalar(select(reviews.scalar_subquery() + ratings.scalar_subquery())) or 0
