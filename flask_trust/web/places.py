"""The place in a list from which its next page goes on, as an address can carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of the page before: the moment that the list is in the order of, and its number."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


def read_place(cursor: str) -> Place | None:
    """Return the place a cursor stands for, None where it stands for none."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        return None
    try:
        return Place(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))
    except OverflowError:
        return None
