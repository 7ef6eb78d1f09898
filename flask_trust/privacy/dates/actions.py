"""Cutting dates to their month, as much as stays of what is nobody's business any more.

A month keeps an order in the same figures: those about a seller's work look back over whole months.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...clock import month_of
from ...db import Base
from ...invitations.models import Request
from ...mail.models import Outgoing
from ...orders.models import Deal, Order
from ...people.models import Person
from ...ratings.models import BuyerRating, Rating
from ...reviews.models import Review
from ..rights.models import DataRequest


def to_months(row: Base, *names: str) -> None:
    """Cut these moments of a row to their month."""
    for name in names:
        moment = getattr(row, name)
        setattr(row, name, moment and month_of(moment))


def blur_deals(session: Session, order_ids: Iterable[int]) -> None:
    """Leave of asking and rating about these orders no more than the month."""
    ids = list(order_ids)
    for row in session.scalars(select(Request).where(Request.order_id.in_(ids))):
        to_months(row, "planned_for", "queued_at", "asked_at", "reminded_at", "answered_at")
    for deal in session.scalars(select(Deal).where(Deal.order_id.in_(ids))):
        deal.tell_at = None
        to_months(deal, "opened_at", "window_ends_at", "closes_at", "told_at")
        to_months(deal, "buyer_wrote_at", "buyer_rated_at", "seller_rated_at", "passed_at")
    session.flush()


def blur_person(session: Session, person_id: int, numbers: Sequence[int], now: datetime) -> None:
    """Leave no exact moment in what stays of somebody who was erased, the accounts that became part of theirs too."""
    blur_deals(session, session.scalars(select(Order.id).where(Order.buyer_id == person_id)).all())
    for person in session.scalars(select(Person).where(Person.id.in_(numbers))):
        to_months(person, "created_at")
    for mail in session.scalars(select(Outgoing).where(Outgoing.person_id.in_(numbers))):
        to_months(mail, "created_at", "sent_at")
    answered = select(DataRequest).where(DataRequest.person_id.in_(numbers), DataRequest.answered_at.is_not(None))
    for request in session.scalars(answered):
        to_months(request, "asked_at", "acknowledged_at", "answered_at")
    _blur_words(session, person_id, now)
    session.flush()


def _blur_words(session: Session, person_id: int, now: datetime) -> None:
    # Locking reads, as in the erasure itself: in an older transaction of the shop a plain one may miss the newest.
    for review in session.scalars(select(Review).where(Review.person_id == person_id).with_for_update()):
        to_months(review, "written_at", "edited_at")
        review.shown_at = _shown(review.shown_at, now)
    for rating in session.scalars(select(Rating).where(Rating.person_id == person_id).with_for_update()):
        to_months(rating, "written_at", "revised_at")
        rating.shown_at = _shown(rating.shown_at, now)
    for answer in session.scalars(select(BuyerRating).where(BuyerRating.person_id == person_id).with_for_update()):
        to_months(answer, "written_at", "revised_at", "shown_at")


def _shown(moment: datetime, now: datetime) -> datetime:
    """Return the month; what nobody could read yet is not in the public counts before its time has come."""
    return month_of(moment) if moment <= now else month_of(month_of(moment) + timedelta(days=32))
