"""Opting out of mails: one click for mail programs (RFC 8058), one button for people."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from .. import links
from ..db import transaction
from ..people.actions import opt_in, opt_out
from ..state import current_state
from ..web.frame import bare_page


def unsubscribe(token: str) -> Response:
    """Show the button on GET; a POST opts out at once, without cookie or form token, and always answers 200."""
    opened = links.read("unsubscribe", token)
    if request.method != "POST":
        return bare_page("trust/invitations/unsubscribe.html", done="", valid=opened is not None)
    if opened is None:
        return bare_page("trust/invitations/unsubscribe.html", done="", valid=False)
    done = "allowed" if request.form.get("action") == "allow" else "stopped"
    state, change = current_state(), opt_in if done == "allowed" else opt_out
    transaction(state, lambda session: change(session, opened.number, state.clock(), opened.extra))
    return bare_page("trust/invitations/unsubscribe.html", done=done, valid=True)
