"""`/privacy`: the page, its older versions, the same as data and as a feed. Looking makes no version."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import abort, jsonify, request
from werkzeug.wrappers import Response

from ... import i18n, lookup
from ...errors import AdapterError
from ...state import State, current_state
from ...web.caching import shared, tag_of, unless_known
from ...web.frame import fragment, page
from ...web.headers import public
from ...web.urls import full_url
from ..laws.missing import missing_in_words
from ..versions.queries import by_number
from ..versions.rules import Change
from .changes import sentences
from .editions import Edition, Standing, find_standing, kept_document, reworded
from .finding import lacking
from .layers import document
from .words import Words

log = logging.getLogger("flask_trust")

_TEMPLATE = "trust/privacy/privacy.html"


def privacy() -> Response:
    """Show what holds now; staff also see what is still to be filled in or to be published."""
    state = current_state()
    standing = find_standing(state)
    tag = tag_of(_TEMPLATE, standing.facts, standing.editions, standing.current)
    return unless_known(tag, lambda: _privacy(state, standing))


def _privacy(state: State, standing: Standing) -> Response:
    words = Words(i18n.speech())
    staff = _is_staff(state)
    return page(
        _TEMPLATE,
        it=document(standing.facts, words),
        standing=standing,
        elsewhere=standing.facts.who.elsewhere,
        missing=missing_in_words(lacking(state)) if staff else [],
        reworded=staff and reworded(state, standing),
        staff=staff,
        old=None,
        **_speaking(words),
    )


def _speaking(words: Words) -> dict[str, Any]:
    """Return what the templates say things with: words of the frame, and changes as sentences."""

    def told(changes: Sequence[Change] | None) -> list[str]:
        return sentences(changes, words) if changes is not None else [words.say("changes", "first")]

    return {"say": partial(words.say, "frame"), "told": told}


def _is_staff(state: State) -> bool:
    try:
        viewer = lookup.viewer(state.shop)
        return viewer is not None and lookup.runs_shop(state.shop, viewer)
    except AdapterError as error:
        log.warning("%s; the page about privacy is drawn for a visitor", error)
        return False


def privacy_version(number: int) -> Response:
    """Show a version as it was published, word for word, with what had changed."""
    state = current_state()
    # Not every database can be asked for every number.
    row = state.read_page(lambda session: by_number(session, number)) if 0 < number < 2**31 else None
    if row is None:
        abort(404)
    standing = find_standing(state)
    edition = next(each for each in standing.editions if each.number == number)
    words = Words(i18n.speech())
    kept = kept_document(row, i18n.language_tag()[:2])
    return page(
        _TEMPLATE,
        it=kept,
        standing=standing,
        elsewhere="",
        missing=[],
        reworded=False,
        staff=False,
        old=edition,
        **_speaking(words),
    )


def privacy_json() -> Response:
    """Return the facts, the page in the reader's language and all versions as data."""
    standing = find_standing(current_state())
    words = Words(i18n.speech())
    data = {
        "language": words.tag,
        "complete": standing.facts.whole,
        "version": standing.current.number if standing.current else None,
        "facts": standing.facts.as_json(),
        "page": document(standing.facts, words).as_json(),
        "versions": [_edition(each, words) for each in standing.editions],
    }
    return public(jsonify(data))


def _edition(edition: Edition, words: Words) -> dict[str, Any]:
    return {
        "number": edition.number,
        "published_at": edition.published_at.isoformat(),
        "effective_at": edition.effective_at.isoformat(),
        "note": edition.note,
        "changes": sentences(edition.changes or (), words),
        "url": full_url("privacy_version", number=edition.number),
    }


def privacy_feed() -> Response:
    """Return all versions with what had changed, for feed readers."""
    standing = find_standing(current_state())
    template = "trust/privacy/feed.xml"
    words = Words(i18n.speech())

    def draw() -> Response:
        updated = standing.editions[0].published_at if standing.editions else standing.now
        title = document(standing.facts, words).title
        view = {"title": title, "editions": standing.editions, "updated": updated, **_speaking(words)}
        drawn = fragment(template, **view, url=full_url("privacy"), here=request.base_url, full_url=full_url)
        return Response(drawn, mimetype="application/atom+xml")

    return shared(tag_of(template, standing.facts, standing.editions, standing.current), draw)
