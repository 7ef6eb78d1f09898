"""Cutting orders off from those of the shop: when their buyer is erased, and when their time is up."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...clock import month_of
from ..models import Deal, Line, Order
from ..queries import shared_reasons
from ..rules import Reason, came_in_time, reason_of


def forget_orders(session: Session, buyer_id: int, zone: tzinfo) -> list[str]:
    """Cut a buyer's orders off from those of the shop, and return the shop's ids of them.

    Why something was sent back stays where others have said the same, so that they are counted as before.
    """
    mine = session.scalars(select(Order).where(Order.buyer_id == buyer_id).order_by(Order.id)).all()
    return cut_off(session, mine, zone, shared_reasons(session, buyer_id))


def cut_off(session: Session, orders: Sequence[Order], zone: tzinfo, shared: Collection[Reason] = ()) -> list[str]:
    """Cut orders off from those of the shop, and return the shop's ids of them.

    Ids, free words and exact moments go, since the shop could find the buyer by each; what was counted stays.
    """
    keys, promises = [order.key for order in orders], {order.id: order.promised_at for order in orders}
    for order in orders:
        order.key, order.link_version = f"erased-{secrets.token_hex(16)}", order.link_version + 1
        order.placed_at, order.created_at = month_of(order.placed_at), month_of(order.created_at)
        order.promised_at = order.paused_until = order.not_arrived_at = order.disowned_at = None
    lines = select(Line, Deal.opened_by).join(Deal, Deal.id == Line.deal_id).where(Line.order_id.in_(promises))
    for line, opened_by in session.execute(lines):
        line.in_time = came_in_time(line, promises[line.order_id], opened_by, zone)
        if line.return_reason and reason_of(line.subject_id, line.return_reason) not in shared:
            line.return_reason = None
        line.key, line.shipped_at, line.expected_at = f"erased-{line.id}", None, None
        for name in ("delivered_at", "cancelled_at", "returned_at"):
            moment = getattr(line, name)
            setattr(line, name, moment and month_of(moment))
    session.flush()
    return keys
