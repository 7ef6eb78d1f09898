"""Counting helpful votes again, independent of the code that notes them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ...reviews.models import Review
from ...reviews.votes.models import HelpfulVote
from ...scores.actions import lock_total
from ..recount import PIECE

_PLAIN = {"synchronize_session": False}


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
