"""What happens to an order: bought, sent, arrived, cancelled.

Nothing here commits: the view does, so that the shop's rows and the plugin's live and die together.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from .adapter import trust
from .demo.clock import now
from .extensions import db
from .models import Order, OrderLine, Parcel, Person, Product, Seller

PROMISED_AFTER = timedelta(days=9)
CARRIERS = {"ja": "Yamato", "ko": "Korea Post", "en": "Posti"}
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: an account, or a guest with a name and an address."""

    person: Person | None = None
    guest_name: str | None = None
    guest_email: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A product that somebody wants."""

    product: Product
    option: str | None = None
    quantity: int = 1


def place(buyer: Buyer, wishes: Sequence[Wish]) -> Order:
    """Record a purchase and return it."""
    moment = now()
    order = Order(
        code=new_code(),
        buyer=buyer.person,
        guest_name=buyer.guest_name,
        guest_email=buyer.guest_email,
        placed_at=moment,
        promised_on=(moment + PROMISED_AFTER).date(),
        lines=[_line(wish) for wish in wishes],
    )
    db.session.add(order)
    db.session.flush()
    trust.order_placed(order.id)
    return order


def _line(wish: Wish) -> OrderLine:
    return OrderLine(
        product=wish.product,
        option=wish.option,
        quantity=wish.quantity,
        price_cents=wish.product.price_cents,
    )


def new_code() -> str:
    """Return an order number that cannot be guessed, for it also opens a guest's order page."""
    return "LL-" + "".join(secrets.choice(CODE_LETTERS) for _ in range(8))


def to_ship(order: Order, seller: Seller) -> list[OrderLine]:
    """Return what this seller still has to send."""
    mine = [line for line in order.lines if line.product.seller_id == seller.id]
    return [line for line in mine if line.parcel is None and line.cancelled_at is None]


def ship(order: Order, seller: Seller, lines: Sequence[OrderLine], carrier: str) -> Parcel:
    """Put these positions into a parcel and send it."""
    parcel = Parcel(
        order=order,
        seller_id=seller.id,
        carrier=carrier,
        tracking=f"{secrets.randbelow(10**10):010d}",
        shipped_at=now(),
        lines=list(lines),
    )
    db.session.add(parcel)
    db.session.flush()
    trust.order_shipped(
        order.id,
        line_ids=[line.id for line in lines],
        at=parcel.shipped_at,
        carrier=carrier,
        tracking=parcel.tracking,
    )
    return parcel


def arrive(parcel: Parcel) -> None:
    """Note that a parcel was handed over."""
    if parcel.arrived_at is None:
        parcel.arrived_at = now()
    trust.order_delivered(parcel.order_id, line_ids=[line.id for line in parcel.lines], at=parcel.arrived_at)


def cancel(order: Order, lines: Sequence[OrderLine], by: Literal["buyer", "seller"]) -> None:
    """Cancel positions that have not been sent."""
    waiting = [line for line in lines if line.parcel is None and line.cancelled_at is None]
    for line in waiting:
        line.cancelled_at = now()
    if waiting:
        trust.order_cancelled(order.id, line_ids=[line.id for line in waiting], by=by, paid=True)
