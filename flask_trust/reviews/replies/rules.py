"""What a reply should not hold: found by letters alone, told once, never refused."""

from __future__ import annotations

import re
from typing import Literal

REPLY_LENGTH = 1000

Worry = Literal["address", "phone", "threat"]

_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]{2,}")
#: Digits as a telephone has them: seven or more, with the usual marks between, and neither a date nor a price.
_PHONE = re.compile(r"(?<![\w.,])\+?(?:\d[ ()/.-]{0,3}){7,15}(?!\w)")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_THREATS = re.compile(
    r"\b(?:lawyers?|attorneys?|solicitors?|lawsuit|legal (?:action|steps)|sue you|court|police|press charges"
    r"|(?:refund|money back|voucher|discount)\b.{0,60}\b(?:delete|remove|change|take down)"
    r"|(?:delete|remove|change|take down)\b.{0,60}\b(?:refund|money back|voucher|discount)"
    r"|Anw[aä]lt\w*|Rechtsanwalt|verklagen|Anzeige|Gericht|rechtliche Schritte)\b"
    r"|弁護士|訴訟|訴え|警察|法的措置|변호사|고소|소송|경찰|법적 조치",
    re.IGNORECASE | re.DOTALL,
)


def worries(text: str) -> list[Worry]:
    """Return what its writer should look at again before a reply is published: somebody's data, or a threat."""
    without_dates = _DATE.sub(" ", text)
    found: list[tuple[Worry, bool]] = [
        ("address", _ADDRESS.search(text) is not None),
        ("phone", _PHONE.search(without_dates) is not None),
        ("threat", _THREATS.search(text) is not None),
    ]
    return [worry for worry, applies in found if applies]
