"""Reading what became of a review that everybody could read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from ...journal.models import Entry
from ...people.models import Person
from ...reviews.models import Review
from ...verdicts.rules import WITHHELD
from ..models import Case

#: What the journal calls it when a review comes to be in a state in which nobody can read it.
_EVENTS = ("hidden", "removed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Past:
    """A review that cannot be read any more: "hidden", "removed" or "withdrawn"; not whose it was, and not its words.

    `ground` and `day` are those of the last decision, None where the state is not its doing.
    """

    state: str
    ground: str | None = None
    day: datetime | None = None


def find_past(session: Session, public_id: str, now: datetime) -> Past | None:
    """Return what became of a review, None for one that never could be read, or whose author was erased.

    One statement whatever is found: how long it takes tells nobody whether there is a review that still waits.
    """
    happened = select(func.max(Entry.at)).where(Entry.kind == "review", Entry.object_id == Review.id)
    since = happened.where(Entry.event.in_(_EVENTS), Entry.state_to == Review.state).scalar_subquery()
    query = select(Review.state, Review.shown_at, Case.outcome, Case.ground, Case.corrected_at, since.label("since"))
    query = query.join(Person, and_(Person.id == Review.person_id, Person.key.is_not(None)))
    query = query.outerjoin(Case, and_(Case.kind == "review", Case.object_id == Review.id))
    gone = Review.state.in_((*WITHHELD, "withdrawn"))
    row = session.execute(query.where(Review.public_id == public_id, gone, Review.shown_at <= now)).first()
    if row is None:
        return None
    if row.state == "withdrawn":
        # What its author took back before its moment came was never read.
        return Past("withdrawn") if row.since is not None and row.since >= row.shown_at else None
    # What its author has written anew nobody has judged.
    decided = row.outcome == row.state and row.corrected_at is None
    return Past(row.state, row.ground if decided else None, row.since if decided else None)
