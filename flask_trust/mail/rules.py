"""When a mail that could not be handed over is tried again, and when it is left to a person."""

from __future__ import annotations

from datetime import datetime, timedelta

# Longer than the patience of one whole talk with a mail server: a mail on its way belongs to its worker.
LEASE = timedelta(minutes=20)
BATCH = 20
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
PATIENCE = timedelta(days=5)

#: Kinds of mail whose object is an order; lists say which.
ABOUT_ORDERS = ("request", "reminder", "receipt")

#: Nobody can be reached there. Every other refusal is left to a person, since it may be the shop's own fault.
NOBODY = {"broken_address", "recipient_refused"}


def next_try(now: datetime, attempts: int, created_at: datetime) -> datetime | None:
    """Return the moment of the next try, doubling from a minute to four hours; None after five days."""
    if now - created_at >= PATIENCE:
        return None
    doublings = min(max(attempts - 1, 0), 10)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def marked(state: str) -> str | None:
    """Return the state that says "going out right now", or None when nobody can know whether it went already.

    A worker that died midway may have sent its mail or not: it is tried once more under the same Message-ID,
    and then left to a person.
    """
    return {"waiting": "sending", "sending": "unsure"}.get(state)
