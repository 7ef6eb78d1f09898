"""What the page about reviews tells: the settings and numbers of this very shop at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ... import lookup
from ...invitations.queries import Tally as Asked
from ...invitations.queries import tally
from ...invitations.rules import ONE_MAIL_IN
from ...moderation.rules import APPEAL_WITHIN, DECIDE_WITHIN, GROUNDS
from ...moderation.tallies.queries import Counts, counts
from ...moderation.words import ground_explanation, ground_name
from ...privacy.rights.queries import Erased, count_erased
from ...ratings.rules import ANSWER_WITHIN, REVISE_WITHIN
from ...reviews.rules import WRITE_FOR
from ...scores import maths
from ...scores.queries import SHOP_REVIEWS, find_scores
from ...scores.score import Score, empty_score
from ...settings import Settings
from ...shop import SHOP_SELLER
from ...state import State
from ..working import Working, work_out
from .queries import Uncounted, count_uncounted, count_waiting, has_other_sellers


@dataclass(frozen=True, slots=True)
class Facts:
    """All that stands on the page: settings, and numbers that are those of the other pages."""

    settings: Settings
    counts: Counts
    asked: Asked
    score: Score
    uncounted: Uncounted
    waiting: int
    erased: Erased
    seller_name: str
    #: Buyer and seller can rate each other here: by the settings, and where these leave it to who sells, by that.
    mutual: bool

    @property
    def working(self) -> Working | None:
        """Return how the shop's own score is worked out, or None where the plain average is printed."""
        return None if self.score.few else work_out(self.score)

    @property
    def older(self) -> int:
        """Return how many reviews are not counted because the same buyer has written a newer one."""
        return max(0, self.score.shown - self.score.count - self.uncounted.rewarded - self.uncounted.by_staff)

    @property
    def withheld(self) -> list[tuple[str, int, int]]:
        """Return for each reason how many are hidden for checking and how many taken down, none left out."""
        kinds = (self.counts.reviews, self.counts.ratings)
        return [
            (
                ground,
                sum(kind.hidden.get(ground, 0) for kind in kinds),
                sum(kind.removed.get(ground, 0) for kind in kinds),
            )
            for ground in GROUNDS
        ]

    @property
    def reasons(self) -> Mapping[str, tuple[str, str]]:
        """Return the name and the explanation of each reason, in the language of the moment."""
        return {ground: (ground_name(ground), ground_explanation(ground)) for ground in GROUNDS}


#: Spans that the page names, in days, each from the rule that keeps it.
SPANS: Mapping[str, int] = {
    name: span.days
    for name, span in {
        "write": WRITE_FOR,
        "one_mail": ONE_MAIL_IN,
        "appeal": APPEAL_WITHIN,
        "decide": DECIDE_WITHIN,
        "answer": ANSWER_WITHIN,
        "revise": REVISE_WITHIN,
        "half_products": timedelta(days=maths.HALF_LIFE["product"]),
        "half_sellers": timedelta(days=maths.HALF_LIFE["seller"]),
    }.items()
}


def find_facts(state: State) -> Facts:
    """Return what the page tells now."""
    now = state.clock()
    seller = lookup.or_nothing(lookup.sellers, state.shop, [SHOP_SELLER]).get(SHOP_SELLER)
    name = (seller.name if seller else "") or state.settings.shop_name
    return state.read_page(lambda session: _read(session, state, name, now))


def _read(session: Session, state: State, name: str, now: datetime) -> Facts:
    kind, key = SHOP_REVIEWS
    score = find_scores(session, kind, [key], now).get(key) or empty_score(kind, key)
    return Facts(
        state.settings,
        counts(session, now),
        tally(session),
        score,
        count_uncounted(session, now),
        count_waiting(session, now),
        count_erased(session, now),
        name,
        _mutual(session, state.settings),
    )


def _mutual(session: Session, settings: Settings) -> bool:
    return settings.mutual == "always" or (settings.mutual == "auto" and has_other_sellers(session))
