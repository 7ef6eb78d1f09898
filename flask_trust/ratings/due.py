"""What the job does with deals: bring those to their end whose time is up, and open what never arrived.

Nothing here decides what can be read: what waits becomes public by its time alone, however late the job is.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from ..db import claim, lock_rows, transaction
from ..orders.actions import open_deals
from ..orders.models import Deal
from ..orders.queries import deals_now, lines_of
from ..orders.rules import terms_of
from ..state import State
from .notices import invite_without_arrival
from .opening import pass_by_choice, settle

BATCH = 50
LEASE = timedelta(minutes=5)


def settle_batch(state: State) -> Counter[str]:
    """Look after the deals that are due, each in a transaction of its own; returns what was done, by name."""
    now = state.clock()
    _, ids = transaction(state, lambda session: claim(session, Deal, now=now, lease=LEASE, limit=BATCH))
    done: Counter[str] = Counter()
    for deal_id in ids:
        done[transaction(state, partial(_look_after, state=state, deal_id=deal_id))] += 1
    return done


def _look_after(session: Session, *, state: State, deal_id: int) -> str:
    now = state.clock()
    lock_rows(session, Deal, [deal_id])  # first in its transaction, see lock_rows
    (deal,) = deals_now(session, [deal_id])
    if deal.state == "pending":
        return _open_overdue(session, state, deal)
    if settle(session, deal, now):
        return "closed"
    deal.due = deal.closes_at if deal.state == "open" and deal.mode != "off" else None
    return "unchanged"


def _open_overdue(session: Session, state: State, deal: Deal) -> str:
    """Let the buyer rate a seller who promised and did not deliver; the job looks a week after the promise."""
    lines = [line for line in lines_of(session, deal.order_id) if line.deal_id == deal.id]
    if all(line.cancelled_at is not None for line in lines):
        deal.due = None
        return "cancelled"
    now = state.clock()
    opened = open_deals(session, [deal.id], "overdue", terms_of(state.settings), now)
    pass_by_choice(session, opened, now)
    invite_without_arrival(session, opened, now)
    return "opened"
