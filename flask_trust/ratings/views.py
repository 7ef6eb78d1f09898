"""The page behind the link in a receipt: whether what is stored is what its author wrote."""

from __future__ import annotations

from flask import abort
from werkzeug.wrappers import Response

from .. import links
from ..state import current_state
from ..web.frame import bare_page
from .receipts import check, claim_of


def receipt(token: str) -> Response:
    """Compare a receipt with what is stored now; words are never shown here, only whether they are the same."""
    opened = links.read("receipt", token)
    claim = claim_of(opened) if opened is not None else None
    if opened is None or claim is None:
        abort(404)
    if opened.expired:
        abort(410)
    kind, digest = claim
    finding = current_state().read(lambda session: check(session, kind, opened.number, digest))
    return bare_page("trust/ratings/receipt.html", finding=finding)
