"""What the shop's pages read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from .extensions import db
from .models import Order, OrderLine, Parcel, Person, Product, Seller

_WITH_EVERYTHING = (
    joinedload(Order.buyer),
    selectinload(Order.lines).joinedload(OrderLine.product).joinedload(Product.seller),
    selectinload(Order.lines).joinedload(OrderLine.parcel),
    selectinload(Order.parcels).selectinload(Parcel.lines),
)


def sellers() -> Sequence[Seller]:
    """Return all workshops with what they sell."""
    return db.session.scalars(select(Seller).options(selectinload(Seller.products)).order_by(Seller.id)).all()


def products(seller_id: int | None = None) -> Sequence[Product]:
    """Return what is on the shelves: everything, or one workshop's."""
    wanted = select(Product).options(joinedload(Product.seller)).order_by(Product.id)
    if seller_id is not None:
        wanted = wanted.where(Product.seller_id == seller_id)
    return db.session.scalars(wanted).all()


def people() -> Sequence[Person]:
    """Return everybody with an account, customers first."""
    return db.session.scalars(
        select(Person).options(joinedload(Person.seller)).order_by(Person.seller_id.isnot(None), Person.id)
    ).all()


def order_by_code(code: str) -> Order | None:
    """Return the order with this number."""
    return db.session.scalar(select(Order).where(Order.code == code).options(*_WITH_EVERYTHING))


def orders_of(buyer: Person) -> Sequence[Order]:
    """Return what somebody bought, newest first."""
    wanted = select(Order).where(Order.buyer_id == buyer.id).options(*_WITH_EVERYTHING)
    return db.session.scalars(wanted.order_by(Order.placed_at.desc(), Order.id.desc())).all()


def orders_with(seller: Seller) -> Sequence[Order]:
    """Return the orders that hold something of this workshop, newest first."""
    mine = select(OrderLine.order_id).join(Product).where(Product.seller_id == seller.id)
    wanted = select(Order).where(Order.id.in_(mine)).options(*_WITH_EVERYTHING)
    return db.session.scalars(wanted.order_by(Order.placed_at.desc(), Order.id.desc())).all()
