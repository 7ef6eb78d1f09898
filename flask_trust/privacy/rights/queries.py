"""Reading requests about data, who was erased, and which orders must not come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from ...moderation.contents import MODELS
from ...moderation.models import Case
from ...moderation.tallies.queries import TAKEN_DOWN
from ...orders.models import Order
from ...people.models import Person
from ...ratings.models import Rating
from ...reviews.models import Review
from ...verdicts.rules import STANDING
from .erasures import marks_of
from .models import DataRequest, GoneOrder
from .rules import ACKNOWLEDGE_WITHIN, ANSWER_WITHIN

PAGE = 50


def is_gone(session: Session, order_key: str) -> bool:
    """Say whether an order belonged to somebody who was erased."""
    return session.scalar(select(GoneOrder.mark).where(GoneOrder.mark.in_(marks_of("order", order_key)))) is not None


def last_erasure(session: Session) -> datetime | None:
    """Return when somebody was erased last."""
    return session.scalar(select(func.max(Person.erased_at)))


def known_people(session: Session, after: int, limit: int) -> Sequence[Person]:
    """Return the next people, in the order of their numbers, who can still be found by something."""
    query = select(Person).where(Person.id > after, Person.key.is_not(None))
    return session.scalars(query.order_by(Person.id).limit(limit)).all()


def orders_of(session: Session, person_id: int) -> Sequence[str]:
    """Return the shop's ids of a person's orders."""
    return session.scalars(select(Order.key).where(Order.buyer_id == person_id)).all()


def ownerless(session: Session) -> Mapping[int, int]:
    """Return how many reviews and ratings with words stand of whom nothing else is known, by their authors' numbers."""
    found: Counter[int] = Counter()
    for votes in (Review, Rating):
        nobodys = select(votes.person_id, func.count()).join(Person, Person.id == votes.person_id)
        nobodys = nobodys.where(Person.key.is_(None), votes.state.in_(STANDING)).group_by(votes.person_id)
        found.update({row[0]: row[1] for row in session.execute(nobodys)})
    return found


def open_requests(session: Session) -> Sequence[DataRequest]:
    """Return the requests that wait for an answer, those first that wait longest."""
    query = select(DataRequest).where(DataRequest.answered_at.is_(None))
    return session.scalars(query.order_by(DataRequest.asked_at, DataRequest.id).limit(PAGE)).all()


def count_late(session: Session, now: datetime) -> int:
    """Return how many requests are not acknowledged or not answered in time."""
    not_acknowledged = and_(DataRequest.acknowledged_at.is_(None), DataRequest.asked_at < now - ACKNOWLEDGE_WITHIN)
    late = or_(not_acknowledged, DataRequest.asked_at < now - ANSWER_WITHIN)
    query = select(func.count()).select_from(DataRequest).where(DataRequest.answered_at.is_(None), late)
    return session.scalar(query) or 0


def answered_requests(session: Session) -> Sequence[DataRequest]:
    """Return the requests that were answered last."""
    query = select(DataRequest).where(DataRequest.answered_at.is_not(None))
    return session.scalars(query.order_by(DataRequest.answered_at.desc(), DataRequest.id.desc()).limit(PAGE)).all()


class Erased(NamedTuple):
    """How many reviews and ratings went together with their author's data: by their own wish, and by the shop's."""

    by_authors: int
    by_shop: int


def count_erased(session: Session, now: datetime) -> Erased:
    """Count what was erased, as far as its time had come; not what staff had taken down before."""
    found = {"person": 0, "shop": 0}
    for kind, votes in MODELS.items():
        gone = select(Person.erased_for, func.count()).select_from(votes).join(Person, Person.id == votes.person_id)
        gone = gone.where(votes.live == false(), votes.state == "erased", votes.shown_at <= now)
        down = exists().where(Case.kind == kind, Case.object_id == votes.id, TAKEN_DOWN)
        gone = gone.where(~down)
        for wish, number in session.execute(gone.group_by(Person.erased_for)):
            found["person" if wish == "person" else "shop"] += number
    return Erased(found["person"], found["shop"])
