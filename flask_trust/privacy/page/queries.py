"""What of all that could be said about this installation is so; each question ends at the first row that answers it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from ...orders.models import Order
from ...ratings.models import BuyerRating, Rating
from ...reviews.models import Review
from ...scores.queries import other_sellers

#: A promise of a reward is looked for in so many of the newest orders, and in all reviews that do not count.
NEWEST_ORDERS = 500


class Seen(NamedTuple):
    """What is there: other sellers than the shop, ratings of either side, rewards."""

    sellers: bool
    rated: bool
    rated_buyers: bool
    rewards: bool


def what_is_there(session: Session) -> Seen:
    """Return what can be found, in one statement."""
    row = session.execute(
        select(other_sellers(), exists(_any(Rating.id)), exists(_any(BuyerRating.id)), _rewards())
    ).one()
    return Seen(*map(bool, row))


def _any(column: Any) -> Select[Any]:
    return select(column).limit(1)


def _rewards() -> ColumnElement[bool]:
    newest = func.coalesce(select(func.max(Order.id)).scalar_subquery(), 0) - NEWEST_ORDERS
    promised = exists().where(Order.id > newest, Order.incentive.is_not(None))
    # Rewarded reviews never count, so an index leads to them.
    written = exists().where(Review.live == true(), Review.counted == false(), Review.incentive.is_not(None))
    return or_(promised, written)
