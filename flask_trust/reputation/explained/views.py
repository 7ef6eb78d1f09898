"""The page about how reviews work here, made from the live settings and counts."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ...invitations.words import reason_words
from ...state import current_state
from ...web.frame import page
from .facts import SPANS, find_facts


def how_reviews_work() -> Response:
    """Show who may write, what is published and what is not, how the score is made, and what anybody can do."""
    return page(
        "trust/reputation/how_reviews_work.html", it=find_facts(current_state()), reasons=reason_words(), days=SPANS
    )
