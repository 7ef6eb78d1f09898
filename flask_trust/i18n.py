"""Screen texts, dates and languages, with or without Flask-Babel in the host."""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app, has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from .figures import one_decimal
from .state import current_state

_FOLDER = Path(__file__).parent / "translations"
_DOMAIN = "flask_trust"
_chosen: ContextVar[str | None] = ContextVar("flask_trust_locale", default=None)


@cache
def languages() -> tuple[str, ...]:
    """Return the languages our screens speak; the texts in the code are English."""
    return ("en", *sorted(path.parts[-3] for path in _FOLDER.glob(f"*/LC_MESSAGES/{_DOMAIN}.mo")))


@lru_cache(maxsize=64)
def _catalogue(locale: str) -> _gettext.NullTranslations:
    wanted = [locale, locale.split("_")[0]]
    return _gettext.translation(_DOMAIN, str(_FOLDER), wanted, fallback=True)


@contextmanager
def speaking(locale: str | None) -> Iterator[None]:
    """Use one language inside this block, for mails and other texts outside of a request."""
    token = _chosen.set(_spoken(locale, current_state().settings.locale) if locale else None)
    try:
        yield
    finally:
        _chosen.reset(token)


def locale() -> str:
    """Return the language to speak now: chosen for a mail, by Flask-Babel, by the browser, by the shop."""
    return speech().locale


def _asked() -> tuple[str | None, str]:
    """Return the language that somebody chose for now, and what the browser asks for where nobody did."""
    chosen = _chosen.get()
    if chosen or not has_request_context():
        return chosen, ""
    # Not from `request.headers`, which looks for a name in three ways: a list of products asks for each of its stars.
    return _babel_locale(), request.environ.get("HTTP_ACCEPT_LANGUAGE", "")


def _spoken(wanted: str | None, usual: str | None) -> str:
    for candidate in (wanted, usual):
        if candidate and candidate.replace("-", "_").split("_")[0] in languages():
            return candidate.replace("-", "_")
    return "en"


def _babel_locale() -> str | None:
    if "babel" not in current_app.extensions:
        return None
    from flask_babel import get_locale  # type: ignore[import-untyped,unused-ignore]  # it ships no types

    return str(get_locale() or "") or None


def _best_match(header: str) -> str | None:
    # Werkzeug's own best match looks for whole tags first: "en-GB, de;q=0.5" would be German.
    accepted = parse_accept_header(header, LanguageAccept)
    wanted = (tag.replace("_", "-").split("-")[0].lower() for tag, quality in accepted if quality > 0)
    return next((language for language in wanted if language in languages()), None)


