"""When a parcel has probably arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

AFTER_PROMISED = timedelta(days=2)

Evidence = Literal["told", "shipped", "promised", "placed"]


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
