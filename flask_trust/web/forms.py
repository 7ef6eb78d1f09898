"""Forms opened from a mail: bound to their link, without a cookie or a session."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from flask import current_app
from wtforms import Form, ValidationError
from wtforms.csrf.core import CSRF

from ..i18n import _, ngettext
from ..links import secret_keys
from ..text import TextTooLong


class LinkCSRF(CSRF):
    """A form token that is a keyed hash of the link: whoever has the link may post, and nobody else can know it."""

    link = ""

    def setup_form(self, form: Any) -> Any:
        self.link = form.meta.csrf_context
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        return _tokens(self.link)[0]

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        given = (field.data or "").encode()
        if not any(hmac.compare_digest(given, token.encode()) for token in _tokens(self.link)):
            raise ValidationError(_("This page is out of date. Nothing is lost: please send it again."))


def _tokens(link: str) -> list[str]:
    """Return the form token under the current secret key, then under older ones."""
    keys = reversed(secret_keys(current_app))
    return [hmac.new(key, b"flask-trust.form|" + link.encode(), hashlib.sha256).hexdigest() for key in keys]


class LinkForm(Form):
    """Base of the forms behind a link: `LinkForm(request.form, meta={"csrf_context": token})`."""

    class Meta:
        csrf = True
        csrf_class = LinkCSRF
        csrf_field_name = "form_token"


def cleaned(field: Any, clean: Callable[[str, int], str], limit: int) -> str:
    """Return what a field says, cleaned; raises `ValidationError` where that is too long."""
    try:
        return clean(field.data or "", limit)
    except TextTooLong as error:
        raise ValidationError(
            ngettext(
                "Please shorten this: at most %(limit)d characters, yours has %(n)d.",
                "Please shorten this: at most %(limit)d characters, yours has %(n)d.",
                error.length,
                limit=error.limit,
            )
        ) from None
