"""The shop's pages."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, redirect, render_template, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from ..extensions import db, login_manager
from ..forms import TOKEN_FIELD, token
from ..models import Person, by_seller, stage_of
from ..words import day, euro
from . import account, catalogue, selling

shop = Blueprint("shop", __name__)
for room in (catalogue, account, selling):
    room.add_to(shop)


def init_app(app: Flask) -> None:
    """Give the app its pages, headers and template helpers."""
    app.register_blueprint(shop)
    app.add_url_rule("/favicon.ico", view_func=favicon)
    app.after_request(strict_headers)
    app.register_error_handler(HTTPException, error_page)
    app.jinja_env.filters.update(euro=euro, day=day)
    app.jinja_env.globals.update(form_token=token, form_token_field=TOKEN_FIELD, by_seller=by_seller, stage_of=stage_of)
    login_manager.user_loader(load_person)
    login_manager.login_view = "shop.sign_in"


def load_person(person_id: str) -> Person | None:
    """Return who is signed in."""
    return db.session.get(Person, int(person_id)) if person_id.isdecimal() else None


def favicon() -> BaseResponse:
    """Lead browsers that ask without being told, as on a page in another frame, to the logo."""
    return redirect(url_for("static", filename="logo.svg"))


def strict_headers(response: Response) -> Response:
    """Allow a page nothing from elsewhere, unless its view decided otherwise."""
    response.headers.setdefault("Content-Security-Policy", "default-src 'self'")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def error_page(error: HTTPException) -> tuple[str, int] | HTTPException:
    """Show an error in the shop's frame; redirects and ready answers pass."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    return render_template("error.html", error=error), error.code
