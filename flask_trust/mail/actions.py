"""Writing the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from ..db import claim, insert_once
from .models import Outgoing
from .rules import marked, next_try

OPEN = ("waiting", "sending", "unsure")


def enqueue(session: Session, dedupe: str, kind: str, *, person_id: int, object_id: int, now: datetime) -> bool:
    """Put a mail into the outbox in the caller's transaction; the same `dedupe` key goes in only once."""
    values = {
        "dedupe": dedupe,
        "kind": kind,
        "person_id": person_id,
        "object_id": object_id,
        "due": now,
        "created_at": now,
    }
    return insert_once(session, Outgoing, values)


def take(session: Session, now: datetime, lease: timedelta, limit: int) -> tuple[str, Sequence[int]]:
    """Claim due mails for this worker; returns its token and their ids."""
    return claim(session, Outgoing, now=now, lease=lease, limit=limit)


def read(session: Session, mail_id: int, token: str) -> Outgoing | None:
    """Return a claimed mail, or None when the lease is lost."""
    return session.scalar(select(Outgoing).where(Outgoing.id == mail_id, Outgoing.token == token))


def mark(session: Session, row: Outgoing, token: str, until: datetime) -> bool:
    """Mark a mail as going out right now; say whether it may go."""
    state = marked(row.state)
    if state is None:
        return _set(session, row.id, token, OPEN, state="held", due=None, error_code="unclear") and False
    return _set(session, row.id, token, (row.state,), state=state, due=until)


def mark_sent(session: Session, mail_id: int, token: str, now: datetime) -> bool:
    """Mark a mail as handed over; say whether it was still ours."""
    return _set(session, mail_id, token, OPEN, state="sent", due=None, sent_at=now, error_code=None)


def postpone(session: Session, row: Outgoing, token: str, code: str, now: datetime) -> bool:
    """Try a mail again later, or leave it to a person after five days."""
    due = next_try(now, row.attempts, row.created_at)
    state = "held" if due is None else "waiting"
    return _set(session, row.id, token, OPEN, state=state, due=due, error_code=code)


def drop(session: Session, mail_id: int, token: str, code: str) -> bool:
    """Take a mail that must not leave out of the queue."""
    return _set(session, mail_id, token, OPEN, state="dropped", due=None, error_code=code)


def hold(session: Session, mail_id: int, token: str, code: str) -> bool:
    """Leave a mail to a person, with the reason."""
    return _set(session, mail_id, token, OPEN, state="held", due=None, error_code=code)


def release_held(session: Session, now: datetime) -> int:
    """Try all held mails again, on a person's wish; returns how many."""
    new = {"state": "waiting", "due": now, "created_at": now, "attempts": 0, "token": None}
    result: CursorResult[Any] = session.execute(update(Outgoing).where(Outgoing.state == "held").values(new))  # type: ignore[assignment]
    return result.rowcount


def _set(session: Session, mail_id: int, token: str, states: Sequence[str], **new: Any) -> bool:
    mine = update(Outgoing).where(Outgoing.id == mail_id, Outgoing.token == token, Outgoing.state.in_(states))
    result: CursorResult[Any] = session.execute(mine.values(new))  # type: ignore[assignment]
    return result.rowcount == 1
