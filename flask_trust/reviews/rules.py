"""Who may write about a line, and how long."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

WRITE_FOR = timedelta(days=180)
#: The stars of a critical review and of praise, where one of each stands beside the other.
CRITICAL = (1, 2, 3)
PRAISE = (4, 5)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a customer wants to say about one line, cleaned; stars from 1 to 5."""

    stars: int
    title: str = ""
    text: str = ""


Obstacle = Literal["not_arrived", "cancelled", "too_late"]


def may_write(
    delivered_at: datetime | None, cancelled_at: datetime | None, written: bool, now: datetime
) -> Obstacle | None:
    """Return why a line cannot be reviewed now, or None: new reviews until 180 days after arrival, edits longer."""
    if cancelled_at is not None:
        return "cancelled"
    if delivered_at is None:
        return "not_arrived"
    if not written and now > delivered_at + WRITE_FOR:
        return "too_late"
    return None


def guess_language(text: str, page_language: str) -> str:
    """Return the language of a review: told by its script where that is plain, else that of the page."""
    names = {unicodedata.name(c, "").split(" ")[0] for c in set(text) if c.isalpha() and not c.isascii()}
    if any(name in ("HIRAGANA", "KATAKANA") for name in names):
        return "ja"
    if "HANGUL" in names:
        return "ko"
    return page_language.replace("_", "-").split("-")[0].lower()
