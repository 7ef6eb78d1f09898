"""Reading what the pages of sellers and buyers show besides their scores, each in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, String, and_, bindparam, case, func, literal_column, or_, select, true
from sqlalchemy.orm import Session, aliased

from ..clock import month_of
from ..db.dialect import table_of
from ..orders.models import Deal, Line, Order
from ..orders.queries import disowned_deals
from ..people.models import Person
from ..ratings.models import BuyerRating, FormerRating, Rating, Reply
from ..ratings.rules import ASPECTS, QUESTIONS
from ..reviews.listing import Listing
from ..reviews.models import Review
from ..reviews.queries import Source, find_rows
from ..scores.models import Subject

#: How far back figures about a seller's work look, and over how many orders or ratings at most.
LOOK_BACK = timedelta(days=365)
NEWEST = 200


class RatingCard(NamedTuple):
    """A rating of a seller as visitors see it; `author` is empty where the author chose no public name."""

    id: int
    public_id: str
    stars: int
    text: str
    lang: str
    author: str
    shown_at: datetime
    eligible: bool
    incentive: str | None
    service: int | None
    delivery: int | None
    presentation: int | None
    price: int | None
    privacy: int | None
    former_stars: int | None
    former_text: str | None
    changed_at: datetime | None
    reply: str | None
    reply_lang: str | None
    replied_at: datetime | None
    reply_edited_at: datetime | None
    former_service: int | None
    former_delivery: int | None
    former_presentation: int | None
    former_price: int | None
    former_privacy: int | None
    former_withheld: bool | None

    @property
    def aspects(self) -> list[tuple[str, int]]:
        """Return the aspects that were answered, each with its stars."""
        return self._answered("")

    @property
    def former_aspects(self) -> list[tuple[str, int]]:
        """Return the aspects that were answered before the change, each with its stars."""
        return self._answered("former_")

    def _answered(self, prefix: str) -> list[tuple[str, int]]:
        given = ((name, getattr(self, prefix + name)) for name in ASPECTS)
        return [(name, stars) for name, stars in given if stars is not None]


_rating, _person, _reply, _former = (table_of(each).c for each in (Rating, Person, Reply, FormerRating))
_deal, _order = table_of(Deal).c, table_of(Order).c

#: The private note to the seller is not among the columns.
_RATINGS = Source(
    Rating,
    select(
        _rating.id,
        _rating.public_id,
        _rating.stars,
        _rating.text,
        _rating.lang,
        _person.public_name,
        _rating.shown_at,
        _rating.eligible,
        _order.incentive,
        *(_rating[name] for name in ASPECTS),
        _former.stars.label("former_stars"),
        case((_former.withheld == true(), ""), else_=_former.text).label("former_text"),
        _former.until.label("changed_at"),
        _reply.text.label("reply"),
        _reply.lang.label("reply_lang"),
        _reply.at.label("replied_at"),
        _reply.edited_at.label("reply_edited_at"),
        *(_former[name].label(f"former_{name}") for name in ASPECTS),
        _former.withheld.label("former_withheld"),
    )
    .join(table_of(Person), _person.id == _rating.person_id)
    .join(table_of(Deal), _deal.id == _rating.deal_id)
    .join(table_of(Order), _order.id == _deal.order_id)
    .outerjoin(table_of(FormerRating), _former.rating_id == _rating.id)
    .outerjoin(table_of(Reply), and_(_reply.rating_id == _rating.id, _reply.state == "shown")),
)


def find_ratings(
    session: Session, seller_id: int, listing: Listing, now: datetime
) -> tuple[list[RatingCard], str | None]:
    """Return one page of a seller's ratings, and the cursor of the next (None on the last)."""
    rows, cursor = find_rows(session, _RATINGS, seller_id, listing, now)
    return [RatingCard(*row) for row in rows], cursor


@cache
def reasons_of_returns() -> Select[Any]:
    """Select how many of a product's arrived things were sent back for each reason (":" before it; kept ones: none).

    They are the newest of a year; nothing where nothing was sent back. Six columns, as `find_parts` reads them.
    """
    line = table_of(Line)
    recently = select(line.c.returned_at)
    recently = recently.where(line.c.subject_id == bindparam("product"), line.c.returned_at >= bindparam("since"))
    # Not "exists", for which PostgreSQL would rather read the table than the index.
    back = recently.order_by(line.c.returned_at.desc()).limit(1).scalar_subquery().is_not(None)
    arrived = and_(line.c.subject_id == bindparam("product"), line.c.delivered_at >= bindparam("since"))
    order = line.c.delivered_at.desc(), line.c.id.desc()
    newest = select(line.c.return_reason).where(arrived, back).order_by(*order).limit(NEWEST).subquery()
    reason = func.coalesce(newest.c.return_reason, "")
    counted = select(reason.label("reason"), func.count().label("n")).select_from(newest).group_by(reason).subquery()
    return select(literal_column("':'", String) + counted.c.reason, counted.c.n, *([literal_column("0")] * 4))


