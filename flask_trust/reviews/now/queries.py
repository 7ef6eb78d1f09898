"""Reading reviews and what decides about them as they stand now, under the locks of whoever writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from ...db.dialect import table_of
from ...orders.models import Order
from ...scores.queries import has_voted
from ...verdicts.models import Verdict
from ...verdicts.queries import kept_down
from ..models import Review


class Changed(Exception):
    """The order or its reviews are not as they were when the page was read."""


@cache
def guarded_by_writer() -> tuple[ColumnElement[Any], ...]:
    """Return what the lock of the writer's row guards: whose the order is, and whether they ever said anything.

    And one thing that nobody guards: words that become nobody's at this very moment were said before that.
    """
    order = table_of(Order).c
    disowned = select(order.disowned_at).where(order.id == bindparam("order")).scalar_subquery()
    return disowned.label("disowned_at"), said_before(), kept_down()


@cache
def said_before() -> ColumnElement[bool]:
    """Return whether `person` ever said anything: without, there is no word that staff could take down meanwhile."""
    verdict = table_of(Verdict).c
    person: Any = bindparam("person")
    return or_(has_voted(person), exists().where(verdict.person_id == person)).label("said_before")


def reviews_as_seen(session: Session, votes: Iterable[Review], seen: Mapping[int, int]) -> Mapping[int, Review]:
    """Return the reviews of the lines in `seen`, locked; raises `Changed`."""
    known = {review.line_id: review for review in votes if review.line_id in seen}
    if _versions(known, seen) != seen:
        known = reviews_of_lines(session, list(seen))  # by the line: it may count for what it should not
    if _versions(known, seen) != seen:
        raise Changed
    return known


def _versions(known: Mapping[int, Review], lines: Iterable[int]) -> dict[int, int]:
    return {line_id: known[line_id].version if line_id in known else 0 for line_id in lines}


def reviews_of_lines(session: Session, line_ids: Sequence[int]) -> dict[int, Review]:
    """Return the reviews of some lines by line id, as they stand now and locked."""
    rows = session.scalars(select(Review).where(Review.line_id.in_(line_ids)).with_for_update()).all()
    return {row.line_id: row for row in rows}
