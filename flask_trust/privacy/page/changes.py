"""What is different between two versions, in the words of one language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..versions.rules import Change, Named
from .tables import keep_words
from .words import Words


def sentences(changes: Iterable[Change], words: Words) -> list[str]:
    """Return one sentence for each change."""
    return [_sentence(each, words) for each in changes]


def _sentence(change: Change, words: Words) -> str:
    values = {name: _said(value, words) for name, value in change.values}
    return words.say("changes", change.code, **values)


def _said(value: Any, words: Words) -> str:
    match value:
        case Named("span", _, int(days)):
            return words.span(days)
        case Named("keeps", key, days):
            return keep_words(key, days, words)
        case Named(section, key):
            return words.name(section, key)
        case int():
            return words.number(value)
        case str():
            return value
        case (Named(), *_):
            return words.listed([_said(each, words) for each in value])
        case _:
            return words.pick(dict(value))
