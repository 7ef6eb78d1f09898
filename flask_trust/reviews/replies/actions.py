"""Writing replies: each in the transaction of its caller, who knows that the writer may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ...journal.actions import record
from ...scores.actions import touch
from ...verdicts.marks import marks_of
from ...verdicts.queries import verdicts_on_reply
from ...verdicts.rules import WITHHELD, Forbidden
from ..models import Review
from .models import ReviewReply
from .queries import reply_to

Role = Literal["seller", "staff"]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: our number of the person, for the seller or for the shop, and the name that stands beside it."""

    person_id: int
    role: Role
    signed: str


def write_reply(
    session: Session, review: Review, old: ReviewReply | None, voice: Voice, text: str, lang: str, now: datetime
) -> ReviewReply:
    """Write or change the one reply to a review; where staff has taken it down, others cannot read the new words yet.

    Raises `Forbidden` for words that staff has taken down.
    """
    verdicts = verdicts_on_reply(session, "to_review", review.id, voice.person_id)
    if verdicts.forbids(text, marks_of("to_review", review.id, text)):
        raise Forbidden("to_review", [review.id])
    if old is None:
        # Deleting it and writing anew is no way around staff that has not looked yet.
        state = "hidden" if verdicts.stands_against("to_review", review.id) else "shown"
        reply = ReviewReply(review_id=review.id, state=state, at=now)
        session.add(reply)
    else:
        reply = old
        reply.state, reply.edited_at = "hidden" if old.state in WITHHELD else "shown", now
    reply.author_id, reply.signed, reply.text, reply.lang = voice.person_id, voice.signed, text, lang
    event = "replied" if old is None else "reply_changed"
    record(session, event, "review", review.id, at=now, role=voice.role, actor_id=voice.person_id)
    session.flush()
    touch(session, Review, [review.subject_id])
    return reply


def take_reply_back(session: Session, review: Review, voice: Voice, now: datetime) -> None:
    """Delete the reply to a review; where there is none, nothing happens."""
    old = reply_to(session, review.id)
    if old is not None:
        session.delete(old)
        record(session, "reply_deleted", "review", review.id, at=now, role=voice.role, actor_id=voice.person_id)
        session.flush()
        touch(session, Review, [review.subject_id])


def delete_reply_to(session: Session, review_id: int) -> None:
    """Delete the reply together with the words it answers: it may repeat them."""
    session.execute(delete(ReviewReply).where(ReviewReply.review_id == review_id))


def delete_replies_by(session: Session, person_id: int) -> None:
    """Delete what a person has replied: a reply is the words of whoever wrote it."""
    answered = select(Review.subject_id).join(ReviewReply, ReviewReply.review_id == Review.id)
    subjects = session.scalars(answered.where(ReviewReply.author_id == person_id)).all()
    session.execute(delete(ReviewReply).where(ReviewReply.author_id == person_id))
    if subjects:
        touch(session, Review, subjects)


def merge_replies(session: Session, old: int, new: int) -> None:
    """Give the replies of one account to another."""
    session.execute(update(ReviewReply).where(ReviewReply.author_id == old).values(author_id=new))
