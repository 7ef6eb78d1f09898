"""The shop's forms; every POST carries a token of the session."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, request, session
from wtforms import EmailField, Form, IntegerField, RadioField, StringField
from wtforms.csrf.session import SessionCSRF
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from .models import Product

TOKEN_FIELD = "shop_token"
ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
NO_ADDRESS = "This is not an e-mail address."


class ShopForm(Form):
    """A form with nothing but the token: enough for a lone button."""

    class Meta:
        csrf = True
        csrf_class = SessionCSRF
        csrf_field_name = TOKEN_FIELD
        csrf_time_limit = None

        @property
        def csrf_secret(self) -> bytes:
            return str(current_app.secret_key).encode()

        @property
        def csrf_context(self) -> Any:
            return session


class BuyForm(ShopForm):
    """What a signed-in customer tells when buying."""

    option = RadioField("Choose one")
    quantity = IntegerField("How many", [NumberRange(1, 9)], default=1)


class GuestBuyForm(BuyForm):
    """What a guest tells when buying."""

    name = StringField("Your name", [InputRequired(), Length(max=80)])
    email = EmailField("Your e-mail", [InputRequired(), Length(max=254), Regexp(ADDRESS, message=NO_ADDRESS)])


def buy_form(product: Product, *, guest: bool) -> BuyForm:
    """Return the form that buys this product."""
    form = (GuestBuyForm if guest else BuyForm)(request.form)
    if product.options:
        form.option.choices = [(each, each) for each in product.options]
        form.option.data = form.option.data or product.options[0]
    else:
        form.option.choices = []
        form.option.validators = [Optional()]
        form.option.validate_choice = False
    return form


def token() -> str:
    """Return the session's token for a form that a template writes by hand."""
    field: Any = ShopForm()[TOKEN_FIELD]
    return str(field.current_token)


def check_token() -> None:
    """Refuse a POST that was not sent from one of our own pages."""
    if not ShopForm(request.form).validate():
        abort(400, "This page had been open for too long. Go back, reload it and try again.")
