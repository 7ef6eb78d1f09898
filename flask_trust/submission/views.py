"""The page behind the link in a mail: `/rate/<token>`. A GET shows, only a POST changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import i18n, links
from ..errors import AdapterError
from ..reviews.rules import Draft, guess_language
from ..state import current_state
from ..text import clean_line
from ..web.frame import bare_page
from ..web.headers import allow_long_forms, private
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

    stars, line = request.args.get("stars", ""), _number(request.args.get("line", "0"))
    return fresh_form(sheet, token, (line, stars) if line is not None and stars in STARS else None)


def _number(text: str) -> int | None:
    """Return a small number as a browser would send it, else None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


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
    return private(redirect(url_for("trust.rate", token=token, saved=saved), 303))


def _post(sheet: Sheet, token: str) -> Response:
    from .forms import posted_form

    form = posted_form(sheet, token, request.form)
    if not form["form_token"].validate(form):
        return _show(sheet, token, form, 422)
    wish, _, line = (form.action.data or "").partition("-delete-")
    number = _number(line)
    if wish in ("ask", "do") and number is not None and number < len(sheet.rows):
        return _delete(sheet, token, form, sheet.rows[number], confirmed=wish == "do")
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
    from .forms import chosen_name, stale

    valid = form.validate()
    if sheet.order.disowned_at is not None:
        abort(409)
    if stale(form, sheet):
        return _conflict(sheet, token, form)
    drafts = _drafts(sheet, form)
    if not drafts and valid:
        return _show(sheet, token, form, 422, nothing_said=True)
    # One row's error does not lose the others: what is right is published, the rest comes back with its words.
    try:
        actions.publish(current_state(), sheet, drafts, chosen_name(form, sheet))
    except actions.Overtaken:
        return _overtaken(token)
    except AdapterError:
        return _show(sheet, token, form, 503, not_now=True)
    return _again(token, "published") if valid else _rest(token, published=len(drafts))


def _overtaken(token: str) -> Response:
    """Look again after something else came first: the same words twice are fine, others are shown beside it."""
    from .forms import posted_form, stale

    fresh = _open(token)
    form = posted_form(fresh, token, request.form)
    form.validate()
    if fresh.order.disowned_at is not None:
        abort(409)
    return _conflict(fresh, token, form) if stale(form, fresh) else _again(token, "published")


def _rest(token: str, published: int) -> Response:
    """Show what could not be published, every word kept, beside what was."""
    from .forms import posted_form

    fresh = _open(token)
    form = posted_form(fresh, token, request.form)
    form.validate()
    form.once.data = fresh.fingerprint
    return _show(fresh, token, form, 422, published=published)


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
        form.once.data = sheet.fingerprint
        return bare_page("trust/submission/delete.html", sheet=sheet, row=row, form=form, token=token)
    if row.shown is not None and form.once.data != sheet.fingerprint:
        # An old POST that comes again must not delete what was written later.
        abort(409)
    try:
        actions.take_back(current_state(), sheet, row)
    except actions.Overtaken:
        abort(409)
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