class Speech:
    """Texts, dates and numbers in one language, with days in one time zone.

    A page asks for it once: finding the language anew for each of its texts cost more than all else on the page.
    """

    def __init__(self, locale: str, timezone: str) -> None:
        self.locale = locale
        self._zone, self._catalogue = ZoneInfo(timezone), _catalogue(locale)

    @property
    def tag(self) -> str:
        """Return the language as the `lang` attribute of a page wants it."""
        return self.locale.replace("_", "-")

    @property
    def direction(self) -> str:
        """Return "rtl" for languages that are written from right to left, else "ltr"."""
        return "rtl" if self.locale.split("_")[0] in ("ar", "fa", "he", "ur") else "ltr"

    def text(self, text: str, /, **values: object) -> str:
        """Return a screen text with `%(name)s` filled in."""
        translated = self._catalogue.gettext(text)
        return translated % values if values else translated

    def plural(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        """Return the right form of a screen text for `n` things; `%(n)d` is filled in too."""
        return self._catalogue.ngettext(singular, plural, n) % {"n": n, **values}

    def day(self, moment: datetime | date, zone: ZoneInfo | None = None) -> str:
        """Return a day such as "3 May 2027" in the shop's time zone or the one given."""
        return _day(_local_day(moment, zone or self._zone), self.locale)

    def month(self, moment: datetime | date) -> str:
        """Return a month such as "May 2027" in the shop's time zone."""
        return _month(_local_day(moment, self._zone).replace(day=1), self.locale)

    def number(self, value: float) -> str:
        """Return a number with the separators of the language, and up to three decimals."""
        return _number(value, self.locale)

    def figure(self, value: float) -> str:
        """Return a figure with one decimal, such as "4.3", in the language's way of writing it."""
        return _figure(one_decimal(value), self.locale)

    def exact(self, value: float, digits: int) -> str:
        """Return a number with so many decimals, in the language's way of writing it."""
        return _exact(f"{value:.{digits}f}", self.locale)

    def language_name(self, code: str) -> str:
        """Return the name of a language such as "ja", or the code itself."""
        return _language_name(code, self.locale)

    def country_name(self, code: str) -> str:
        """Return the name of a country such as "KR", or the code itself."""
        return _country_name(code, self.locale)


@lru_cache(maxsize=64)
def _speech(locale: str, timezone: str) -> Speech:
    return Speech(locale, timezone)


@lru_cache(maxsize=128)
def _heard(chosen: str | None, header: str, usual: str, timezone: str) -> Speech:
    # Browsers send few different headers, and taking one apart costs as much as reading a row.
    return _speech(_spoken(chosen or _best_match(header), usual), timezone)


def speech() -> Speech:
    """Return how to speak now, with days in the shop's time zone."""
    settings = current_state().settings
    return _heard(*_asked(), settings.locale, settings.timezone)


def _(text: str, /, **values: object) -> str:
    """Return a screen text in the language of the moment, with `%(name)s` filled in."""
    return speech().text(text, **values)


def ngettext(singular: str, plural: str, n: int, /, **values: object) -> str:
    """Return the right form of a screen text for `n` things; `%(n)d` is filled in too."""
    return speech().plural(singular, plural, n, **values)


def N_(text: str) -> str:  # noqa: N802 the name that extractors know
    """Mark a text for the catalogues that is put into the reader's language where it is used."""
    return text


def language_tag() -> str:
    """Return the language as the `lang` attribute of a page wants it."""
    return speech().tag


def format_day(moment: datetime | date, zone: ZoneInfo | None = None) -> str:
    """Return a day such as "3 May 2027" in the shop's time zone or the one given."""
    return speech().day(moment, zone)


def _local_day(moment: datetime | date, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


@lru_cache(maxsize=4096)
def _day(day: date, locale: str) -> str:
    from babel.dates import format_date

    pattern = "d MMMM y" if locale.startswith("en") else "long"
    return format_date(day, pattern, locale=_cldr(locale))


@lru_cache(maxsize=1024)
def _month(first: date, locale: str) -> str:
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMM", first, locale=_cldr(locale)))


@lru_cache(maxsize=4096)
def _number(value: float, locale: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=_cldr(locale)))


@lru_cache(maxsize=1024)
def _figure(printed: str, locale: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(printed, "0.0", locale=_cldr(locale)))


@lru_cache(maxsize=4096)
def _exact(printed: str, locale: str) -> str:
    from babel.numbers import format_decimal

    decimals = printed.partition(".")[2]
    return str(format_decimal(printed, f"#,##0.{'0' * len(decimals)}", locale=_cldr(locale)))


@lru_cache(maxsize=1024)
def _language_name(code: str, locale: str) -> str:
    from babel import Locale

    return str(Locale.parse(_cldr(locale)).languages.get(code, code))


def _country_name(code: str, locale: str) -> str:
    from babel import Locale

    # What everybody writes for the United Kingdom is not what the standard says.
    return str(Locale.parse(_cldr(locale)).territories.get({"UK": "GB"}.get(code, code), code))


def _cldr(locale: str) -> str:
    from babel import Locale
    from babel.core import UnknownLocaleError

    try:
        return str(Locale.parse(locale))
    except (UnknownLocaleError, ValueError):
        return locale.split("_")[0]
