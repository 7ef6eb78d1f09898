"""Reporting, following a case, and the public log. Only a POST changes anything, and each can be sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import i18n, links
from ..limits.actions import within_limit
from ..orders.models import Order
from ..state import current_state
from ..verdicts.rules import Kind
from ..web.frame import bare_page, page
from ..web.headers import allow_long_forms, private
from ..web.visitors import refuse_other_sites
from . import actions, words
from .contents import Content
from .places import change_url, url_of
from .queries import File, contact_of, file_of, find_public, is_author, log_page, phase_of
from .rules import APPEAL_WITHIN, DECIDE_WITHIN, EXPLANATION_LENGTH, Side, may_appeal
from .tallies.queries import counts

if TYPE_CHECKING:
    from .forms import AnswerForm, ReportForm

#: Reports that come from one place in one hour.
MOST_REPORTS = 10
_NUMBER = 19  # digits


def report_review(public_id: str) -> Response:
    """Show the form of a report of a review, and take it; nobody needs an account."""
    return _report("review", public_id)


def report_rating(public_id: str) -> Response:
    """Show the form of a report of a rating, and take it; nobody needs an account."""
    return _report("rating", public_id)


def report_review_reply(public_id: str) -> Response:
    """Show the form of a report of the reply to a review, and take it; nobody needs an account."""
    return _report("to_review", public_id)


def report_rating_reply(public_id: str) -> Response:
    """Show the form of a report of the reply to a rating, and take it; nobody needs an account."""
    return _report("to_rating", public_id)


def _report(kind: Kind, public_id: str) -> Response:
    from .forms import ReportForm, link_of_report  # WTForms is imported when a form is needed

    content = _public(kind, public_id)
    meta = {"csrf_context": link_of_report(kind, public_id)}
    if request.method != "POST":
        return _show_form(content, ReportForm(meta=meta))
    refuse_other_sites()
    allow_long_forms()
    form = ReportForm(request.form, meta=meta)
    form.reply = content.reply is not None
    if form.website.data:
        return redirect(url_of(content), 303)  # a program: it may think that it was heard
    return _take(content, form)


def _public(kind: Kind, public_id: str) -> Content:
    # Not every database can be asked for every character.
    known = public_id.isascii() and public_id.isalnum()
    state = current_state()
    found = state.read(lambda session: find_public(session, kind, public_id, state.clock())) if known else None
    return found or abort(404)


def _show_form(content: Content, form: ReportForm, status: int = 200, **extra: Any) -> Response:
    answer = page(
        "trust/moderation/report.html",
        status=status,
        content=content,
        form=form,
        reasons=words.reasons_to_report(reply=content.reply is not None),
        url=url_of(content),
        words=words,
        days=DECIDE_WITHIN.days,
        limit=EXPLANATION_LENGTH,
        **{"too_many": False} | extra,
    )
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _take(content: Content, form: ReportForm) -> Response:
    state = current_state()
    if not form.validate():
        return _show_form(content, form, 422)
    if not within_limit(state, "report", MOST_REPORTS):
        return _show_form(content, form, 429, too_many=True)
    try:
        case_id, report_id = actions.report(state, content.kind, content.public_id, form.said(i18n.locale()))
    except actions.Gone:
        abort(404)
    token = links.sign("case", case_id, extra=f"reporter-{report_id}")
    return private(redirect(url_for("trust.case", token=token, saved="report"), 303))


def case(token: str) -> Response:
    """Show author or reporter how a case stands, and take what they say about it."""
    side, report_id, file = _open(token)
    if request.method == "POST":
        allow_long_forms()
        return _answer(token, side, report_id, file)
    return _show_case(token, side, report_id, file)


def _open(token: str) -> tuple[Side, int | None, File]:
    """Return what a link opens: whose side, and the case; a person who was erased has none any more."""
    opened = links.read("case", token)
    if opened is None:
        abort(404)
    state = current_state()
    file = None if opened.expired else state.read(lambda session: file_of(session, opened.number))
    if file is None:
        abort(410)
    side, _, number = opened.extra.partition("-")
    if not number.isdigit():
        abort(410)
    if side == "reporter":
        return "reporter", int(number), file
    if side != "author" or not state.read(lambda session: is_author(session, file.case, int(number))):
        abort(410)
    return "author", None, file


def _show_case(
    token: str,
    side: Side,
    report_id: int | None,
    file: File,
    status: int = 200,
    form: AnswerForm | None = None,
    **more: Any,
) -> Response:
    from .forms import AnswerForm

    state = current_state()
    order = state.read(lambda session: session.get(Order, file.content.order_id)) if side == "author" else None
    contact = state.read(lambda session: contact_of(session, report_id)) if report_id else None
    return bare_page(
        "trust/moderation/case.html",
        status=status,
        token=token,
        side=side,
        file=file,
        report=next((each for each in file.reports if each.id == report_id), None),
        contact=contact,
        said=[each for each in file.words if (each.side, each.report_id) == (side, report_id)],
        form=form or AnswerForm(meta={"csrf_context": token}),
        words=words,
        may_appeal=may_appeal(file.last, side, phase_of(file.case), state.clock()),
        appeal_until=file.last.at + APPEAL_WITHIN if file.last else None,
        url=url_of(file.content) if file.content.public(state.clock()) else None,
        change_url=change_url(file.content, order) if order else None,
        saved="" if form else request.args.get("saved", ""),
        limit=EXPLANATION_LENGTH,
        **{"too_much": False, "closed": False} | more,
    )


def _answer(token: str, side: Side, report_id: int | None, file: File) -> Response:
    from .forms import AnswerForm

    form = AnswerForm(request.form, meta={"csrf_context": token})
    if not form.validate():
        return _show_case(token, side, report_id, file, 422, form)
    try:
        appeal = actions.say(current_state(), file.case.id, side, report_id, form.cleaned())
    except actions.Overtaken:
        return _show_case(token, *_open(token), 409, form, closed=True)
    except actions.TooMuch:
        return _show_case(token, side, report_id, file, 429, form, too_much=True)
    return private(redirect(url_for("trust.case", token=token, saved="appeal" if appeal else "answer"), 303))


def log() -> Response:
    """Show what was taken down and put back, when and for which reason; never whose and never the words."""
    before = request.args.get("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) < _NUMBER):
        abort(404)
    state = current_state()
    lines, more = state.read_page(lambda session: log_page(session, int(before) if before else None))
    found = state.read_page(lambda session: counts(session, state.clock())) if before is None else None
    year = state.clock().astimezone(ZoneInfo(state.settings.timezone)).year
    view: dict[str, Any] = {"lines": lines, "more": more, "counts": found, "words": words, "year": year}
    return page("trust/moderation/log.html", first=before is None, **view)
