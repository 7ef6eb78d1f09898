"""What the public page of a seller shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from .. import lookup
from ..ratings.rules import ASPECTS
from ..reviews.listing import Listing
from ..scores.parts.queries import find_parts
from ..scores.queries import find_scores
from ..scores.score import Score, empty_score
from ..shop import Seller
from ..state import State
from ..text import plain
from . import rules
from .lately import Lately, answers, lately
from .queries import RatingCard, find_answers, find_deliveries, find_ratings
from .working import Working, work_out


@dataclass(frozen=True, slots=True)
class Ratings:
    """One page of a seller's ratings, and the cursor of the next (None on the last)."""

    cards: Sequence[RatingCard]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """How a seller works, as far as orders and replies tell."""

    rated: rules.Share
    on_time: rules.Share
    replies: rules.Replies


@dataclass(frozen=True, slots=True)
class Subject:
    """A seller's score, and what the shop says of them now (None where it does not know them)."""

    score: Score
    seller: Seller | None

    @property
    def title(self) -> str:
        """Return the seller's name."""
        return (plain(self.seller.name) if self.seller else "") or self.score.title or self.score.key

    @property
    def url(self) -> str | None:
        """Return the address of the seller's page in the shop."""
        return self.seller.url if self.seller else None


@dataclass(frozen=True, slots=True)
class SellerReputation:
    """The score of a seller with all that it is made from, and one page of the ratings."""

    score: Score
    title: str
    url: str | None
    lately: Lately | None
    aspects: Sequence[rules.Answered]
    unhappy: Sequence[rules.Often]
    work: Work | None
    page: Ratings

    @property
    def working(self) -> Working | None:
        """Return how the score is worked out, or None where the plain average is printed."""
        return None if self.score.few else work_out(self.score)


def find_seller(state: State, key: str) -> Subject | None:
    """Return what is known of a seller before anything else is read, or None where nobody knows them."""
    score = state.read_rows(lambda rows: find_scores(rows, "seller", [key], state.clock())).get(key)
    seller = lookup.or_nothing(lookup.sellers, state.shop, [key]).get(key)
    if score is None and seller is None:
        return None
    return Subject(score or empty_score("seller", key), seller)


def seller_reputation(state: State, subject: Subject, listing: Listing) -> SellerReputation:
    """Return what a seller's page shows."""
    now, zone = state.clock(), ZoneInfo(state.settings.timezone)
    return state.read_page(lambda session: _read(session, subject, listing, now, zone))


def _read(session: Session, subject: Subject, listing: Listing, now: datetime, zone: ZoneInfo) -> SellerReputation:
    """Read everything in six statements at most with those for the score, whatever the number of ratings and orders.

    A list in another order may take three by itself, so it stands without the figures about the seller's work.
    """
    score, number = subject.score, subject.score.subject_id
    if number is None:
        return SellerReputation(score, subject.title, subject.url, None, [], [], None, Ratings([], None))
    today = now.astimezone(UTC).date()
    parts = find_parts(session, number, today)
    page = Ratings(*find_ratings(session, number, listing, now))
    work = _read_work(session, number, now, zone) if listing == Listing() else None
    sums = answers(score, parts, ASPECTS)
    of_time, aspects, bad = lately(score, parts, today), rules.answered(ASPECTS, sums), rules.unhappy(sums)
    return SellerReputation(score, subject.title, subject.url, of_time, aspects, bad, work, page)


def _read_work(session: Session, seller_id: int, now: datetime, zone: ZoneInfo) -> Work:
    # As it was when the day began: what moves within a day by the clock alone would be a page that nobody reads anew.
    today = datetime.combine(now.astimezone(UTC), time(), UTC)
    lines = find_deliveries(session, seller_id, today)
    settled = today - timedelta(days=rules.REPLY_DAYS[-1])
    replies = rules.replies(find_answers(session, seller_id, settled, today))
    return Work(rules.share_rated(lines), rules.share_on_time(lines, zone), replies)
