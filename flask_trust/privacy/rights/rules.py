"""The list of erasures, line by line, and the deadlines of requests: pure rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol, cast

#: What was asked for, in the words of the law: a copy, correction, erasure, an objection, or anything else.
What = Literal["export", "correct", "erase", "object", "other"]
WHATS: tuple[What, ...] = ("export", "correct", "erase", "object", "other")

#: We say within so many days that a request has come in, and answer it within so many; the law gives a month.
ACKNOWLEDGE_WITHIN = timedelta(days=3)
ANSWER_WITHIN = timedelta(days=10)

#: "person" and "account" are followed by a hash of our number, "order" by one of the shop's id, "report" by one of what
#: was sent.
Kind = Literal["person", "account", "order", "report"]

_LINE = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d) (?P<kind>person|account|order|report) (?P<wish>person|shop) "
    r"(?P<key>[0-9a-f]{8}) (?P<mark>[0-9a-f]{64})(?: (?P<into>[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list: what was erased when and by whose wish, as a keyed hash, and which secret key made it.

    An account that had become part of another carries the hash of that other one too, in `into`: a backup may be
    older than the merge, and what the account wrote belongs to the other.
    """

    day: date
    kind: Kind
    wish: Literal["person", "shop"]
    key: str
    mark: str
    into: str = ""

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.kind} {self.wish} {self.key} {self.mark} {self.into}".rstrip()


def read_line(line: str) -> Listed | None:
    """Return what a line says, None where it was cut off or changed."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    wish = cast("Literal['person', 'shop']", match["wish"])
    return Listed(day, cast("Kind", match["kind"]), wish, match["key"], match["mark"], match["into"] or "")


class Asked(Protocol):
    """The dates of a request."""

    asked_at: datetime
    acknowledged_at: datetime | None
    answered_at: datetime | None


def due_at(request: Asked) -> datetime | None:
    """Return until when something has to be done about a request, None once it is answered."""
    if request.answered_at is not None:
        return None
    return request.asked_at + (ACKNOWLEDGE_WITHIN if request.acknowledged_at is None else ANSWER_WITHIN)


def is_late(request: Asked, now: datetime) -> bool:
    """Say whether a deadline of a request has passed."""
    due = due_at(request)
    return due is not None and due < now
