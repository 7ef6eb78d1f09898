"""Signing in by picking somebody, and the pages of a customer."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user

from .. import orders, queries
from ..extensions import db
from ..forms import check_token
from ..models import Order, Person, Stage


def add_to(shop: Blueprint) -> None:
    """Register these pages."""
    shop.add_url_rule("/sign-in", view_func=sign_in, methods=["GET", "POST"])
    shop.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    shop.add_url_rule("/orders", view_func=my_orders)
    shop.add_url_rule("/orders/<code>", view_func=order)
    shop.add_url_rule("/orders/<code>/arrived/<int:parcel_id>", view_func=arrived, methods=["POST"])
    shop.add_url_rule("/orders/<code>/cancel", view_func=cancel, methods=["POST"])


def sign_in() -> ResponseReturnValue:
    """Let the visitor be anybody: this is a demonstration, and nobody has a password."""
    if request.method == "GET":
        return render_template("sign_in.html", people=queries.people())
    check_token()
    person = db.session.get(Person, request.form.get("person", type=int) or 0) or abort(404)
    login_user(person)
    return redirect(url_for("shop.selling" if person.seller else "shop.home"), 303)


def sign_out() -> ResponseReturnValue:
    """Become a stranger again."""
    check_token()
    logout_user()
    return redirect(url_for("shop.home"), 303)


@login_required  # type: ignore[untyped-decorator]
def my_orders() -> str:
    """Show what the customer bought."""
    return render_template("orders.html", orders=queries.orders_of(current_user))


def order(code: str) -> str:
    """Show one order to its buyer; a guest's order opens by its number, which nobody can guess."""
    return render_template("order.html", order=own_order(code))


def own_order(code: str) -> Order:
    """Return an order that the visitor may see, or say that there is none."""
    found = queries.order_by_code(code)
    if found is None or (found.buyer is not None and found.buyer != current_user):
        abort(404)
    return found


def arrived(code: str, parcel_id: int) -> ResponseReturnValue:
    """Note that a parcel came, as said by the customer."""
    check_token()
    parcel = next((each for each in own_order(code).parcels if each.id == parcel_id), None) or abort(404)
    orders.arrive(parcel)
    db.session.commit()
    flash("Good to hear that it has arrived.")
    return redirect(url_for("shop.order", code=code), 303)


def cancel(code: str) -> ResponseReturnValue:
    """Cancel what has not been sent yet."""
    check_token()
    found = own_order(code)
    orders.cancel(found, found.lines, by="buyer")
    db.session.commit()
    flash("The order is cancelled." if found.stage is Stage.CANCELLED else "What was not sent yet is cancelled.")
    return redirect(url_for("shop.order", code=code), 303)
