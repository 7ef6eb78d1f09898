"""Reading the outbox, for the owner."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .models import OPEN, Outgoing


def count_by_state(session: Session) -> dict[str, int]:
    """Return how many mails are in each state."""
    rows = session.execute(select(Outgoing.state, func.count()).group_by(Outgoing.state)).all()
    return {row[0]: row[1] for row in rows}


def troubled(session: Session, limit: int = 100) -> Sequence[Outgoing]:
    """Return mails that are held, or wait after a failed try, newest first."""
    query = select(Outgoing).where(Outgoing.error_code.is_not(None), Outgoing.state.in_((*OPEN, "held")))
    return session.scalars(query.order_by(Outgoing.id.desc()).limit(limit)).all()


def is_queued(session: Session, dedupe: str) -> bool:
    """Say whether there is a mail with this key, whatever became of it."""
    return session.scalar(select(Outgoing.id).where(Outgoing.dedupe == dedupe)) is not None
