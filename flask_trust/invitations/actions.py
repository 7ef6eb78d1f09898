"""Writing requests: planned when something arrives, decided when due, settled by what became of the mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal

from sqlalchemy import Update, and_, bindparam, case, null, update
from sqlalchemy.orm import Session

from ..clock import zone
from ..db import announce, insert_once, lock_rows
from ..db.dialect import table_of
from ..mail.actions import enqueue
from ..orders.models import Line, Order
from ..orders.queries import arrived
from ..people.models import Person
from ..settings import Settings
from ..shop import Person as ShopPerson
from ..signals import review_requested
from .models import Request
from .queries import find
from .rules import (
    OLD_AFTER,
    SNOOZE,
    Ask,
    Reason,
    Skip,
    Verdict,
    Wait,
    in_daytime,
    planned_moment,
    reminder_moment,
)

Kind = Literal["request", "reminder"]


def plan(
    session: Session,
    order: Order,
    lines: Sequence[Line],
    buyer: ShopPerson,
    settings: Settings,
    now: datetime,
    *,
    even_old: bool = False,
) -> Request | None:
    """Plan the mail about an order of which something has arrived, or move it when more has.

    An order that had arrived more than 14 days before we first heard of it is noted and skipped.
    """
    arrivals = [(line.delivered_at, line.ask_after_days) for line in arrived(lines) if line.delivered_at]
    if not arrivals:
        return None
    local = zone(buyer.timezone, settings.timezone)
    fresh = [each for each in arrivals if now - each[0] <= OLD_AFTER]
    moment = planned_moment(fresh or arrivals, settings.request_after_days, local)
    if even_old:
        moment = max(moment, in_daytime(now, local))
    values = {"order_id": order.id, "buyer_id": order.buyer_id, "planned_for": moment, "due": moment}
    new = insert_once(session, Request, values)
    request = find(session, order.id, locked=True)
    assert request is not None
    if new and not (fresh or even_old):
        _skip(request, "too_old")
    elif request.reason == "too_old" and (fresh or even_old):
        request.state, request.reason, request.planned_for, request.due = "waiting", None, moment, moment
    elif not new:
        _move(request, planned_moment(arrivals, settings.request_after_days, local))
    session.flush()
    return request


def _found(session: Session, order_id: int) -> Request:
    request = find(session, order_id)
    assert request is not None
    return request


def _move(request: Request, moment: datetime) -> None:
    """A later parcel moves a mail that has not left; nothing that is only told again does."""
    if request.state == "waiting" and request.queued_as is None and moment > request.planned_for:
        request.planned_for = request.due = moment


def settle(
    session: Session, request: Request, order: Order, verdict: Verdict, now: datetime
) -> Literal["queued", "waiting", "skipped"]:
    """Carry out what the rules decided about a due request; the caller has locked the buyer's row."""
    match verdict:
        case Ask():
            _queue(session, request, order, now)
            return "queued"
        case Wait(until, why):
            request.due, request.held_up_by, request.token = until, why, None
            return "waiting"
        case Skip(reason):
            _stop_asking(request, reason)
            return "skipped"


def kind_of(request: Request) -> Kind:
    """Say which of the two mails about an order is next."""
    return "request" if request.asked_at is None else "reminder"


def _queue(session: Session, request: Request, order: Order, now: datetime) -> None:
    kind = kind_of(request)
    enqueue(session, f"{kind}:{order.id}", kind, person_id=request.buyer_id, object_id=order.id, now=now)
    request.queued_as, request.queued_at, request.due, request.held_up_by, request.token = kind, now, None, None, None


def _stop_asking(request: Request, reason: Reason) -> None:
    """End the asking: an order that was asked about once stays asked."""
    if request.state == "waiting":
        _skip(request, reason)
    request.due = request.held_up_by = request.token = None


def _skip(request: Request, reason: Reason) -> None:
    request.state, request.reason, request.due = "skipped", reason, None


def lock_buyer(session: Session, buyer_id: int) -> None:
    """Let no other worker decide about a mail to the same buyer at the same time."""
    lock_rows(session, Person, [buyer_id])


def mail_left(session: Session, order_id: int, settings: Settings, timezone: str | None, now: datetime) -> None:
    """Note that the mail about an order was handed over, and when to remind."""
    request = _found(session, order_id)
    if request.queued_as == "request":
        request.state, request.reason, request.asked_at = "asked", None, now
        remind_at = reminder_moment(
            now, settings.request_after_days, settings.remind_after_days, zone(timezone, settings.timezone)
        )
        request.due, request.attempts = remind_at, 0
        if remind_at is not None:
            request.planned_for = remind_at
        if review_requested.receivers:  # in most shops nobody listens, and each mail would read its order once more
            announce(session, review_requested, order_id=session.get_one(Order, order_id).key)
    elif request.queued_as == "reminder":
        request.reminded_at, request.due = now, None
    request.queued_as = request.queued_at = None


def mail_failed(session: Session, order_id: int, reason: Reason) -> None:
    """Note that the mail about an order will never be handed over."""
    request = _found(session, order_id)
    request.queued_as = request.queued_at = None
    _stop_asking(request, reason)


def snooze(session: Session, order: Order, now: datetime) -> None:
    """Ask again a week later, because it has not arrived; there are two mails in all, whatever is answered."""
    request = find(session, order.id)
    if request is None:
        return  # nothing was planned yet, so there is nothing to postpone
    if request.reminded_at is None and request.queued_as is None and request.state != "skipped":
        request.due = request.planned_for = now + SNOOZE


def look_again(session: Session, order: Order) -> None:
    """Decide anew about a mail that has not left, because a pause has begun or ended."""
    request = find(session, order.id)
    if request is not None and request.queued_as is None and request.due is not None:
        request.due = request.planned_for


def note_answer(session: Session, order_id: int, now: datetime) -> None:
    """End the asking, because the buyer has written; a mail in the outbox sees it when it is composed."""
    session.connection().execute(_answer(), {"number": order_id, "now": now})


@cache
def _answer() -> Update:
    """Return what `stop` does with a request that nobody has answered yet, as one statement: every post sends it."""
    request = table_of(Request).c
    free = request.queued_as.is_(None)
    skipped = and_(free, request.state == "waiting")
    return (
        update(table_of(Request))
        .where(request.order_id == bindparam("number"), request.answered_at.is_(None))
        .ordered_values(
            (request.answered_at, bindparam("now")),
            (request.reason, case((skipped, "answered"), else_=request.reason)),
            *(
                (column, case((free, null()), else_=column))
                for column in (request.due, request.held_up_by, request.token)
            ),
            # Last, because MariaDB looks at new values from here on.
            (request.state, case((skipped, "skipped"), else_=request.state)),
        )
    )


def stop(request: Request, reason: Reason) -> None:
    """End the asking about an order; a mail in the outbox decides for itself when it is composed."""
    if request.queued_as is None:
        _stop_asking(request, reason)


def stop_all(session: Session, buyer_id: int, reason: Reason) -> None:
    """End the asking about every order of a buyer whose mails are taken out of the queue."""
    for request in session.query(Request).filter_by(buyer_id=buyer_id):
        request.queued_as = request.queued_at = None
        _stop_asking(request, reason)


def hand_over(session: Session, old_buyer: int, new_buyer: int) -> None:
    """Give the requests of a merged account to the one that stays."""
    session.query(Request).filter_by(buyer_id=old_buyer).update({"buyer_id": new_buyer})
