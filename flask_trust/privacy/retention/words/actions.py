"""Deleting words whose time is up, so that receipts still tell what became of them.

The journal says that it was done, and commits to what is left: the check of a receipt follows it from there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ....journal.actions import commitment, record
from ....ratings.actions import content_of, former_content_of
from ....ratings.models import FormerRating, Rating, Reply
from ....ratings.receipts import FORMER, NOTE_GONE, NOW, WORDS_GONE
from ....reviews.models import Review, Version
from ....reviews.replies.models import ReviewReply

_PLAIN = {"synchronize_session": False}


def drop_notes(session: Session, ids: list[int], now: datetime) -> None:
    """Delete what these ratings said to the seller alone, now and before their revision."""
    formers = session.scalars(select(FormerRating).where(FormerRating.rating_id.in_(ids), FormerRating.note != ""))
    for former in formers.all():
        former.note = ""
        rating = session.get_one(Rating, former.rating_id)
        left = commitment(former.nonce, former_content_of(rating, former)) if former.nonce else None
        _note(session, NOTE_GONE, "rating", rating.id, now, place=FORMER, left=left)
    for rating in session.scalars(select(Rating).where(Rating.id.in_(ids), Rating.note != "")):
        rating.note = ""
        left = commitment(rating.nonce, content_of(rating)) if rating.nonce else None
        _note(session, NOTE_GONE, "rating", rating.id, now, place=NOW, left=left)
    session.flush()


def drop_reviews(session: Session, ids: list[int], now: datetime) -> None:
    """Delete the words of reviews that were taken down; that they were, and why, stays."""
    for review in session.scalars(select(Review).where(Review.id.in_(ids))):
        review.title, review.text, review.nonce = "", "", None
        _note(session, WORDS_GONE, "review", review.id, now, place=NOW)
    session.flush()


def drop_ratings(session: Session, ids: list[int], now: datetime) -> None:
    """Delete the words of ratings that were taken down; that they were, and why, stays."""
    for rating in session.scalars(select(Rating).where(Rating.id.in_(ids))):
        rating.text, rating.note, rating.nonce = "", "", None
        _note(session, WORDS_GONE, "rating", rating.id, now, place=NOW)
    session.flush()


def drop_versions(session: Session, ids: list[int], _now: datetime) -> None:
    """Delete former words of reviews that were taken down and that no reader sees."""
    gone = update(Version).where(Version.id.in_(ids)).values(title="", text="")
    session.execute(gone, execution_options=_PLAIN)


def drop_former(session: Session, ids: list[int], now: datetime) -> None:
    """Delete former words of ratings that were taken down and that no reader sees."""
    for former in session.scalars(select(FormerRating).where(FormerRating.id.in_(ids))):
        former.text, former.note, former.nonce = "", "", None
        _note(session, WORDS_GONE, "rating", former.rating_id, now, place=FORMER)
    session.flush()


def drop_review_replies(session: Session, ids: list[int], now: datetime) -> None:
    """Delete the words of replies to reviews that were taken down; that they were, and why, stays."""
    for reply in session.scalars(select(ReviewReply).where(ReviewReply.id.in_(ids))):
        reply.text = ""
        _note(session, WORDS_GONE, "to_review", reply.review_id, now, place=NOW)
    session.flush()


def drop_rating_replies(session: Session, ids: list[int], now: datetime) -> None:
    """Delete the words of replies to ratings that were taken down; that they were, and why, stays."""
    for reply in session.scalars(select(Reply).where(Reply.id.in_(ids))):
        reply.text = ""
        _note(session, WORDS_GONE, "to_rating", reply.rating_id, now, place=NOW)
    session.flush()


def _note(
    session: Session, event: str, kind: str, number: int, now: datetime, *, place: str, left: str | None = None
) -> None:
    record(session, event, kind, number, at=now, role="job", state=(place, None), committed=left)
