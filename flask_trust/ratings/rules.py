"""When what buyer and seller say about each other can be written, changed and read: pure rules.

No rule here knows stars, words, the value of the order or a refund. The protocol and its reasons are in
docs/ratings.md; T1 to T12 and I1 to I18 are its transitions and invariants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from ..orders.rules import is_open, waits
from ..verdicts.rules import WITHHELD

#: What the other side has at most, once the buyer has written.
ANSWER_WITHIN = timedelta(days=7)
REVISE_WITHIN = timedelta(days=60)
#: So long after it could be read, words that staff has taken down can be replaced by others.
CORRECT_WITHIN = timedelta(days=2 * 365)

ASPECTS = ("service", "delivery", "presentation", "price", "privacy")
QUESTIONS = ("paid", "reachable", "again")


@dataclass(frozen=True, slots=True)
class RatingDraft:
    """What a buyer wants to say about a seller, cleaned; stars and aspects from 1 to 5, `note` is for the seller."""

    stars: int
    text: str = ""
    note: str = ""
    service: int | None = None
    delivery: int | None = None
    presentation: int | None = None
    price: int | None = None
    privacy: int | None = None


@dataclass(frozen=True, slots=True)
class BuyerDraft:
    """What a seller wants to say about a buyer: paid promptly, easy to reach, would sell again; None for no answer."""

    paid: bool | None = None
    reachable: bool | None = None
    again: bool | None = None

    @property
    def is_blank(self) -> bool:
        """Say whether no question was answered."""
        return self.paid is None and self.reachable is None and self.again is None


class Deal(Protocol):
    """The dates of a deal, see `orders.models.Deal`."""

    mode: str
    state: str
    opened_at: datetime | None
    window_ends_at: datetime | None
    closes_at: datetime | None
    buyer_wrote_at: datetime | None
    buyer_rated_at: datetime | None
    seller_rated_at: datetime | None
    passed_at: datetime | None


def closing(window_ends_at: datetime, buyer_wrote_at: datetime | None) -> datetime:
    """Return the moment of closing: the window's end, or 7 days after the buyer wrote where that is earlier.

    The seller's writing has no part in it, or sellers would write at once to cut the buyer's time.
    """
    return window_ends_at if buyer_wrote_at is None else min(window_ends_at, buyer_wrote_at + ANSWER_WITHIN)


def both_rated(deal: Deal) -> bool:
    """Say whether both sides have rated each other, so that nothing has to wait any more."""
    return deal.buyer_rated_at is not None and deal.seller_rated_at is not None


def shown_from(deal: Deal, now: datetime) -> datetime:
    """Return the moment from which what is written now can be read."""
    return deal.closes_at if waits(deal, now) and deal.closes_at is not None else now


Obstacle = Literal["off", "not_open", "over", "insider", "revised", "too_late", "erased"]


class Written(Protocol):
    """The dates of what one side has written."""

    state: str
    shown_at: datetime
    revised_at: datetime | None


def may_write(deal: Deal, written: Written | None, now: datetime, *, insider: bool = False) -> Obstacle | None:
    """Return why nothing can be written or changed now, or None.

    Before the opening the author may change everything; after it once, within 60 days.
    """
    if deal.mode == "off":
        return "off"
    if insider:
        return "insider"
    if written is not None and written.state == "erased":
        return "erased"
    if written is not None and written.state in WITHHELD:
        return "too_late" if now > written.shown_at + CORRECT_WITHIN else None
    if written is not None and written.state == "shown" and written.shown_at <= now:
        return may_revise(written, now)
    if deal.state == "pending":
        return "not_open"
    return None if is_open(deal, now) else "over"


def may_revise(written: Written, now: datetime) -> Obstacle | None:
    """Return why what can be read by everybody cannot be changed any more, or None."""
    if written.revised_at is not None:
        return "revised"
    return "too_late" if now > written.shown_at + REVISE_WITHIN else None


def may_rate_buyer(deal: Deal, written: Written | None, now: datetime) -> Obstacle | None:
    """Return why the seller can say nothing about the buyer, or None; passing is for good."""
    if deal.mode != "mutual":
        return "off"
    return "over" if deal.passed_at is not None else may_write(deal, written, now)


def may_pass(deal: Deal, now: datetime) -> bool:
    """Say whether the seller can still declare to have nothing to say."""
    return deal.mode == "mutual" and deal.passed_at is None and deal.seller_rated_at is None and is_open(deal, now)


def opened_since(deal: Deal, moment: datetime) -> bool:
    """Say whether a deal has opened at or after a moment: a seller's choice for all deals holds from then on."""
    return deal.opened_at is not None and deal.opened_at >= moment
