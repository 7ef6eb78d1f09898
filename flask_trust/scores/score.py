"""What pages show of the votes about one product, seller or shop, worked out from its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from ..figures import one_decimal
from . import maths
from .late.queries import Due
from .models import Totals

Counts: TypeAlias = tuple[int, int, int, int, int]
Sums: TypeAlias = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """What pages show about one product, seller or shop.

    `counts` are the counted votes with 1 to 5 stars, `shown` is everything that can be read;
    `average` is the plain mean (None without votes); `score`, `low` and `high` are in stars.
    """

    kind: str
    key: str
    title: str
    shown: int
    counts: tuple[int, int, int, int, int]
    average: float | None
    score: float
    low: float
    high: float
    #: Our own number, None where nobody has rated yet.
    subject_id: int | None = None
    #: What staff keeps from being read, in neither of the numbers above.
    withheld: int = 0
    #: What the score is made from, for 1 to 5 stars: today's weights, and what a subject starts with.
    weights: maths.Levels = ()
    start: maths.Levels = ()
    #: What is public and in none of our stored totals yet; `counts` and the score have it already.
    late: Due | None = None
    #: Rises with everything that changes a page about this.
    version: int = 0
    #: The shop's id of the family with which a product shares all this; empty where it stands alone.
    family: str = ""
    #: Our number of the product itself, where `subject_id` is that of its family.
    own_id: int | None = None

    @property
    def count(self) -> int:
        """Return the number of counted votes."""
        return sum(self.counts)

    @property
    def few(self) -> bool:
        """Say whether there are too few votes for the score to stand alone."""
        return self.count < maths.FEW

    @property
    def leans_to_shop(self) -> bool:
        """Say whether it starts from the shop's usual spread too, and not from an even one alone."""
        return len(set(self.start)) > 1

    @property
    def average_text(self) -> str:
        """Return the plain average as pages print it, or an empty string."""
        return "" if self.average is None else one_decimal(self.average)

    @property
    def score_text(self) -> str:
        """Return the score as pages print it."""
        return one_decimal(self.score)

    @property
    def range_text(self) -> tuple[str, str]:
        """Return both ends of the range as pages print them."""
        return one_decimal(self.low), one_decimal(self.high)

    @property
    def headline(self) -> float:
        """Return the figure that is drawn as stars: the average of few votes, else the score."""
        return self.average if self.few and self.average is not None else self.score


def counts_of(row: Totals) -> Counts:
    """Return the counted votes with 1 to 5 stars."""
    return row.n1, row.n2, row.n3, row.n4, row.n5


def sums_of(row: Totals) -> Sums:
    """Return the running sums of weights."""
    return row.w1, row.w2, row.w3, row.w4, row.w5


def usual_of(shop: Totals | None, today: date) -> Sequence[int]:
    """Return the shop's counts of each star as they stood when the UTC day began."""
    if shop is None:
        return (0,) * 5
    if shop.day is None or shop.day < today:
        return counts_of(shop)
    return shop.m1, shop.m2, shop.m3, shop.m4, shop.m5


def make_score(row: Totals, before: maths.Levels, today: date, due: Due | None = None) -> Score:
    """Return the score of one row with its prior; `due` is public and not in the totals yet."""
    half_life = maths.HALF_LIFE[row.kind]
    counts, sums, shown = counts_of(row), sums_of(row), row.shown
    if due is not None:
        counts, sums = _with_due(counts, sums, due, half_life)
        shown += due.shown
    weights = tuple(maths.present(sums, counts, today, half_life))
    found = maths.estimate(weights, before)
    return Score(
        row.kind,
        row.key,
        row.title,
        shown,
        counts,
        maths.average(counts),
        score=found.score,
        low=found.low,
        high=found.high,
        subject_id=row.id,
        withheld=row.withheld,
        weights=weights,
        start=before,
        late=due,
        version=row.version,
    )


def _with_due(counts: Counts, sums: Sums, due: Due, half_life: float) -> tuple[Counts, Sums]:
    n, w = list(counts), list(sums)
    for (stars, day), change in due.votes.items():
        n[stars - 1] += change
        w[stars - 1] += change * maths.weight(day, half_life)
    return (n[0], n[1], n[2], n[3], n[4]), (w[0], w[1], w[2], w[3], w[4])


def empty_score(kind: str, key: str) -> Score:
    """Return the score of something nobody has rated."""
    found = maths.estimate([0.0] * 5, maths.prior((0,) * 5))
    return Score(kind, key, "", 0, (0, 0, 0, 0, 0), None, score=found.score, low=found.low, high=found.high)
