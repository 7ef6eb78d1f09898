"""Carrying out what was posted behind the link, each in one transaction of our own."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from .. import lookup
from ..db import transaction
from ..errors import AdapterError
from ..invitations import actions as invitations
from ..invitations.queries import find as find_request
from ..orders import actions as orders
from ..orders.models import Order
from ..people.actions import rename
from ..reviews.actions import Saying, withdraw, write
from ..reviews.rules import Draft
from ..scores.actions import retitle
from ..state import State
from .sheet import Row, Sheet


def publish(state: State, sheet: Sheet, drafts: Mapping[int, tuple[Draft, str]], public_name: str) -> int:
    """Publish or change reviews (draft and language by line id) and the public name; returns how many changed."""
    rows = [row for row in sheet.rows if row.line.id in drafts]
    sayings = {row.line.id: Saying(*drafts[row.line.id], insider=_is_insider(state, sheet, row)) for row in rows}

    def work(session: Session) -> int:
        lines = [row.line for row in rows]
        changed = write(session, sheet.order, lines, sayings, sheet.buyer.id, state.clock())
        retitle(session, {row.line.subject_id: row.title for row in rows})
        rename(session, sheet.buyer.id, public_name)
        if drafts:
            invitations.note_answer(session, sheet.order, state.clock())
        return len(changed)

    return transaction(state, work)


def _is_insider(state: State, sheet: Sheet, row: Row) -> bool:
    try:
        return lookup.works_for(state.shop, sheet.buyer.key or "", row.seller_key)
    except AdapterError:
        return False


def take_back(state: State, sheet: Sheet, row: Row) -> None:
    """Delete the review of one line on its author's wish."""
    review = row.shown
    if review is None:
        return
    now = state.clock()
    transaction(state, lambda session: withdraw(session, review.id, row.line.subject_id, sheet.buyer.id, row.line, now))


def note_not_arrived(state: State, sheet: Sheet) -> None:
    """Note that nothing has arrived, and ask again a week later."""

    def work(session: Session) -> None:
        order = session.get_one(Order, sheet.order.id)
        orders.deny_arrival(session, order, state.clock())
        invitations.snooze(session, order, state.clock())

    transaction(state, work)


def note_owner(state: State, sheet: Sheet, *, mine: bool) -> None:
    """Note that the reader did not buy this and ask no more, or take that back."""

    def work(session: Session) -> None:
        order = session.get_one(Order, sheet.order.id)
        if (order.disowned_at is None) == mine:
            return
        orders.disown(session, order, state.clock(), mine=mine)
        request = find_request(session, order.id)
        if not mine and request is not None:
            invitations.stop(request, "not_mine")

    transaction(state, work)
