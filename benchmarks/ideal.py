"""The limit: the same pages written by hand for nothing but speed, with SQLAlchemy Core and one Jinja template.

One language, no plugin, no adapter, no choice of frame: what is left is what any such page has to do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask, make_response, render_template, request
from markupsafe import Markup
from sqlalchemy import Connection, Row, create_engine
from werkzeug.wrappers import Response

from .ideal_post import Posting
from .ideal_queries import (
    BEHIND,
    COUNTED,
    FIRST_PAGE,
    HELPFUL,
    LIST,
    MINE,
    NEWEST,
    OF_STARS,
    PAGE,
    TODAY,
    TOTALS,
    VERSION,
    cursor_at,
    place_of,
)
from .ideal_sums import score_of, stars_of, starts_of, sum_up
from .shop import LISTED, NOW, SECRET, SHOP_NAME, product_of

SORTS = ("newest", "oldest", "highest", "lowest", "helpful")
NAMES = dict(zip(SORTS, ("Newest", "Oldest", "Highest", "Lowest", "Most helpful"), strict=True))
LANGUAGES = {"de": "German", "ja": "Japanese", "ko": "Korean"}
MONTHS = ("", *(date(2027, month, 1).strftime("%B") for month in range(1, 13)))
HERE = "http://localhost"
SPOKEN = "en"
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'; img-src 'self' https: data:",
    "Vary": "Accept-Language, Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
}
ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&'"}


class Ideal:
    """The hand-written shop on one database."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)

    def product(self, key: str) -> Response:
        """Draw a product's page with three queries, or two behind its first; one where its reader has it already."""
        known = request.headers.get("If-None-Match")
        with self.engine.connect() as connection:
            if known and known == _tag(connection.execute(VERSION, {"key": key}).scalar()):
                return Response(status=304, headers={**HEADERS, "ETag": known})
            row, shop = _product_and_shop(connection.execute(TOTALS, {"keys": [key]}).all(), key)
            drawn = _first(connection, key, row, shop) if not request.args else _list(connection, key, row, shop)
        response = make_response(drawn)
        response.headers.update({**HEADERS, "ETag": _tag(row.version)})
        return response

    def listed(self) -> str:
        """Draw a list of fifty products with their stars: one query."""
        with self.engine.connect() as connection:
            rows = connection.execute(TOTALS, {"keys": list(LISTED)}).all()
        starts = starts_of(next(row for row in rows if row.kind == "shop"))
        scores = {row.key: stars_of(row, starts) for row in rows}
        return render_template("ideal_list.html", keys=LISTED, scores=scores)


def _tag(version: int | None) -> str:
    return f'W/"{version}-{TODAY}-{request.query_string.decode()}"'


def _product_and_shop(rows: Sequence[Any], key: str) -> tuple[Row[Any], Row[Any]]:
    first, second = rows
    return (first, second) if first.key == key else (second, first)


def _first(connection: Connection, key: str, row: Row[Any], shop: Row[Any]) -> str:
    """Draw the first page with all that stands on it."""
    wanted = {"subject": row.id, "now": NOW, "lang": SPOKEN}
    score = score_of(row, shop)
    sums = sum_up(connection.execute(COUNTED, wanted).all(), score["counts"])
    parts: dict[int, list[Any]] = {}
    for each in sorted(connection.execute(FIRST_PAGE, wanted), key=lambda each: (each.shown_at, each.id), reverse=True):
        parts.setdefault(each.part, []).append(each)
    rows, own = parts[LIST], parts.get(MINE, [])
    if all(each.lang in ("", SPOKEN) for each in rows[:PAGE]):
        own = []
    useful = [_best([each for stars in levels for each in parts.get(stars, ())]) for levels in ((1, 2, 3), (4, 5))]
    data = _json_ld(key, score, rows[:PAGE])
    return _draw(key, score, rows, sums=sums, pair=useful if all(useful) else (), own=own, json_ld=data)


def _best(rows: Sequence[Any]) -> Any:
    return max(rows, key=lambda row: (row.helpful, row.shown_at, row.id), default=None)


def _list(connection: Connection, key: str, row: Row[Any], shop: Row[Any]) -> str:
    """Draw a page of one of the lists behind the first."""
    sort, stars, after = request.args.get("sort"), request.args.get("stars"), request.args.get("after")
    wanted: dict[str, Any] = {"subject": row.id, "now": NOW}
    if sort == "lowest":
        rows = _lowest(connection, wanted)
    elif sort == "helpful":
        rows = list(connection.execute(HELPFUL, wanted))
    elif stars:
        rows = list(connection.execute(OF_STARS, {**wanted, "stars": int(stars)}))
    elif after:
        rows = list(connection.execute(BEHIND, {**wanted, **place_of(after)}))
    else:
        rows = list(connection.execute(NEWEST, wanted))
    return _draw(key, score_of(row, shop), rows, sort=sort or "newest", stars=int(stars or 0), after=after)


def _lowest(connection: Connection, wanted: dict[str, Any]) -> list[Any]:
    """Return the first page with the lowest stars first: one level after the other until the page is full."""
    rows: list[Any] = []
    for stars in range(1, 6):
        rows += connection.execute(OF_STARS, {**wanted, "stars": stars})
        if len(rows) > PAGE:
            break
    return rows[: PAGE + 1]


def _cursor(row: Row[Any], sort: str) -> str:
    values = {"lowest": row.stars, "helpful": row.helpful}
    return cursor_at(row.shown_at, row.id, values.get(sort, 0))


def _json_ld(key: str, score: dict[str, Any], rows: Sequence[Any]) -> Markup:
    product, scale = product_of(key), {"bestRating": 5, "worstRating": 1}
    rating = {"@type": "AggregateRating", "ratingValue": round(score["average"], 2), "ratingCount": score["count"]}
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "url": f"{HERE}{product.url}",
        "image": f"{HERE}{product.image_url}",
        "aggregateRating": {**rating, **scale},
        "review": [_told(row, scale) for row in rows if row.counted],
    }
    return Markup(json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPED))


def _told(row: Row[Any], scale: dict[str, int]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "@type": "Review",
        "url": f"{HERE}/trust/reviews/{row.public_id}",
        "author": {"@type": "Person", "name": row.public_name or "Confirmed buyer"},
        "datePublished": row.shown_at.date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": row.stars, **scale},
    }
    for name, value in (("name", row.title), ("reviewBody", row.text), ("inLanguage", row.lang)):
        if value:
            told[name] = value
    return told


def _draw(key: str, score: dict[str, Any], rows: Sequence[Any], *, sort: str = "newest", **view: Any) -> str:
    return render_template(
        "ideal_product.html",
        shop=SHOP_NAME,
        here=HERE,
        product=product_of(key),
        score=score,
        cards=rows[:PAGE],
        next_cursor=_cursor(rows[PAGE - 1], sort) if len(rows) > PAGE else None,
        sorts=NAMES,
        sort=sort,
        months=MONTHS,
        languages=LANGUAGES,
        **view,
    )


def make_ideal(url: str) -> tuple[Flask, Ideal]:
    """Return the hand-written shop as a Flask app, under the same paths as ours."""
    app, ideal = Flask(__name__), Ideal(url)
    app.config["SECRET_KEY"] = SECRET  # as every shop has: Flask opens a session for each request then
    app.add_url_rule("/trust/", "home")
    app.add_url_rule("/trust/products/<key>", "product", ideal.product)
    app.add_url_rule("/list", "list", ideal.listed)
    app.add_url_rule("/trust/rate/<token>", "rate", Posting(ideal.engine).rate, methods=["POST"])
    return app, ideal
