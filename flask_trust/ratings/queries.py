"""Reading what buyers and sellers say about each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..orders.models import Deal, Line, Order
from ..reviews.models import Review
from ..scores.models import Subject
from ..verdicts.rules import STANDING
from .models import BuyerRating, FormerRating, Rating, SellerChoice


def ratings_of(session: Session, deal_ids: Collection[int], *, locked: bool = False) -> dict[int, Rating]:
    """Return the buyer's ratings of these deals by deal; `locked` ones as they are now, even in an old transaction."""
    query = select(Rating).where(Rating.deal_id.in_(deal_ids))
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    rows = session.scalars(query).all()
    return {row.deal_id: row for row in rows}


def buyer_ratings_of(session: Session, deal_ids: Collection[int]) -> dict[int, BuyerRating]:
    """Return the sellers' ratings of these deals by deal."""
    rows = session.scalars(select(BuyerRating).where(BuyerRating.deal_id.in_(deal_ids))).all()
    return {row.deal_id: row for row in rows}


def waiting_reviews(session: Session, deal_ids: Collection[int], now: datetime) -> Sequence[Review]:
    """Return the product reviews of these deals that nobody can read yet, locked."""
    return _waiting(session, Review, deal_ids, now)


def waiting_ratings(session: Session, deal_ids: Collection[int], now: datetime) -> Sequence[Rating]:
    """Return the ratings of these deals that nobody can read yet, locked."""
    return _waiting(session, Rating, deal_ids, now)


def _waiting(session: Session, votes: Any, deal_ids: Collection[int], now: datetime) -> Sequence[Any]:
    # By the deal alone: asked for more, or for an order, MariaDB may walk along another index and lock all of its end,
    # where everybody else adds what they write.
    query = select(votes).where(votes.deal_id.in_(deal_ids)).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True))
    return sorted((vote for vote in found if vote.live and vote.shown_at > now), key=lambda vote: int(vote.id))


def untallied(session: Session, deal_id: int) -> tuple[Sequence[Review], Sequence[Rating]]:
    """Return what a closed deal holds that is in no total yet."""
    reviews = session.scalars(select(Review).where(Review.deal_id == deal_id, Review.live, ~Review.tallied)).all()
    ratings = session.scalars(select(Rating).where(Rating.deal_id == deal_id, Rating.live, ~Rating.tallied)).all()
    return reviews, ratings


def opened_at_closing(session: Session, deal: Deal) -> tuple[Sequence[Review], bool]:
    """Return the reviews that a deal's closing has made readable, and whether it did so with a rating of the seller."""
    reviews = select(Review).where(Review.deal_id == deal.id, Review.live, Review.shown_at == deal.closes_at)
    rated = select(Rating.id).where(Rating.deal_id == deal.id, Rating.live, Rating.shown_at == deal.closes_at)
    return session.scalars(reviews).all(), session.scalar(rated) is not None


def products_of(session: Session, line_ids: Collection[int]) -> dict[int, str]:
    """Return the shop's id of the product of each line."""
    rows = session.execute(select(Line.id, Line.product_key).where(Line.id.in_(line_ids)))
    return {row[0]: row[1] for row in rows}


def subjects_of(session: Session, reviews: Collection[Review]) -> set[int]:
    """Return our numbers of the products that reviews are about: unlike what they count for, those never change."""
    lines = {review.line_id for review in reviews}
    return set(session.scalars(select(Line.subject_id).where(Line.id.in_(lines)))) if lines else set()


def has_review(session: Session, deal_id: int) -> bool:
    """Say whether the buyer has said anything about the products of a deal."""
    wanted = select(Review.id).where(Review.deal_id == deal_id, Review.state.in_(STANDING)).limit(1)
    return session.scalar(wanted) is not None


def passing_sellers(session: Session, seller_ids: Collection[int]) -> dict[int, datetime]:
    """Return since when sellers say nothing about any buyer."""
    rows = session.scalars(select(SellerChoice).where(SellerChoice.seller_id.in_(seller_ids)))
    return {row.seller_id: row.passes_since for row in rows if row.passes_since is not None}


