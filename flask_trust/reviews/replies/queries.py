"""Reading replies, and the reviews that can be replied to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, aliased

from ...orders.models import Deal, Line
from ...scores.models import Subject
from ..models import Review
from .models import ReviewReply


@dataclass(frozen=True, slots=True)
class Answerable:
    """A review that everybody can read, with its seller, its product and its reply."""

    review: Review
    seller_id: int
    seller_key: str
    product_key: str
    product_title: str
    reply: ReviewReply | None


def find_answerable(session: Session, wanted: int | str, now: datetime) -> Answerable | None:
    """Return a visible review by our number or its public id."""
    by: ColumnElement[bool] = Review.id == wanted if isinstance(wanted, int) else Review.public_id == wanted
    seller, product = aliased(Subject), aliased(Subject)
    query = (
        select(Review, Deal.seller_id, seller.key, product.key, product.title, ReviewReply)
        .join(Deal, Deal.id == Review.deal_id)
        .join(seller, seller.id == Deal.seller_id)
        .join(Line, Line.id == Review.line_id)
        .join(product, product.id == Line.subject_id)
        .outerjoin(ReviewReply, ReviewReply.review_id == Review.id)
        .where(by, Review.live == true(), Review.shown_at <= now)
    )
    row = session.execute(query).first()
    return Answerable(*row) if row else None


def reply_to(session: Session, review_id: int) -> ReviewReply | None:
    """Return the reply to a review."""
    return session.scalar(select(ReviewReply).where(ReviewReply.review_id == review_id))


class NewReview(NamedTuple):
    """A review without a reply: our number, and what it is about."""

    id: int
    product_key: str
    product_title: str


def new_reviews(session: Session, seller_id: int, told_at: datetime, now: datetime) -> Sequence[NewReview]:
    """Return the reviews without a reply that a mail of this moment to a seller's people is about."""
    query = (
        select(Review.id, Subject.key, Subject.title)
        .join(Deal, Deal.id == Review.deal_id)
        .join(Line, Line.id == Review.line_id)
        .join(Subject, Subject.id == Line.subject_id)
        .outerjoin(ReviewReply, ReviewReply.review_id == Review.id)
        .where(Deal.seller_id == seller_id, Deal.told_at == told_at)
        .where(Review.live == true(), Review.shown_at <= now, ReviewReply.id.is_(None))
    )
    return [NewReview(*row) for row in session.execute(query.order_by(Review.shown_at, Review.id))]
