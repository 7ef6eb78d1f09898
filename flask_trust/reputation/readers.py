"""Who reads a page, as far as "helpful" needs it: somebody who is signed in, or a browser that has voted before."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable

from flask import request
from werkzeug.wrappers import Response

from .. import links, lookup
from ..errors import AdapterError
from ..reviews.queries import Card
from ..reviews.votes.queries import find_mine
from ..state import current_state

log = logging.getLogger("flask_trust")

COOKIE = "trust_visitor"


def visitor_mark() -> str | None:
    """Return what is stored of the browser's token, or None where it has none of ours."""
    opened = links.read("visitor", request.cookies.get(COOKIE, ""))
    return _mark(opened.extra) if opened and not opened.expired else None


def _mark(token: str) -> str:
    return hashlib.sha256(f"flask-trust.visitor|{token}".encode()).hexdigest()


def new_visitor() -> tuple[str, str]:
    """Return what is stored of a new token, and the cookie that holds it."""
    token = secrets.token_hex(16)
    return _mark(token), links.sign("visitor", 0, extra=token)


def keep_visitor(response: Response, cookie: str) -> None:
    """Let a browser keep its token, for our own pages alone; only the answer to a vote does so."""
    path = current_state().settings.url_prefix
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=links.MAX_AGE["visitor"],
        path=f"{request.script_root}{path}",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def found_helpful(cards: Iterable[Card]) -> set[str]:
    """Return which of these reviews the reader of this page found helpful, by public id; nobody is asked who is new."""
    if not request.cookies:
        return set()
    state, mark = current_state(), visitor_mark()
    shown = [card.public_id for card in cards]
    visitors, person = [mark] if mark else [], _signed_in()
    if not shown or not (visitors or person):
        return set()
    return state.read_page(lambda session: find_mine(session, person, visitors, shown))


def _signed_in() -> str | None:
    try:
        return lookup.viewer(current_state().shop)
    except AdapterError as error:
        log.warning("%s; the page is drawn as if nobody were signed in", error)
        return None
