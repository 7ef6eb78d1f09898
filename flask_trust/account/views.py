"""A person's own page: everything we hold about them, and what they can do about it. Only a POST changes anything."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import links, lookup
from ..addresses import guest_ids
from ..errors import AdapterError
from ..limits.actions import within_limit
from ..mail.words import own_kind_words
from ..moderation.places import author_token
from ..orders.naming import name_orders
from ..people.models import Person
from ..people.queries import find, guest_beside
from ..privacy.rights.erasures import CannotList
from ..privacy.rights.export.document import export
from ..state import State, current_state
from ..web.frame import bare_page, page, personal_page
from ..web.headers import allow_long_forms, personal, private
from ..web.visitors import refuse_other_sites
from . import actions
from .mails import reader_of
from .queries import find_holdings, has_reported

if TYPE_CHECKING:
    from .forms import AddressForm, ButtonForm

log = logging.getLogger("flask_trust")

#: Forms with an address that come from one place in one hour.
MOST_LINKS = 10


@dataclass(frozen=True, slots=True)
class Seat:
    """Who looks at their own page, and by which door: signed in, or by a mailed link (`token`)."""

    person: Person | None
    viewer: str
    token: str | None = None

    @property
    def context(self) -> str:
        """Return what forms of this page are bound to."""
        return f"me|{self.token or self.viewer}"

    def url(self, page: str = "", **query: Any) -> str:
        """Return the address of one of this person's pages: the first, "export" or "erase"."""
        endpoint = f"trust.me_{page}" if page else "trust.me"
        if self.token is None:
            return url_for(endpoint, **query)
        return url_for(f"{endpoint}_by_link", token=self.token, **query)

    def draw(self, template: str, **view: Any) -> Response:
        """Draw a page in the frame that belongs to this door."""
        draw = personal_page if self.token is None else bare_page
        return draw(template, seat=self, base="trust/base.html" if self.token is None else "trust/bare.html", **view)

    def closed(self, response: Response) -> Response:
        """Return a response with the headers that belong to this door."""
        return personal(response) if self.token is None else private(response)


def _signed_in(view: Callable[[Seat], Response]) -> Callable[[], Response]:
    """Let a view know who is signed in; whoever is not can have a link mailed."""

    @wraps(view)
    def guarded() -> Response:
        state = current_state()
        if request.method == "POST":
            refuse_other_sites()
            allow_long_forms()
        try:
            viewer = lookup.viewer(state.shop)
            if viewer is None:
                return personal(redirect(url_for("trust.link"), 303))
            return view(Seat(state.read(lambda session: find(session, viewer)), viewer))
        except AdapterError as error:
            return _cannot(error)

    return guarded


def _by_link(view: Callable[[Seat], Response]) -> Callable[[str], Response]:
    """Let a view know whom a mailed link belongs to; a link of somebody who was erased or merged opens nothing."""

    @wraps(view)
    def guarded(token: str) -> Response:
        if request.method == "POST":
            allow_long_forms()
        opened = links.read("me", token)
        if opened is None:
            abort(404)
        person = current_state().read(lambda session: session.get(Person, opened.number))
        if opened.expired or person is None or person.merged_into is not None:
            abort(410)
        gone = person.key is None
        if gone and not (request.method == "POST" and person.erased_at is not None):
            abort(410)
        try:
            return view(Seat(None if gone else person, "", token))
        except AdapterError as error:
            return _cannot(error)

    return guarded


def _cannot(error: Exception) -> Response:
    log.warning("%s; a person's own page cannot be drawn", error)
    abort(503)


def _show(seat: Seat, status: int = 200, form: ButtonForm | None = None) -> Response:
    from .forms import ButtonForm  # WTForms is imported when a form is needed

    state = current_state()
    person = seat.person
    held = state.read(lambda session: find_holdings(session, person, state.clock())) if person else None
    email = None if person else _email(state, seat)
    reported = email is not None and state.read(lambda session: has_reported(session, email, state.clock()))
    return seat.draw(
        "trust/account/me.html",
        status=status,
        held=held,
        names=name_orders(state, held.bought) if held else {},
        reported=reported,
        form=form or ButtonForm(meta={"csrf_context": seat.context}),
        kinds=own_kind_words(),
        edit_url=_edit_url if seat.token else _order_url,
        case_url=lambda case: url_for("trust.case", token=author_token(case)),
        saved="" if form else request.args.get("saved", ""),
    )


