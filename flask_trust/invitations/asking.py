"""Deciding about requests that are due: claim, ask the shop in one batch, decide each under the buyer's lock."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from .. import lookup
from ..clock import zone
from ..db import claim, transaction
from ..errors import AdapterError
from ..orders.models import Line, Order
from ..orders.queries import arrived, lines_of
from ..people.models import Person
from ..people.queries import follow, mail_stop
from ..shop import Order as ShopOrder
from ..state import State
from .actions import lock_buyer, settle
from .models import Request
from .queries import due_ids, last_mail_to
from .rules import Facts, decide

log = logging.getLogger("flask_trust")

BATCH = 50
LEASE = timedelta(minutes=5)
ADAPTER_PAUSE = timedelta(hours=1)


def ask_batch(state: State) -> Counter[str]:
    """Decide about up to 50 due requests; returns how many were queued, wait on, or were skipped.

    Without mail settings nothing is claimed, so everything stays planned.
    """
    if not state.settings.mail_is_on:
        return Counter()
    token, ids = transaction(
        state, lambda session: claim(session, Request, now=state.clock(), lease=LEASE, limit=BATCH)
    )
    if not ids:
        return Counter()
    mine = state.read(lambda session: _claimed(session, ids, token))
    told, failed = _ask_shop(state, [each.order_key for each in mine])
    done = Counter(_decide_one(state, each, token, told) for each in mine if each.order_key not in failed)
    if failed:
        late = [each.request_id for each in mine if each.order_key in failed]
        done["adapter"] = transaction(state, lambda session: _put_off(session, state, late, token))
    return done


#: What the shop says about an order, and whether it may be written about.
Told = Mapping[str, tuple[ShopOrder, bool]]


def _ask_shop(state: State, keys: Sequence[str]) -> tuple[Told, set[str]]:
    """Ask about all orders at once, or one by one where that fails: a broken order must not hold up the others.

    Returns what was told, and the orders about which the adapter fails.
    """
    try:
        return _told(state, keys), set()
    except AdapterError as error:
        log.warning("%s; each order is asked about by itself", error)
    found: dict[str, tuple[ShopOrder, bool]] = {}
    failed = set()
    for key in keys:
        try:
            found.update(_told(state, [key]))
        except AdapterError:
            failed.add(key)
    return found, failed


def _told(state: State, keys: Sequence[str]) -> Told:
    orders = lookup.orders(state.shop, keys)
    return {key: (order, lookup.may_mail(state.shop, key)) for key, order in orders.items()}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A request that is ours to decide: our numbers of it and of its buyer, the shop's of its order."""

    request_id: int
    buyer_id: int
    order_key: str


def _claimed(session: Session, ids: Sequence[int], token: str) -> list[Claimed]:
    rows = due_ids(session, ids, token)
    return [Claimed(row.id, row.buyer_id, session.get_one(Order, row.order_id).key) for row in rows]


def _put_off(session: Session, state: State, ids: Sequence[int], token: str) -> int:
    rows = due_ids(session, ids, token)
    for row in rows:
        row.due, row.held_up_by, row.token = state.clock() + ADAPTER_PAUSE, "adapter", None
    return len(rows)


def _decide_one(state: State, mine: Claimed, token: str, told: Told) -> str:
    def work(session: Session) -> str:
        # The lock comes before any other read: MariaDB would go on seeing the moment of the first one.
        lock_buyer(session, mine.buyer_id)
        request = session.get_one(Request, mine.request_id)
        if request.token != token:
            return "lost"
        order = session.get_one(Order, request.order_id)
        shop_order, may_mail = told.get(order.key, (None, False))
        lines = lines_of(session, order.id)
        facts = gather(session, state, request, order, lines, shop_order, may_mail=may_mail)
        return settle(session, request, order, decide(facts), state.clock())

    return transaction(state, work)


def gather(
    session: Session,
    state: State,
    request: Request,
    order: Order,
    lines: Sequence[Line],
    told: ShopOrder | None,
    *,
    may_mail: bool,
    capped: bool = True,
) -> Facts:
    """Return all that the decision about a mail rests on; other mails to the same buyer only where these cap it."""
    person = follow(session, session.get(Person, order.buyer_id))
    email = told.buyer.email if told else None
    return Facts(
        now=state.clock(),
        planned_for=request.planned_for,
        zone=zone(told.buyer.timezone if told else None, state.settings.timezone),
        reminder=request.asked_at is not None,
        known_to_shop=told is not None,
        mail_stop=mail_stop(session, person, email) if person else "erased",
        disowned=order.disowned_at is not None,
        open_lines=len(arrived(lines)),
        answered=request.answered_at is not None,
        has_address=email is not None,
        may_mail=may_mail,
        paused_until=order.paused_until,
        last_mail_at=last_mail_to(session, order.buyer_id, request.id, state.clock()) if capped else None,
    )
