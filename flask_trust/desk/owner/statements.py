"""Statements of reasons under the names of the Commission's DSA Transparency Database, without a word about anybody.

What staff typed about a person's words is in none of them: facts and explanations come from the closed list of reasons.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from werkzeug.wrappers import Response

from ... import i18n
from ...moderation.contents import MODELS
from ...moderation.rules import ILLEGAL
from ...moderation.words import ground_explanation, ground_name
from ...state import State, current_state
from ...web.urls import full_url
from .export import as_csv, as_file, as_json
from .queries import find_statements
from .views import for_staff

_VISIBILITY = {"hide": "DECISION_VISIBILITY_CONTENT_DISABLED", "remove": "DECISION_VISIBILITY_CONTENT_REMOVED"}
_OTHER = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
_CATEGORY = {
    "G1": "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    "G2": "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
    "G3": "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
    "G6": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "G7": "STATEMENT_CATEGORY_CONSUMER_INFORMATION",
}

#: The names of the database that we fill, in its order.
FIELDS = (
    "puid",
    "decision_visibility",
    "decision_ground",
    "decision_ground_reference_url",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
    "incompatible_content_illegal",
    "category",
    "content_type",
    "content_language",
    "content_date",
    "application_date",
    "decision_facts",
    "source_type",
    "automated_detection",
    "automated_decision",
)


class Stated(NamedTuple):
    """A decision that took words away, as far as it may be told to others."""

    id: int
    kind: str
    at: datetime
    step: str
    ground: str
    law: str
    source: str
    lang: str
    shown_at: datetime

    @property
    def reply(self) -> bool:
        """Say whether it is about a reply."""
        return self.kind not in MODELS


def statement(it: Stated) -> dict[str, Any]:
    """Return one statement of reasons by the names of the database, in English."""
    with i18n.speaking("en"):
        told: dict[str, Any] = {
            "puid": f"flask-trust-decision-{it.id}",
            "decision_visibility": [_VISIBILITY[it.step]],
            "decision_ground_reference_url": full_url("how_reviews_work"),
            **_ground(it),
            "category": _CATEGORY.get(it.ground, _OTHER),
            "content_type": ["CONTENT_TYPE_TEXT"],
            "content_language": it.lang[:2].upper(),
            "content_date": it.shown_at.date().isoformat(),
            "application_date": it.at.date().isoformat(),
            "decision_facts": _facts(it),
            "source_type": it.source,
            "automated_detection": "No",
            "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        }
    return {name: told[name] for name in FIELDS if told.get(name)}


def _ground(it: Stated) -> Mapping[str, str]:
    if it.ground == ILLEGAL:
        return {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            # The name of a law holds no address; whoever typed one has mistaken the field.
            "illegal_content_legal_ground": it.law if "@" not in it.law else "The law was named to the author.",
            "illegal_content_explanation": ground_explanation(it.ground, reply=it.reply),
        }
    return {
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": f"Rules for reviews, {it.ground}: {ground_name(it.ground, reply=it.reply)}",
        "incompatible_content_explanation": ground_explanation(it.ground, reply=it.reply),
        "incompatible_content_illegal": "No",
    }


def _facts(it: Stated) -> str:
    buyer, seller = "by a confirmed buyer", "by the seller or the shop"
    about = {
        "review": f"A review of a product {buyer}",
        "rating": f"A rating of a seller {buyer}",
        "to_review": f"A reply to a review of a product {seller}",
        "to_rating": f"A reply to a rating of a seller {seller}",
    }[it.kind]
    stars = "; the number of stars played no part" if not it.reply else ""
    done = "hidden while it is checked" if it.step == "hide" else "taken down"
    cause = "after a notice" if it.source == "SOURCE_ARTICLE_16" else "on our own initiative"
    return (
        f"{about} was {done}, {cause}. The reason: {ground_name(it.ground, reply=it.reply)}. A person decided{stars}. "
        "Its author was told the facts in full."
    )


def _all(state: State) -> Iterator[dict[str, Any]]:
    last = 0
    while rows := state.read(lambda session: find_statements(session, last)):  # noqa: B023 run at once
        yield from (statement(Stated(*row)) for row in rows)
        last = rows[-1][0]


def _cells(state: State) -> Iterator[dict[str, Any]]:
    """Yield statements as a table holds them: lists as the text that the database's own files have."""
    for each in _all(state):
        yield {name: json.dumps(value) if isinstance(value, list) else value for name, value in each.items()}


@for_staff
def decisions_csv(viewer: str) -> Response:
    """Return the statements of reasons as a table."""
    return _file(lambda state: as_csv(FIELDS, _cells(state)), "text/csv; charset=utf-8", "decisions.csv")


@for_staff
def decisions_json(viewer: str) -> Response:
    """Return the statements of reasons as a list of objects."""
    return _file(lambda state: as_json(_all(state)), "application/json", "decisions.json")


def _file(parts: Callable[[State], Iterator[str]], kind: str, name: str) -> Response:
    return as_file(parts(current_state()), kind, name)
