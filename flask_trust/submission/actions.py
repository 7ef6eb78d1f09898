"""Carrying out what was posted behind the link, each in one transaction of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from .. import lookup
from ..db import lock_rows, transaction
from ..invitations import actions as invitations
from ..invitations.queries import find as find_request
from ..orders import actions as orders
from ..orders.models import Order
from ..people.actions import rename
from ..people.models import Person
from ..reviews.actions import Saying, withdraw, write
from ..reviews.queries import of_order
from ..reviews.rules import Draft
from ..scores.actions import retitle
from ..state import State
from .sheet import Row, Sheet


class Overtaken(Exception):
    """Something else changed the reviews of this order, or the order's owner, while this was being written."""


def publish(state: State, sheet: Sheet, drafts: Mapping[int, tuple[Draft, str]], public_name: str) -> int:
    """Publish or change reviews (draft and language by line id) and the public name; returns how many changed.

    Raises `Overtaken` where the buyer was erased or merged, the order disowned, or a review changed since the sheet
    was read, and `AdapterError` where the shop cannot say whether the writer works for the seller.
    """
    rows = [row for row in sheet.rows if row.line.id in drafts and drafts[row.line.id][0] != row.said]
    sayings = {row.line.id: Saying(*drafts[row.line.id], insider=_is_insider(state, sheet, row)) for row in rows}

    def work(session: Session) -> int:
        _hold_still(session, sheet, rows)
        lines = [row.line for row in rows]
        changed = write(session, sheet.order, lines, sayings, sheet.buyer.id, state.clock())
        retitle(session, {row.line.subject_id: row.product_name for row in rows if row.product_name})
        rename(session, sheet.buyer.id, public_name)
        if drafts:
            invitations.note_answer(session, sheet.order, state.clock())
        return len(changed)

    return transaction(state, work)


def _hold_still(session: Session, sheet: Sheet, rows: Sequence[Row]) -> None:
    """Lock the buyer, and with them all they write, and make sure that all is as the sheet shows it."""
    lock_rows(session, Person, [sheet.buyer.id])
    buyer = session.get_one(Person, sheet.buyer.id)
    order = session.get_one(Order, sheet.order.id)
    known = of_order(session, sheet.order.id)
    seen = {row.line.id: row.review.version if row.review else 0 for row in rows}
    now = {row.line.id: known[row.line.id].version if row.line.id in known else 0 for row in rows}
    if (
        buyer.key is None
        or buyer.merged_into is not None
        or order.disowned_at != sheet.order.disowned_at
        or seen != now
    ):
        raise Overtaken


def _is_insider(state: State, sheet: Sheet, row: Row) -> bool:
    return lookup.works_for(state.shop, sheet.buyer.key or "", row.seller_key)


def take_back(state: State, sheet: Sheet, row: Row) -> None:
    """Delete the review of one line on its author's wish."""
    review = row.shown
    if review is None:
        return

    def work(session: Session) -> None:
        _hold_still(session, sheet, [row])
        withdraw(session, review.id, row.line.subject_id, sheet.buyer.id, row.line, state.clock())

    transaction(state, work)


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
        for row in [] if mine else sheet.rows:
            if row.shown is not None:  # whoever did not buy it has nothing to say about it
                withdraw(session, row.shown.id, row.line.subject_id, sheet.buyer.id, row.line, state.clock())

    transaction(state, work)
