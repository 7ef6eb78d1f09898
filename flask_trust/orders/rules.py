"""When a parcel has probably arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

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
