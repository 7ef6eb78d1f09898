"""How figures are written on pages."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def one_decimal(value: float) -> str:
    """Return a figure as pages print it: half up, on the value rounded to nine digits."""
    return str(Decimal(repr(round(value, 9))).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
