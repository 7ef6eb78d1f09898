"""The page behind the link in a mail: `/rate/<token>`. A GET shows, only a POST changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import i18n, links
from ..reviews.rules import Draft, guess_language
from ..state import current_state
from ..text import clean_line
from ..web.frame import bare_page
from ..web.headers import allow_long_forms
from . import actions
from .sheet import Row, Sheet, load

if TYPE_CHECKING:
    from .forms import RateForm


def rate(token: str) -> Response:
    """Show the arrived lines of an order, and take what the buyer says about them."""
    sheet = _open(token)
    if request.method == "POST":
        allow_long_forms()
        return _post(sheet, token)
    return _show(sheet, token, _fresh(sheet, token))


def _open(token: str) -> Sheet:
    opened = links.read("rate", token)
    if opened is None:
        abort(404)
    state = current_state()
    sheet = None if opened.expired else load(state, opened.number, opened.version, state.clock())
    if sheet is None:
        abort(410)
    return sheet


def _fresh(sheet: Sheet, token: str) -> RateForm:
    from .forms import STARS, fresh_form  # WTForms is imported when a form is needed

    stars, line = request.args.get("stars", ""), request.args.get("line", "0")
    preset = (int(line), stars) if stars in STARS and line.isascii() and line.isdigit() and len(line) < 4 else None
    return fresh_form(sheet, token, preset)


def _show(sheet: Sheet, token: str, form: RateForm, status: int = 200, **extra: Any) -> Response:
    return bare_page(
        "trust/submission/rate.html",
        status=status,
        sheet=sheet,
        form=form,
        token=token,
        saved=request.args.get("saved", ""),
        ask=request.args.get("ask", ""),
        entries=list(zip(sheet.rows, form.line, strict=True)),
        unsubscribe_url=url_for("trust.unsubscribe", token=links.sign("unsubscribe", sheet.order.buyer_id)),
        **extra,
    )


def _again(token: str, saved: str) -> Response:
    return redirect(url_for("trust.rate", token=token, saved=saved), 303)


def _post(sheet: Sheet, token: str) -> Response:
    from .forms import posted_form

    form = posted_form(sheet, token, request.form)
    if not form["form_token"].validate(form):
        return _show(sheet, token, form, 422)
    wish, _, number = (form.action.data or "").partition("-delete-")
    if wish in ("ask", "do") and number.isdigit() and int(number) < len(sheet.rows):
        return _delete(sheet, token, form, sheet.rows[int(number)], confirmed=wish == "do")
    steps: dict[str, Callable[[Sheet, str, RateForm], Response]] = {
        "publish": _publish,
        "preview": _preview,
        "not-arrived": _not_arrived,
        "not-mine": _not_mine,
        "mine": _mine,
    }
    step = steps.get(form.action.data or "publish")
    if step is None:
        abort(400)
    return step(sheet, token, form)


def _drafts(sheet: Sheet, form: RateForm) -> dict[int, tuple[Draft, str]]:
    """Return draft and language of each row that is valid, says something, and may."""
    said = {}
    for row, entry in zip(sheet.rows, form.line, strict=True):
        if not entry.form.is_blank and not entry.errors and row.obstacle is None:
            draft = entry.form.draft()
            said[row.line.id] = draft, guess_language(f"{draft.title} {draft.text}", i18n.locale())
    return said


def _publish(sheet: Sheet, token: str, form: RateForm) -> Response:
    valid = form.validate()
    if sheet.order.disowned_at is not None:
        abort(409)
    if not any(entry.errors for entry in form.line) and _is_stale(form, sheet):
        return _conflict(sheet, token, form)
    drafts = _drafts(sheet, form)
    if not drafts and valid:
        return _show(sheet, token, form, 422, nothing_said=True)
    # One row's error does not lose the others: what is right is published, the rest comes back with its words.
    name = sheet.buyer.public_name if form.public_name.errors else clean_line(form.public_name.data or "")
    actions.publish(current_state(), sheet, drafts, name)
    if valid:
        return _again(token, "published")
    fresh = _open(token)
    form.once.data = fresh.fingerprint
    return _show(fresh, token, form, 422, published=len(drafts))


def _is_stale(form: RateForm, sheet: Sheet) -> bool:
    from .forms import stale

    return stale(form, sheet)


def _conflict(sheet: Sheet, token: str, form: RateForm) -> Response:
    form.once.data = sheet.fingerprint
    return _show(sheet, token, form, 409, changed_elsewhere=True)


def _preview(sheet: Sheet, token: str, form: RateForm) -> Response:
    if not form.validate():
        return _show(sheet, token, form, 422)
    drafts = _drafts(sheet, form)
    return _show(sheet, token, form, preview=drafts, preview_name=clean_line(form.public_name.data or ""))


def _delete(sheet: Sheet, token: str, form: RateForm, row: Row, *, confirmed: bool) -> Response:
    if not confirmed:
        return bare_page("trust/submission/delete.html", sheet=sheet, row=row, form=form, token=token)
    actions.take_back(current_state(), sheet, row)
    return _again(token, "deleted")


def _not_arrived(sheet: Sheet, token: str, _form: RateForm) -> Response:
    actions.note_not_arrived(current_state(), sheet)
    return _again(token, "not-arrived")


def _not_mine(sheet: Sheet, token: str, _form: RateForm) -> Response:
    actions.note_owner(current_state(), sheet, mine=False)
    return _again(token, "not-mine")


def _mine(sheet: Sheet, token: str, _form: RateForm) -> Response:
    actions.note_owner(current_state(), sheet, mine=True)
    return _again(token, "mine")
