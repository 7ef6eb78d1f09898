"""The figures of the hand-written page, by the formulas of the project in as few steps as they take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row

from .ideal_queries import TODAY, WINDOWS, months

FACTOR = 2.0 ** ((date(2020, 1, 1) - TODAY).days / 1095)
DIGITS = 3


def starts_of(shop: Row[Any]) -> list[float]:
    """Return what every product starts with, from the shop's own ratings."""
    usual = (shop.n1, shop.n2, shop.n3, shop.n4, shop.n5)
    if shop.day == TODAY:
        usual = (shop.m1, shop.m2, shop.m3, shop.m4, shop.m5)
    of_shop = sum(usual)
    return [0.25 + 1.25 * n / of_shop for n in usual]


def stars_of(row: Row[Any], starts: Sequence[float]) -> tuple[float, int]:
    """Return what a list shows of a product: its score, and the number of its ratings."""
    one, two, three, four, five = starts
    one, two, three = one + row.w1 * FACTOR, two + row.w2 * FACTOR, three + row.w3 * FACTOR
    four, five = four + row.w4 * FACTOR, five + row.w5 * FACTOR
    score = (one + 2 * two + 3 * three + 4 * four + 5 * five) / (one + two + three + four + five)
    return score, row.n1 + row.n2 + row.n3 + row.n4 + row.n5


def score_of(row: Row[Any], shop: Row[Any]) -> dict[str, Any]:
    """Return a score with the numbers it is made of."""
    counts, weights = (row.n1, row.n2, row.n3, row.n4, row.n5), (row.w1, row.w2, row.w3, row.w4, row.w5)
    weights, starts = tuple(w * FACTOR for w in weights), starts_of(shop)
    score, low, high, *_ = _estimate([w + s for w, s in zip(weights, starts, strict=True)])
    return {
        "count": sum(counts),
        "counts": counts,
        "average": _mean(counts),
        "score": score,
        "low": low,
        "high": high,
        "shown": row.shown,
        "withheld": row.withheld,
        **_printed(weights, starts),
    }


def _estimate(levels: Sequence[float]) -> tuple[float, ...]:
    total = sum(levels)
    score = sum(k * a for k, a in enumerate(levels, 1)) / total
    squares = sum(k * k * a for k, a in enumerate(levels, 1)) / total
    spread = 1.959963984540054 * math.sqrt((squares - score * score) / (total + 1))
    return score, score - spread, min(5.0, score + spread), total, squares


def _printed(weights: Sequence[float], starts: Sequence[float]) -> dict[str, Any]:
    """Return the numbers of the formula, each rounded as it is printed."""
    rounded = [(round(w, DIGITS), round(s, DIGITS)) for w, s in zip(weights, starts, strict=True)]
    levels = [(k, w, s, w + s) for k, (w, s) in enumerate(rounded, 1)]
    mean, _, _, total, squares = _estimate([together for *_, together in levels])
    return {"levels": levels, "total": total, "mean": mean, "squares": squares}


def _mean(counts: Sequence[int]) -> float:
    number = sum(counts)
    return sum(k * n for k, n in enumerate(counts, 1)) / number if number else 0.0


def sum_up(rows: Sequence[Row[Any]], counts: Sequence[int]) -> dict[str, Any]:
    """Return windows, months, a fall and the reasons of returns from what was read of them."""
    by_window, by_month = {days: [0] * 5 for days in WINDOWS}, {first: [0] * 5 for first in months()}
    reasons: dict[str, int] = {}
    for name, *numbers in map(tuple, rows):
        if name[0] == ":":
            reasons[name[1:]] = numbers[0]
            continue
        begins = date.fromisoformat(name)
        windows = [by_window[days] for days, first in WINDOWS.items() if begins >= first]
        for sums in (*windows, by_month.get(begins.replace(day=1), [0] * 5)):
            _add(sums, numbers)
    return _told(by_window, by_month, reasons, counts)


def _told(
    by_window: dict[int, list[int]], by_month: dict[date, list[int]], reasons: dict[str, int], counts: Sequence[int]
) -> dict[str, Any]:
    windows = [(f"{days} days", sum(levels), _mean(levels)) for days, levels in by_window.items()]
    return {
        "windows": [*windows, ("All", sum(counts), _mean(counts))],
        "months": [(first, sum(n), _mean(n)) for first, n in by_month.items()],
        "fall": _fall(by_window[90], [old - new for old, new in zip(counts, by_window[90], strict=True)]),
        "returns": _returns(reasons),
    }


def _add(sums: list[int], levels: Sequence[Any]) -> None:
    for place, number in enumerate(levels):
        sums[place] += int(number)


def _fall(recent: Sequence[int], before: Sequence[int]) -> tuple[float, float] | None:
    numbers = sum(recent), sum(before)
    if min(numbers) < 10:
        return None
    now, earlier = _mean(recent), _mean(before)
    noise = sum(
        sum(n * (k - mean) ** 2 for k, n in enumerate(levels, 1)) / number**2
        for levels, mean, number in zip((recent, before), (now, earlier), numbers, strict=True)
    )
    return (now, earlier) if earlier - now >= max(0.3, 1.96 * math.sqrt(noise)) else None


def _returns(reasons: dict[str, int]) -> list[tuple[int, int, str]]:
    whole = sum(reasons.values())
    often = [(number, whole, name) for name, number in reasons.items() if name and number >= 3 and number * 20 >= whole]
    return sorted(often, key=lambda each: (-each[0], each[2]))[:3]
