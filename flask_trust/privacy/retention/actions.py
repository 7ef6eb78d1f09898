"""Deleting or emptying what is older than was promised, in small batches; totals and the journal stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from flask import current_app
from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from ...clock import LONG_AGO
from ...db import Base, lock_rows, transaction
from ...invitations.models import Request
from ...links import secret_keys
from ...mail.models import Outgoing
from ...moderation.models import Case, CaseWord, Decision, Report
from ...orders.forgetting.actions import cut_off
from ...orders.models import Line, Order
from ...ratings.models import FormerRating, Rating, Reply
from ...reviews.models import Review, Version
from ...reviews.replies.models import ReviewReply
from ...reviews.votes.models import HelpfulVote
from ...state import State
from ...verdicts.models import Verdict
from ..dates.actions import blur_deals, to_months
from ..rights.actions import keep_away
from ..rights.erasures import mark_of
from ..rights.models import DataRequest
from .queries import FIND, due_between, ends_of, next_of, still_due
from .words.actions import (
    drop_former,
    drop_notes,
    drop_rating_replies,
    drop_ratings,
    drop_review_replies,
    drop_reviews,
    drop_versions,
)

BATCH = 200
#: The same where one statement does it all, and each commit waits for the disk.
MANY = 20_000
#: Stands in an order for a buyer who is nobody's business any more; no person has this number.
NOBODY = 0
_PLAIN = {"synchronize_session": False}

Drop = Callable[[Session, list[int], datetime], None]

#: Steps of one statement, which looks by itself what is still due. Helpful votes stay and are nobody's: they count on,
#: and the browser that could take them back has lost its cookie by now.
SWEEPS: Mapping[str, Any] = {
    "mails": delete(Outgoing),
    "visitors": update(HelpfulVote).values(visitor=None),
    "requests": delete(DataRequest),
    "marks": update(Verdict).values(mark=""),
    "unowned": delete(Verdict),
}


def _empty_cases(session: Session, ids: list[int], _now: datetime) -> None:
    """Delete what was said in cases; that something was decided, when and for which reason, stays in the log."""
    session.execute(delete(CaseWord).where(CaseWord.case_id.in_(ids)), execution_options=_PLAIN)
    session.execute(update(Report).where(Report.case_id.in_(ids)).values(explanation=""), execution_options=_PLAIN)
    nothing = {"explanation": "", "decision_facts": "", "illegal_content_legal_ground": ""}
    session.execute(update(Decision).where(Decision.case_id.in_(ids)).values(nothing), execution_options=_PLAIN)


def _cut_orders_off(session: Session, ids: list[int], now: datetime) -> None:
    """Let orders be nobody's: ids, exact moments and the buyer go, and what was counted stays."""
    orders = session.scalars(select(Order).where(Order.id.in_(ids)).order_by(Order.id)).all()
    keys = cut_off(session, orders, UTC)
    # The shop may tell of them again; they must not come back as new ones.
    keep_away(session, [mark_of("order", key, secret_keys(current_app)[-1]) for key in keys], now)
    for order in orders:
        order.buyer_id = NOBODY
    asked = update(Request).where(Request.order_id.in_(ids)).values(buyer_id=NOBODY)
    session.execute(asked, execution_options=_PLAIN)
    blur_deals(session, ids)


def _blur_dates(session: Session, ids: list[int], _now: datetime) -> None:
    """Leave of orders about which words stand no more than the month; their buyers can still find and delete them."""
    for order in session.scalars(select(Order).where(Order.id.in_(ids))):
        order.promised_at = order.paused_until = order.not_arrived_at = None
        order.created_at = LONG_AGO
        to_months(order, "placed_at")
    for line in session.scalars(select(Line).where(Line.order_id.in_(ids))):
        line.return_reason = line.shipped_at = None
        to_months(line, "delivered_at", "cancelled_at", "returned_at")
    blur_deals(session, ids)


#: What is done in each step, and the table whose rows are locked for it. Contacts and counts of forms go with the
#: cases, see `moderation.upkeep`.
STEPS: Mapping[str, tuple[type[Base], Drop]] = {
    "cases": (Case, _empty_cases),
    "notes": (Rating, drop_notes),
    "reviews": (Review, drop_reviews),
    "ratings": (Rating, drop_ratings),
    "versions": (Version, drop_versions),
    "former": (FormerRating, drop_former),
    "review_replies": (ReviewReply, drop_review_replies),
    "rating_replies": (Reply, drop_rating_replies),
    "orders": (Order, _cut_orders_off),
    "dates": (Order, _blur_dates),
}


class Retaining:
    """One round over all rules. Each batch is a transaction of its own, so a worker that dies loses nothing."""

    def __init__(self, state: State, steps: Iterable[str] = (*SWEEPS, *STEPS)) -> None:
        self.state, self.now = state, state.clock()
        self._steps, self._after = list(steps), 0
        self._ends: list[int] | None = None

    def batch(self) -> Counter[str]:
        """Take the next batch; returns how much was done by rule, nothing once the round is over."""
        while self._steps:
            step = self._steps[0]
            done, more = self._sweep(step) if step in SWEEPS else self._pick(step)
            if not more:
                del self._steps[0]
                self._after, self._ends = 0, None
            if done:
                return Counter({FIND[step][0]: done})
        return Counter()

    def _sweep(self, step: str) -> tuple[int, bool]:
        """Take what is due between two numbers; return how much it was, and whether there may be more."""
        if self._ends is None:
            self._ends = self.state.read(lambda session: ends_of(session, step, self.now, MANY))
        if not self._ends:
            return 0, False
        after, self._after = self._after, self._ends.pop(0)
        statement = SWEEPS[step].where(*due_between(step, self.now, after, self._after))

        def take(session: Session) -> int:
            return int(cast("CursorResult[Any]", session.execute(statement, execution_options=_PLAIN)).rowcount)

        return transaction(self.state, take), bool(self._ends)

    def _pick(self, step: str) -> tuple[int, bool]:
        """The same for rows whose numbers have to be known."""
        ids = self.state.read(lambda session: next_of(session, step, self.now, self._after, BATCH))
        if not ids:
            return 0, False
        self._after = ids[-1]
        return transaction(self.state, lambda session: self._drop(session, step, ids)), True

    def _drop(self, session: Session, step: str, ids: list[int]) -> int:
        model, drop = STEPS[step]
        lock_rows(session, model, ids)
        due = still_due(session, step, self.now, ids)  # another worker may have been faster
        drop(session, due, self.now)
        return len(due)
