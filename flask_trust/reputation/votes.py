"""`POST …/helpful`: a reader says that a review helped, or takes that back."""

from __future__ import annotations

import logging
from typing import NoReturn

from flask import abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from .. import lookup
from ..db import transaction
from ..errors import AdapterError
from ..i18n import _
from ..limits.actions import within_limit
from ..people.actions import make
from ..people.models import Person
from ..people.queries import are_one
from ..people.queries import find as find_person
from ..reviews.replies.queries import Answerable, find_answerable
from ..reviews.votes.actions import Voter, vote
from ..state import State, current_state
from ..web.frame import page
from ..web.urls import own_address
from ..web.visitors import refuse_other_sites
from .readers import keep_visitor, new_visitor, visitor_mark

log = logging.getLogger("flask_trust")

#: Votes from one connection in an hour.
MOST = 60


def helpful(public_id: str) -> Response:
    """Carry out what the button says ("on" or "off"); pressing it again changes nothing."""
    refuse_other_sites()
    told, state = request.form.get("helpful"), current_state()
    if told not in ("on", "off"):
        abort(422)
    if not within_limit(state, "helpful", MOST):
        abort(429)
    found = _votable(state, public_id)
    person = _viewer(state, found)
    if isinstance(person, Response):
        return person
    mark, cookie = visitor_mark(), None
    if person is None and mark is None and told == "on":
        mark, cookie = new_visitor()
    if person or mark:
        _carry_out(state, found, person, mark, helpful=told == "on")
    response = redirect(_back(public_id), 303)
    if cookie:
        keep_visitor(response, cookie)
    return response


def _votable(state: State, public_id: str) -> Answerable:
    known = public_id.isascii() and public_id.isalnum()
    found = state.read(lambda session: find_answerable(session, public_id, state.clock())) if known else None
    return found or _not_found()


def _not_found() -> NoReturn:
    abort(404)


def _viewer(state: State, found: Answerable) -> str | Response | None:
    """Return who is signed in, None for nobody, or a page for those whose word about this would be their own praise."""
    try:
        person = lookup.viewer(state.shop)
        if person is None:
            return None
        own = state.read(lambda session: _wrote(session, person, found))
        if own or lookup.works_for(state.shop, person, found.seller_key):
            title, advice = _("Other readers say what helps"), _own_words(own)
            return page("trust/error.html", status=403, title=title, advice=advice, offers_link=False)
    except AdapterError as error:
        log.warning("%s; nobody can say what helped", error)
        abort(503)
    return person


def _own_words(own: bool) -> str:
    if own:
        return _("You wrote this review yourself.")
    return _("This review is about something you sell.")


def _wrote(session: Session, person_key: str, found: Answerable) -> bool:
    person, author = find_person(session, person_key), session.get(Person, found.review.person_id)
    return person is not None and author is not None and are_one(person, author)


def _carry_out(state: State, found: Answerable, person_key: str | None, mark: str | None, *, helpful: bool) -> None:
    def work(session: Session) -> None:
        now = state.clock()
        person = make(session, person_key, now) if person_key else None
        vote(session, found.review, Voter(person.id if person else None, mark), now, helpful=helpful)

    transaction(state, work)


def _back(public_id: str) -> str:
    """Return the page the button was on, at the review; its own page where the browser does not tell."""
    page_before = own_address(request.referrer) or url_for("trust.review", public_id=public_id)
    return f"{page_before}#review-{public_id}"
