"""The owner's desk: what is set up, reviews, invitations, mails, messages, health. Sellers see their own part of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from ... import lookup
from ...db import transaction
from ...health.checks import check
from ...invitations.words import delay_words, reason_words
from ...mail.actions import release_held
from ...mail.words import kind_words, why_words
from ...state import current_state
from ...web.frame import personal_page
from ...web.headers import personal
from ...web.visitors import for_visitor
from . import pages
from .rules import REQUEST_STATES, BadQuery, read_number, read_queue, read_spot


def for_staff(view: Callable[[str], Response]) -> Callable[..., Response]:
    """Let a view know who is signed in and runs the shop; everybody else gets 404, and so does a bad query string."""

    @wraps(view)
    def guarded(viewer: str) -> Response:
        if not lookup.runs_shop(current_state().shop, viewer):
            abort(404)
        try:
            return view(viewer)
        except BadQuery:
            abort(404)

    return for_visitor(guarded)


def _address(endpoint: str, **values: Any) -> str:
    """Return the address of one of these pages with the query values that are set."""
    url = url_for(f"trust.{endpoint}")
    query = urlencode({name: value for name, value in values.items() if value not in (None, "", False)})
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


@for_visitor
def home(viewer: str) -> Response:
    """Show the owner what is set up and what waits, and sellers the way to their own pages."""
    state, wanted = current_state(), request.args.get("seller")
    who = pages.read_viewer(state, viewer, wanted)
    if who is None:
        abort(404)
    started = pages.how_far(state) if who.staff else None
    waiting = pages.what_waits(state) if who.staff else None
    return personal_page("trust/desk/home.html", who=who, started=started, waiting=waiting, wanted=wanted)


@for_staff
def reviews(viewer: str) -> Response:
    """Show the newest reviews; a filter changes what is listed here and nothing else."""
    state, queue = current_state(), read_queue(request.args)
    rows, spot = pages.queue_page(state, queue, read_spot(request.args.get("after")))
    asked = {"product": queue.product, "stars": queue.stars, "unanswered": "1" if queue.unanswered else None}
    return personal_page(
        "trust/desk/reviews.html",
        queue=queue,
        rows=rows,
        titles=pages.titles(state, rows),
        next_url=_address("desk_reviews", **asked, after=spot) if spot else None,
    )


@for_visitor
def replies(viewer: str) -> Response:
    """Show what waits for a reply of the sellers this person speaks for; to the owner, of the shop itself."""
    state = current_state()
    wanted = request.args.get("seller")
    who = pages.read_viewer(state, viewer, wanted)
    if who is None or (wanted and wanted not in who.answerable):
        abort(404)
    sellers = [wanted] if wanted else list(who.answerable)
    due = pages.due_replies(state, sellers, _number(request.args.get("before")))
    after = due.next_number
    return personal_page(
        "trust/desk/replies.html",
        who=who,
        due=due,
        wanted=wanted,
        titles=pages.titles(state, due.reviews),
        next_url=_address("desk_replies", seller=wanted, before=after) if after else None,
    )


def _number(text: str | None) -> int | None:
    try:
        return read_number(text)
    except BadQuery:
        abort(404)


@for_staff
def invitations(viewer: str) -> Response:
    """Show who was asked, who waits, and who was not asked and why."""
    which = next((each for each in REQUEST_STATES if each == request.args.get("state", "waiting")), None)
    if which is None:
        abort(404)
    found = pages.invitations(current_state(), which, read_number(request.args.get("before")))
    after = found.next_number
    return personal_page(
        "trust/desk/invitations.html",
        which=which,
        found=found,
        links={each: _address("desk_invitations", state=each) for each in REQUEST_STATES},
        reasons=reason_words(),
        delays=delay_words(),
        next_url=_address("desk_invitations", state=which, before=after) if after else None,
    )


@for_staff
def not_arrived(viewer: str) -> Response:
    """Show what buyers said has not arrived."""
    rows, spot = pages.not_arrived(current_state(), read_spot(request.args.get("after")))
    next_url = _address("desk_arrivals", after=spot) if spot else None
    return personal_page("trust/desk/arrivals.html", rows=rows, next_url=next_url)


@for_staff
def mails(viewer: str) -> Response:
    """Show mails that were given up or wait, and try those that were given up again at the press of a button."""
    from .forms import button_form  # WTForms is imported when a form is needed

    state, form = current_state(), button_form("mails", viewer, request.form or None)
    if request.method == "POST" and form.validate():
        if form.action.data != "retry":
            abort(400)
        count = transaction(state, lambda session: release_held(session, state.clock()))
        return personal(redirect(_address("desk_mails", retried=min(count, 99_999) or "0"), 303))
    given_up = request.args.get("state", "given-up") == "given-up"
    found = pages.mails(state, given_up=given_up, before=read_number(request.args.get("before")))
    after, which = found.next_number, "given-up" if given_up else "waiting"
    return personal_page(
        "trust/desk/mails.html",
        status=422 if form.errors else 200,
        form=form,
        found=found,
        given_up=given_up,
        retried=read_number(request.args.get("retried")),
        kinds=kind_words(),
        why=why_words(),
        links={each: _address("desk_mails", state=each) for each in ("given-up", "waiting")},
        next_url=_address("desk_mails", state=which, before=after) if after else None,
    )


@for_staff
def health(viewer: str) -> Response:
    """Show what `flask trust check` finds, and set wrong totals right at the press of a button."""
    from .forms import button_form

    state, form = current_state(), button_form("health", viewer, request.form or None)
    if request.method == "POST" and form.validate():
        if form.action.data != "repair":
            abort(400)
        check(state, repair=True)
        return personal(redirect(_address("desk_health", repaired="1"), 303))
    return personal_page(
        "trust/desk/health.html",
        status=422 if form.errors else 200,
        form=form,
        findings=check(state),
        repaired=request.args.get("repaired") == "1" and request.method == "GET",
    )
