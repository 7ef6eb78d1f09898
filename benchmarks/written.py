"""Which rows a post writes: both sides have to write the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, select

from flask_trust.db import Base
from flask_trust.db.dialect import table_of
from flask_trust.invitations.models import Request
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Day, Subject

from .measure import Side
from .seed import SHOP
from .shop import NOW

#: What differs from one order to the next, and what is random.
OWN = frozenset(
    ("id", "public_id", "line_id", "order_id", "deal_id", "person_id", "buyer_id", "actor_id", "object_id")
) | {"variant", "nonce", "commitment"}

Row: TypeAlias = Mapping[str, Any]


def rows_of_a_post(side: Side) -> dict[str, Any]:
    """Send the next request and return what it wrote: by how much totals rose, the other rows as they are now."""
    before = _totals(side)
    side.ask()
    after = _totals(side)
    with side.engine.connect() as connection:
        number = connection.scalar(select(func.max(Review.id)))
        (review,) = _rows(connection, Review, Review.id == number)
        found = {
            "review": [review],
            "journal": _rows(connection, Entry, Entry.object_id == number),
            "deal": _rows(connection, Deal, Deal.id == review["deal_id"]),
            "request": _rows(connection, Request, Request.order_id == review["order_id"]),
        }
    rise = {name: _rise(before.get(name, {}), row) for name, row in after.items()}
    plain = {name: [_plain(row) for row in rows] for name, rows in found.items()}
    return {**plain, "totals": {name: row for name, row in rise.items() if any(row.values())}}


def _totals(side: Side) -> dict[str, Row]:
    """Return all rows of totals and of today's counts, by name."""
    with side.engine.connect() as connection:
        subjects, days = _rows(connection, Subject, True), _rows(connection, Day, Day.day == NOW.date())
    names = {row["id"]: "shop" if row["id"] == SHOP else row["key"] for row in subjects}
    return {f"totals of {names[row['id']]}": row for row in subjects} | {
        f"day of {names[row['subject_id']]}": row for row in days
    }


def _rows(connection: Connection, model: type[Base], chosen: Any) -> Iterable[Row]:
    return [dict(row) for row in connection.execute(select(table_of(model)).where(chosen)).mappings()]


def _rise(before: Row, after: Row) -> Row:
    numbers = {name: value for name, value in after.items() if isinstance(value, (int, float)) and name not in OWN}
    return {name: round(value - (before.get(name) or 0), 6) for name, value in numbers.items() if name != "subject_id"}


def _plain(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in OWN}