def _edit_url(order: Any) -> str:
    return url_for("trust.rate", token=links.sign("rate", order.id, order.link_version))


def _order_url(order: Any) -> str:
    return url_for("trust.order", order_id=order.key)


def _page(seat: Seat) -> Response:
    if request.method != "POST":
        return _show(seat)
    from .forms import ButtonForm

    form = ButtonForm(request.form, meta={"csrf_context": seat.context})
    if not form.validate():
        return _show(seat, 422, form)
    steps: dict[str, Callable[[State, int], None]] = {
        "hide-name": actions.hide_name,
        "no-mails": lambda state, number: actions.choose_mails(state, number, wanted=False),
        "mails": lambda state, number: actions.choose_mails(state, number, wanted=True),
    }
    step = steps.get(form.action.data or "") or abort(400)
    if seat.person is None:
        abort(410)
    step(current_state(), seat.person.id)
    return seat.closed(redirect(seat.url(saved=form.action.data or ""), 303))


def _export(seat: Seat) -> Response:
    state = current_state()
    told = state.read(lambda session: export(session, state, seat.person, _email(state, seat)))
    if told is None:
        abort(404)
    answer = Response(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return seat.closed(answer)


def _email(state: State, seat: Seat) -> str | None:
    """Return the address that the shop has of somebody; what they reported is found by it."""
    person = seat.person
    if person is None:
        return lookup.email_of(state.shop, seat.viewer) if seat.viewer else None
    reader = state.read(lambda session: reader_of(session, state, person))
    return reader.email if reader else None


def _guest(state: State, seat: Seat, email: str | None) -> int | None:
    """Return our number of the guest with the address of this account."""
    person = seat.person
    found = state.read(lambda session: guest_beside(session, person, email)) if person else None
    return found.id if found else None


def _erase(seat: Seat) -> Response:
    from .forms import ButtonForm

    state, form = current_state(), ButtonForm(request.form or None, meta={"csrf_context": seat.context})
    email = _email(state, seat)
    guest = _guest(state, seat, email)
    if request.method != "POST" or not form.validate():
        status = 422 if form.errors else 200
        return seat.draw("trust/account/erase.html", status=status, form=form, guest=guest is not None)
    if form.action.data not in ("erase", "erase-both"):
        abort(400)
    try:
        if seat.person is not None:
            actions.erase_me(state, seat.person.id, email, guest=guest if form.action.data == "erase-both" else None)
        elif email is not None:
            actions.erase_my_reports(state, email)
    except CannotList as error:
        log.error("%s", error)
        abort(503)
    return seat.closed(redirect(url_for("trust.me_erased"), 303))


me, me_by_link = _signed_in(_page), _by_link(_page)
me_export, me_export_by_link = _signed_in(_export), _by_link(_export)
me_erase, me_erase_by_link = _signed_in(_erase), _by_link(_erase)


def erased() -> Response:
    """Say that everything is erased; it tells nothing about anybody."""
    return page("trust/account/erased.html")


def link() -> Response:
    """Take an address and mail its owner the link to their own page; the answer is the same whoever that is."""
    from .forms import AddressForm

    meta = {"csrf_context": "link"}
    if request.method != "POST":
        return _ask(AddressForm(meta=meta), sent=request.args.get("sent") == "1")
    refuse_other_sites()
    form = AddressForm(request.form, meta=meta)
    state = current_state()
    if not form.validate():
        return _ask(form, 422)
    if not within_limit(state, "link", MOST_LINKS):
        return _ask(form, 429, too_many=True)
    if not form.website.data:
        email = form.email.data or ""
        actions.send_links(state, _people(state, email), email)
    return redirect(url_for("trust.link", sent="1"), 303)


def _ask(form: AddressForm, status: int = 200, *, sent: bool = False, too_many: bool = False) -> Response:
    on = current_state().settings.mail_is_on
    answer = page("trust/account/link.html", status=status, form=form, sent=sent, too_many=too_many, mail_is_on=on)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _people(state: State, email: str) -> list[str]:
    """Return the shop's ids of the people with an address; where the adapter fails, nobody's, and the log says so."""
    try:
        found = set(lookup.people_with(state.shop, email))
    except AdapterError as error:
        log.warning("%s; nobody gets a link", error)
        return []
    alike = guest_ids(email)  # under older secret keys too
    return sorted(found.union(alike) if found & set(alike) else found)
