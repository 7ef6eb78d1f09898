"""Reading the journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from .models import Entry


def history(session: Session, kind: str, object_id: int) -> Sequence[Entry]:
    """Return what happened to one thing, oldest first."""
    query = select(Entry).where(Entry.kind == kind, Entry.object_id == object_id)
    return session.scalars(query.order_by(Entry.id)).all()


def last_entry(session: Session, kind: str, object_id: int, events: Collection[str]) -> int:
    """Return the number of the newest of these events about one thing, 0 where none has happened."""
    return session.scalar(select(newest(kind, object_id, events))) or 0


def newest(kind: str, object_id: InstrumentedAttribute[int] | int, events: Collection[str]) -> ScalarSelect[int]:
    """Return the subquery for the number of the newest of these events about one thing."""
    about = select(func.max(Entry.id)).where(Entry.kind == kind, Entry.object_id == object_id)
    return about.where(Entry.event.in_(events)).scalar_subquery()
