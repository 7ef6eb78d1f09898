"""The owner's buttons: no field but the one that says which was pressed."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, SelectField, StringField, ValidationError

from ...errors import BadValue
from ...i18n import _
from ...privacy.rights.rules import WHATS
from ...shop import clean_id
from ...text import clean_line
from ...web.forms import LinkForm, cleaned

REFERENCE_LENGTH = 40


class ButtonForm(LinkForm):
    """A form with buttons alone, bound to who is signed in and to its page."""

    action = HiddenField()


def button_form(page: str, viewer: str, posted: Any = None) -> ButtonForm:
    """Return the form of a page for the person who looks."""
    return ButtonForm(posted, meta={"csrf_context": f"desk.{page}|{viewer}"})


class RequestForm(ButtonForm):
    """A request that came by letter: what it asks for, the shop's id of the person, a number to find the letter by."""

    what = SelectField(choices=[*WHATS], validate_choice=False)  # type: ignore[list-item,arg-type,unused-ignore]
    person = StringField()
    reference = StringField()

    @property
    def said_reference(self) -> str:
        """Return the number to find the letter by."""
        return clean_line(self.reference.data or "", REFERENCE_LENGTH)

    def validate_what(self, field: Any) -> None:
        """Want one of the kinds on the page."""
        if field.data not in WHATS:
            raise ValidationError(_("Please choose what they ask for."))

    def validate_person(self, field: Any) -> None:
        """Want an id as the shop has them, or nothing."""
        field.data = (field.data or "").strip()
        if field.data and not _is_id(field.data):
            raise ValidationError(_("Please give the customer's id in your shop, not a name or an address."))

    def validate_reference(self, field: Any) -> None:
        """Want a number of the shop's own, not somebody's address."""
        if "@" in cleaned(field, clean_line, REFERENCE_LENGTH):
            raise ValidationError(_("Please give a number to find the letter by, not a name or an address."))


def _is_id(text: str) -> bool:
    try:
        return clean_id(text) == text
    except BadValue:
        return False
