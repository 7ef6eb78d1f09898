"""Filling a database: bulk inserts into our tables, then the totals by the project's own repair."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, insert, text
from sqlalchemy.orm import Session

from flask_trust.db import Base
from flask_trust.health.checks import check
from flask_trust.invitations.models import Request
from flask_trust.orders.models import Deal, Line, Order
from flask_trust.people.models import Person
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from flask_trust.scores.queries import SHOP_REVIEWS
from flask_trust.shop import SHOP_SELLER
from flask_trust.state import state_of

from .shop import NOW

CHUNK = 5_000
SPREAD = (6, 3, 6, 15, 70)  # of 100 ratings, those with 1 to 5 stars
SENTENCES = (
    "It arrived two days early and well packed.",
    "The colour is a little darker than in the picture, which I like.",
    "After three weeks of daily use there is not a scratch on it.",
    "One handle was loose; the shop sent a new one within the week.",
    "Heavier than I thought, so it stands where it is put.",
    "I would buy it again, though not as a present.",
    "The description says dishwasher-safe and so far that is true.",
    "Instructions are missing & I had to guess how the lid goes on.",
)
NAMES = ("", "", "", "Anna", "Kenji", "M. Dupont", "Soo-jin", "Old Tom")
VARIANTS = (None, None, "blue", "green", "large")
LANGUAGES = ("en", "en", "en", "en", "en", "en", "en", "de", "ja", "ko")
TABLES: tuple[type[Base], ...] = (Person, Order, Deal, Line, Review, Request)
Rows = dict[type[Base], dict[str, Any]]


def seed(app: Flask, db: SQLAlchemy, reviewed: Mapping[str, int], waiting: Mapping[str, int]) -> dict[str, range]:
    """Make the tables and fill them: so many reviews, and arrived orders without one, for each product.

    Returns the numbers of the arrived orders by product.
    """
    with app.app_context():
        db.create_all()
        with Session(db.engine) as session:
            subjects = _subjects(session, reviewed)
            _insert(session, _reviewed_orders(reviewed, subjects))
            orders = _waiting_ranges(1 + sum(reviewed.values()), waiting)
            _insert(session, _waiting_orders(orders, subjects))
            _count_up(session)
            session.commit()
        _repair(app)
        _gather_statistics(db)
    return orders


def _subjects(session: Session, reviewed: Iterable[str]) -> dict[str, int]:
    """Make the score rows; returns our number of each product, and of the seller under its own key."""
    kinds = [SHOP_REVIEWS, ("seller", SHOP_SELLER), *(("product", key) for key in reviewed)]
    rows = [{"id": number, "kind": kind, "key": key} for number, (kind, key) in enumerate(kinds, 1)]
    session.execute(insert(Subject), rows)
    return {key: number for number, (_, key) in enumerate(kinds, 1)}


def _reviewed_orders(reviewed: Mapping[str, int], subjects: Mapping[str, int]) -> Iterator[Rows]:
    lots, number = random.Random(2027), 0
    for key, amount in reviewed.items():
        for _ in range(amount):
            number += 1
            placed = NOW - timedelta(days=30 + lots.random() * 1000)
            rows = _order(number, key, subjects, placed, placed + timedelta(days=5), lots)
            yield rows | {Review: _review(rows, placed + timedelta(days=12, seconds=lots.random()), lots)}


def _waiting_ranges(first: int, waiting: Mapping[str, int]) -> dict[str, range]:
    ranges = {}
    for key, amount in waiting.items():
        ranges[key] = range(first, first + amount)
        first += amount
    return ranges


def _waiting_orders(orders: Mapping[str, range], subjects: Mapping[str, int]) -> Iterator[Rows]:
    lots = random.Random(503)
    for key, numbers in orders.items():
        for number in numbers:
            placed, arrived = NOW - timedelta(days=20), NOW - timedelta(days=10)
            yield _order(number, key, subjects, placed, arrived, lots)


def _order(
    number: int, key: str, subjects: Mapping[str, int], placed: datetime, arrived: datetime, lots: random.Random
) -> Rows:
    """Return one order of one product with one number for all its rows."""
    name = lots.choice(NAMES)
    ids = {"id": number, "order_id": number, "deal_id": number}
    return {
        Person: {"id": number, "key": f"buyer-{number}", "public_name": name, "created_at": placed},
        Order: {"id": number, "key": f"order-{number}", "buyer_id": number, "placed_at": placed, "created_at": placed},
        Deal: {"id": number, "order_id": number, "seller_id": subjects[SHOP_SELLER], "opened_at": arrived},
        Line: {
            **ids,
            "key": f"line-{number}",
            "subject_id": subjects[key],
            "product_key": key,
            "title": key,
            "variant": lots.choice(VARIANTS),
            "delivered_at": arrived,
            "delivered_by": "told",
        },
        Request: {"id": number, "order_id": number, "buyer_id": number, "state": "asked", "planned_for": arrived},
    }


def _review(rows: Rows, written: datetime, lots: random.Random) -> dict[str, Any]:
    line = rows[Line]
    return {
        **{name: line[name] for name in ("id", "order_id", "deal_id", "subject_id", "variant")},
        "line_id": line["id"],
        "person_id": line["id"],
        "public_id": f"review{line['id']:010d}",
        "stars": lots.choices((1, 2, 3, 4, 5), SPREAD)[0],
        "title": lots.choice(SENTENCES)[:40] if lots.random() < 0.6 else "",
        "text": " ".join(lots.sample(SENTENCES, lots.randint(1, 4))),
        "lang": lots.choice(LANGUAGES),
        "bought_in": rows[Order]["placed_at"].date().replace(day=1),
        "written_at": written,
        "shown_at": written,
        "helpful": lots.randint(0, 40),
    }


def _insert(session: Session, orders: Iterator[Rows]) -> None:
    while chunk := list(islice(orders, CHUNK)):
        for table in TABLES:
            rows = [order[table] for order in chunk if table in order]
            if rows:
                session.execute(insert(table), rows)


def _count_up(session: Session) -> None:
    """Tell PostgreSQL which numbers are taken; SQLite sees it by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in (Subject, Order, Deal, Line, Review, Request):
        name = table.__tablename__
        highest = func.max(table.id).select()
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), ({highest}))"))


def _repair(app: Flask) -> None:
    wrong = [finding.words for finding in check(state_of(app), repair=True) if finding.repairable]
    if wrong:
        raise RuntimeError(f"the repair left this behind: {wrong}")


def _gather_statistics(db: SQLAlchemy) -> None:
    """Let PostgreSQL look at the new rows now, as it soon would by itself; few shops tell SQLite to."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
