"""Reading requests: what is due, and the sum that must always hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from .models import Request


@dataclass(frozen=True, slots=True)
class Tally:
    """How many delivered orders were asked about, wait, or were skipped and why."""

    asked: int
    waiting: int
    skipped: dict[str, int]

    @property
    def total(self) -> int:
        """Return the number of delivered orders this accounts for."""
        return self.asked + self.waiting + sum(self.skipped.values())


def tally(session: Session) -> Tally:
    """Count all requests by state and reason."""
    query = select(Request.state, Request.reason, func.count()).group_by(Request.state, Request.reason)
    rows = session.execute(query).all()
    counts = {state: sum(n for each, _, n in rows if each == state) for state in ("asked", "waiting")}
    skipped = {reason or "": n for state, reason, n in rows if state == "skipped"}
    return Tally(counts["asked"], counts["waiting"], skipped)


def find(session: Session, order_id: int, *, locked: bool = False) -> Request | None:
    """Return the request about an order; a `locked` one as it is now, even in an old transaction."""
    query = select(Request).where(Request.order_id == order_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True) if locked else query)


def last_mail_to(session: Session, buyer_id: int, besides: int, now: datetime) -> datetime | None:
    """Return when the last mail about another order went to this buyer; one that is to leave counts as of now."""
    moments = select(Request.asked_at, Request.reminded_at, Request.queued_as).where(
        Request.buyer_id == buyer_id,
        Request.id != besides,
        or_(Request.asked_at.is_not(None), Request.queued_as.is_not(None)),
    )
    rows = session.execute(moments).all()
    if any(row.queued_as for row in rows):
        return now
    return max((at for row in rows for at in row[:2] if at is not None), default=None)


def due_ids(session: Session, ids: Sequence[int], token: str) -> Sequence[Request]:
    """Return the claimed rows that still belong to this worker."""
    return session.scalars(select(Request).where(Request.id.in_(ids), Request.token == token)).all()