def words_about(session: Session, order_id: int) -> list[Review | Rating]:
    """Return what a buyer has said about an order that comes with receipts.

    That is every rating of a seller, and reviews where they wait for the other side at first.
    """
    deals = select(Deal.id).where(Deal.order_id == order_id)
    mutual = deals.where(Deal.mode == "mutual")
    reviews = select(Review).where(Review.order_id == order_id, Review.deal_id.in_(mutual), Review.live)
    ratings = select(Rating).where(Rating.deal_id.in_(deals), Rating.live)
    return [*session.scalars(reviews.order_by(Review.id)), *session.scalars(ratings.order_by(Rating.id))]


def former_of(session: Session, rating_id: int) -> Sequence[FormerRating]:
    """Return what a rating said before it was revised, as readers see it."""
    return session.scalars(select(FormerRating).where(FormerRating.rating_id == rating_id)).all()


def said_at_once(session: Session, post_id: int) -> Sequence[BuyerRating]:
    """Return what a person has said about buyers with one press of a button, as far as it stands."""
    query = select(BuyerRating).where(BuyerRating.post_id == post_id, BuyerRating.state == "shown")
    return session.scalars(query.order_by(BuyerRating.id)).all()


def parties_of(session: Session, deal_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return the shop's ids of order and seller of each deal."""
    query = (
        select(Deal.id, Order.key, Subject.key)
        .join(Order, Order.id == Deal.order_id)
        .join(Subject, Subject.id == Deal.seller_id)
        .where(Deal.id.in_(deal_ids))
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def waiting_about(session: Session, person_id: int, now: datetime) -> list[tuple[int, datetime]]:
    """Return in which deals somebody has rated this buyer without it being readable yet, and when it will be.

    It is all that the rated person may learn before that moment: that something is there, and when it opens.
    """
    query = select(BuyerRating.deal_id, BuyerRating.shown_at).where(
        BuyerRating.person_id == person_id, BuyerRating.live, BuyerRating.shown_at > now
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(BuyerRating.shown_at, BuyerRating.id))]


def sellers_with_news(session: Session, now: datetime, limit: int) -> dict[int, str]:
    """Return the shop's ids of sellers whose people are to be told something, by our numbers of them."""
    # Grouped by the index that begins with the moment: what is not due is not looked at.
    due = select(Deal.seller_id).where(Deal.tell_at <= now).order_by(Deal.tell_at).limit(limit)
    rows = session.execute(select(Subject.id, Subject.key).where(Subject.id.in_(set(session.scalars(due)))))
    return {row[0]: row[1] for row in rows}


def deals_with_news(session: Session, seller_id: int, now: datetime, limit: int) -> Sequence[int]:
    """Return our numbers of a seller's deals with news."""
    query = select(Deal.id).where(Deal.seller_id == seller_id, Deal.tell_at <= now).order_by(Deal.tell_at)
    return session.scalars(query.limit(limit)).all()


def count_waiting_for(session: Session, seller_id: int, now: datetime) -> tuple[int, datetime | None]:
    """Return in how many deals buyers have written and wait for a seller, and when the first of these closes."""
    query = select(func.count(), func.min(Deal.closes_at)).where(
        Deal.seller_id == seller_id,
        Deal.state == "open",
        Deal.mode == "mutual",
        Deal.closes_at > now,
        Deal.buyer_wrote_at.is_not(None),
        Deal.seller_rated_at.is_(None),
        Deal.passed_at.is_(None),
    )
    count, first = session.execute(query).one()
    return count, first


def count_readable(session: Session, seller_id: int, told_at: datetime, now: datetime) -> int:
    """Return how many of the ratings that a mail of this moment is about can be read now."""
    query = (
        select(func.count())
        .select_from(Deal)
        .join(Rating, Rating.deal_id == Deal.id)
        .where(Deal.seller_id == seller_id, Deal.told_at == told_at, Rating.live, Rating.shown_at <= now)
    )
    return session.scalar(query) or 0
