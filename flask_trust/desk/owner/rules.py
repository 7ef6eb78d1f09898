"""What the owner's desk asks of its addresses, and what is still missing in a new shop: pure rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

PAGE = 50
#: So many rows are looked through at most for one page of a list that no index holds.
BLOCK = 500
#: The job ought to run every few minutes; after so long something has stopped it.
JOB_SILENT = timedelta(hours=2)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")

RequestState = Literal["waiting", "asked", "skipped"]
REQUEST_STATES: tuple[RequestState, ...] = ("waiting", "asked", "skipped")


class BadQuery(ValueError):
    """The query string asks for a list that does not exist."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a list goes on: the moment and number of the last row that was looked at."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


def read_spot(cursor: str | None) -> Spot | None:
    """Return the spot a cursor stands for, None where there is none; raises `BadQuery`."""
    if not cursor:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[2]) >= 2**63:
        raise BadQuery(cursor)
    try:
        return Spot(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))
    except OverflowError:
        raise BadQuery(cursor) from None


def read_number(text: str | None) -> int | None:
    """Return the number a list goes on from, None where there is none; raises `BadQuery`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadQuery(text)
    return int(text)


@dataclass(frozen=True, slots=True)
class Queue:
    """Which reviews the owner wants to look at; it changes what is listed here and nothing else."""

    product: str | None = None
    stars: int | None = None
    unanswered: bool = False

    @property
    def filtered(self) -> bool:
        """Say whether rows have to be looked through that may not belong to the list."""
        return self.stars is not None or self.unanswered


def read_queue(query: Mapping[str, str]) -> Queue:
    """Return what a query string asks for; raises `BadQuery`."""
    stars, unanswered = query.get("stars") or None, query.get("unanswered") or ""
    if (stars is not None and stars not in tuple("12345")) or unanswered not in ("", "1"):
        raise BadQuery("filter")
    product = (query.get("product") or "").strip() or None
    return Queue(product, int(stars) if stars else None, unanswered == "1")


Step = Literal["name", "address", "mail", "order", "arrival", "job", "sent", "people"]


@dataclass(frozen=True, slots=True)
class Started:
    """How far a new shop has come; moments are None where nothing has happened yet."""

    shop_name: str
    base_url: str
    mail_is_on: bool
    has_order: bool
    has_arrival: bool
    has_sent: bool
    last_run: datetime | None
    somebody_is_told: bool
    now: datetime

    @property
    def job_runs(self) -> bool:
        """Say whether the job has run lately."""
        return self.last_run is not None and self.now - self.last_run < JOB_SILENT

    @property
    def steps(self) -> list[tuple[Step, bool]]:
        """Return each step, in the order in which it is done, with whether it is."""
        return [
            ("name", bool(self.shop_name)),
            ("address", bool(self.base_url)),
            ("mail", self.mail_is_on),
            ("order", self.has_order),
            ("arrival", self.has_arrival),
            ("job", self.job_runs),
            ("sent", self.has_sent),
            ("people", self.somebody_is_told),
        ]

    @property
    def missing(self) -> int:
        """Return how many steps are still to be done."""
        return sum(not done for _, done in self.steps)
