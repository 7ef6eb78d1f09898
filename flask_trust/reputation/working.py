"""How a page's score is worked out, with few enough digits to do it again on a pocket calculator."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..figures import one_decimal
from ..scores import maths
from ..scores.score import Score

SURENESS = round(maths.Z, 2)
FEWEST, MOST = 3, 9  # digits behind the point


@dataclass(frozen=True, slots=True)
class Level:
    """One number of stars: what its ratings weigh today, and what it starts with."""

    stars: int
    weight: float
    start: float

    @property
    def together(self) -> float:
        """Return both together: exact, because both are printed with as many decimals."""
        return self.weight + self.start


@dataclass(frozen=True, slots=True)
class Working:
    """The numbers of the formula as the page prints them; each follows from those printed before it."""

    digits: int
    half_life: float
    #: What everything starts with, in ratings: in all, for each number of stars, and spread like the shop's own.
    start: float
    each: float
    rest: float
    levels: list[Level]
    total: float
    mean: float
    squares: float

    @property
    def sureness(self) -> float:
        """Return how many standard deviations hold the truth 19 times out of 20."""
        return SURENESS

    @property
    def enough(self) -> int:
        """Return from how many counted ratings of a kind on the start leans toward the shop's usual spread."""
        return maths.SHOP_SHARE_FROM

    @property
    def spread(self) -> float:
        """Return how far the range reaches to both sides."""
        return SURENESS * math.sqrt(max(0.0, self.squares - self.mean**2) / (self.total + 1))

    def printed(self, exact: Callable[[float, int], str]) -> tuple[list[tuple[int, str, str, str]], str, str, str]:
        """Return the levels (stars, weight, start, both together), the total, the mean and the squares as printed."""
        digits = self.digits
        levels = [
            (each.stars, exact(each.weight, digits), exact(each.start, digits), exact(each.together, digits))
            for each in self.levels
        ]
        return levels, exact(self.total, digits), exact(self.mean, digits), exact(self.squares, digits)

    @property
    def shown(self) -> tuple[str, str, str]:
        """Return score and range as a reader gets them who does the sums with the printed numbers."""
        low, high = max(1.0, self.mean - self.spread), min(5.0, self.mean + self.spread)
        return one_decimal(self.mean), one_decimal(low), one_decimal(high)


def work_out(score: Score) -> Working:
    """Return the numbers behind a score, with as many digits as it takes to come out at the figures on the page."""
    wanted = (score.score_text, *score.range_text)
    tries = (_rounded(score, digits) for digits in range(FEWEST, MOST))
    return next((found for found in tries if found.shown == wanted), None) or _rounded(score, MOST)


def _rounded(score: Score, digits: int) -> Working:
    levels = [
        Level(stars, round(weight, digits), round(start, digits))
        for stars, weight, start in zip(maths.LEVELS, score.weights, score.start, strict=True)
    ]
    total = round(math.fsum(each.together for each in levels), digits)
    mean, squares = (
        round(math.fsum(each.stars**power * each.together for each in levels) / total, digits) for power in (1, 2)
    )
    rest = maths.PRIOR / 2 if score.leans_to_shop else 0.0
    each = (maths.PRIOR - rest) / len(maths.LEVELS)
    return Working(digits, maths.HALF_LIFE[score.kind], maths.PRIOR, each, rest, levels, total, mean, squares)
