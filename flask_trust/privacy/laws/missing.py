"""What a shop has still to fill in before its privacy policy is complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...settings import Settings
from ..catalogue import Entry
from ..shop_part import ShopPart
from .items import ITEMS
from .names import Law
from .stated import Stated


@dataclass(frozen=True, slots=True)
class Missing:
    """One item that a law wants and the shop has not said: the item's code, the article, what it is, what to type."""

    code: str
    article: str
    law: Law
    what: str
    how: str


def missing(entries: Sequence[Entry], shop_part: ShopPart, settings: Settings) -> list[Missing]:
    """Return what the laws that the shop names still want, by item and then by law; nothing where all is said."""
    told = Stated(entries, shop_part, settings)
    return [
        Missing(item.code, item.articles[law], law, item.what, item.how)
        for item in ITEMS
        for law in shop_part.laws
        if law in item.articles and not item.met(told)
    ]


def missing_lines(found: Sequence[Missing]) -> list[tuple[str, str, str]]:
    """Return for each item what it is, the article of every law that wants it, and what to type."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for each in found:
        lines.setdefault((each.code, each.what, each.how), []).append(f"{each.law} {each.article}")
    return [(what, "; ".join(articles), how) for (_, what, how), articles in lines.items()]


def missing_in_words(found: Sequence[Missing]) -> list[str]:
    """Return one line for each of them, in English."""
    return [f"{what} ({articles}): {how}." for what, articles, how in missing_lines(found)]
