"""Reading orders and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .models import Deal, Line, Order


def find(session: Session, key: str) -> Order | None:
    """Return an order by the shop's id."""
    return session.scalar(select(Order).where(Order.key == key))


def lines_of(session: Session, order_id: int, *, locked: bool = False) -> Sequence[Line]:
    """Return the lines of an order in the shop's order; `locked` ones as they are now, even in an old transaction."""
    query = select(Line).where(Line.order_id == order_id).order_by(Line.id)
    return session.scalars(query.with_for_update() if locked else query).all()


def arrived(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that have arrived and were not cancelled."""
    return [line for line in lines if line.delivered_at is not None and line.cancelled_at is None]


def overdue_orders(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Return our numbers of orders with a line that should be there by now and nobody has told about."""
    first = func.min(Line.expected_at)
    query = select(Line.order_id).where(Line.expected_at <= now).group_by(Line.order_id).order_by(first).limit(limit)
    return session.scalars(query).all()


def delivered_count(session: Session) -> int:
    """Return the number of orders of which at least one line has arrived or was said to have."""
    query = select(func.count(func.distinct(Line.order_id))).where(Line.delivered_at.is_not(None))
    return session.scalar(query) or 0


def keys_of(session: Session, ids: Sequence[int]) -> Sequence[str]:
    """Return the shop's ids of orders."""
    return session.scalars(select(Order.key).where(Order.id.in_(ids))).all()


def newest_orders_of(session: Session, buyers: Sequence[int]) -> Sequence[str]:
    """Return the shop's id of one order, the newest, of each of these buyers."""
    newest = select(func.max(Order.id)).where(Order.buyer_id.in_(buyers)).group_by(Order.buyer_id)
    return session.scalars(select(Order.key).where(Order.id.in_(newest))).all()


def sellers_of(session: Session, order_id: int) -> dict[int, int]:
    """Return our number of the seller for each deal of an order."""
    return {row[0]: row[1] for row in session.execute(select(Deal.id, Deal.seller_id).where(Deal.order_id == order_id))}
