"""Time: one clock that tests can set, always aware and in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def as_utc(value: datetime | date) -> datetime:
    """Return `value` in UTC: naive moments count as UTC, a bare date as noon of that day."""
    if not isinstance(value, datetime):
        # Noon stays on the same day in nearly every time zone.
        return datetime.combine(value, time(12), UTC)
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def zone(name: str | None, fallback: str) -> ZoneInfo:
    """Return the named time zone, or the fallback where the name is empty or unknown."""
    try:
        return ZoneInfo(name) if name else ZoneInfo(fallback)
    except (ValueError, OSError, LookupError):
        return ZoneInfo(fallback)
