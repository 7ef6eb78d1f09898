"""The page of a workshop: what to send, what is on its way, what has arrived."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from .. import orders, queries
from ..extensions import db
from ..forms import check_token
from ..models import Order, Parcel, Seller


def add_to(shop: Blueprint) -> None:
    """Register these pages."""
    shop.add_url_rule("/selling", view_func=selling)
    shop.add_url_rule("/selling/<int:order_id>/ship", view_func=ship, methods=["POST"])
    shop.add_url_rule("/selling/<int:order_id>/cancel", view_func=turn_down, methods=["POST"])
    shop.add_url_rule("/selling/parcels/<int:parcel_id>/arrived", view_func=parcel_arrived, methods=["POST"])


def own_workshop() -> Seller:
    """Return the workshop of whoever is signed in."""
    seller: Seller | None = current_user.seller
    return seller or abort(403, "This page is for the people of a workshop.")


@login_required  # type: ignore[untyped-decorator]
def selling() -> str:
    """Show the workshop's orders."""
    seller = own_workshop()
    return render_template("selling.html", seller=seller, orders=queries.orders_with(seller), to_ship=orders.to_ship)


@login_required  # type: ignore[untyped-decorator]
def ship(order_id: int) -> ResponseReturnValue:
    """Send the ticked positions of an order in one parcel."""
    check_token()
    seller, order = own_workshop(), _order(order_id)
    ticked = request.form.getlist("line", type=int)
    lines = [line for line in orders.to_ship(order, seller) if line.id in ticked]
    if lines:
        orders.ship(order, seller, lines, orders.CARRIERS[seller.language])
        db.session.commit()
    flash(f"Order {order.code}: the parcel is on its way." if lines else "Tick at least one thing to send.")
    return _back(order)


@login_required  # type: ignore[untyped-decorator]
def turn_down(order_id: int) -> ResponseReturnValue:
    """Cancel what the workshop has not sent and cannot send."""
    check_token()
    seller, order = own_workshop(), _order(order_id)
    orders.cancel(order, orders.to_ship(order, seller), by="seller")
    db.session.commit()
    flash(f"Order {order.code}: cancelled, and the customer gets the money back.")
    return _back(order)


@login_required  # type: ignore[untyped-decorator]
def parcel_arrived(parcel_id: int) -> ResponseReturnValue:
    """Note that a parcel came, as said by the carrier."""
    check_token()
    parcel = db.session.get(Parcel, parcel_id) or abort(404)
    if parcel.seller_id != own_workshop().id:
        abort(404)
    orders.arrive(parcel)
    db.session.commit()
    flash(f"Order {parcel.order.code}: the parcel has arrived.")
    return _back(parcel.order)


def _order(order_id: int) -> Order:
    return db.session.get(Order, order_id) or abort(404)


def _back(order: Order) -> ResponseReturnValue:
    return redirect(url_for("shop.selling", _anchor=f"order-{order.id}"), 303)
