"""The form for a reply to a review, which warns once about what a reply should not hold."""

from __future__ import annotations

import hashlib

from wtforms import HiddenField, TextAreaField, ValidationError

from ...i18n import _
from ...reviews.replies.rules import REPLY_LENGTH, Worry, worries
from ...text import clean_text
from ...web.forms import LinkForm, cleaned
from .sheet import ReplySheet, mark_of


class ReplyForm(LinkForm):
    """A reply: `seen` is what the page showed, `warned` marks the words whose writer was warned already."""

    reply = TextAreaField()
    seen = HiddenField()
    warned = HiddenField()
    action = HiddenField()
    said = ""

    def validate_reply(self, field: TextAreaField) -> None:
        """Want some words, and not too many, where a reply is what was sent."""
        if self.action.data != "publish":
            return
        self.said = cleaned(field, clean_text, REPLY_LENGTH)
        if not self.said:
            raise ValidationError(_("Please write your reply first."))

    def new_worries(self) -> list[str]:
        """Return what to look at again, in words; nothing where the writer was warned about the same text before."""
        found = worries(self.said)
        if not found or self.warned.data == _mark(self.said):
            return []
        self.warned.data = _mark(self.said)
        return [_words(worry) for worry in found]


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _words(worry: Worry) -> str:
    if worry == "address":
        return _("It holds something that looks like an e-mail address. The buyer is a private person.")
    if worry == "phone":
        return _("It holds something that looks like a telephone number. The buyer is a private person.")
    return _("It can be read as a threat, or as an offer for changing a review. Neither is allowed.")


def taken_down_before() -> str:
    """Return what stands beside words that staff has taken down before."""
    return _("The shop's staff has taken down these very words before. Please write it in another way, or object.")


def fresh_reply_form(sheet: ReplySheet, link: str) -> ReplyForm:
    """Return the form as a GET shows it."""
    data = {"reply": sheet.reply.text if sheet.reply else ""}
    return renewed(ReplyForm(meta={"csrf_context": link}, data=data), sheet)


def renewed(form: ReplyForm, sheet: ReplySheet) -> ReplyForm:
    """Return the form as one that was drawn just now, its words kept."""
    form.seen.data = mark_of(sheet.reply)
    return form


def link_of_review(sheet: ReplySheet) -> str:
    """Return what the form is bound to for somebody who is signed in: the review and the person."""
    return f"desk.reply|{sheet.review.public_id}|{sheet.key}"
