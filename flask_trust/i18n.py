"""Screen texts, dates and languages, with or without Flask-Babel in the host."""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app, has_request_context, request

from .state import current_state

_FOLDER = Path(__file__).parent / "translations"
_DOMAIN = "flask_trust"
_chosen: ContextVar[str | None] = ContextVar("flask_trust_locale", default=None)


@cache
def languages() -> tuple[str, ...]:
    """Return the languages our screens speak; the texts in the code are English."""
    return ("en", *sorted(path.parts[-3] for path in _FOLDER.glob(f"*/LC_MESSAGES/{_DOMAIN}.mo")))


@cache
def _catalogue(locale: str) -> _gettext.NullTranslations:
    wanted = [locale, locale.split("_")[0]]
    return _gettext.translation(_DOMAIN, str(_FOLDER), wanted, fallback=True)


@contextmanager
def speaking(locale: str | None) -> Iterator[None]:
    """Use one language inside this block, for mails and other texts outside of a request."""
    token = _chosen.set(_spoken(locale) if locale else None)
    try:
        yield
    finally:
        _chosen.reset(token)


def locale() -> str:
    """Return the language to speak now: chosen for a mail, by Flask-Babel, by the browser, by the shop."""
    chosen = _chosen.get()
    if chosen:
        return chosen
    return _spoken((_babel_locale() or _browser_locale()) if has_request_context() else None)


def _spoken(wanted: str | None) -> str:
    for candidate in (wanted, current_state().settings.locale):
        if candidate and candidate.replace("-", "_").split("_")[0] in languages():
            return candidate.replace("-", "_")
    return "en"


def _babel_locale() -> str | None:
    if "babel" not in current_app.extensions:
        return None
    from flask_babel import get_locale  # type: ignore[import-untyped,unused-ignore]  # it ships no types

    return str(get_locale() or "") or None


def _browser_locale() -> str | None:
    return request.accept_languages.best_match(languages())


def _(text: str, **values: object) -> str:
    """Return a screen text in the language of the moment, with `%(name)s` filled in."""
    translated = _catalogue(locale()).gettext(text)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """Return the right form of a screen text for `n` things; `%(n)d` is filled in too."""
    return _catalogue(locale()).ngettext(singular, plural, n) % {"n": n, **values}


def language_tag() -> str:
    """Return the language as the `lang` attribute of a page wants it."""
    return locale().replace("_", "-")


def direction() -> str:
    """Return "rtl" for languages that are written from right to left, else "ltr"."""
    return "rtl" if locale().split("_")[0] in ("ar", "fa", "he", "ur") else "ltr"


def _local_day(moment: datetime | date, zone: ZoneInfo | None) -> date:
    if not isinstance(moment, datetime):
        return moment
    return moment.astimezone(zone or ZoneInfo(current_state().settings.timezone)).date()


def format_day(moment: datetime | date, zone: ZoneInfo | None = None) -> str:
    """Return a day such as "3 May 2027" in the shop's time zone or the one given."""
    from babel.dates import format_date

    pattern = "d MMMM y" if locale().startswith("en") else "long"
    return format_date(_local_day(moment, zone), pattern, locale=_cldr())


def format_month(moment: datetime | date) -> str:
    """Return a month such as "May 2027" in the shop's time zone."""
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMM", _local_day(moment, None), locale=_cldr()))


def format_number(value: int) -> str:
    """Return a whole number with the separators of the language."""
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=_cldr()))


def _cldr() -> str:
    from babel import Locale
    from babel.core import UnknownLocaleError

    try:
        return str(Locale.parse(locale()))
    except (UnknownLocaleError, ValueError):
        return locale().split("_")[0]
