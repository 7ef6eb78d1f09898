"""Everything the page behind the link needs to know about one order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from .. import lookup
from ..orders.models import Line, Order
from ..orders.queries import lines_of, sellers_of
from ..people.models import Person
from ..people.queries import follow
from ..reviews.actions import draft_of
from ..reviews.models import Review
from ..reviews.queries import of_order
from ..reviews.rules import Draft, Obstacle, may_write
from ..scores.queries import find_keys
from ..shop import Product
from ..state import State
from ..web.urls import own_address


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the order: what was bought, what was said, and why nothing can be said, if so.

    `place` counts all lines of the order from 0, so that links in old mails still mean the same line when more of it
    has arrived.
    """

    place: int
    line: Line
    title: str
    product_name: str
    image_url: str | None
    seller_key: str
    review: Review | None
    obstacle: Obstacle | None

    @property
    def shown(self) -> Review | None:
        """Return the review that readers can see now."""
        return self.review if self.review is not None and self.review.state == "shown" else None

    @property
    def said(self) -> Draft | None:
        """Return what readers can see now, as it would be posted again."""
        return draft_of(self.shown) if self.shown else None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One order with its arrived lines (`rows`) and those still on their way (`missing`)."""

    order: Order
    buyer: Person
    rows: Sequence[Row]
    missing: Sequence[Row]

    @property
    def fingerprint(self) -> str:
        """Return short hashes of what was said so far and of the public name: they tell a stale form from a new one."""
        state = ",".join(f"{row.line.id}.{row.review.version if row.review else 0}" for row in self.rows)
        return f"{_short(f'{self.order.id}|{state}')}-{name_mark(self.buyer.public_name)}"


def name_mark(public_name: str) -> str:
    """Return the part of a fingerprint that stands for the public name."""
    return _short(f"name|{public_name}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of an order before the shop was asked for names and pictures."""

    order: Order
    buyer: Person
    lines: Sequence[Line]
    reviews: dict[int, Review]
    sellers: dict[int, str]


def read_order(session: Session, number: int, version: int) -> Found | None:
    """Return the rows of an order, or None where the link was revoked or the buyer erased."""
    order = session.get(Order, number)
    buyer = follow(session, session.get(Person, order.buyer_id)) if order else None
    if order is None or buyer is None or buyer.key is None or order.link_version != version:
        return None
    lines = lines_of(session, order.id)
    return Found(order, buyer, lines, of_order(session, order.id), _sellers(session, order.id))


def _sellers(session: Session, order_id: int) -> dict[int, str]:
    """Return the shop's id of the seller by deal."""
    sellers = sellers_of(session, order_id)
    keys = find_keys(session, sellers.values())
    return {deal: keys[seller] for deal, seller in sellers.items()}


def load(state: State, number: int, version: int, now: datetime) -> Sheet | None:
    """Return the sheet of an order, or None where the link opens nothing any more."""
    found = state.read(lambda session: read_order(session, number, version))
    if found is None:
        return None
    products = lookup.or_nothing(lookup.products, state.shop, [line.product_key for line in found.lines])
    rows = [_row(found, place, line, products.get(line.product_key), now) for place, line in enumerate(found.lines)]
    here = [row for row in rows if row.obstacle not in ("cancelled", "not_arrived")]
    return Sheet(found.order, found.buyer, here, [row for row in rows if row.obstacle == "not_arrived"])


def _row(found: Found, place: int, line: Line, product: Product | None, now: datetime) -> Row:
    review = found.reviews.get(line.id)
    written = review is not None and review.state == "shown"
    return Row(
        place=place,
        line=line,
        title=line.title or (product.name if product else line.product_key),
        product_name=product.name if product else "",
        image_url=own_address(product.image_url) if product else None,
        seller_key=found.sellers.get(line.deal_id, ""),
        review=review,
        obstacle=may_write(line.delivered_at, line.cancelled_at, written, now),
    )
