"""The measured shop: flask_trust mounted as its README says, with an adapter that costs next to nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from flask import Flask, render_template
from flask_sqlalchemy import SQLAlchemy

from flask_trust import Product, Shop, Trust

SECRET = "public"
NOW = datetime(2027, 5, 3, 12, tzinfo=UTC)
SHOP_NAME = "Corner Shop"
LISTED = tuple(f"listed-{number}" for number in range(50))


def product_of(key: str) -> Product:
    """Return what the shop knows about a product."""
    return Product(key, key.replace("-", " ").title(), f"/products/{key}", f"/pictures/{key}.jpg")


class BenchShop(Shop):
    """Answers from memory, so that the shop's own share is as good as nothing."""

    def __init__(self) -> None:
        self.known: dict[str, Product] = {}

    def products(self, ids: Sequence[str]) -> Mapping[str, Product]:
        """Return every product that is asked for."""
        return {each: self.known.get(each) or self.known.setdefault(each, product_of(each)) for each in ids}


def make_app(url: str) -> tuple[Flask, SQLAlchemy]:
    """Return a shop on this database, with a page that lists fifty products."""
    app, db = Flask(__name__), SQLAlchemy()
    app.config.update(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=url, TRUST_SHOP_NAME=SHOP_NAME)
    db.init_app(app)
    Trust(db, BenchShop(), clock=lambda: NOW).init_app(app)
    app.add_url_rule("/list", "list", lambda: render_template("list.html", keys=LISTED))
    return app, db
