"""What new words of an author mean for the case about the former ones; each in the author's own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...journal.actions import Role, record
from ...verdicts.rules import Kind, ReplyKind
from ..actions import lock_case, wait
from ..models import Case


def look_again(session: Session, kind: Kind, numbers: list[int], now: datetime) -> None:
    """Let staff decide once more about what its author has written anew."""
    for number in sorted(numbers):
        found = session.scalar(select(Case.id).where(Case.kind == kind, Case.object_id == number))
        if found is not None:
            _corrected(session, lock_case(session, found), now, role="buyer")


def _corrected(session: Session, case: Case, now: datetime, *, role: Role) -> None:
    case.corrected_at = now
    wait(session, case, "open", now)
    record(session, "corrected", "case", case.id, at=now, role=role, actor_id=case.author_id)


def note_new_reply(
    session: Session, kind: ReplyKind, number: int, author_id: int, now: datetime, *, role: Role, hidden: bool
) -> None:
    """Let staff know of a reply that was written or changed: whoever decides has to have seen these words.

    `hidden` where others cannot read it before staff has looked.
    """
    # A locking read: a report that comes in at this moment has shown the former words.
    wanted = select(Case.id).where(Case.kind == kind, Case.object_id == number).with_for_update(read=True)
    found = session.scalar(wanted)
    if found is None:
        return
    case = lock_case(session, found)
    case.author_id = author_id
    if hidden:
        _corrected(session, case, now, role=role)
    else:
        case.version += 1
