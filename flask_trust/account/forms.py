"""The forms of a person's own page: buttons, and one field for an address."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, StringField, ValidationError

from ..errors import MailError
from ..i18n import _
from ..mail.letter import check_address
from ..text import clean_line
from ..web.forms import LinkForm, cleaned

EMAIL_LENGTH = 254


class ButtonForm(LinkForm):
    """A form with buttons alone, bound to the link or to who is signed in."""

    action = HiddenField()


class AddressForm(LinkForm):
    """Asks for the address that somebody has ordered with."""

    email = StringField()
    #: Nobody sees it, so only programs fill it in.
    website = StringField()

    def validate_email(self, field: Any) -> None:
        """Want an address that can be written to."""
        try:
            check_address(cleaned(field, clean_line, EMAIL_LENGTH))
        except MailError:
            raise ValidationError(_("Please give the e-mail address you have ordered with.")) from None
