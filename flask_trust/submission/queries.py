"""Reading what the page behind the link is made of, with as few statements as that takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from ..journal.queries import newest
from ..orders.models import Deal, Line, Order
from ..people.models import Person
from ..reviews.models import Review
from ..scores.models import Subject

#: What is chosen anew on the page, beside what is said.
ABOUT_ORDER = ("disowned", "owned")
ABOUT_PERSON = ("page_opened", "page_closed")


@dataclass
class OrderRows:
    """An order and all that hangs on it: whoever bought it, its deals, its lines in the shop's order, their reviews.

    `sellers` and `products` name them by the deal and by the line, as the shop's id of it and the name that is kept
    here. `order_choice` and `page_choice` are the numbers of the newest choices about the order and by its buyer.
    """

    order: Order
    buyer: Person
    order_choice: int
    page_choice: int
    deals: dict[int, Deal] = field(default_factory=dict)
    sellers: dict[int, tuple[str, str]] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    products: dict[int, str] = field(default_factory=dict)
    reviews: dict[int, Review] = field(default_factory=dict)


def rows_of_order(session: Session, number: int) -> OrderRows | None:
    """Return all rows of an order by our number, in one statement; reviews that were taken back too."""
    found = session.execute(_query(), {"number": number}).all()
    if not found:
        return None
    known = OrderRows(found[0].Order, found[0].Person, found[0].order_choice or 0, found[0].page_choice or 0)
    for _, _, deal, line, review, seller, seller_title, product_title, *_ in found:
        if deal is not None:
            known.deals[deal.id], known.sellers[deal.id] = deal, (seller, seller_title)
        if line is not None:
            known.lines[line.id], known.products[line.id] = line, product_title
        if review is not None:
            known.reviews[line.id] = review
    return known


@cache
def _query() -> Select[Any]:
    seller, product = aliased(Subject), aliased(Subject)
    query: Any = select(
        *(Order, Person, Deal, Line, Review, seller.key.label("seller"), seller.title.label("seller_title")),
        *(product.title.label("product_title"), newest("order", Order.id, ABOUT_ORDER).label("order_choice")),
        newest("person", Order.buyer_id, ABOUT_PERSON).label("page_choice"),
    )
    query = query.join(Person, Person.id == Order.buyer_id).outerjoin(Deal, Deal.order_id == Order.id)
    query = query.outerjoin(seller, seller.id == Deal.seller_id).outerjoin(Line, Line.deal_id == Deal.id)
    query = query.outerjoin(product, product.id == Line.subject_id).outerjoin(Review, Review.line_id == Line.id)
    found: Select[Any] = query.where(Order.id == bindparam("number")).order_by(Line.id)
    return found


def disowned_now(session: Session, order_id: int) -> datetime | None:
    """Return since when an order is said to be somebody else's, as it stands now."""
    return session.scalar(select(Order.disowned_at).where(Order.id == order_id))


def versions_of_order(session: Session, order_id: int) -> dict[int, int]:
    """Return the versions of the reviews of an order by line id, taken-back ones too."""
    rows = session.execute(select(Review.line_id, Review.version).where(Review.order_id == order_id))
    return {row[0]: row[1] for row in rows}
