"""The limit: the same pages written by hand for nothing but speed, with SQLAlchemy Core and one Jinja template.

One language, no plugin, no adapter, no choice of frame: what is left is what any such page has to do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask, render_template, request
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, create_engine, or_, select

from flask_trust.people.models import Person
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject

from .ideal_post import Posting
from .shop import LISTED, NOW, SHOP_NAME, product_of

PAGE = 10
SORTS = ("newest", "oldest", "highest", "lowest")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LANGUAGES = {"de": "German", "ja": "Japanese", "ko": "Korean"}
MONTHS = ("", *(date(2027, month, 1).strftime("%B") for month in range(1, 13)))

_R: Any = Review.__table__.c
_P: Any = Person.__table__.c
_S: Any = Subject.__table__.c

_SUBJECTS = select(
    *(_S[name] for name in ("id", "kind", "key", "shown", "day", *(f"{c}{n}" for c in "nwm" for n in range(1, 6))))
).where(
    or_(
        and_(_S.kind == "product", _S.key.in_(bindparam("keys", expanding=True))),
        and_(_S.kind == "shop", _S.key == "reviews"),
    )
)
_CARDS = (
    select(
        *(_R.id, _R.public_id, _R.stars, _R.title, _R.text, _R.lang, _R.variant, _R.bought_in, _R.shown_at),
        *(_R.edited_at, _R.incentive, _R.insider, _P.public_name),
    )
    .join_from(Review.__table__, Person.__table__, _P.id == _R.person_id)
    .where(_R.subject_id == bindparam("subject"), _R.live, _R.shown_at <= bindparam("now"))
    .order_by(_R.shown_at.desc(), _R.id.desc())
    .limit(PAGE + 1)
)
_OF_STARS = _CARDS.where(_R.stars == bindparam("stars"))


def _older() -> ColumnElement[bool]:
    at: Any = bindparam("at")
    return and_(_R.shown_at <= at, or_(_R.shown_at < at, _R.id < bindparam("last")))


_CARDS_AFTER = _CARDS.where(_older())


class Ideal:
    """The hand-written shop on one database."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)

    def product(self, key: str) -> str:
        """Draw a product's page: two queries."""
        sort, stars, after = request.args.get("sort"), request.args.get("stars"), request.args.get("after")
        with self.engine.connect() as connection:
            row, shop = _product_and_shop(connection.execute(_SUBJECTS, {"keys": [key]}).all(), key)
            wanted: dict[str, Any] = {"subject": row.id, "now": NOW}
            if sort == "lowest":
                rows = _lowest(connection, wanted)
            elif stars:
                rows = _all(connection, _OF_STARS, {**wanted, "stars": int(stars)})
            elif after:
                rows = _all(connection, _CARDS_AFTER, {**wanted, **_place(after)})
            else:
                rows = _all(connection, _CARDS, wanted)
        return _draw(key, row, shop, rows, sort=sort or "newest", stars=int(stars or 0), after=after)

    def listed(self) -> str:
        """Draw a list of fifty products with their stars: one query."""
        with self.engine.connect() as connection:
            rows = connection.execute(_SUBJECTS, {"keys": list(LISTED)}).all()
        shop = next(row for row in rows if row.kind == "shop")
        scores = {row.key: _score(row, shop) for row in rows}
        return render_template("ideal_list.html", keys=LISTED, scores=scores)


def _product_and_shop(rows: Sequence[Any], key: str) -> tuple[Row[Any], Row[Any]]:
    first, second = rows
    return (first, second) if first.key == key else (second, first)


def _all(connection: Connection, query: Select[Any], values: dict[str, Any]) -> list[Any]:
    return list(connection.execute(query, values))


def _lowest(connection: Connection, wanted: dict[str, Any]) -> list[Any]:
    """Return the first page with the lowest stars first: one level after the other until the page is full."""
    rows: list[Any] = []
    for stars in range(1, 6):
        rows += _all(connection, _OF_STARS, {**wanted, "stars": stars})
        if len(rows) > PAGE:
            break
    return rows[: PAGE + 1]


def _place(cursor: str) -> dict[str, Any]:
    _, micros, number = cursor.split("-")
    return {"at": EPOCH + timedelta(microseconds=int(micros)), "last": int(number)}


def _cursor(row: Row[Any], sort: str) -> str:
    value = row.stars if sort == "lowest" else 0
    return f"{value}-{(row.shown_at - EPOCH) // timedelta(microseconds=1)}-{row.id}"


def _score(row: Row[Any], shop: Row[Any]) -> dict[str, Any]:
    """Return the figures of a score, by the formula of the project in as few steps as it takes."""
    counts = (row.n1, row.n2, row.n3, row.n4, row.n5)
    usual = (shop.n1, shop.n2, shop.n3, shop.n4, shop.n5)
    factor = 2.0 ** ((date(2020, 1, 1) - NOW.date()).days / 1095)
    weights = (row.w1, row.w2, row.w3, row.w4, row.w5)
    levels = [0.25 + 1.25 * n / sum(usual) + w * factor for n, w in zip(usual, weights, strict=True)]
    total = sum(levels)
    score = sum(k * a for k, a in enumerate(levels, 1)) / total
    squares = sum(k * k * a for k, a in enumerate(levels, 1)) / total
    spread = 1.959963984540054 * math.sqrt((squares - score * score) / (total + 1))
    return {
        "count": sum(counts),
        "counts": counts,
        "average": sum(k * n for k, n in enumerate(counts, 1)) / sum(counts),
        "score": score,
        "low": score - spread,
        "high": min(5.0, score + spread),
        "shown": row.shown,
    }


def _draw(
    key: str, row: Row[Any], shop: Row[Any], rows: Sequence[Any], *, sort: str, stars: int, after: str | None
) -> str:
    return render_template(
        "ideal_product.html",
        shop=SHOP_NAME,
        product=product_of(key),
        score=_score(row, shop),
        cards=rows[:PAGE],
        next_cursor=_cursor(rows[PAGE - 1], sort) if len(rows) > PAGE else None,
        sorts=SORTS,
        sort=sort,
        stars=stars,
        after=after,
        months=MONTHS,
        languages=LANGUAGES,
    )


def make_ideal(url: str) -> tuple[Flask, Ideal]:
    """Return the hand-written shop as a Flask app, under the same paths as ours."""
    app, ideal = Flask(__name__), Ideal(url)
    app.add_url_rule("/trust/", "home")
    app.add_url_rule("/trust/reviews/<key>", "review")
    app.add_url_rule("/trust/products/<key>", "product", ideal.product)
    app.add_url_rule("/list", "list", ideal.listed)
    app.add_url_rule("/trust/rate/<token>", "rate", Posting(ideal.engine).rate, methods=["POST"])
    return app, ideal
