"""What people asked about their data by letter: noted by staff, with the days until which to acknowledge and answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from ...db import transaction
from ...people.queries import find
from ...privacy.rights.actions import note_request, settle_request
from ...privacy.rights.queries import answered_requests, open_requests
from ...privacy.rights.rules import ACKNOWLEDGE_WITHIN, ANSWER_WITHIN, due_at, is_late
from ...state import current_state
from ...web.frame import personal_page
from ...web.headers import personal
from .views import for_staff

if TYPE_CHECKING:
    from .forms import RequestForm

_STEP = re.compile(r"(acknowledge|answer)-([0-9]{1,18})")


@for_staff
def data_requests(viewer: str) -> Response:
    """Show the requests that wait, those first whose day comes first, note a new one, and tick off what was done."""
    from .forms import RequestForm  # WTForms is imported when a form is needed

    form = RequestForm(request.form or None, meta={"csrf_context": f"desk.requests|{viewer}"})
    if request.method != "POST":
        return _show(form)
    if not form["form_token"].validate(form):
        return _show(form, 422)
    step = _STEP.fullmatch(form.action.data or "")
    if step is not None:
        return _settle(int(step[2]), answered=step[1] == "answer")
    if form.action.data != "note":
        abort(400)
    return _note(form) if form.validate() else _show(form, 422)


def _show(form: RequestForm, status: int = 200) -> Response:
    state = current_state()
    now = state.clock()
    return personal_page(
        "trust/desk/requests.html",
        status=status,
        form=form,
        waiting=sorted(state.read(open_requests), key=lambda each: due_at(each) or now),
        answered=state.read(answered_requests),
        due_at=due_at,
        is_late=lambda each: is_late(each, now),
        acknowledge_days=ACKNOWLEDGE_WITHIN.days,
        answer_days=ANSWER_WITHIN.days,
        saved="" if form.errors else request.args.get("saved", ""),
    )


def _settle(number: int, *, answered: bool) -> Response:
    state = current_state()
    transaction(state, lambda session: settle_request(session, number, state.clock(), answered=answered))
    return _again("answered" if answered else "acknowledged")


def _note(form: RequestForm) -> Response:
    state = current_state()

    def work(session: Any) -> None:
        person = find(session, form.person.data) if form.person.data else None
        number = person.id if person else None
        note_request(session, number, form.what.data, state.clock(), reference=form.said_reference, answered=False)

    transaction(state, work)
    return _again("noted")


def _again(saved: str) -> Response:
    return personal(redirect(url_for("trust.desk_requests", saved=saved), 303))
