"""What the page of a buyer shows who wants to have one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ..ratings.rules import QUESTIONS
from ..state import State
from .queries import count_about_buyer, find_public_buyer
from .rules import Share


@dataclass(frozen=True, slots=True)
class PublicBuyer:
    """A buyer's name (empty for none), since when we know them, what sellers answered, and what they have written."""

    name: str
    since: datetime
    answers: dict[str, Share]
    reviews: int
    ratings: int

    @property
    def answered(self) -> bool:
        """Say whether any seller has answered anything that can be read."""
        return any(each.whole for each in self.answers.values())


def public_buyer(state: State, public_id: str) -> PublicBuyer | None:
    """Return what the page shows, or None where nobody keeps one under this id."""

    def read(session: Session) -> PublicBuyer | None:
        person = find_public_buyer(session, public_id)
        if person is None or person.key is None:
            return None
        found = count_about_buyer(session, person.id, state.clock())
        answers = {name: Share(found[f"{name}_yes"], found[name]) for name in QUESTIONS}
        return PublicBuyer(person.public_name, person.created_at, answers, found["reviews"], found["ratings"])

    return state.read_page(read)
