"""When the time of a row is up: pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...inventory import Keep

#: The job looks once a day; a row that is older than promised by more than this was missed.
NOTICED_WITHIN = timedelta(days=2)


def before(rule: Keep, now: datetime, *, late: bool = False) -> datetime:
    """Return the moment since which nothing may be kept any more; `late` for what should be gone for long."""
    assert rule.days is not None
    return now - timedelta(days=rule.days) - (NOTICED_WITHIN if late else timedelta(0))
