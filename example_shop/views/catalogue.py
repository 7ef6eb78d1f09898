"""The shelves: all products, one product, one workshop, and the buy button."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from .. import orders, queries
from ..extensions import db
from ..forms import BuyForm, GuestBuyForm, buy_form
from ..models import Order, Product, Seller


def add_to(shop: Blueprint) -> None:
    """Register these pages."""
    shop.add_url_rule("/", view_func=home)
    shop.add_url_rule("/sellers/<int:seller_id>", view_func=seller)
    shop.add_url_rule("/products/<int:product_id>", view_func=product, methods=["GET", "POST"])


def home() -> str:
    """Show everything that is for sale."""
    return render_template("home.html", products=queries.products(), sellers=queries.sellers())


def seller(seller_id: int) -> str:
    """Show one workshop and its products."""
    found = db.session.get(Seller, seller_id) or abort(404)
    return render_template("seller.html", seller=found, products=queries.products(found.id))


def product(product_id: int) -> ResponseReturnValue:
    """Show one product; a POST buys it."""
    found = db.session.get(Product, product_id) or abort(404)
    form = buy_form(found, guest=not current_user.is_authenticated)
    if request.method == "POST":
        if form.validate():
            bought = buy(found, form)
            db.session.commit()
            return redirect(url_for("shop.order", code=bought.code), 303)
        return render_template("product.html", product=found, form=form), 422
    return render_template("product.html", product=found, form=form)


def buy(product: Product, form: BuyForm) -> Order:
    """Record the purchase that a valid form asks for."""
    wish = orders.Wish(product, form.option.data if product.options else None, form.quantity.data or 1)
    return orders.place(buyer_of(form), [wish])


def buyer_of(form: BuyForm) -> orders.Buyer:
    """Return who buys: the person signed in, or the guest who filled in the form."""
    if isinstance(form, GuestBuyForm):
        name, email = form.name.data or "", form.email.data or ""
        return orders.Buyer(guest_name=name.strip(), guest_email=email.strip().lower())
    return orders.Buyer(person=current_user._get_current_object())