class Delivery(NamedTuple):
    """A line of a closed order with a seller: when it was to arrive, when it did, and whether the seller was rated."""

    deal_id: int
    mode: str
    rated: bool
    opened_by: str | None
    promised_at: datetime | None
    delivered_at: datetime | None
    delivered_by: str | None
    cancelled_at: datetime | None
    in_time: bool | None


def find_deliveries(session: Session, seller_id: int, now: datetime) -> list[Delivery]:
    """Return the lines of a seller's orders about which nothing can be written any more: the newest, of a year.

    An order counts as rated whatever became of the rating later, and one that ended with its buyer's erasure not at
    all (its window has no end): no figure moves because somebody leaves.
    """
    since = month_of(now - LOOK_BACK)
    closed = select(Deal.id).where(Deal.seller_id == seller_id, Deal.closes_at <= now, Deal.closes_at >= since)
    closed = closed.where(Deal.window_ends_at.is_not(None))
    newest = closed.order_by(Deal.closes_at.desc(), Deal.id.desc()).limit(NEWEST).subquery()
    rated = and_(Rating.deal_id == Deal.id, Rating.state != "withdrawn", Rating.shown_at <= now)
    lines = (Line.delivered_at, Line.delivered_by, Line.cancelled_at, Line.in_time)
    query = (
        select(Deal.id, Deal.mode, Rating.id.is_not(None), Deal.opened_by, Order.promised_at, *lines)
        .join(newest, newest.c.id == Deal.id)
        .join(Order, Order.id == Deal.order_id)
        .join(Line, Line.deal_id == Deal.id)
        .outerjoin(Rating, rated)
    )
    return [Delivery(*row) for row in session.execute(query)]


def find_answers(
    session: Session, seller_id: int, before: datetime, now: datetime
) -> Sequence[tuple[datetime, datetime | None]]:
    """Return when ratings could be read and when the seller replied: the newest of a year, from before a moment."""
    readable = and_(Reply.rating_id == Rating.id, Reply.state == "shown")
    query = select(Rating.shown_at, Reply.at).outerjoin(Reply, readable)
    query = query.where(Rating.subject_id == seller_id, Rating.live == true(), Rating.shown_at <= before)
    query = query.where(Rating.shown_at > now - LOOK_BACK).order_by(Rating.shown_at.desc(), Rating.id.desc())
    return [(row[0], row[1]) for row in session.execute(query.limit(NEWEST))]


def find_public_buyer(session: Session, public_id: str) -> Person | None:
    """Return the person who keeps a public page under this id."""
    return session.scalar(select(Person).where(Person.page_id == public_id))


def count_about_buyer(session: Session, person_id: int, now: datetime) -> dict[str, int]:
    """Return how often sellers answered each question, and with yes ("paid", "paid_yes", …), and what was written."""
    columns: list[Any] = []
    for name in QUESTIONS:
        answer = getattr(BuyerRating, name)
        columns.append(func.count(answer).label(name))
        columns.append(func.count().filter(answer == true()).label(f"{name}_yes"))
    readable = and_(BuyerRating.person_id == person_id, BuyerRating.live == true(), BuyerRating.shown_at <= now)
    readable = and_(readable, BuyerRating.deal_id.not_in(disowned_deals(person_id)))
    rating = aliased(Rating)
    for kind, table in (("reviews", aliased(Review)), ("ratings", rating)):
        written = select(func.count()).where(table.person_id == person_id, table.live == true(), table.shown_at <= now)
        if table is rating:  # reviews of an order that is not theirs are deleted
            written = written.where(rating.deal_id.not_in(disowned_deals(person_id)))
        columns.append(written.scalar_subquery().label(kind))
    row = session.execute(select(*columns).where(readable)).one()
    return {name: int(number) for name, number in row._mapping.items()}


def find_version(session: Session, public_id: str, now: datetime) -> tuple[int, int, str] | None:
    """Return number and version of what a visible review counts for, and the id of the product that it is about."""
    query = select(Subject.id, Subject.version, Line.product_key).join(Review, Review.subject_id == Subject.id)
    query = query.join(Line, Line.id == Review.line_id)
    visible = and_(Review.public_id == public_id, Review.live == true(), Review.shown_at <= now)
    row = session.execute(query.where(visible)).first()
    return (row[0], row[1], row[2]) if row else None


def highest_subject(session: Session) -> int:
    """Return the highest number of anything that has a page."""
    return session.scalar(select(func.max(Subject.id))) or 0


def find_listed(session: Session, numbers: range) -> Sequence[tuple[str, str, date | None]]:
    """Return kind, id and last day of change of the rated products and sellers with these numbers."""
    family = aliased(Subject)
    query = select(Subject.kind, Subject.key, func.coalesce(family.day, Subject.day))
    query = query.outerjoin(family, family.id == Subject.family_id)
    query = query.where(Subject.id >= numbers.start, Subject.id < numbers.stop)
    rated = or_(Subject.shown > 0, family.shown > 0)
    query = query.where(Subject.kind.in_(("product", "seller")), rated).order_by(Subject.id)
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
