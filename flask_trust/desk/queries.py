"""Reading what the seller's side shows: deals that wait for a word, ratings without a reply, a buyer's record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from ..orders.models import Deal, Order
from ..orders.queries import disowned_deals
from ..ratings.models import BuyerRating, Rating, Reply, SellerChoice
from ..ratings.rules import QUESTIONS
from ..web.places import Place
from .rules import PAGE

UNANSWERED = 20
#: So many of the newest ratings are looked through for those without a reply.
_LOOK_BACK = 200


class Waiting(NamedTuple):
    """A deal that waits for the seller's word: the shop's id of the order, and what the seller may know of it."""

    id: int
    order_key: str
    closes_at: datetime
    buyer_wrote: bool


class Unanswered(NamedTuple):
    """A rating that can be read and has no reply."""

    deal_id: int
    order_key: str
    stars: int
    text: str
    lang: str
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """How often sellers answered one question about a buyer with yes and with no."""

    yes: int
    no: int

    @property
    def some(self) -> bool:
        """Say whether anybody answered."""
        return self.yes + self.no > 0


def _waiting() -> Select[Any]:
    wrote = or_(Deal.buyer_wrote_at.is_not(None), Deal.buyer_rated_at.is_not(None))
    query = select(Deal.id, Order.key, Deal.closes_at, case((wrote, 1), else_=0))
    query = query.join(Order, Order.id == Deal.order_id).where(Deal.state == "open", Deal.mode == "mutual")
    query = query.where(Order.disowned_at.is_(None))
    return query.where(Deal.passed_at.is_(None), Deal.seller_rated_at.is_(None))


def waiting_deals(
    session: Session, seller_id: int, viewer_id: int | None, after: Place | None, now: datetime
) -> tuple[list[Waiting], Place | None]:
    """Return one page of the deals that wait for the seller's word, those first that close first, and its end.

    Orders that the viewer placed are left out: nobody rates themselves.
    """
    query = _waiting().where(Deal.seller_id == seller_id, Deal.closes_at > now)
    if viewer_id is not None:
        query = query.where(Order.buyer_id != viewer_id)
    if after is not None:
        # Spelt out, because MariaDB does not use an index for (a, b) > (x, y).
        later = or_(Deal.closes_at > after.at, Deal.id > after.id)
        query = query.where(and_(Deal.closes_at >= after.at, later))
    rows = session.execute(query.order_by(Deal.closes_at, Deal.id).limit(PAGE + 1)).all()
    found = [Waiting(row[0], row[1], row[2], bool(row[3])) for row in rows[:PAGE]]
    return found, Place(found[-1].closes_at, found[-1].id) if len(rows) > PAGE else None


def deals_of_orders(session: Session, seller_id: int, order_keys: Collection[str]) -> dict[str, int]:
    """Return our number of a seller's deal for each of these orders."""
    query = select(Order.key, Deal.id).join(Deal, Deal.order_id == Order.id)
    rows = session.execute(query.where(Order.key.in_(order_keys), Deal.seller_id == seller_id))
    return {row[0]: row[1] for row in rows}


def unanswered_ratings(session: Session, seller_id: int, now: datetime) -> list[Unanswered]:
    """Return the newest ratings of a seller that everybody can read and nobody has replied to."""
    # Not "IS true", for which MariaDB uses no index.
    newest = select(Rating.id).where(Rating.subject_id == seller_id, Rating.live == true(), Rating.shown_at <= now)
    ids = session.scalars(newest.order_by(Rating.shown_at.desc(), Rating.id.desc()).limit(_LOOK_BACK)).all()
    query = select(Rating.deal_id, Order.key, Rating.stars, Rating.text, Rating.lang, Rating.shown_at)
    query = query.join(Deal, Deal.id == Rating.deal_id).join(Order, Order.id == Deal.order_id)
    query = query.outerjoin(Reply, Reply.rating_id == Rating.id).where(Rating.id.in_(ids), Reply.id.is_(None))
    rows = session.execute(query.order_by(Rating.shown_at.desc(), Rating.id.desc()).limit(UNANSWERED))
    return [Unanswered(row[0], row[1], row[2] or 0, *row[3:]) for row in rows]


def record_of(session: Session, buyer_id: int, but_deal: int, now: datetime) -> dict[str, Answers]:
    """Return how often other deals with a buyer were answered yes and no, by question; only what can be read."""
    columns = [getattr(BuyerRating, name) for name in QUESTIONS]
    counts = [func.count(case((column == wanted, 1))) for column in columns for wanted in (True, False)]
    query = select(*counts).where(
        BuyerRating.person_id == buyer_id,
        BuyerRating.live == true(),
        BuyerRating.shown_at <= now,
        BuyerRating.deal_id != but_deal,
        BuyerRating.deal_id.not_in(disowned_deals(buyer_id)),
    )
    row = session.execute(query).one()
    return {name: Answers(row[2 * place], row[2 * place + 1]) for place, name in enumerate(QUESTIONS)}


def replies_to(session: Session, rating_ids: Collection[int]) -> dict[int, Reply]:
    """Return the replies to these ratings, by rating."""
    rows: Sequence[Reply] = session.scalars(select(Reply).where(Reply.rating_id.in_(rating_ids))).all()
    return {row.rating_id: row for row in rows}


def choice_of(session: Session, seller_id: int) -> datetime | None:
    """Return since when a seller rates no buyers, None where they do."""
    return session.scalar(select(SellerChoice.passes_since).where(SellerChoice.seller_id == seller_id))
