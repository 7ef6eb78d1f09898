"""The words of the page about privacy: one file for each language, the same keys in all of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ...i18n import Speech, languages
from ...inventory import CATEGORIES, PURPOSES
from ..shop_part import said

FOLDER = Path(__file__).parent / "texts"
SOURCE = "en"

#: Days in a month and a year, as spans are told: half a day more or less changes no month.
MONTH, YEAR = 365.25 / 12, 365


@cache
def texts(language: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the texts of a language, by section and key."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def spoken() -> tuple[str, ...]:
    """Return the languages of our screens that have texts here, too."""
    return tuple(language for language in languages() if (FOLDER / f"{language}.toml").is_file())


_DECLARED = {**PURPOSES, **CATEGORIES}


class Words:
    """The texts of one language, with names, days and spans filled in."""

    def __init__(self, speech: Speech) -> None:
        language = speech.locale.split("_")[0]
        self._texts, self._speech = texts(language if language in spoken() else SOURCE), speech
        self.tag = speech.tag

    def say(self, section: str, key: str, **values: object) -> str:
        """Return a text with its `{names}` filled in."""
        text: str = self._texts[section][key]
        return text.format(**values)

    def name(self, section: str, key: str, **values: object) -> str:
        """Return the name of something declared; what a former version kept may have lost its words since."""
        return self.say(section, key, **values) if key in self._texts[section] else _DECLARED.get(key, key)

    def region(self, code: str) -> str:
        """Return the name of a country such as "KR", or the code itself."""
        return self._speech.country_name(code)

    def join(self, names: Sequence[str]) -> str:
        """Return several things in one line."""
        return self.say("spans", "comma").join(names)

    def listed(self, things: Sequence[str]) -> str:
        """Return several things in one line, of which some may have commas in them."""
        return self.say("spans", "semicolon").join(things)

    def sentences(self, some: Sequence[str]) -> str:
        """Return sentences one behind the other, as the language sets them."""
        return self.say("spans", "between").join(some)

    def sentence(self, text: str) -> str:
        """Return a text of the shop with its first letter large and a full stop, as points are written here."""
        stop = self.say("spans", "stop")
        return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", stop)) else stop)

    def span(self, days: int) -> str:
        """Return so many days in the largest unit that fits: "2 years", "6 months", "10 days"."""
        if days >= YEAR and days % YEAR == 0:
            return self._counted("year", days // YEAR)
        months = round(days / MONTH)
        # 183 days are six months; 180 are not quite.
        whole = months > 1 and abs(days - months * MONTH) <= 1
        return self._counted("month", months) if whole else self._counted("day", days)

    def _counted(self, unit: str, n: int) -> str:
        one, many = self._texts["spans"][unit]
        text: str = one if n == 1 else many
        return text.format(n=self._speech.number(n))

    def number(self, value: int) -> str:
        """Return a number as the language writes it."""
        return self._speech.number(value)

    def day(self, moment: datetime | date) -> str:
        """Return a day as the language writes it."""
        return self._speech.day(moment)

    def pick(self, told: Mapping[str, str]) -> str:
        """Return what the shop wrote in this language, else in the nearest one; empty where it wrote nothing."""
        return said(told, self._speech.locale)
