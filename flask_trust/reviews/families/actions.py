"""Letting the products of one family share their reviews: one vote for each buyer and family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from ...orders.models import Line
from ...scores.actions import lock_total, moving_totals, renew
from ...scores.models import Subject
from ...scores.subjects.actions import subject_id
from ..models import Review
from .queries import authors_of, counts_for, members

#: So many authors are moved at a time, which bounds the memory that a much-reviewed product takes.
AT_ONCE = 500


def keep_families(session: Session, told: Mapping[int, str | None], now: datetime) -> int:
    """Let products (by our number) share their reviews with the families that the shop names now, None for none.

    Returns how many of them joined, changed or left one. Call it where nothing of scores and reviews is locked yet.
    """
    moving = [each for each in members(session, told) if told[each.id] != each.family]
    for each in moving:
        _move(session, each.id, told[each.id], now)
    return len(moving)


def _move(session: Session, product: int, family: str | None, now: datetime) -> None:
    home = product if family is None else subject_id(session, "family", family)
    lock_total(session, Review)
    # The family's too, whatever is written: what a product was sent back for is shown from the day it joins.
    renew(session, {product, home})
    row = session.get_one(Subject, product, with_for_update={"key_share": True}, populate_existing=True)
    left, row.family_id = row.family_id, None if home == product else home
    session.flush()
    bring_home(session, product, now, left)


def bring_home(session: Session, product: int, now: datetime, left: int | None = None) -> None:
    """Let every review of a product count where it should: for its family, or for itself where it has none.

    `left` is the family that it has just left. All in one transaction, so that no reader sees half of it; nobody can
    write a review in the meantime.
    """
    lock_total(session, Review)
    row = session.get_one(Subject, product, with_for_update={"key_share": True}, populate_existing=True)
    home = row.family_id or product
    # What was written while we waited for the lock counts for the product or for the family that it had until now.
    places = {*counts_for(session, product), product, *([left] if left else [])} - {home}
    for place in sorted(places):
        # A round that moves nothing is the last: the lock that all reviews wait for is never held for ever.
        while people := authors_of(session, product, place, AT_ONCE):
            with moving_totals(session, Review, [place, home], people, now):
                moved = _count_for(session, product, people, place, home)
            if not moved:
                break


def _count_for(session: Session, product: int, people: Sequence[int], place: int, home: int) -> int:
    """Let these people's reviews of a product count for its home; returns how many there were."""
    theirs = select(Line.id).where(Line.id == Review.line_id, Line.subject_id == product).exists()
    moving = update(Review).where(Review.subject_id == place, Review.person_id.in_(people), theirs)
    done = session.execute(moving.values(subject_id=home), execution_options={"synchronize_session": False})
    return int(cast("CursorResult[Any]", done).rowcount)
