"""Publishing a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ...db import insert_once, transaction
from ...mail.actions import enqueue
from ...people.models import Person
from ...ratings.models import Rating
from ...reviews.models import Review
from ...state import State
from .models import PolicyVersion
from .queries import newest

#: People who are written to in one transaction.
BATCH = 500
MAIL = "policy"
#: Words of somebody that are there: to be read, waiting, or hidden while staff looks at them.
_THERE = ("shown", "hidden")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a version keeps: facts, and the page in every language."""

    facts: Mapping[str, Any]
    pages: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Return what stands for the words of the page in all languages."""
        return hashlib.sha256(dumped(self.pages).encode()).hexdigest()


def dumped(value: Any) -> str:
    """Return plain data as text that is the same for equal data."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def publish(state: State, snapshot: Snapshot, effective_at: datetime, note: str = "") -> int:
    """Keep a snapshot as the next version and return its number; one that says what the newest says is that one."""

    def work(session: Session) -> int | None:
        last = newest(session)
        if last is not None and last.effective_at <= effective_at and _says_the_same(last, snapshot):
            return last.number  # somebody else has published it at this very moment
        number = last.number + 1 if last else 1
        values = {
            "number": number,
            "published_at": state.clock(),
            "effective_at": effective_at,
            "facts": dumped(snapshot.facts),
            "pages": dumped(snapshot.pages),
            "digest": snapshot.digest,
            "note": note,
        }
        return number if insert_once(session, PolicyVersion, values) else None

    number = transaction(state, work)
    # Somebody else has published something else at this very moment; theirs is counted now.
    return number if number is not None else publish(state, snapshot, effective_at, note)


def _says_the_same(version: PolicyVersion, snapshot: Snapshot) -> bool:
    return (version.facts, version.digest) == (dumped(snapshot.facts), snapshot.digest)


def tell(state: State, number: int) -> int:
    """Queue a mail about a version for everybody whose words are kept; returns for how many that is new."""
    told, last = 0, 0
    while people := state.read(lambda session, after=last: _people_after(session, after)):  # type: ignore[misc]
        told += transaction(state, lambda session, people=people: _enqueue(session, state, number, people))  # type: ignore[misc]
        last = people[-1]
    return told


def _people_after(session: Session, last: int) -> list[int]:
    wrote = or_(
        Person.id.in_(select(Review.person_id).where(Review.state.in_(_THERE))),
        Person.id.in_(select(Rating.person_id).where(Rating.state.in_(_THERE))),
    )
    reachable = (Person.key.is_not(None), Person.merged_into.is_(None), Person.mail_stop.is_(None))
    query = select(Person.id).where(Person.id > last, *reachable, wrote).order_by(Person.id).limit(BATCH)
    return list(session.scalars(query))


def _enqueue(session: Session, state: State, number: int, people: list[int]) -> int:
    version = session.scalars(select(PolicyVersion.id).where(PolicyVersion.number == number)).one()
    return sum(
        enqueue(session, f"policy-{number}-{person}", MAIL, person_id=person, object_id=version, now=state.clock())
        for person in people
    )
