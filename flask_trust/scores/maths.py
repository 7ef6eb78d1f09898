"""The score: a mean with a prior, newer ratings weighing more, and the range it most likely lies in.

Dirichlet posterior of the mean of five star levels, after Evan Miller's star ranking with Jeffreys' prior
(half a rating of each level); where a shop has enough ratings, half of the prior leans toward the shop's own.
Numbers in, numbers out: `today` is an argument, nothing here reads a clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

LEVELS = (1, 2, 3, 4, 5)
Z = 1.959963984540054  # 95 % of a normal distribution
PRIOR = 2.5  # ratings, in all
SHOP_SHARE_FROM = 50  # counted ratings of a kind before the prior leans toward the shop's usual spread
LOW = 2  # stars, and answers to further questions, of somebody who is unhappy
FEW = 5  # counted ratings before the score stands alone
HALF_LIFE = {"product": 1095.0, "family": 1095.0, "seller": 365.0, "shop": 365.0}  # days
EPOCH = date(2020, 1, 1)  # weights are kept relative to this day

Levels = Sequence[float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score with its range, all in stars from 1 to 5."""

    score: float
    low: float
    high: float


def weight(day: date, half_life: float) -> float:
    """Return what one rating of that day adds to a running sum: 2^((day - EPOCH) / half_life)."""
    return math.pow(2.0, (day - EPOCH).days / half_life)


def present(sums: Levels, counts: Sequence[int], today: date, half_life: float) -> list[float]:
    """Turn running sums into today's weights; no rating weighs more than one, even from a clock that ran ahead."""
    now = weight(today, half_life)
    return [min(total / now, float(count)) for total, count in zip(sums, counts, strict=True)]


def prior(usual: Sequence[int]) -> list[float]:
    """Return the prior per level: even, or leaning toward the shop's usual counts of each star."""
    total = sum(usual)
    if total < SHOP_SHARE_FROM:
        return [PRIOR / 5] * 5
    return [PRIOR / 10 + PRIOR / 2 * count / total for count in usual]


def estimate(weights: Levels, before: Levels) -> Estimate:
    """Return score and range for the weights and the prior of each level (1 to 5 stars)."""
    # Spelt out: a list of fifty products took a fifth of its time for loops over five levels.
    one, two, three, four, five = [a + n for a, n in zip(before, weights, strict=True)]
    total = math.fsum((one, two, three, four, five))
    score = math.fsum((one, 2 * two, 3 * three, 4 * four, 5 * five)) / total
    squares = math.fsum((one, 4 * two, 9 * three, 16 * four, 25 * five)) / total
    spread = Z * math.sqrt(max(0.0, squares - score * score) / (total + 1))
    score = min(5.0, max(1.0, score))
    return Estimate(score, max(1.0, score - spread), min(5.0, score + spread))


def score_of(ratings: Iterable[tuple[int, date]], today: date, half_life: float, usual: Sequence[int]) -> Estimate:
    """Return the estimate for a list of (stars, day): the definition that the running sums must agree with."""
    weights = [0.0] * 5
    for stars, day in ratings:
        weights[stars - 1] += math.pow(2.0, -max(0, (today - day).days) / half_life)
    return estimate(weights, prior(usual))


def average(counts: Sequence[int]) -> float | None:
    """Return the plain mean of the counted stars, or None where there are none."""
    total = sum(counts)
    return sum(k * n for k, n in zip(LEVELS, counts, strict=True)) / total if total else None
