"""The page as it is now, beside its published versions: which one holds, which is announced, what has moved since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from ...i18n import Speech
from ...state import State
from ..versions import queries
from ..versions.actions import Snapshot
from ..versions.models import PolicyVersion
from ..versions.rules import Change, as_plain, change, differences
from .facts import Facts
from .finding import find_facts
from .layers import Document, document
from .words import Words, spoken


@dataclass(frozen=True, slots=True)
class Edition:
    """A published version in a list; `changes` against the one before, None for the first."""

    number: int
    published_at: datetime
    effective_at: datetime
    note: str
    changes: Sequence[Change] | None


@dataclass(frozen=True)
class Standing:
    """Facts as they are now, and all published versions, newest first."""

    facts: Facts
    editions: Sequence[Edition]
    now: datetime
    published: dict[int, Any]

    @property
    def current(self) -> Edition | None:
        """Return the version that holds, or None before the first."""
        return next((each for each in self.editions if each.effective_at <= self.now), None)

    @property
    def next(self) -> Edition | None:
        """Return the version that is announced and does not hold yet, or None."""
        newest = self.editions[0] if self.editions else None
        return newest if newest is not None and newest.effective_at > self.now else None

    @cached_property
    def moved(self) -> list[Change]:
        """Return what is different now from the version that holds; nothing where none was ever published."""
        current = self.current
        return differences(self.published[current.number], as_plain(self.facts.as_json())) if current else []

    @property
    def too_early(self) -> bool:
        """Say whether what was announced for later is at work already."""
        following = self.next
        return following is not None and self.published[following.number] == as_plain(self.facts.as_json())


def find_standing(state: State) -> Standing:
    """Return how things stand now."""
    facts = find_facts(state)
    return state.read_page(lambda session: _standing(session, facts, state.clock()))


def _standing(session: Session, facts: Facts, now: datetime) -> Standing:
    known = _published(session)
    return Standing(facts, [_edition(each, known) for each in queries.all_versions(session)], now, known)


def _published(session: Session) -> dict[int, Any]:
    return {number: json.loads(told) for number, told in queries.facts_of_all(session)}


def _edition(row: PolicyVersion, known: dict[int, Any]) -> Edition:
    earlier = [number for number in known if number < row.number]
    changes = None
    if earlier:
        changes = differences(known[max(earlier)], known[row.number]) or [change("wording")]
    return Edition(row.number, row.published_at, row.effective_at, row.note, changes)


def changes_of(session: Session, row: PolicyVersion) -> Sequence[Change]:
    """Return what a version has changed; nothing for the first."""
    return _edition(row, _published(session)).changes or ()


def snapshot(facts: Facts) -> Snapshot:
    """Return what a version would keep of these facts: the page in every language."""
    pages = {language: document(facts, words_of(language)).as_json() for language in spoken()}
    return Snapshot(as_plain(facts.as_json()), as_plain(pages))


def words_of(language: str) -> Words:
    """Return the words of a language outside of any page; no day is told in them."""
    return Words(Speech(language, "UTC"))


def reworded(state: State, standing: Standing) -> bool:
    """Say whether the page says the same facts in other words than the version that holds."""
    current = standing.current
    if current is None or standing.moved:
        return False
    row = state.read(lambda session: queries.by_number(session, current.number))
    return row is not None and row.digest != snapshot(standing.facts).digest


def kept_document(row: PolicyVersion, language: str) -> Document:
    """Return the page of a version as it was published, in this language or else in English."""
    pages = json.loads(row.pages)
    return Document.from_json(pages.get(language) or pages["en"])
