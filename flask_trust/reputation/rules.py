"""What the figures beside a seller's score mean: shares, windows and times, from rows that were read before."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import accumulate
from typing import Protocol
from unicodedata import east_asian_width

from ..orders.rules import Arrival, came_in_time
from ..scores.maths import LOW

#: Orders or ratings below which a share would say more than is known.
FEW = 5
#: Days within which replies are counted.
REPLY_DAYS = (1, 3, 7)
#: Counted ratings, on either side, before a fall is spoken of; how many stars it has at least, and how sure it is.
FALL_FROM = 10
LEAST_FALL = 0.3
SURENESS = 1.96
#: Answers before unhappy ones are spoken of, and of how many each at least one has to be one.
UNHAPPY_FROM = 10
UNHAPPY_ONE_IN = 5
#: Returns for one reason before it is spoken of, and of how many arrived things each at least one.
RETURNS_FROM = 3
RETURNS_ONE_IN = 20
LONGEST_REASON = 80  # characters
MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Window:
    """What was counted in the last `days` (None: ever), and its plain mean in stars."""

    days: int | None
    count: int
    average: float | None


@dataclass(frozen=True, slots=True)
class Answered:
    """One further question about a seller: how many counted ratings answer it, and the mean in stars."""

    name: str
    count: int
    mean: float


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def few(self) -> bool:
        """Say whether there is too little to call it a share."""
        return self.whole < FEW

    @property
    def percent(self) -> int:
        """Return the share in percent, half up."""
        return int(self.part * 100 / self.whole + 0.5)


@dataclass(frozen=True, slots=True)
class Replies:
    """How fast a seller replied: how many ratings there were, and those replied to within so many days."""

    whole: int
    within: tuple[tuple[int, Share], ...]
    later: Share


class Delivered(Arrival, Protocol):
    """A line of an order, see `queries.Delivery`; all its dates are aware."""

    @property
    def deal_id(self) -> int: ...
    @property
    def mode(self) -> str: ...
    @property
    def rated(self) -> bool: ...
    @property
    def opened_by(self) -> str | None: ...
    @property
    def promised_at(self) -> datetime | None: ...


def window(days: int | None, counts: Sequence[int]) -> Window:
    """Return a window over the counts of 1 to 5 stars."""
    number = sum(counts)
    stars = sum(level * count for level, count in enumerate(counts, 1))
    return Window(days, number, stars / number if number else None)


def window_of(counts: Counter[tuple[int, date]], days: int, today: date) -> list[int]:
    """Return how many votes of each number of stars, by (stars, day), lie in the last days."""
    levels = [0] * 5
    for (stars, day), number in counts.items():
        if day > today - timedelta(days=days):
            levels[stars - 1] += number
    return levels


@dataclass(frozen=True, slots=True)
class Month:
    """What was counted in one calendar month, and its plain mean in stars (None for nothing)."""

    first: date
    count: int
    average: float | None


def months(counts: Mapping[date, Sequence[int]], today: date, number: int) -> list[Month]:
    """Return the last months up to today's, oldest first, from the counts of 1 to 5 stars by first day."""
    found, first = [], today.replace(day=1)
    for _ in range(number):
        lately = window(None, counts.get(first, (0,) * 5))
        found.append(Month(first, lately.count, lately.average))
        first = (first - timedelta(days=1)).replace(day=1)
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Fall:
    """Ratings are lower than they were: the plain means of the last days and of the time before."""

    now: float
    before: float


def fall(recent: Sequence[int], earlier: Sequence[int]) -> Fall | None:
    """Say whether ratings fell, from the counts of 1 to 5 stars: by more than chance does 19 times out of 20."""
    if sum(recent) < FALL_FROM or sum(earlier) < FALL_FROM:
        return None
    (now, noise), (before, older_noise) = _mean_and_noise(recent), _mean_and_noise(earlier)
    sure = before - now >= SURENESS * math.sqrt(noise + older_noise)
    return Fall(now, before) if sure and before - now >= LEAST_FALL else None


