"""Reading orders and their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from .models import Deal, Line, Order
from .naming import Bought
from .rules import SHARED_BY, Reason, reason_of


def find(session: Session, key: str) -> Order | None:
    """Return an order by the shop's id."""
    return session.scalar(select(Order).where(Order.key == key))


def newest_keys(session: Session, limit: int) -> list[str]:
    """Return the shop's ids of the orders we heard of last."""
    return list(session.scalars(select(Order.key).where(Order.key.is_not(None)).order_by(Order.id.desc()).limit(limit)))


def lines_of(session: Session, order_id: int, *, locked: bool = False) -> Sequence[Line]:
    """Return the lines of an order in the shop's order; `locked` ones as they are now, even in an old transaction."""
    query = select(Line).where(Line.order_id == order_id).order_by(Line.id)
    return session.scalars(query.with_for_update() if locked else query).all()


def bought_in(session: Session, deal_ids: Collection[int]) -> dict[int, Bought]:
    """Return what was bought in each of these deals, each from its one seller."""
    query = select(Line.deal_id, Order.key, Order.placed_at, Line.title, Line.product_key)
    query = query.join(Order, Order.id == Line.order_id).where(Line.deal_id.in_(deal_ids)).order_by(Line.id)
    titles: defaultdict[int, list[str]] = defaultdict(list)
    orders: dict[int, tuple[str, datetime]] = {}
    for deal_id, key, placed_at, title, product_key in session.execute(query) if deal_ids else ():
        titles[deal_id].append(title or product_key)
        orders[deal_id] = key, placed_at
    return {deal_id: Bought(*order, titles[deal_id]) for deal_id, order in orders.items()}


def arrived(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that have arrived and were not cancelled."""
    return [line for line in lines if line.delivered_at is not None and line.cancelled_at is None]


def overdue_orders(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Return our numbers of orders with a line that should be there by now and nobody has told about."""
    first = func.min(Line.expected_at)
    query = select(Line.order_id).where(Line.expected_at <= now).group_by(Line.order_id).order_by(first).limit(limit)
    return session.scalars(query).all()


def awaited_orders(session: Session, since: datetime) -> Sequence[str]:
    """Return the shop's ids of orders placed since then of which a line has not arrived yet, oldest first."""
    awaited = select(Line.order_id).where(Line.expected_at.is_not(None))
    query = select(Order.key).where(Order.placed_at >= since, Order.id.in_(awaited))
    return session.scalars(query.order_by(Order.placed_at, Order.id)).all()


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


def deals_now(session: Session, ids: Collection[int]) -> Sequence[Deal]:
    """Return deals as they stand now, locked in the order of their ids."""
    if not ids:
        return []
    query = select(Deal).where(Deal.id.in_(ids)).order_by(Deal.id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def deals_of_buyer(session: Session, buyer_id: int) -> Sequence[Deal]:
    """Return the deals of a person's orders."""
    mine = select(Order.id).where(Order.buyer_id == buyer_id)
    return session.scalars(select(Deal).where(Deal.order_id.in_(mine)).order_by(Deal.id)).all()


def shared_reasons(session: Session, buyer_id: int) -> set[Reason]:
    """Return for which reasons enough others have sent back the same things as this buyer."""
    mine = select(Line.subject_id).join(Order, Order.id == Line.order_id)
    mine = mine.where(Order.buyer_id == buyer_id, Line.return_reason.is_not(None))
    products = session.scalars(mine.distinct()).all()
    said = select(Line.subject_id, Line.return_reason, Order.buyer_id).join(Order, Order.id == Line.order_id)
    said = said.where(Line.subject_id.in_(products), Line.returned_at.is_not(None), Order.buyer_id != buyer_id)
    others: defaultdict[Reason, set[int]] = defaultdict(set)
    for subject_id, told, other in session.execute(said.distinct()) if products else ():
        others[reason_of(subject_id, told or "")].add(other)
    return {reason for reason, buyers in others.items() if len(buyers) >= SHARED_BY}


def disowned_deals(buyer_id: int) -> Select[Any]:
    """Return the query for the deals of a person's orders that somebody said are not theirs."""
    theirs = select(Deal.id).join(Order, Order.id == Deal.order_id).where(Order.buyer_id == buyer_id)
    return theirs.where(Order.disowned_at.is_not(None))


def deals_of(session: Session, order_id: int) -> Sequence[Deal]:
    """Return the deals of an order."""
    return session.scalars(select(Deal).where(Deal.order_id == order_id).order_by(Deal.id)).all()


def sellers_of(session: Session, order_id: int) -> dict[int, int]:
    """Return our number of the seller for each deal of an order."""
    return {row[0]: row[1] for row in session.execute(select(Deal.id, Deal.seller_id).where(Deal.order_id == order_id))}
