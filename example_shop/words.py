"""Prices and dates the way people read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency

ZONE = ZoneInfo("Europe/Helsinki")


def euro(cents: int) -> str:
    """Return an amount of cents, such as "€24.00"."""
    return format_currency(Decimal(cents) / 100, "EUR", locale="en_IE")


def day(moment: datetime | date, pattern: str = "d MMMM y") -> str:
    """Return the day of a moment where the market is, such as "3 May 2027"."""
    local = moment.astimezone(ZONE) if isinstance(moment, datetime) else moment
    return format_date(local, pattern, locale="en_IE")
