"""Writing orders: placed, shipped, arrived, cancelled, paused, returned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.orm import Session

from ..clock import as_utc
from ..db import find_or_insert, insert_once
from ..db.dialect import table_of
from ..errors import BadValue
from ..journal.actions import record
from ..scores.actions import renew
from ..scores.subjects.actions import subject_ids
from ..shop import Line as ShopLine
from ..shop import Order as ShopOrder
from ..shop import storable
from .models import Deal, Line, Order
from .queries import deals_now, deals_of, find, lines_of
from .rules import (
    Evidence,
    Mode,
    Opening,
    Terms,
    expected_arrival,
    overdue_at,
)

LONGEST_PAUSE = timedelta(days=14)
SAME_WORD = timedelta(days=1)


def note(
    session: Session, told: ShopOrder, buyer_id: int, days: Mapping[str, int], terms: Terms, now: datetime
) -> tuple[Order, Sequence[Line]]:
    """Return our rows of an order and its lines, made or completed from what the shop tells."""
    incentive = (told.incentive or "")[:200] or None
    values = {
        "key": told.id,
        "buyer_id": buyer_id,
        "placed_at": told.placed_at,
        "promised_at": told.promised_at,
        "incentive": incentive,
        "created_at": now,
    }
    new = find(session, told.id) is None and insert_once(session, Order, values)
    order = find_or_insert(session, Order, {"key": told.id}, values)
    # A promise that the shop changes counts; an incentive once noted stays, as it has to be shown.
    _promise(session, order, None if told.promised_at is None else as_utc(told.promised_at))
    order.incentive = order.incentive or incentive
    # Nobody else can have lines of a new order, and where there are none MariaDB would lock the gap for everybody.
    known = () if new else lines_of(session, order.id, locked=True)
    _insert_missing(session, order, told.lines, {line.key for line in known}, terms)
    lines = lines_of(session, order.id, locked=not new)
    for line in lines:
        _expect(order, line, days)
    session.flush()
    return order, lines


def _promise(session: Session, order: Order, promised_at: datetime | None) -> None:
    if order.promised_at == promised_at:
        return
    order.promised_at = promised_at
    deals = deals_of(session, order.id)
    for deal in deals:
        if deal.state == "pending":
            deal.due = overdue_at(promised_at, deal.mode)  # type: ignore[arg-type]  # held by a check constraint
    _renew_sellers(session, [deal for deal in deals if deal.state != "pending"])


def _renew_sellers(session: Session, deals: Iterable[Deal]) -> None:
    """Let the pages of these sellers be read anew: how in time they deliver may have changed."""
    renew(session, {deal.seller_id for deal in deals})


def _insert_missing(session: Session, order: Order, told: Sequence[ShopLine], known: set[str], terms: Terms) -> None:
    new = [line for line in told if line.id not in known]
    if not new:
        return
    sold = {("seller", line.seller_id) for line in new} | {("product", line.product_id) for line in new}
    subjects = subject_ids(session, sold)
    for line in new:
        deal = _deal_id(session, order, subjects["seller", line.seller_id], terms.mode_of(line.seller_id))
        _insert_line(session, order, line, deal, subjects["product", line.product_id])
    session.flush()


def _insert_line(session: Session, order: Order, told: ShopLine, deal_id: int, subject_id: int) -> None:
    values = {
        "order_id": order.id,
        "deal_id": deal_id,
        "key": told.id,
        "subject_id": subject_id,
        "product_key": told.product_id,
        "title": (told.title or "")[:200],
        "variant": (told.variant or "")[:80] or None,
        "ask_after_days": told.ask_after_days,
    }
    insert_once(session, Line, values)


def _deal_id(session: Session, order: Order, seller_id: int, mode: Mode) -> int:
    values = {"mode": mode, "due": overdue_at(order.promised_at, mode)}
    return find_or_insert(session, Deal, {"order_id": order.id, "seller_id": seller_id}, values).id


def _expect(order: Order, line: Line, days: Mapping[str, int]) -> None:
    """Set when a line should be there, as long as nobody has told."""
    if line.delivered_at is not None or line.cancelled_at is not None:
        line.expected_at = None
        return
    expected = expected_arrival(order.placed_at, order.promised_at, line.shipped_at, days)
    line.expected_at = expected.at if expected else None


def chosen(lines: Sequence[Line], keys: Iterable[str] | None) -> list[Line]:
    """Return the lines with these ids (all where None); raises `BadValue` for one that is not there."""
    if keys is None:
        return list(lines)
    wanted = list(keys)
    missing = set(wanted) - {line.key for line in lines}
    if missing:
        raise BadValue(f"the order has no line {sorted(missing)[0]!r}")
    return [line for line in lines if line.key in wanted]


def ship(session: Session, order: Order, lines: Iterable[Line], at: datetime, days: Mapping[str, int]) -> None:
    """Note that lines are on their way."""
    for line in lines:
        if line.shipped_at is None:
            line.shipped_at = at
            _expect(order, line, days)
    session.flush()


def arrive(
    session: Session, order: Order, lines: Iterable[Line], at: datetime, by: Evidence, terms: Terms, now: datetime
) -> bool:
    """Note that lines have arrived; opens their deals. Say whether anything is new."""
    known = {line: (line.delivered_at, line.delivered_by) for line in lines}
    fresh = [line for line in known if _arrive(line, at, by)]
    moved = {line.deal_id for line, before in known.items() if (line.delivered_at, line.delivered_by) != before}
    opened = open_deals(session, {line.deal_id for line in fresh}, "arrived", terms, now)
    # An order about which the shop tells late may be among the seller's figures already.
    _renew_sellers(session, deals_now(session, moved - {deal.id for deal in opened}))
    if fresh:
        role = "shop" if by == "told" else "job"
        record(session, "arrived", "order", order.id, at=now, role=role, state=(None, by))  # type: ignore[arg-type]
    session.flush()
    return bool(fresh)


def open_deals(session: Session, deal_ids: Collection[int], by: Opening, terms: Terms, now: datetime) -> list[Deal]:
    """Let buyer and seller rate each other from now on (T1), where that has not begun; returns what is new."""
    opened = [deal for deal in deals_now(session, deal_ids) if deal.state == "pending"]
    for deal in opened:
        deal.state, deal.opened_at, deal.opened_by = "open", now, by
        deal.window_ends_at = deal.closes_at = now + terms.window
        deal.due = None if deal.mode == "off" else deal.closes_at
        record(session, "opened", "deal", deal.id, at=now, role="job", state=("pending", "open"))
    session.flush()
    return opened


def _arrive(line: Line, at: datetime, by: Evidence) -> bool:
    guessed = line.delivered_by not in (None, "told")
    if line.cancelled_at is not None and by != "told":
        return False
    if line.delivered_at is not None and not (guessed and by == "told"):
        return False
    line.cancelled_at = line.cancelled_by = None  # a parcel that is there was not cancelled after all
    # What is told replaces a guess, but does not start the asking anew.
    new = line.delivered_at is None
    line.delivered_at, line.delivered_by, line.expected_at = at, by, None
    return new


def cancel(
    session: Session, order: Order, lines: Iterable[Line], by: str, paid: bool, terms: Terms, now: datetime
) -> None:
    """Note that lines were cancelled; what was told to have arrived stays arrived and ratable.

    Where the seller cancels what was paid for, the buyer can rate that.
    """
    open_lines = [line for line in lines if line.cancelled_at is None and line.delivered_by != "told"]
    for line in open_lines:
        line.cancelled_at, line.cancelled_by, line.cancelled_paid, line.expected_at = now, by, paid, None
    if open_lines:
        record(session, "cancelled", "order", order.id, at=now, role="shop", state=(None, by))
    deals = deals_now(session, {line.deal_id for line in open_lines})
    _renew_sellers(session, [deal for deal in deals if deal.state != "pending"])
    if by == "seller" and paid:
        open_deals(session, {line.deal_id for line in open_lines}, "cancelled", terms, now)
    session.flush()


def pause(session: Session, order: Order, until: datetime, now: datetime) -> None:
    """Postpone the asking while a return or dispute is open, by 14 days at most."""
    order.paused_until = min(until, now + LONGEST_PAUSE)
    session.flush()


def give_back(session: Session, order: Order, lines: Iterable[Line], reason: str | None, now: datetime) -> None:
    """Note that lines were sent back; they stay ratable."""
    back = [line for line in lines if line.returned_at is None]
    for line in back:
        line.returned_at, line.return_reason = now, storable(reason or "")[:500] or None
    session.flush()
    renew(session, {line.subject_id for line in back})


def deny_arrival(session: Session, order: Order, now: datetime) -> None:
    """Note that the buyer says it has not arrived; saying it again on the same day changes nothing."""
    if order.not_arrived_at is not None and now - order.not_arrived_at < SAME_WORD:
        return
    order.not_arrived_at = now
    record(session, "not_arrived", "order", order.id, at=now, role="buyer", actor_id=order.buyer_id)
    session.flush()


def disown(session: Session, order: Order, now: datetime, *, mine: bool) -> None:
    """Note that the reader of the mail did not buy this, or take that back."""
    order.disowned_at = None if mine else now
    event = "owned" if mine else "disowned"
    record(session, event, "order", order.id, at=now, role="buyer", actor_id=order.buyer_id)
    session.flush()


def hand_over(session: Session, old_buyer: int, new_buyer: int) -> None:
    """Give the orders of a merged account to the one that stays."""
    session.query(Order).filter_by(buyer_id=old_buyer).update({"buyer_id": new_buyer})


def lock_deals_of(session: Session, buyer_id: int) -> None:
    """Let nobody write in the deals of a buyer until the transaction ends."""
    mine = select(Order.id).where(Order.buyer_id == buyer_id)
    deals_now(session, session.scalars(select(Deal.id).where(Deal.order_id.in_(mine))).all())


def expect_nothing(session: Session, key: str) -> None:
    """Expect no arrival of an order the shop no longer knows."""
    order = find(session, key)
    for line in lines_of(session, order.id) if order else ():
        line.expected_at = None
    session.flush()


def expect_later(session: Session, key: str, at: datetime) -> None:
    """Look again later for the arrival of an order about which the shop's adapter fails."""
    order = find(session, key)
    for line in lines_of(session, order.id) if order else ():
        if line.expected_at is not None and line.expected_at < at:
            line.expected_at = at
    session.flush()


def tell_of(session: Session, deal_ids: Collection[int], now: datetime) -> None:
    """Note that these deals hold something new for the people of their sellers."""
    if deal_ids:
        session.connection().execute(_news(), {"deals": sorted(set(deal_ids)), "now": now})


@cache
def _news() -> Update:
    deal = table_of(Deal).c
    unknown = deal.id.in_(bindparam("deals", expanding=True)), deal.tell_at.is_(None)
    return update(table_of(Deal)).where(*unknown).values(tell_at=bindparam("now"))
