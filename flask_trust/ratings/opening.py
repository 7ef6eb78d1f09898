"""How a deal goes on: who has written, when it closes, and the one moment at which both sides can be read.

Every function works on deals that the caller has locked (`orders.queries.deals_now`), within one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ..db import announce
from ..journal.actions import Role, record
from ..orders.models import Deal, Order
from ..orders.queries import deals_of_buyer
from ..orders.rules import is_open, waits
from ..reviews.models import Review
from ..scores.actions import moving_totals, renew
from ..scores.models import Subject
from ..signals import rating_revealed, review_published
from ..verdicts.rules import STANDING
from .models import Rating
from .notices import invite_to_answer, note_news, tell_opened
from .queries import (
    buyer_ratings_of,
    has_review,
    opened_at_closing,
    passing_sellers,
    products_of,
    ratings_of,
    subjects_of,
    untallied,
    waiting_ratings,
    waiting_reviews,
)
from .rules import both_rated, closing, may_pass, opened_since


def note_buyer_wrote(session: Session, deal: Deal, now: datetime, *, rated: bool) -> None:
    """Note that the buyer has said something: the first thing of a deal that waits starts the seller's 7 days."""
    if not is_open(deal, now):
        return
    if deal.buyer_wrote_at is None:
        deal.buyer_wrote_at = now
        _close_at_the_right_time(session, deal, now)
        if waits(deal, now):
            note_news(deal, now)
    if rated and deal.buyer_rated_at is None:
        deal.buyer_rated_at = now
        if not waits(deal, now):
            note_news(deal, now)


def note_buyer_withdrew(session: Session, deal: Deal, now: datetime) -> None:
    """Note that the buyer took something back: with nothing left, the window is as long as it was."""
    if not is_open(deal, now):
        return
    rating = ratings_of(session, [deal.id]).get(deal.id)
    if rating is None or rating.state not in STANDING:
        deal.buyer_rated_at = None
    if deal.buyer_rated_at is None and not has_review(session, deal.id):
        deal.buyer_wrote_at = None
        _close_at_the_right_time(session, deal, now)


def note_seller_rated(deal: Deal, at: datetime | None) -> None:
    """Note since when the seller has said something; the buyer's time does not depend on it."""
    deal.seller_rated_at = at


def _close_at_the_right_time(session: Session, deal: Deal, now: datetime) -> None:
    if not waits(deal, now) or deal.window_ends_at is None:
        return
    deal.closes_at = deal.due = closing(deal.window_ends_at, deal.buyer_wrote_at)
    with session.no_autoflush:  # the deal is written once, with what else changes in it
        answer = buyer_ratings_of(session, [deal.id]).get(deal.id)
    if answer is not None and answer.live:
        answer.shown_at = deal.closes_at


def open_where_both_rated(session: Session, deals: Iterable[Deal], now: datetime) -> list[Deal]:
    """Open the deals of one buyer in which nobody is waited for any more (T5); returns them."""
    deals = list(deals)
    invite_to_answer(session, deals, now)
    ready = [deal for deal in deals if waits(deal, now) and both_rated(deal)]
    if ready:
        _show_what_waits(session, ready, now)
    for deal in ready:
        _end(session, deal, "revealed", now, role="job")
        deal.closes_at = now
        announce_opened(session, deal)
        tell_opened(session, deal, now)
    session.flush()
    return ready


def pass_on(session: Session, deals: Iterable[Deal], now: datetime, *, role: Role, actor_id: int | None) -> list[Deal]:
    """Note that the seller has nothing to say in these deals of one buyer, which opens the buyer's words at once.

    The buyer can rate on until the window ends. Returns the deals in which that was possible.
    """
    passed = [deal for deal in deals if may_pass(deal, now)]
    if any(deal.buyer_wrote_at for deal in passed):
        _show_what_waits(session, passed, now)
    for deal in passed:
        deal.passed_at = now
        deal.closes_at = deal.due = deal.window_ends_at
        record(session, "passed", "deal", deal.id, at=now, role=role, actor_id=actor_id, state=("open", "open"))
        if deal.buyer_rated_at is not None:
            announce_opened(session, deal)
            tell_opened(session, deal, now)
        elif deal.buyer_wrote_at is not None:
            note_news(deal, now)
    session.flush()
    return passed


