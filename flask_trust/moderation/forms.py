"""The forms of a report, of an answer in a case, and of a decision; no field of any of them holds stars."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField, ValidationError

from ..errors import MailError
from ..i18n import _
from ..mail.letter import check_address
from ..text import clean_line, clean_text
from ..web.forms import LinkForm, cleaned
from .actions import Ruling, Said
from .rules import (
    CHILD_ABUSE,
    EXPLANATION_LENGTH,
    FACTS_LENGTH,
    GROUNDS,
    ILLEGAL,
    LAW_LENGTH,
    REPORTABLE,
    Step,
    needs_reasons,
    that_hold,
)

EMAIL_LENGTH = 254
NAME_LENGTH = 80


def _choice(choices: tuple[str, ...]) -> Any:
    # Plain strings: WTForms 3.3 no longer wants pairs, and its stubs do not know yet.
    return RadioField(choices=[*choices], validate_choice=False)  # type: ignore[list-item,arg-type,unused-ignore]


class ReportForm(LinkForm):
    """What the law wants a report to say: reason, explanation, who reports, and that it is meant honestly."""

    reason = _choice(REPORTABLE)
    explanation = TextAreaField()
    name = StringField()
    email = StringField()
    honest = BooleanField()
    #: Nobody sees it, so only programs fill it in.
    website = StringField()

    #: Set before validating.
    reply = False

    def validate_reason(self, field: Any) -> None:
        """Want one of the reasons on the page."""
        if field.data not in that_hold(REPORTABLE, reply=self.reply):
            raise ValidationError(_("Please choose a reason."))

    def validate_explanation(self, field: Any) -> None:
        """Want some words to go by."""
        if not cleaned(field, clean_text, EXPLANATION_LENGTH):
            raise ValidationError(_("Please say what is wrong with it, so that somebody else can see it too."))

    def validate_name(self, field: Any) -> None:
        """Want a name, but for the one reason where nobody has to give one."""
        if not cleaned(field, clean_line, NAME_LENGTH) and self.reason.data != CHILD_ABUSE:
            raise ValidationError(_("Please give your name. Neither the author nor the seller gets to know it."))

    def validate_email(self, field: Any) -> None:
        """Want an address that can be written to, but for the one reason where nobody has to give one."""
        address = cleaned(field, clean_line, EMAIL_LENGTH)
        if not address and self.reason.data == CHILD_ABUSE:
            return
        try:
            check_address(address)
        except MailError:
            raise ValidationError(_("Please give your e-mail address: the answer goes there.")) from None

    def validate_honest(self, field: Any) -> None:
        """Want the tick."""
        if not field.data:
            raise ValidationError(_("Please tick this."))

    def said(self, lang: str) -> Said:
        """Return what a valid form says."""
        return Said(
            reason=self.reason.data,
            explanation=clean_text(self.explanation.data or "", EXPLANATION_LENGTH),
            name=clean_line(self.name.data or "", NAME_LENGTH),
            email=clean_line(self.email.data or "", EMAIL_LENGTH),
            lang=lang,
        )


class AnswerForm(LinkForm):
    """What author or reporter add to a case, or why they object."""

    text = TextAreaField()

    def validate_text(self, field: Any) -> None:
        """Want some words, and not too many."""
        if not cleaned(field, clean_text, EXPLANATION_LENGTH):
            raise ValidationError(_("Please write something first."))

    def cleaned(self) -> str:
        """Return the words of a valid form."""
        return clean_text(self.text.data or "", EXPLANATION_LENGTH)


class DecisionForm(LinkForm):
    """A step and its reasons; `seen` is the version that the page showed."""

    ground = _choice(GROUNDS)
    law = StringField()
    explanation = TextAreaField()
    facts = TextAreaField()
    seen = HiddenField()

    #: Set before validating.
    step: Step | None = None
    reply = False

    def validate_ground(self, field: Any) -> None:
        """Want a reason from the list wherever words are taken away."""
        if self._takes_away and field.data not in that_hold(GROUNDS, reply=self.reply):
            raise ValidationError(_("Please choose a reason. There are no others."))

    def validate_law(self, field: Any) -> None:
        """Want the law named that was broken."""
        named = cleaned(field, clean_line, LAW_LENGTH)
        if self._takes_away and self.ground.data == ILLEGAL and not named:
            raise ValidationError(_("Please name the law that it breaks."))

    def validate_explanation(self, field: Any) -> None:
        """Want it to be short enough."""
        cleaned(field, clean_text, EXPLANATION_LENGTH)

    def validate_facts(self, field: Any) -> None:
        """Want the author to learn which words it is about."""
        if not cleaned(field, clean_text, FACTS_LENGTH) and self._takes_away:
            raise ValidationError(_("Please say which words it is about and what you found out."))

    @property
    def _takes_away(self) -> bool:
        return self.step is not None and needs_reasons(self.step)

    @property
    def seen_version(self) -> int:
        """Return the version that the page showed, -1 where it does not say so."""
        seen = self.seen.data or ""
        return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1

    def ruling(self, step: Step) -> Ruling:
        """Return the decision that a valid form stands for; the reason is kept only where words are taken away."""
        ground = self.ground.data if needs_reasons(step) else None
        return Ruling(
            step=step,
            seen=self.seen_version,
            ground=ground,
            law=clean_line(self.law.data or "", LAW_LENGTH) if ground == ILLEGAL else "",
            explanation=clean_text(self.explanation.data or "", EXPLANATION_LENGTH),
            facts=clean_text(self.facts.data or "", FACTS_LENGTH),
        )


def link_of_report(kind: str, public_id: str) -> str:
    """Return what the form of a report is bound to."""
    return f"report|{kind}|{public_id}"


def link_of_case(viewer: str, case_id: int) -> str:
    """Return what the form of a decision is bound to: who is signed in, and the case."""
    return f"desk.report|{case_id}|{viewer}"


def link_of_list(viewer: str) -> str:
    """Return what the form is bound to with which staff open a case by themselves."""
    return f"desk.reports|{viewer}"
