"""The demo's clock: real time moved by an offset that every process reads from one small file."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import current_app

EXTENSION = "example_shop.clock"
# Helsinki, Tokyo and Seoul are all awake at this hour (UTC), in summer and in winter,
# so that no quiet hours hold back the mail that a visitor is waiting for.
MORNING = timedelta(hours=8, minutes=5)
NOON = timedelta(hours=8, minutes=55)


class DemoClock:
    """A clock that can be moved; without its file it shows real time."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def now(self) -> datetime:
        """Return the demo's moment in UTC."""
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """Return how far the demo is ahead of real time."""
        try:
            seconds = json.loads(self.file.read_text("utf-8"))["ahead_by_seconds"]
        except FileNotFoundError:
            return timedelta(0)
        return timedelta(seconds=float(seconds))

    def set(self, moment: datetime) -> None:
        """Let it be `moment` now, for all processes."""
        ahead = (moment - datetime.now(UTC)).total_seconds()
        draft = self.file.with_name(f"{self.file.name}.{secrets.token_hex(8)}")
        draft.write_text(json.dumps({"ahead_by_seconds": ahead}), "utf-8")
        # A reader must never see half a file.
        draft.replace(self.file)

    def after(self, days: int) -> datetime:
        """Return the moment `days` later, moved on to the next morning when that is not in the morning."""
        moment = self.now() + timedelta(days=days)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if MORNING <= moment - midnight <= NOON:
            return moment
        today = midnight + MORNING
        return today if today >= moment else today + timedelta(days=1)


def clock() -> DemoClock:
    """Return the clock of the current app."""
    found: DemoClock = current_app.extensions[EXTENSION]
    return found


def now() -> datetime:
    """Return the shop's present moment; a real shop would say `datetime.now(UTC)`."""
    return clock().now()
