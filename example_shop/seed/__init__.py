"""What the market starts with: workshops, shelves and people.

Its orders are in `orders.toml` and its reviews in `reviews.toml`; `demo/history.py` lets them happen day by day.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ..extensions import db
from ..models import Person, Product, Seller

FOLDER = Path(__file__).parent


def read(name: str) -> list[dict[str, Any]]:
    """Return the entries of a file in this folder, such as "person" from people.toml."""
    content = tomllib.loads((FOLDER / name).read_text("utf-8"))
    (entries,) = content.values()
    return list(entries)


def fill() -> None:
    """Add workshops, products and people to an empty database; the caller commits."""
    languages = {entry["id"]: entry["language"] for entry in read("sellers.toml")}
    db.session.add_all(Seller(**entry) for entry in read("sellers.toml"))
    db.session.add_all(_product(entry, languages) for entry in read("products.toml"))
    db.session.add_all(_person(entry) for entry in read("people.toml"))


def _product(entry: dict[str, Any], languages: dict[int, str]) -> Product:
    plain = {name: entry[name] for name in ("id", "sku", "title", "caption", "picture", "description")}
    return Product(
        **plain,
        seller_id=entry["seller"],
        price_cents=entry["price"],
        options=entry.get("options", []),
        article=entry.get("article"),
        language=entry.get("language", languages[entry["seller"]]),
    )


def _person(entry: dict[str, Any]) -> Person:
    plain = {name: entry[name] for name in ("id", "name", "email", "place", "locale", "timezone")}
    return Person(**plain, seller_id=entry.get("seller"), is_staff=entry.get("staff", False))
