"""The page behind the link in a mail: `/rate/<token>`. A GET shows, only a POST changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import i18n, links
from ..errors import AdapterError
from ..moderation.places import author_token
from ..ratings.rules import RatingDraft
from ..reviews.rules import Draft, guess_language
from ..state import current_state
from ..text import clean_line
from ..verdicts.rules import Kind
from ..web.frame import bare_page
from ..web.headers import allow_long_forms, private
from . import actions
from .holding.actions import Overtaken
from .sheet import Row, SellerRow, Sheet, load

if TYPE_CHECKING:
    from .forms import RateForm

log = logging.getLogger("flask_trust")


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
    from .forms import obstacle_text

    nothing: dict[str, Any] = {"published": 0, "not_now": False, "changed_elsewhere": False, "nothing_said": False}
    nothing |= {"preview": None, "preview_ratings": {}, "preview_name": ""}
    return bare_page(
        "trust/submission/rate.html",
        status=status,
        sheet=sheet,
        form=form,
        token=token,
        saved=request.args.get("saved", ""),
        ask=request.args.get("ask", ""),
        entries=list(zip(sheet.rows, form.line, strict=True)),
        obstacle_text=obstacle_text,
        case_url=lambda case: url_for("trust.case", token=author_token(case)),
        seller_entries=list(zip(sheet.sellers, form.seller, strict=True)),
        unsubscribe_url=url_for("trust.unsubscribe", token=links.sign("unsubscribe", sheet.order.buyer_id)),
        **nothing | extra,
    )


def _again(token: str, saved: str) -> Response:
    return private(redirect(url_for("trust.rate", token=token, saved=saved), 303))


def _post(sheet: Sheet, token: str) -> Response:
    from .forms import posted_form

    form = posted_form(sheet, token, request.form)
    if not form["form_token"].validate(form):
        return _show(sheet, token, form, 422)
    return _on_one_row(sheet, token, form) or _on_all(sheet, token, form)


def _on_one_row(sheet: Sheet, token: str, form: RateForm) -> Response | None:
    """Carry out what is wished for one line or seller: its number is the end of the action."""
    wish, _, end = (form.action.data or "").rpartition("-")
    number = _number(end)
    if number is None:
        return None
    if wish in ("ask-delete", "do-delete") and number < len(sheet.rows):
        return _delete(sheet, token, form, sheet.rows[number], confirmed=wish == "do-delete")
    if wish == "take-back" and number < len(sheet.sellers):
        return _take_rating_back(sheet, token, form, sheet.sellers[number])
    return None


def _on_all(sheet: Sheet, token: str, form: RateForm) -> Response:
    steps: dict[str, Callable[[Sheet, str, RateForm], Response]] = {
        "publish": _publish,
        "preview": _preview,
        "not-arrived": _not_arrived,
        "not-mine": _not_mine,
        "mine": _mine,
        "page-on": _page_on,
        "page-off": _page_off,
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


def _ratings(sheet: Sheet, form: RateForm) -> dict[int, tuple[RatingDraft, str]]:
    """Return draft and language of each seller about whom something valid is said."""
    said = {}
    for row, entry in zip(sheet.sellers, form.seller, strict=True):
        if not entry.form.is_blank and not entry.errors:
            draft = entry.form.draft()
            said[row.deal.id] = draft, guess_language(draft.text, i18n.locale())
    return said


def _publish(sheet: Sheet, token: str, form: RateForm) -> Response:
    from .forms import chosen_name, stale

    valid = form.validate()
    if sheet.order.disowned_at is not None:
        abort(409)
    if stale(form, sheet):
        return _conflict(sheet, token, form)
    said = actions.Said(_drafts(sheet, form), _ratings(sheet, form), chosen_name(form, sheet))
    if not said.reviews and not said.ratings and valid:
        return _show(sheet, token, form, 422, nothing_said=True)
    # One row's error does not lose the others: what is right is published, the rest comes back with its words.
    try:
        refused = actions.publish_what_may(current_state(), sheet, said)
    except Overtaken:
        return _overtaken(token)
    except AdapterError as error:
        log.warning("%s; what a buyer has written could not be published, and stays in their form", error)
        return _show(sheet, token, form, 503, not_now=True)
    if valid and not refused:
        return _again(token, "published")
    return _rest(token, len(said.reviews) + len(said.ratings) - len(refused), refused)


def _overtaken(token: str) -> Response:
    """Look again after something else came first: what stands there already is fine, all else is shown beside it."""
    from .forms import posted_form, stands_already

    fresh = _open(token)
    form = posted_form(fresh, token, request.form)
    valid = form.validate()
    if fresh.order.disowned_at is not None:
        abort(409)
    if valid and stands_already(form, fresh):
        return _again(token, "published")
    form.once.data = fresh.fingerprint
    return _show(fresh, token, form, 409, changed_elsewhere=valid)


def _rest(token: str, published: int, refused: Container[tuple[Kind, int]]) -> Response:
    """Show what could not be published, every word kept, beside what was."""
    from .forms import mark_refused, posted_form

    fresh = _open(token)
    form = posted_form(fresh, token, request.form)
    form.validate()
    mark_refused(form, fresh, refused)
    form.once.data = fresh.fingerprint
    late = any(row.obstacle == "over" and entry.errors for row, entry in zip(fresh.sellers, form.seller, strict=True))
    return _show(fresh, token, form, 409 if late else 422, published=published)


def _conflict(sheet: Sheet, token: str, form: RateForm) -> Response:
    form.once.data = sheet.fingerprint
    return _show(sheet, token, form, 409, changed_elsewhere=True)


def _preview(sheet: Sheet, token: str, form: RateForm) -> Response:
    if not form.validate():
        return _show(sheet, token, form, 422)
    drafts, name = _drafts(sheet, form), clean_line(form.public_name.data or "")
    return _show(sheet, token, form, preview=drafts, preview_ratings=_ratings(sheet, form), preview_name=name)


def _delete(sheet: Sheet, token: str, form: RateForm, row: Row, *, confirmed: bool) -> Response:
    if not confirmed:
        form.once.data = sheet.fingerprint
        return bare_page("trust/submission/delete.html", sheet=sheet, row=row, form=form, token=token)
    if row.given is not None and form.once.data != sheet.fingerprint:
        # An old POST that comes again must not delete what was written later.
        abort(409)
    try:
        actions.take_back(current_state(), sheet, row)
    except Overtaken:
        abort(409)
    return _again(token, "deleted")


def _take_rating_back(sheet: Sheet, token: str, form: RateForm, row: SellerRow) -> Response:
    if row.given is None:
        return _again(token, "taken-back")
    if form.once.data != sheet.fingerprint:
        abort(409)
    try:
        actions.take_rating_back(current_state(), sheet, row)
    except Overtaken:
        abort(409)
    return _again(token, "taken-back")


def _refuse_old(sheet: Sheet, form: RateForm, *, done: bool) -> None:
    """Refuse a POST from a page drawn before the last change, unless it asks for what is so already."""
    if not done and form.once.data != sheet.fingerprint:
        abort(409)


def _not_arrived(sheet: Sheet, token: str, _form: RateForm) -> Response:
    actions.note_not_arrived(current_state(), sheet)
    return _again(token, "not-arrived")


def _not_mine(sheet: Sheet, token: str, form: RateForm) -> Response:
    _refuse_old(sheet, form, done=sheet.order.disowned_at is not None)
    actions.note_owner(current_state(), sheet, mine=False)
    return _again(token, "not-mine")


def _mine(sheet: Sheet, token: str, form: RateForm) -> Response:
    _refuse_old(sheet, form, done=sheet.order.disowned_at is None)
    actions.note_owner(current_state(), sheet, mine=True)
    return _again(token, "mine")


def _page_on(sheet: Sheet, token: str, form: RateForm) -> Response:
    return _choose_page(sheet, token, form, wanted=True)


def _page_off(sheet: Sheet, token: str, form: RateForm) -> Response:
    return _choose_page(sheet, token, form, wanted=False)


def _choose_page(sheet: Sheet, token: str, form: RateForm, *, wanted: bool) -> Response:
    if sheet.order.disowned_at is not None:
        abort(409)
    _refuse_old(sheet, form, done=(sheet.buyer.page_id is not None) == wanted)
    try:
        actions.choose_page(current_state(), sheet, wanted=wanted)
    except Overtaken:
        abort(409)
    return _again(token, "page-on" if wanted else "page-off")
