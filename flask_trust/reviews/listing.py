"""Which list of reviews a visitor asks for: filter, order and place, checked; pure values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Sort = Literal["newest", "oldest", "highest", "lowest", "helpful"]
SORTS: tuple[Sort, ...] = ("newest", "oldest", "highest", "lowest", "helpful")
PAGE = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9]{1,10})-([0-9]{1,18})-([0-9]{1,19})")
_LANG = re.compile(r"[a-z]{2,3}")


class BadListing(ValueError):
    """The query string asks for a list that does not exist."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of the page before: its stars or helpful votes (0 where neither sorts), moment and id."""

    value: int
    shown_at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.value}-{(self.shown_at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of reviews: at most one filter, an order, and the place to go on from."""

    sort: Sort = "newest"
    stars: int | None = None
    lang: str | None = None
    variant: str | None = None
    after: Place | None = None

    @property
    def filtered(self) -> bool:
        """Say whether the list shows only a part of the reviews."""
        return any(each is not None for each in (self.stars, self.lang, self.variant))


def read_place(cursor: str) -> Place:
    """Return the place a cursor stands for; raises `BadListing`."""
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[3]) >= 2**63:
        raise BadListing("cursor")
    try:
        return Place(int(match[1]), _EPOCH + timedelta(microseconds=int(match[2])), int(match[3]))
    except OverflowError:
        raise BadListing("cursor") from None


def read_listing(query: dict[str, str]) -> Listing:
    """Return the list a query string asks for; raises `BadListing` for anything that is not offered.

    One filter at a time, and a filter only with newest or oldest first.
    """
    filters = {name: query[name] for name in ("stars", "lang", "variant") if query.get(name)}
    sort = query.get("sort") or "newest"
    if sort not in SORTS or len(filters) > 1 or (filters and sort not in ("newest", "oldest")):
        raise BadListing("sort")
    stars, lang, variant = filters.get("stars"), filters.get("lang"), filters.get("variant")
    if (stars and stars not in tuple("12345")) or (lang and not _LANG.fullmatch(lang)) or len(variant or "") > 80:
        raise BadListing("filter")
    if "\x00" in (variant or ""):  # PostgreSQL keeps no such text and would refuse the question
        raise BadListing("filter")
    after = read_place(query["after"]) if query.get("after") else None
    return Listing(sort, int(stars) if stars else None, lang, variant, after)
