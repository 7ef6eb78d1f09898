"""What a case is about, be it a review or a rating: its words, whose it is, and no stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..ratings.models import Rating
from ..reviews.models import Review
from ..verdicts.rules import STANDING, Kind

MODELS: dict[Kind, Any] = {"review": Review, "rating": Rating}


@dataclass(frozen=True, slots=True)
class Content:
    """Words of a buyer that everybody can read, or could; `about` is the title of the product or seller."""

    kind: Kind
    id: int
    public_id: str
    state: str
    shown_at: datetime
    subject_id: int
    subject_key: str
    person_id: int
    order_id: int
    about: str
    title: str
    text: str
    lang: str
    #: What it said before, the newest first.
    former: Sequence[str]

    def public(self, now: datetime) -> bool:
        """Say whether everybody can read it."""
        return self.state == "shown" and self.shown_at <= now

    def open_to_staff(self, now: datetime) -> bool:
        """Say whether staff may see and decide: never what still waits for the other side."""
        return self.state in STANDING and self.shown_at <= now


def words_of(row: Any) -> str:
    """Return all words of a review or rating that others can read."""
    return f"{getattr(row, 'title', '')} {row.text}".strip()
