"""Reading the journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .models import Entry


def history(session: Session, kind: str, object_id: int) -> Sequence[Entry]:
    """Return what happened to one thing, oldest first."""
    query = select(Entry).where(Entry.kind == kind, Entry.object_id == object_id)
    return session.scalars(query.order_by(Entry.id)).all()


def last_entry(session: Session, kind: str, object_id: int, events: Collection[str]) -> int:
    """Return the number of the newest of these events about one thing, 0 where none has happened."""
    query = select(func.max(Entry.id)).where(Entry.kind == kind, Entry.object_id == object_id)
    return session.scalar(query.where(Entry.event.in_(events))) or 0
