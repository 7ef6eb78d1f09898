"""Queueing the mails of rating each other: the outbox holds numbers only, words come when a mail leaves.

Each function belongs to the caller's transaction, asks the shop nothing, and queues nothing where no mails are sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ..mail.actions import enqueue
from ..orders.models import Deal, Order
from ..orders.rules import waits
from ..people.actions import new_number
from ..reviews.models import Review
from ..state import current_state
from .models import BuyerRating, Rating
from .queries import words_about

SOON = timedelta(minutes=1)


def acknowledge(session: Session, order: Order, deals: Iterable[Deal], now: datetime) -> None:
    """Queue the mail with a buyer's own words, where something new needs a receipt."""
    if not _mails() or not any(deal.mode == "mutual" or deal.buyer_rated_at is not None for deal in deals):
        return
    session.flush()
    said = words_about(session, order.id)
    if any(_needs_receipt(each, now) for each in said):
        _queue(session, receipt_key(order.id, said), "receipt", order.buyer_id, order.id, now)


def _needs_receipt(said: Review | Rating, now: datetime) -> bool:
    """Say whether this cannot be read by others yet, is a rating new or changed, or a review with a receipt changed."""
    if said.shown_at > now:
        return True
    if isinstance(said, Rating):
        return now in (said.written_at, said.revised_at)
    # The page behind the older receipt says that there is a newer one.
    return said.version > 1 and now in (said.written_at, said.edited_at)


def receipt_key(order_id: int, said: Sequence[Review | Rating]) -> str:
    """Return the outbox key of the mail about just these versions of what a buyer said."""
    versions = " ".join(f"{type(each).__name__}{each.id}.{each.version}" for each in said)
    return f"receipt-{order_id}-{hashlib.sha256(versions.encode()).hexdigest()[:24]}"


def acknowledge_seller(
    session: Session, author_id: int, ratings: Iterable[BuyerRating], now: datetime, post_id: int | None = None
) -> None:
    """Queue the one mail with all that a person has said about buyers with one press of a button.

    `post_id` (from `people.actions.new_number`) ties together what is written in several transactions.
    """
    said, post_id = list(ratings), post_id or new_number()
    for rating in said:
        rating.post_id = post_id
    session.flush()
    if said and _mails():
        # A little later, so that all that belongs to it has been written.
        due, dedupe = now + SOON, f"seller_receipt-{post_id}"
        enqueue(session, dedupe, "seller_receipt", person_id=author_id, object_id=post_id, now=now, due=due)


def invite_to_answer(session: Session, deals: Iterable[Deal], now: datetime) -> None:
    """Tell buyers that the seller has written, once per deal, where they can still rate and have not yet."""
    for deal in deals:
        if waits(deal, now) and deal.seller_rated_at is not None and deal.buyer_rated_at is None:
            _queue_for_buyer(session, "written", deal, now)


def tell_opened(session: Session, deal: Deal, now: datetime) -> None:
    """Tell both sides of a deal that what the other has written can be read now."""
    if deal.seller_rated_at is not None:
        _queue_for_buyer(session, "opened", deal, now)
    if deal.buyer_rated_at is not None:
        note_news(deal, now)


def invite_without_arrival(session: Session, deals: Iterable[Deal], now: datetime) -> None:
    """Tell buyers, once per deal, that they can rate the seller although nothing has arrived."""
    for deal in deals:
        if deal.mode == "off":
            continue
        if deal.state == "open" and deal.opened_by in ("overdue", "cancelled") and deal.buyer_rated_at is None:
            _queue_for_buyer(session, "no_arrival", deal, now)


def note_news(deal: Deal, now: datetime) -> None:
    """Note that the seller's people have something to hear of: the job tells them, once a day at most."""
    deal.tell_at = deal.tell_at or now


def _queue_for_buyer(session: Session, kind: str, deal: Deal, now: datetime) -> None:
    if _mails():
        buyer_id = session.get_one(Order, deal.order_id).buyer_id
        _queue(session, f"{kind}-{deal.id}", kind, buyer_id, deal.id, now)


def _queue(session: Session, dedupe: str, kind: str, person_id: int, object_id: int, now: datetime) -> None:
    if _mails():
        enqueue(session, dedupe, kind, person_id=person_id, object_id=object_id, now=now)


def _mails() -> bool:
    return current_state().settings.mail_is_on
