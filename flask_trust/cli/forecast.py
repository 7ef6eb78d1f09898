"""What is going to happen to orders: the worker's own steps and rules, carried out ahead of time and taken back."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from ..intake import actions as intake
from ..invitations.asking import gather
from ..invitations.models import Request
from ..invitations.queries import find as find_request
from ..invitations.rules import Facts, Skip, Wait, decide
from ..orders.models import Line, Order
from ..orders.queries import find, lines_of
from ..shop import Order as ShopOrder
from ..state import State

NO_GUESS = "nobody has told of its arrival, and TRUST_ARRIVAL_DAYS makes no guess"

#: Why a mail waits, in words an owner understands; that mails leave by day needs none.
WAITS = {
    "cap": "it waits, because the buyer gets one mail in 7 days at most",
    "paused": "it waits, because a return or dispute is open",
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of one order: when it is asked about, or the reason why not; `guess` is a guessed arrival."""

    order_id: str
    asked_at: datetime | None = None
    reason: str = ""
    guess: datetime | None = None
    asked_already: bool = False
    #: The order is not known, or what was told of it cannot be used.
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """An order about which the rules have still to decide."""

    order_id: str
    buyer_id: str
    facts: Facts
    guess: datetime | None = None
    #: Earlier the worker does not look at it again.
    put_off_to: datetime | None = None

    @property
    def begins(self) -> datetime:
        """Return when the rules decide first."""
        return max(self.put_off_to or self.facts.now, self.facts.now, self.facts.planned_for)


def look_ahead(session: Session, state: State, told: ShopOrder, *, may_mail: bool) -> Outlook | Pending:
    """Say how things stand once the guessed arrivals of an order have come; the caller takes back what this writes."""
    intake.placed(session, state, told.id, told=told)
    order = find(session, told.id)
    if order is None:
        return Outlook(told.id, reason="erased")
    guess = _let_arrive(session, state, order, told)
    request = find_request(session, order.id)
    if request is None:
        return Outlook(told.id, reason=_why_nothing_is_planned(lines_of(session, order.id)))
    if request.state == "asked":
        return Outlook(told.id, request.asked_at, asked_already=True)
    if request.state == "skipped":
        return Outlook(told.id, reason=request.reason or "", guess=guess)
    facts = gather(session, state, request, order, lines_of(session, order.id), told, may_mail=may_mail)
    return Pending(told.id, told.buyer.id, facts, guess, request.due)


def _let_arrive(session: Session, state: State, order: Order, told: ShopOrder) -> datetime | None:
    """Take lines as arrived at the moments of their guesses until the mail would leave; returns the last guess."""
    guess = None
    moments = {line.expected_at for line in lines_of(session, order.id) if line.expected_at is not None}
    for moment in sorted(moments):
        if _is_settled_by(find_request(session, order.id), moment):
            break
        intake.assume_arrived(session, _at(state, max(moment, state.clock())), order.key, told)
        guess = moment
    return guess


def _is_settled_by(request: Request | None, moment: datetime) -> bool:
    if request is None or request.state == "skipped":
        return False
    return request.state == "asked" or request.planned_for <= moment


def _at(state: State, moment: datetime) -> State:
    return replace(state, clock=lambda: moment)


def _why_nothing_is_planned(lines: Sequence[Line]) -> str:
    return "cancelled" if all(line.cancelled_at is not None for line in lines) else NO_GUESS


def foresee(found: Sequence[Outlook | Pending]) -> list[Outlook]:
    """Let the worker's rules decide in the order in which the mails fall due, as one mail makes another wait."""
    decided = {each.order_id: each for each in found if isinstance(each, Outlook)}
    decided |= _decide_all([each for each in found if isinstance(each, Pending)])
    return [decided[each.order_id] for each in found]


def _decide_all(pending: Sequence[Pending]) -> dict[str, Outlook]:
    due = [(each.begins, place, "") for place, each in enumerate(pending)]
    heapq.heapify(due)
    decided: dict[str, Outlook] = {}
    mailed: dict[str, datetime] = {}
    while due:
        moment, place, why = heapq.heappop(due)
        each = pending[place]
        verdict = decide(_facts_at(each.facts, moment, mailed.get(each.buyer_id)))
        if isinstance(verdict, Wait):
            heapq.heappush(due, (verdict.until, place, WAITS.get(verdict.why, why)))
        elif isinstance(verdict, Skip):
            decided[each.order_id] = Outlook(each.order_id, None, verdict.reason, each.guess)
        else:
            decided[each.order_id] = Outlook(each.order_id, moment, why, each.guess)
            mailed[each.buyer_id] = moment
    return decided


def _facts_at(facts: Facts, moment: datetime, last_mail: datetime | None) -> Facts:
    mails = [at for at in (facts.last_mail_at, last_mail) if at is not None]
    return replace(facts, now=moment, last_mail_at=max(mails, default=None))
