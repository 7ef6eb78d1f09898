"""The page of a review that cannot be read, or not any more."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ...state import current_state
from ...web.frame import page
from .. import words
from .queries import find_past

#: Hiding ends with a decision, so what is hidden is not gone.
_STATUS = {"removed": 410, "withdrawn": 410}


def gone_review(public_id: str) -> Response:
    """Say what became of a review; of one that waits, of an erased author's and of none at all exactly the same."""
    state = current_state()
    # Not every database can be asked for every character.
    known = public_id.isascii() and public_id.isalnum()
    past = state.read_page(lambda session: find_past(session, public_id, state.clock())) if known else None
    status = _STATUS.get(past.state, 404) if past else 404
    answer = page("trust/moderation/gone.html", status=status, past=past, words=words)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
