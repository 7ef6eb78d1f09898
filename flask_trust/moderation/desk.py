"""Pages of the shop's staff: the list of cases, and one case with its steps. Sellers' own people see none of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import lookup
from ..people.queries import find as find_person
from ..people.queries import same_person
from ..state import current_state
from ..verdicts.rules import Kind
from ..web.frame import personal_page
from ..web.headers import personal
from ..web.places import Place, read_place
from ..web.visitors import for_visitor
from . import actions, words
from .models import Case
from .queries import File, cases_closed, cases_waiting, contacts_in, counts_waiting, file_of, phase_of, rows_about
from .rules import DECIDE_WITHIN, FACTS_LENGTH, Phase, Step, may_decide_own, steps_from

if TYPE_CHECKING:
    from .forms import DecisionForm

_LISTS: dict[str, Phase] = {"open": "open", "appeals": "appealed", "closed": "closed"}
_ID = re.compile(r"[a-z0-9]{8,20}")
#: The end of the address behind "Report this reply".
_REPLY = re.compile(r"/reply(/|$)")


@for_visitor
def reports(viewer: str) -> Response:
    """Show the cases that wait, and open one on the staff's own initiative."""
    _staff_only(viewer)
    return _open_one(viewer) if request.method == "POST" else _show_list(viewer)


def _staff_only(viewer: str) -> None:
    if not lookup.runs_shop(current_state().shop, viewer):
        abort(404)


def _show_list(viewer: str, status: int = 200, **extra: Any) -> Response:
    from .forms import AnswerForm, link_of_list  # WTForms is imported when a form is needed

    shown, after = request.args.get("show", "open"), request.args.get("after")
    place = read_place(after) if after else None
    if shown not in _LISTS or (after and place is None):
        abort(404)
    cases, more = _cases(_LISTS[shown], place)
    state = current_state()
    return personal_page(
        "trust/moderation/reports.html",
        status=status,
        shown=shown,
        rows=state.read(lambda session: rows_about(session, cases, state.clock())),
        more=more,
        waiting=state.read(counts_waiting),
        late=state.clock() - DECIDE_WITHIN,
        days=DECIDE_WITHIN.days,
        form=AnswerForm(meta={"csrf_context": link_of_list(viewer)}),
        about=request.form.get("about") or request.args.get("about", ""),
        words=words,
        **{"wrong": "", "not_found": False} | extra,
    )


def _cases(phase: Phase, place: Place | None) -> tuple[list[Case], Place | None]:
    if phase == "closed":
        return current_state().read(lambda session: cases_closed(session, place))
    return current_state().read(lambda session: cases_waiting(session, phase, place))


def _open_one(viewer: str) -> Response:
    from .forms import AnswerForm, link_of_list

    form = AnswerForm(request.form, meta={"csrf_context": link_of_list(viewer)})
    if not form["form_token"].validate(form):
        return _show_list(viewer, 422, wrong=form["form_token"].errors[0])
    about = request.form.get("about", "")
    kinds: tuple[Kind, ...] = ("to_review", "to_rating") if _REPLY.search(about) else ("review", "rating")
    for public_id in reversed(_ID.findall(about)):
        for kind in kinds:
            try:
                found = actions.open_case(current_state(), viewer, kind, public_id)
            except actions.Gone:
                continue
            return personal(redirect(url_for("trust.report", case_id=found), 303))
    return _show_list(viewer, 422, not_found=True)


@for_visitor
def report(viewer: str, case_id: int) -> Response:
    """Show one case to the shop's staff, and take a decision with its reasons."""
    _staff_only(viewer)
    file = _file(case_id)
    return _decide(viewer, file) if request.method == "POST" else _show(viewer, file)


def _file(case_id: int) -> File:
    state = current_state()
    file = state.read(lambda session: file_of(session, case_id)) if case_id < 2**63 else None
    return file or abort(404)


def _show(viewer: str, file: File, status: int = 200, form: DecisionForm | None = None, **extra: Any) -> Response:
    from .forms import DecisionForm, link_of_case

    state = current_state()
    visible = file.content.open_to_staff(state.clock())
    phase = phase_of(file.case)
    own = state.read(lambda session: same_person(session, file.case.author_id, find_person(session, viewer)))
    steps = steps_from(file.content.state, phase) if visible else []
    fresh = form or DecisionForm(meta={"csrf_context": link_of_case(viewer, file.case.id)})
    fresh.seen.data = str(file.case.version)
    return personal_page(
        "trust/moderation/report_case.html",
        status=status,
        file=file,
        visible=visible,
        steps=[step for step in steps if not own or may_decide_own(step, reply=file.content.reply is not None)],
        own=own,
        contacts=state.read(lambda session: contacts_in(session, file.case.id)),
        form=fresh,
        words=words,
        reasons=words.reasons_to_decide(reply=file.content.reply is not None),
        saved="" if form else request.args.get("saved", ""),
        limit=FACTS_LENGTH,
        **{"overtaken": False} | extra,
    )


def _decide(viewer: str, file: File) -> Response:
    from .forms import DecisionForm, link_of_case

    form = DecisionForm(request.form, meta={"csrf_context": link_of_case(viewer, file.case.id)})
    names: dict[str, Step] = {"keep": "keep", "hide": "hide", "remove": "remove", "restore": "restore"}
    form.reply = file.content.reply is not None
    form.step = step = names.get(request.form.get("action", "")) or abort(404)
    if not form.validate():
        return _show(viewer, file, 422, form)
    try:
        actions.decide(current_state(), viewer, file.case.id, form.ruling(step))
    except actions.Overtaken:
        return _show(viewer, _file(file.case.id), 409, form, overtaken=True)
    return personal(redirect(url_for("trust.report", case_id=file.case.id, saved=step), 303))
