"""The seller's forms: three questions about a buyer, a reply to a rating, and the same answers for many orders."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, RadioField, StringField, TextAreaField, ValidationError

from ..i18n import _
from ..ratings.rules import QUESTIONS, BuyerDraft
from ..text import clean_text
from ..web.forms import LinkForm, cleaned
from .actions import mark_of, version_of
from .rules import PAGE, REPLY_LENGTH
from .sheets import Desk, OwnPart

#: How an answer is posted; no answer at all is an empty one.
YES, NO = "yes", "no"
_ANSWERS = {YES: True, NO: False}


def _question() -> Any:
    # Plain strings: WTForms 3.3 no longer wants pairs, and its stubs do not know yet.
    return RadioField(choices=[YES, NO, ""], validate_choice=False)  # type: ignore[list-item,arg-type,unused-ignore]


class QuestionForm(LinkForm):
    """The three questions about a buyer."""

    paid = _question()
    reachable = _question()
    again = _question()
    action = HiddenField()

    def validate_paid(self, field: Any) -> None:
        """Make sure that something is said where the questions are what was sent."""
        if self.action.data == "answer" and self.draft().is_blank:
            raise ValidationError(_("Please answer at least one question, or say that you have nothing to say."))

    def draft(self) -> BuyerDraft:
        """Return the answers; anything but yes and no is none."""
        return BuyerDraft(**{name: _ANSWERS.get(self[name].data or "") for name in QUESTIONS})


class PartForm(QuestionForm):
    """What a seller says about one order; `seen` and `replied` are what the page showed."""

    seller = HiddenField()
    seen = HiddenField()
    replied = HiddenField()
    reply = TextAreaField()

    def validate_reply(self, field: Any) -> None:
        """Want some words, and not too many, where a reply is what was sent."""
        if self.action.data != "reply":
            return
        said = cleaned(field, clean_text, REPLY_LENGTH)
        if not said:
            raise ValidationError(_("Please write your reply first."))

    @property
    def seen_version(self) -> int:
        """Return the version that the page showed, -1 where it does not say so."""
        seen = self.seen.data or ""
        return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1


def fresh_form(part: OwnPart, link: str) -> PartForm:
    """Return the form of a part as a GET shows it."""
    said = part.said or BuyerDraft()
    words = {True: YES, False: NO, None: ""}
    data = {name: words[getattr(said, name)] for name in QUESTIONS}
    data |= {"seller": part.key, "reply": part.reply.text if part.reply else ""}
    return renewed(PartForm(meta={"csrf_context": link}, data=data), part)


def renewed(form: PartForm, part: OwnPart) -> PartForm:
    """Return the form as one that was drawn just now, its words kept."""
    form.seen.data, form.replied.data = str(version_of(part.last)), mark_of(part.reply)
    return form


class ManyForm(QuestionForm):
    """The same answers about many orders: `chosen` are the ticked ones, and is set before validating."""

    order = StringField()
    chosen: tuple[str, ...] = ()

    def validate_order(self, field: Any) -> None:
        """Want at least one order, and no more than a page shows."""
        if self.action.data not in ("answer", "pass"):
            return
        if not self.chosen:
            raise ValidationError(_("Please tick at least one order."))
        if len(self.chosen) > PAGE:
            raise ValidationError(_("Please tick at most %(limit)d orders at once.", limit=PAGE))


def link_of_order(viewer: str, order_key: str) -> str:
    """Return what the forms of an order's page are bound to: who is signed in, and the order."""
    return f"desk.order|{order_key}|{viewer}"


def link_of_desk(viewer: str, desk: Desk) -> str:
    """Return what the form of a seller's list is bound to: who is signed in, and the seller."""
    return f"desk.deals|{desk.key}|{viewer}"