def pass_by_choice(session: Session, deals: Sequence[Deal], now: datetime) -> None:
    """Pass in new deals of sellers who never rate buyers."""
    choices = passing_sellers(session, [deal.seller_id for deal in deals if may_pass(deal, now)])
    new = [deal for deal in deals if deal.seller_id in choices and opened_since(deal, choices[deal.seller_id])]
    pass_on(session, new, now, role="job", actor_id=None)


def _show_what_waits(session: Session, deals: Sequence[Deal], now: datetime) -> None:
    """Let everything that waits in these deals of one buyer be read from now on; totals follow."""
    ids = [deal.id for deal in deals]
    buyer = session.get_one(Order, deals[0].order_id).buyer_id
    reviews = subjects_of(session, waiting_reviews(session, ids, now))
    ratings = {rating.subject_id for rating in waiting_ratings(session, ids, now)}
    # Reviews first on every path, so that no two transactions wait for each other's totals.
    with (
        moving_totals(session, Review, reviews, [buyer], now),
        moving_totals(session, Rating, ratings, [buyer], now),
    ):
        shown = waiting_reviews(session, ids, now)
        for review in shown:
            review.shown_at = now
        for rating in waiting_ratings(session, ids, now):
            rating.shown_at = now
        for answer in buyer_ratings_of(session, ids).values():
            answer.shown_at = min(answer.shown_at, now)
    announce_reviews(session, shown)


def announce_reviews(session: Session, reviews: Collection[Review]) -> None:
    """Tell the shop's listeners which reviews can be read from now on."""
    keys = products_of(session, [review.line_id for review in reviews]) if reviews else {}
    for review in reviews:
        announce(session, review_published, review_id=review.public_id, product_id=keys[review.line_id])


def announce_opened(session: Session, deal: Deal) -> None:
    """Tell the shop's listeners that ratings of a deal can be read from now on."""
    order, seller = session.get_one(Order, deal.order_id), session.get_one(Subject, deal.seller_id)
    announce(session, rating_revealed, order_id=order.key, seller_id=seller.key)


def settle(session: Session, deal: Deal, now: datetime) -> bool:
    """Bring a deal whose time is up to its end (T6): what waited is public already, and now counts in the totals.

    Safe to call twice and at any time; says whether there was anything to do.
    """
    if deal.state != "open" or deal.closes_at is None or now < deal.closes_at:
        return False
    buyer = session.get_one(Order, deal.order_id).buyer_id
    reviews, ratings = untallied(session, deal.id)
    with (
        moving_totals(session, Review, subjects_of(session, reviews), [buyer], now),
        moving_totals(session, Rating, {row.subject_id for row in ratings}, [buyer], now),
    ):
        pass
    # Not only what was untallied: another review of the same buyer may have moved those totals before the job came.
    opened_reviews, rated = opened_at_closing(session, deal)
    announce_reviews(session, opened_reviews)
    wrote = bool(deal.buyer_wrote_at or deal.buyer_rated_at or deal.seller_rated_at)
    _end(session, deal, "revealed" if wrote else "empty", now, role="job")
    if rated or deal.seller_rated_at:
        announce_opened(session, deal)
        tell_opened(session, deal, now)
    if opened_reviews:
        note_news(deal, now)
    session.flush()
    return True


def end_all(session: Session, buyer_id: int, now: datetime) -> None:
    """End the deals of a buyer who was erased: nothing is left in them to wait for, or to tell anybody of."""
    for deal in deals_of_buyer(session, buyer_id):
        deal.buyer_wrote_at = deal.buyer_rated_at = deal.seller_rated_at = deal.tell_at = deal.due = None
        if deal.state in ("pending", "open"):
            if deal.closes_at is None or deal.closes_at > now:
                # Nobody knows how it would have ended: without an end of its window it is in no figure of the seller.
                deal.closes_at, deal.window_ends_at = now, None
            _end(session, deal, "empty", now, role="job")
    renew(session, {deal.seller_id for deal in deals_of_buyer(session, buyer_id)})
    session.flush()


def _end(session: Session, deal: Deal, state: str, now: datetime, *, role: Role) -> None:
    record(session, state, "deal", deal.id, at=now, role=role, state=(deal.state, state))
    deal.state, deal.due = state, None
