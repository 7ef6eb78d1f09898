"""Reading scores: one row by key, whatever the number of ratings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from ..figures import one_decimal
from . import maths
from .models import Subject

SHOP_REVIEWS = ("shop", "reviews")


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

    @property
    def count(self) -> int:
        """Return the number of counted votes."""
        return sum(self.counts)

    @property
    def few(self) -> bool:
        """Say whether there are too few votes for the score to stand alone."""
        return self.count < maths.FEW

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


def counts_of(row: Subject) -> tuple[int, int, int, int, int]:
    """Return the counted votes with 1 to 5 stars."""
    return row.n1, row.n2, row.n3, row.n4, row.n5


def sums_of(row: Subject) -> tuple[float, float, float, float, float]:
    """Return the running sums of weights."""
    return row.w1, row.w2, row.w3, row.w4, row.w5


def usual_of(shop: Subject | None, today: date) -> Sequence[int]:
    """Return the shop's counts of each star as they stood when the UTC day began."""
    if shop is None:
        return (0,) * 5
    if shop.day is None or shop.day < today:
        return counts_of(shop)
    return shop.m1, shop.m2, shop.m3, shop.m4, shop.m5


def make_score(row: Subject, shop: Subject | None, today: date) -> Score:
    """Return the score of one row, leaning on the shop's usual spread."""
    counts = counts_of(row)
    weights = maths.present(sums_of(row), counts, today, maths.HALF_LIFE[row.kind])
    found = maths.estimate(weights, maths.prior(usual_of(shop, today)))
    average = maths.average(counts)
    return Score(
        row.kind, row.key, row.title, row.shown, counts, average, score=found.score, low=found.low, high=found.high
    )


def empty_score(kind: str, key: str) -> Score:
    """Return the score of something nobody has rated."""
    found = maths.estimate([0.0] * 5, maths.prior((0,) * 5))
    return Score(kind, key, "", 0, (0, 0, 0, 0, 0), None, score=found.score, low=found.low, high=found.high)


def find_rows(session: Session, kind: str, keys: Iterable[str]) -> tuple[dict[str, Subject], Subject | None]:
    """Return the rows of one kind by key, and the shop's row, in one query."""
    wanted = and_(Subject.kind == kind, Subject.key.in_(sorted(set(keys))))
    shop = and_(Subject.kind == SHOP_REVIEWS[0], Subject.key == SHOP_REVIEWS[1])
    rows = session.scalars(select(Subject).where(or_(wanted, shop))).all()
    found = {row.key: row for row in rows if row.kind == kind}
    return found, next((row for row in rows if (row.kind, row.key) == SHOP_REVIEWS), None)


def find_scores(session: Session, kind: str, keys: Iterable[str], today: date) -> dict[str, Score]:
    """Return the scores of one kind by key, in one query; what has no row is left out."""
    rows, shop = find_rows(session, kind, keys)
    return {key: make_score(row, shop, today) for key, row in rows.items()}


def find_subject_id(session: Session, kind: str, key: str) -> int | None:
    """Return our number of a product, seller or shop."""
    return session.scalar(select(Subject.id).where(Subject.kind == kind, Subject.key == key))
