"""Letting one account become another: what it wrote, what was said about it, its orders and its opt-out go along."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ...db import lock_rows
from ...invitations import actions as invitations
from ...moderation.upkeep.actions import merge_author
from ...orders import actions as orders
from ...people import actions as people
from ...people.models import Person
from ...ratings.actions import merge_raters
from ...reviews.actions import merge_authors
from ...scores.actions import touch_pages_of


def merge(session: Session, old: Person, new: Person, now: datetime) -> None:
    """Give everything of one account to another; totals and pages follow."""
    lock_rows(session, Person, [old.id, new.id])
    orders.lock_deals_of(session, old.id)
    merge_authors(session, old.id, new.id, now)
    merge_raters(session, old.id, new.id, now)
    merge_author(session, old.id, new.id)
    orders.hand_over(session, old.id, new.id)
    invitations.hand_over(session, old.id, new.id)
    people.merge(session, old, new, now)
    session.flush()
    touch_pages_of(session, new.id)
