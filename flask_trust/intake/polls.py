"""Asking the shop what happened, and taking as arrived what should be there by now."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from .. import lookup
from ..db import transaction
from ..errors import AdapterError, BadValue
from ..orders.actions import expect_later
from ..orders.queries import keys_of, overdue_orders
from ..shop import Event
from ..shop import Order as ShopOrder
from ..state import State
from . import actions
from .actions import remember
from .queries import last_seen

log = logging.getLogger("flask_trust")

BATCH = 50
FIRST_LOOK_BACK = timedelta(days=30)
# Events are dated before their transaction commits, so the last minutes are asked for again; repeats change nothing.
OVERLAP = timedelta(minutes=15)
# And once a day the last week: a carrier's moment of delivery may be entered long after it.
AGAIN_EVERY = timedelta(days=1)
AGAIN_LOOK_BACK = timedelta(days=7)
BROKEN_ORDER_PAUSE = timedelta(hours=1)
_CURSOR = "events_since"
_AGAIN = "events_again"


def poll_events(state: State) -> Counter[str]:
    """Ask the shop for new events and carry them out; returns how many of each kind."""
    now = state.clock()
    since, again = state.read(lambda session: _since(session, now))
    try:
        events = lookup.events_since(state.shop, since)
        done = carry_out(state, events)
    except AdapterError as error:
        log.warning("%s; asked again at the next run", error)
        return Counter(adapter=1)
    transaction(state, lambda session: _note_poll(session, events, now, again=again))
    return done


def _since(session: Session, now: datetime) -> tuple[datetime, bool]:
    """Return from when on to ask, and whether that is the look back of the day."""
    newest, again = last_seen(session, _CURSOR), last_seen(session, _AGAIN)
    if newest is None:
        return now - FIRST_LOOK_BACK, True
    if again is None or now - again >= AGAIN_EVERY:
        return min(newest, now - AGAIN_LOOK_BACK) - OVERLAP, True
    return newest - OVERLAP, False


def _note_poll(session: Session, events: Sequence[Event], now: datetime, *, again: bool) -> None:
    if events:
        remember(session, _CURSOR, min(max(event.at for event in events), now))
    if again:
        remember(session, _AGAIN, now)


def carry_out(state: State, events: Sequence[Event], *, even_old: bool = False) -> Counter[str]:
    """Carry out events, asking the shop for their orders in batches; one that fails does not stop the others.

    Raises `AdapterError` where the adapter fails for every order of a batch.
    """
    done: Counter[str] = Counter()
    for start in range(0, len(events), BATCH):
        done += _carry_out_batch(state, events[start : start + BATCH], even_old=even_old)
    return done


def _carry_out_batch(state: State, events: Sequence[Event], *, even_old: bool) -> Counter[str]:
    told, broken = lookup.orders_or_broken(state.shop, [event.order_id for event in events])
    done: Counter[str] = Counter()
    for event in events:
        order = told.get(event.order_id)
        if order is not None:
            done[_carry_out_one(state, event, order, even_old=even_old)] += 1
        elif event.order_id in broken:
            done["broken_order"] += 1
        else:
            log.warning("the shop told of order %r and does not know it", event.order_id)
            done["unknown_order"] += 1
    return done


def _carry_out_one(state: State, event: Event, order: ShopOrder, *, even_old: bool) -> str:
    try:
        transaction(state, lambda session: actions.apply_event(session, state, event, order, even_old=even_old))
    except BadValue as error:
        log.warning("an event of order %r cannot be used: %s", event.order_id, error)
        return "bad_event"
    return event.kind


def assume_arrivals(state: State) -> int:
    """Take as arrived what should be there by now, for up to 50 orders; returns how many were looked at."""
    keys = state.read(lambda session: _overdue_keys(session, state.clock()))
    try:
        told, broken = lookup.orders_or_broken(state.shop, keys)
    except AdapterError as error:
        log.warning("%s; asked again at the next run", error)
        return 0
    for key in keys:
        transaction(state, lambda session: _assume(session, state, key, told.get(key), broken=key in broken))  # noqa: B023 run at once
    return len(keys)


def _assume(session: Session, state: State, key: str, told: ShopOrder | None, *, broken: bool) -> None:
    if broken:
        expect_later(session, key, state.clock() + BROKEN_ORDER_PAUSE)
    else:
        actions.assume_arrived(session, state, key, told)


def _overdue_keys(session: Session, now: datetime) -> Sequence[str]:
    return keys_of(session, overdue_orders(session, now, BATCH))
