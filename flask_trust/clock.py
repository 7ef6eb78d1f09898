"""Time: one clock that tests can set, always aware and in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2200, 1, 1, tzinfo=UTC)

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def as_utc(value: datetime | date) -> datetime:
    """Return `value` in UTC, within 1970 to 2200: naive moments count as UTC, a bare date as noon of that day."""
    if not LONG_AGO.year < value.year < FAR_AHEAD.year:
        # Shops write "never" as the year 1 or 9999; days added to that would leave the calendar.
        return LONG_AGO if value.year <= LONG_AGO.year else FAR_AHEAD
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


def month_of(moment: datetime) -> datetime:
    """Return the beginning of the month, as much as stays of a moment that is nobody's business any more."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