def _mean_and_noise(counts: Sequence[int]) -> tuple[float, float]:
    number = sum(counts)
    mean = sum(stars * n for stars, n in enumerate(counts, 1)) / number
    variance = sum(n * (stars - mean) ** 2 for stars, n in enumerate(counts, 1)) / number
    return mean, variance / number


@dataclass(frozen=True, slots=True)
class Often:
    """Something that happened so many times of so many: an answer of unhappy buyers, a reason of returns."""

    name: str
    part: int
    whole: int


def is_low(answer: int) -> bool:
    """Say whether somebody who answers so is unhappy."""
    return answer <= LOW


def unhappy(sums: Mapping[str, tuple[int, int, int]]) -> list[Often]:
    """Return the questions that many answered low, from (number, sum, low ones) by name; the worst first."""
    found = [
        Often(name, low, number)
        for name, (number, _, low) in sums.items()
        if number >= UNHAPPY_FROM and low * UNHAPPY_ONE_IN >= number
    ]
    return sorted(found, key=lambda each: (-each.part / each.whole, each.name))


def sent_back(reasons: Mapping[str, int]) -> list[Often]:
    """Return why things were often sent back, the most frequent first.

    `reasons` counts arrived things by reason, those that were kept or came without one under "". What differs only in
    capitals and spaces is one reason; a text of many words is somebody's story and none.
    """
    whole, together = sum(reasons.values()), Counter[str]()
    for reason, number in sorted(reasons.items(), key=lambda each: (-each[1], each[0])):
        told = " ".join(reason.split())
        same = next((known for known in together if known.casefold() == told.casefold()), told)
        if 0 < len(told) <= LONGEST_REASON:
            together[same] += number
    often = ((name, number) for name, number in together.items() if number >= RETURNS_FROM)
    found = [Often(name, number, whole) for name, number in often if number * RETURNS_ONE_IN >= whole]
    return sorted(found, key=lambda each: (-each.part, each.name))[:MOST_REASONS]


def answered(names: Iterable[str], sums: Mapping[str, tuple[int, int, int]]) -> list[Answered]:
    """Return the mean of each question that was answered at all, from (number, sum, low ones) by name."""
    known = ((name, *sums.get(name, (0, 0, 0))) for name in names)
    return [Answered(name, number, total / number) for name, number, total, _ in known if number > 0]


def share_rated(lines: Collection[Delivered]) -> Share:
    """Return how many closed orders of a seller were rated, of those that could be."""
    orders = {line.deal_id: line.rated for line in lines if line.mode != "off"}
    return Share(sum(orders.values()), len(orders))


def share_on_time(lines: Iterable[Delivered], zone: tzinfo) -> Share:
    """Return how many lines arrived on their promised day or before it, of those of which that is known."""
    known = [found for line in lines if (found := _in_time(line, zone)) is not None]
    return Share(sum(known), len(known))


def _in_time(line: Delivered, zone: tzinfo) -> bool | None:
    return came_in_time(line, line.promised_at, line.opened_by, zone)


def replies(times: Sequence[tuple[datetime, datetime | None]]) -> Replies:
    """Return how fast was replied, from the moments of rating and reply; each rating is at least 7 days old."""
    waited = [reply - rated for rated, reply in times if reply is not None]
    within = [(days, Share(sum(each <= timedelta(days=days) for each in waited), len(times))) for days in REPLY_DAYS]
    _, soon = within[-1]
    return Replies(len(times), tuple(within), Share(len(times) - soon.part, len(times)))


def shortened(text: str, width: int) -> str:
    """Return text of so many half-width letters at most; Chinese, Japanese and Korean ones take two."""
    taken = accumulate(1 + (east_asian_width(letter) in "WF") for letter in text)
    fitting = sum(each <= width for each in taken)
    return text if fitting == len(text) else text[: max(0, fitting - 1)].rstrip() + "…"
