"""Letting time pass: the clock moves in steps, and at each step the plugin does what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from ..adapter import trust
from .clock import MORNING, clock

# Somewhere in the world it is daytime at one of these hours, and quiet hours end.
HOURS = (timedelta(hours=1, minutes=30), MORNING, timedelta(hours=12))


def moments(start: datetime, end: datetime) -> Iterator[datetime]:
    """Return the moments after `start` at which something may become due, up to and with `end`."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while midnight <= end:
        yield from (midnight + hour for hour in HOURS if start < midnight + hour < end)
        midnight += timedelta(days=1)
    yield end


def pass_days(days: int, step: Callable[[], None] = lambda: None) -> None:
    """Let so many days pass, and a little more when that would end at night; `step` is called after each moment."""
    watch = clock()
    for moment in moments(watch.now(), watch.after(days)):
        watch.set(moment)
        trust.run_due()
        step()


def count_steps(days: int) -> int:
    """Return how often `pass_days` will call `step`, for a progress bar."""
    watch = clock()
    return sum(1 for _ in moments(watch.now(), watch.after(days)))
