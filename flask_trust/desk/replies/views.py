"""The page for replying to a review: behind the link of a mail, and for whoever is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from ... import i18n, links
from ...errors import AdapterError
from ...moderation.places import author_token_of
from ...reviews.rules import guess_language
from ...state import current_state
from ...verdicts.rules import Forbidden
from ...web.frame import bare_page, personal_page
from ...web.headers import allow_long_forms, personal, private
from ...web.visitors import for_visitor
from ..actions import Overtaken
from .sheet import ReplySheet, delete_reply, load_by_key, load_by_number, publish_reply

if TYPE_CHECKING:
    from .forms import ReplyForm


def reply_by_link(token: str) -> Response:
    """Show a review to whom the mail about it went, and take the reply."""
    opened = links.read("reply", token)
    if opened is None or not opened.extra.isdecimal():
        abort(404)
    try:
        sheet = None if opened.expired else load_by_number(current_state(), opened.number, int(opened.extra))
    except AdapterError:
        abort(503)
    if sheet is None:
        abort(410)
    return _Page(sheet, token).answer()


@for_visitor
def reply(viewer: str, public_id: str) -> Response:
    """Show a review to somebody who may reply to it, and take the reply."""
    known = public_id.isascii() and public_id.isalnum()
    sheet = load_by_key(current_state(), public_id, viewer) if known else None
    if sheet is None:
        abort(404)
    return _Page(sheet).answer()


class _Page:
    """One request for the page, with the token of its link or without one."""

    def __init__(self, sheet: ReplySheet, token: str = "") -> None:
        from .forms import link_of_review  # WTForms is imported when a form is needed

        self.sheet, self.token = sheet, token
        self.link = f"reply|{token}" if token else link_of_review(sheet)

    @property
    def url(self) -> str:
        if self.token:
            return url_for("trust.reply_by_link", token=self.token)
        return url_for("trust.reply", public_id=self.sheet.review.public_id)

    def answer(self) -> Response:
        from .forms import ReplyForm, fresh_reply_form

        if request.method != "POST":
            if request.args.get("to") == "case" and self.sheet.case_id is not None:
                # Led there instead of linked: the scripts in a shop's frame must not find the secret link on the page.
                token = author_token_of(self.sheet.case_id)
                return private(redirect(url_for("trust.case", token=token), 303))
            return self._show(fresh_reply_form(self.sheet, self.link), saved=request.args.get("saved", ""))
        allow_long_forms()
        form = ReplyForm(request.form, meta={"csrf_context": self.link})
        if not form.validate():
            return self._show(form, 422)
        if form.action.data == "delete":
            return self._carry_out(form)
        if form.action.data != "publish":
            abort(400)
        warnings = form.new_worries()
        return self._show(form, 422, warnings=warnings) if warnings else self._carry_out(form)

    def _carry_out(self, form: ReplyForm) -> Response:
        from .forms import taken_down_before

        state, seen = current_state(), form.seen.data or ""
        try:
            if form.action.data == "delete":
                delete_reply(state, self.sheet, seen)
            else:
                publish_reply(state, self.sheet, form.said, guess_language(form.said, i18n.locale()), seen)
        except Overtaken:
            return self._overtaken(form)
        except Forbidden:
            form.reply.errors = [taken_down_before()]
            return self._show(form, 422)
        saved = "deleted" if form.action.data == "delete" else "reply"
        guard = private if self.token else personal
        return guard(redirect(f"{self.url}{'&' if '?' in self.url else '?'}saved={saved}", 303))

    def _overtaken(self, form: ReplyForm) -> Response:
        from .forms import renewed

        fresh = load_by_key(current_state(), self.sheet.review.public_id, self.sheet.key)
        if fresh is None:
            abort(410)
        self.sheet = fresh
        return self._show(renewed(form, fresh), 409, overtaken=True)

    def _show(self, form: ReplyForm, status: int = 200, **extra: Any) -> Response:
        draw = bare_page if self.token else personal_page
        view: dict[str, Any] = {"saved": "", "warnings": [], "overtaken": False} | extra
        frame = "trust/bare.html" if self.token else "trust/base.html"
        return draw(
            "trust/desk/reply.html", status=status, sheet=self.sheet, form=form, url=self.url, frame=frame, **view
        )
