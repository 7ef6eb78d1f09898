"""Writing helpful votes; `trust_review.helpful` always equals their number and no score ever moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from ...scores.actions import lock_total, touch
from ..models import Review
from .models import HelpfulVote

_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Voter:
    """Who says it: our number of somebody who is signed in, or the hash of a browser's token."""

    person_id: int | None = None
    visitor: str | None = None

    @property
    def mine(self) -> ColumnElement[bool]:
        """Return the condition that a vote is this reader's; who is signed in may have voted before signing in."""
        told = {HelpfulVote.person_id: self.person_id, HelpfulVote.visitor: self.visitor}
        return or_(false(), *(column == value for column, value in told.items() if value is not None))


def vote(session: Session, review: Review, voter: Voter, now: datetime, *, helpful: bool) -> None:
    """Say that a review helped, or take that back; saying it again changes nothing.

    Call it first in a transaction.
    """
    lock_total(session, Review)  # as on every path that moves what stands beside a review
    # What a browser said before its reader signed in becomes the reader's own word.
    session.execute(delete(HelpfulVote).where(HelpfulVote.review_id == review.id, voter.mine), execution_options=_PLAIN)
    # It may have been taken back or down while we waited for the lock.
    still_there = session.scalar(select(Review.live).where(Review.id == review.id).with_for_update())
    if helpful and still_there:
        who = {"visitor": voter.visitor} if voter.person_id is None else {"person_id": voter.person_id}
        session.add(HelpfulVote(review_id=review.id, at=now, **who))
        session.flush()
    count_votes(session, [review.id])


def count_votes(session: Session, review_ids: Iterable[int]) -> None:
    """Let reviews say how many votes they have, under the lock of the shop's total."""
    wanted = sorted(set(review_ids))
    if not wanted:
        return
    number = select(func.count()).where(HelpfulVote.review_id == Review.id).correlate(Review).scalar_subquery()
    set_number = update(Review).where(Review.id.in_(wanted)).values(helpful=number)
    session.execute(set_number, execution_options=_PLAIN)
    touch(session, Review, session.scalars(select(Review.subject_id).where(Review.id.in_(wanted))).all())


def drop_votes_on(session: Session, review: Review) -> None:
    """Delete what readers said of words that are gone."""
    session.execute(delete(HelpfulVote).where(HelpfulVote.review_id == review.id), execution_options=_PLAIN)
    review.helpful = 0


def erase_votes(session: Session, person_id: int) -> None:
    """Take back everything a person found helpful; a vote is theirs."""
    mine = HelpfulVote.person_id == person_id
    reviews = session.scalars(select(HelpfulVote.review_id).where(mine)).all()
    session.execute(delete(HelpfulVote).where(mine), execution_options=_PLAIN)
    count_votes(session, reviews)


def merge_votes(session: Session, old: int, new: int) -> None:
    """Give the votes of one account to another: one voice for each review, and none for what is now their own."""
    theirs, known = _voted(session, old), _voted(session, new)
    own = select(Review.id).where(Review.person_id == new, Review.id.in_(theirs | known))
    written = set(session.scalars(own).all())
    of_old, of_new = HelpfulVote.person_id == old, HelpfulVote.person_id == new
    twice = delete(HelpfulVote).where(of_old, HelpfulVote.review_id.in_(known))
    session.execute(twice, execution_options=_PLAIN)
    session.execute(update(HelpfulVote).where(of_old).values(person_id=new), execution_options=_PLAIN)
    on_own = delete(HelpfulVote).where(of_new, HelpfulVote.review_id.in_(written))
    session.execute(on_own, execution_options=_PLAIN)
    count_votes(session, (theirs & known) | written)


def _voted(session: Session, person_id: int) -> set[int]:
    return set(session.scalars(select(HelpfulVote.review_id).where(HelpfulVote.person_id == person_id)).all())
