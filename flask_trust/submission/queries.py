"""Reading what the page behind the link is made of, with as few statements as that takes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from ..orders.models import Deal, Line, Order
from ..people.models import Person
from ..reviews.models import Review
from ..scores.models import Subject


def order_with_buyer(session: Session, number: int) -> tuple[Order, Person] | None:
    """Return an order and whoever bought it, by our number."""
    query = select(Order, Person).join(Person, Person.id == Order.buyer_id).where(Order.id == number)
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def deals_with_sellers(session: Session, order_id: int) -> dict[Deal, str]:
    """Return the deals of an order, each with the shop's id of its seller."""
    query = select(Deal, Subject.key).join(Subject, Subject.id == Deal.seller_id)
    return {row[0]: row[1] for row in session.execute(query.where(Deal.order_id == order_id).order_by(Deal.id))}


def owner_now(session: Session, person_id: int, order_id: int) -> Row[str | None, int | None, datetime | None]:
    """Return `key` and `merged_into` of a person, and `disowned_at` of an order, as they stand now."""
    disowned = select(Order.disowned_at).where(Order.id == order_id).scalar_subquery()
    query = select(Person.key, Person.merged_into, disowned.label("disowned_at"))
    return session.execute(query.where(Person.id == person_id)).one()


def lines_with_reviews(session: Session, order_id: int) -> list[tuple[Line, Review | None]]:
    """Return the lines of an order in the shop's order, each with its review, a taken-back one too."""
    query = select(Line, Review).outerjoin(Review, Review.line_id == Line.id)
    rows = session.execute(query.where(Line.order_id == order_id).order_by(Line.id))
    return [(row[0], row[1]) for row in rows]


def versions_of_order(session: Session, order_id: int) -> dict[int, int]:
    """Return the versions of the reviews of an order by line id, taken-back ones too."""
    rows = session.execute(select(Review.line_id, Review.version).where(Review.order_id == order_id))
    return {row[0]: row[1] for row in rows}
