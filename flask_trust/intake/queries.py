"""Reading how far the shop has been asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from .models import Cursor


def last_seen(session: Session, name: str) -> datetime | None:
    """Return up to which moment a poll has come, or None before its first run."""
    return session.scalar(select(Cursor.at).where(Cursor.name == name))
