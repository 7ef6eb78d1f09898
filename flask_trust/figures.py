"""How figures are written on pages and in the shell."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache


@lru_cache(maxsize=1024)
def one_decimal(value: float) -> str:
    """Return a figure as pages print it: half up, on the value rounded to nine digits."""
    return str(Decimal(repr(round(value, 9))).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def counted(words: str, number: int) -> str:
    """Return English words about a number: of "%d quer(y|ies)" what stands before the bar is said of one."""
    return re.sub(r"\(([^()|]*)\|([^()|]*)\)", r"\1" if number == 1 else r"\2", words) % number
