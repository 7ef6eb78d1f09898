"""When a parcel has probably arrived, and whether buyer and seller can rate each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal, Protocol

from ..settings import Settings
from ..shop import SHOP_SELLER

AFTER_PROMISED = timedelta(days=2)
#: Days after the promised one from which a deal can be rated although nothing has arrived.
OVERDUE_AFTER = timedelta(days=7)

Evidence = Literal["told", "shipped", "promised", "placed"]
Mode = Literal["mutual", "buyers", "off"]
#: What made a deal ratable.
Opening = Literal["arrived", "overdue", "cancelled"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the settings say about rating: `TRUST_MUTUAL` and `TRUST_RATING_WINDOW_DAYS`."""

    mutual: str
    window: timedelta

    def mode_of(self, seller_key: str) -> Mode:
        """Return who rates whom in a deal with this seller; the shop's own goods have product reviews only."""
        if self.mutual == "auto":
            return "off" if seller_key == SHOP_SELLER else "mutual"
        return "mutual" if self.mutual == "always" else "buyers" if self.mutual == "buyers" else "off"


def terms_of(settings: Settings) -> Terms:
    """Return what the settings say about rating."""
    return Terms(settings.mutual, timedelta(days=settings.rating_window_days))


def overdue_at(promised_at: datetime | None, mode: Mode) -> datetime | None:
    """Return when a deal can be rated although nothing has arrived; None without a promise."""
    return promised_at + OVERDUE_AFTER if promised_at and mode != "off" else None


@dataclass(frozen=True, slots=True)
class Expected:
    """When a line should be there, and what that guess rests on."""

    at: datetime
    by: Evidence


def expected_arrival(
    placed_at: datetime, promised_at: datetime | None, shipped_at: datetime | None, days: Mapping[str, int]
) -> Expected | None:
    """Return when a line should have arrived: shipped + 5 days, promised + 2, placed + 10 (`TRUST_ARRIVAL_DAYS`).

    A later promise beats the guess from the shipping: asking before the parcel is there is the worse mistake.
    None where the shop wants no guess from what is known.
    """
    promised = Expected(promised_at + AFTER_PROMISED, "promised") if promised_at else None
    if shipped_at and "shipped" in days:
        shipped = Expected(shipped_at + timedelta(days=days["shipped"]), "shipped")
        return promised if promised and promised.at > shipped.at else shipped
    if promised:
        return promised
    return Expected(placed_at + timedelta(days=days["placed"]), "placed") if "placed" in days else None


class Arrival(Protocol):
    """What is known of how a line came, see `orders.models.Line`."""

    @property
    def delivered_at(self) -> datetime | None: ...
    @property
    def delivered_by(self) -> str | None: ...
    @property
    def cancelled_at(self) -> datetime | None: ...
    @property
    def in_time(self) -> bool | None: ...


def came_in_time(line: Arrival, promised_at: datetime | None, opened_by: str | None, zone: tzinfo) -> bool | None:
    """Say whether a line came by the promised day; None where nothing was promised, or the arrival is a guess."""
    if line.in_time is not None:
        return line.in_time  # its dates are gone
    if promised_at is None or line.cancelled_at is not None:
        return None
    if line.delivered_by == "told" and line.delivered_at is not None:
        return line.delivered_at.astimezone(zone).date() <= promised_at.astimezone(zone).date()
    return False if line.delivered_at is None and opened_by == "overdue" else None


class Window(Protocol):
    """The dates of a deal that say whether something can be written, see `orders.models.Deal`."""

    mode: str
    state: str
    closes_at: datetime | None
    passed_at: datetime | None


def is_open(deal: Window, now: datetime) -> bool:
    """Say whether something can be added; at the very moment of closing it cannot."""
    return deal.state == "open" and deal.closes_at is not None and now < deal.closes_at


def waits(deal: Window, now: datetime) -> bool:
    """Say whether what is written now stays private at first."""
    return deal.mode == "mutual" and deal.passed_at is None and is_open(deal, now)


#: Of so many other buyers a reason for sending something back has to be known, or it is somebody's own words.
SHARED_BY = 2

#: Our number of a product and why it was sent back, in whatever capitals and spaces.
Reason = tuple[int, str]


def reason_of(subject_id: int, told: str) -> Reason:
    """Return a reason as it is compared with others."""
    return subject_id, " ".join(told.split()).casefold()
