"""Writing the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, CursorResult, bindparam, select, update
from sqlalchemy.orm import Session

from ..db import claim, insert_once
from ..db.dialect import table_of
from .models import OPEN, Outgoing
from .rules import marked, next_try


def enqueue(
    session: Session,
    dedupe: str,
    kind: str,
    *,
    person_id: int,
    object_id: int,
    now: datetime,
    due: datetime | None = None,
) -> bool:
    """Put a mail that may leave now (or when `due`) into the outbox in the caller's transaction.

    The same `dedupe` key goes in only once.
    """
    values = {
        "dedupe": dedupe,
        "kind": kind,
        "person_id": person_id,
        "object_id": object_id,
        "due": due or now,
        "created_at": now,
    }
    return insert_once(session, Outgoing, values)


def take(session: Session, now: datetime, lease: timedelta, limit: int) -> tuple[str, Sequence[int]]:
    """Claim due mails for this worker; returns its token and their ids."""
    return claim(session, Outgoing, now=now, lease=lease, limit=limit)


def read(session: Session, ids: Sequence[int], token: str) -> Sequence[Outgoing]:
    """Return the mails among these that are still claimed under this token."""
    mine = select(Outgoing).where(Outgoing.id.in_(ids), Outgoing.token == token, Outgoing.state.in_(OPEN))
    return session.scalars(mine.order_by(Outgoing.due, Outgoing.id)).all()


def mark(session: Session, row: Outgoing, token: str, until: datetime) -> bool:
    """Mark a mail as going out right now; say whether it may go."""
    state = marked(row.state)
    assert state is not None
    return _set(session, row.id, token, (row.state,), {"state": state, "due": until})


def mark_sent(session: Session, mail_id: int, token: str, now: datetime) -> bool:
    """Mark a mail as handed over; say whether it was still ours."""
    return _set(session, mail_id, token, OPEN, {"state": "sent", "due": None, "sent_at": now, "error_code": None})


def postpone(
    session: Session, row: Outgoing, token: str, code: str, now: datetime, *, unclear: bool = False
) -> Literal["postponed", "held", "lost"]:
    """Try a mail again later, or leave it to a person after five days.

    A mail that may have left (`unclear`) goes on being marked as such, so that it is repeated once at most.
    """
    due = next_try(now, row.attempts, row.created_at)
    if due is None:
        return "held" if hold(session, row.id, token, code) else "lost"
    state = (marked(row.state) or row.state) if unclear else row.state
    new = {"state": state, "due": due, "error_code": code, "token": None}
    return "postponed" if _set(session, row.id, token, OPEN, new) else "lost"


def put_off(session: Session, row: Outgoing, token: str, until: datetime) -> bool:
    """Let a mail wait for a better moment; nothing has failed."""
    return _set(session, row.id, token, OPEN, {"due": until, "token": None})


def drop(session: Session, mail_id: int, token: str, code: str) -> bool:
    """Take a mail that must not leave out of the queue."""
    return _set(session, mail_id, token, OPEN, {"state": "dropped", "due": None, "error_code": code})


def hold(session: Session, mail_id: int, token: str, code: str) -> bool:
    """Leave a mail to a person, with the reason."""
    return _set(session, mail_id, token, OPEN, {"state": "held", "due": None, "error_code": code})


def release_held(session: Session, now: datetime) -> int:
    """Try all held mails again, on a person's wish; returns how many."""
    new = {"state": "waiting", "due": now, "created_at": now, "attempts": 0, "token": None}
    result: CursorResult[Any] = session.execute(update(_BOX).where(_BOX.c.state == "held").values(new))  # type: ignore[assignment]
    return result.rowcount


def _set(session: Session, mail_id: int, token: str, states: Sequence[str], new: Mapping[str, Any]) -> bool:
    mine = {"mail_id": mail_id, "held_by": token, "states": states}
    result: CursorResult[Any] = session.execute(_MINE, {**mine, **new})  # type: ignore[assignment]
    return result.rowcount == 1


_BOX = table_of(Outgoing)
# Made once: a worker runs it twice for each mail, and making it takes longer than running it.
_MINE = update(_BOX).where(
    _BOX.c.id == bindparam("mail_id"),
    _BOX.c.token == bindparam("held_by"),
    _BOX.c.state.in_(bindparam("states", expanding=True)),
)


def drop_unsent(session: Session, wanted: ColumnElement[bool], code: str) -> None:
    """Take all mails of this kind that have not left, those that were given up too, out of the queue."""
    open_ones = update(Outgoing).where(wanted, Outgoing.state.in_((*OPEN, "held")))
    new = {"state": "dropped", "due": None, "error_code": code}
    session.execute(open_ones.values(new), execution_options={"synchronize_session": False})
