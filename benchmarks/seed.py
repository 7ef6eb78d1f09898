"""Filling a database: bulk inserts into our tables, with totals that a recount agrees with."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, func, text

from flask_trust.db import Base
from flask_trust.invitations.models import Request
from flask_trust.orders.models import Deal, Line, Order
from flask_trust.people.models import Person
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.reviews.votes.models import HelpfulVote
from flask_trust.scores import maths
from flask_trust.scores.models import Day, Subject
from flask_trust.scores.queries import SHOP_REVIEWS
from flask_trust.shop import SHOP_SELLER

from .bulk import put_in
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
ANSWERS = ("Thank you. The instructions are on their way to you.", "We are glad to hear it.\n\nSee you again.")
NAMES = ("", "", "", "Anna", "Kenji", "M. Dupont", "Soo-jin", "Old Tom")
VARIANTS = (None, None, "blue", "green", "large")
LANGUAGES = ("en", "en", "en", "en", "en", "en", "en", "de", "ja", "ko")
REASONS = ("too small", "too small", "too small", "too small", "changed my mind", None)
REPLIED, SENT_BACK = 0.2, 0.12  # shares
VOTES = 1.0  # the mean of what is rounded down: two reviews in three have no vote
ANSWERER = 10**12  # the number of the person who replies for the shop
HURRY = {
    "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA cache_size = -1000000"),
    "postgresql": ("SET synchronous_commit = off",),
}
SHOP = 1  # the number of the shop's own totals
TABLES: tuple[type[Base], ...] = (Person, Order, Deal, Line, Review, Request, ReviewReply, HelpfulVote)
Row = dict[str, Any]
Rows = dict[type[Base], list[Row]]


def seed(
    app: Flask,
    db: SQLAlchemy,
    reviewed: Mapping[str, int],
    waiting: Mapping[str, int],
    sent_back: float = SENT_BACK,
) -> dict[str, range]:
    """Make the tables and fill them: so many reviews, and arrived orders without one, for each product.

    `sent_back` is the share of the reviewed things that were. Returns the numbers of the arrived orders by product.
    """
    orders = _waiting_ranges(1 + sum(reviewed.values()), waiting)
    kinds = [SHOP_REVIEWS, ("seller", SHOP_SELLER), *(("product", key) for key in reviewed)]
    subjects = {key: number for number, (_, key) in enumerate(kinds, 1)}
    totals = Totals()
    with app.app_context():
        db.create_all()
        with db.engine.connect() as connection:
            _hurry(connection)
            with connection.begin():
                put_in(connection, Person, [{"id": ANSWERER, "key": "answers", "created_at": NOW}])
            everything = chain(_reviewed_orders(reviewed, subjects, sent_back), _waiting_orders(orders, subjects))
            _insert(connection, everything, totals)
            with connection.begin():
                _in_chunks(connection, Subject, (totals.row(number, *kind) for number, kind in enumerate(kinds, 1)))
                _in_chunks(connection, Day, totals.days())
                _count_up(connection)
            connection.invalidate()  # whoever is measured waits for the disk as usual
        gather_statistics(db.engine)
    return orders


class Totals:
    """What the reviews add up to, by subject and day, and for the shop as a whole."""

    def __init__(self) -> None:
        self.levels: defaultdict[int, dict[date, list[int]]] = defaultdict(dict)

    def add(self, review: Row) -> None:
        """Count a review in."""
        day = review["shown_at"].date()
        for number in (SHOP, review["subject_id"]):
            self.levels[number].setdefault(day, [0] * 5)[review["stars"] - 1] += 1

    def row(self, number: int, kind: str, key: str) -> Row:
        """Return the row of a subject."""
        counts, weights = [0] * 5, [0.0] * 5
        for day, levels in self.levels[number].items():
            weight = maths.weight(day, maths.HALF_LIFE[kind])
            counts = [old + new for old, new in zip(counts, levels, strict=True)]
            weights = [old + new * weight for old, new in zip(weights, levels, strict=True)]
        row = {"id": number, "kind": kind, "key": key, "shown": sum(counts), "version": 1}
        return row | _numbered("n", counts) | _numbered("w", weights)

    def days(self) -> Iterator[Row]:
        """Yield the rows of all days of all subjects."""
        for number, days in self.levels.items():
            for day, levels in days.items():
                yield {"subject_id": number, "day": day} | _numbered("n", levels)


def _numbered(name: str, values: Iterable[float]) -> Row:
    return {f"{name}{stars}": value for stars, value in enumerate(values, 1)}


def _reviewed_orders(reviewed: Mapping[str, int], subjects: Mapping[str, int], sent_back: float) -> Iterator[Rows]:
    lots, number = random.Random(2027), 0
    for key, amount in reviewed.items():
        for _ in range(amount):
            number += 1
            placed = NOW - timedelta(days=30 + lots.random() * 1000)
            rows = _order(number, key, subjects, placed, placed + timedelta(days=5), lots)
            if lots.random() < sent_back:
                _return(rows[Line][0], lots)
            yield rows | _review(rows, placed + timedelta(days=12, seconds=lots.random()), lots)


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
    person = {"id": number, "key": f"buyer-{number}", "public_name": lots.choice(NAMES), "created_at": placed}
    order = {"id": number, "key": f"order-{number}", "buyer_id": number, "placed_at": placed, "created_at": placed}
    deal = {"id": number, "order_id": number, "seller_id": subjects[SHOP_SELLER], "opened_at": arrived}
    line = {
        **dict.fromkeys(("id", "order_id", "deal_id"), number),
        "key": f"line-{number}",
        "subject_id": subjects[key],
        "product_key": key,
        "title": key,
        "variant": lots.choice(VARIANTS),
        "delivered_at": arrived,
        "delivered_by": "told",
        "returned_at": None,
        "return_reason": None,
    }
    request = {"id": number, "order_id": number, "buyer_id": number, "state": "asked", "planned_for": arrived}
    return {Person: [person], Order: [order], Deal: [deal], Line: [line], Request: [request]}


def _return(line: Row, lots: random.Random) -> None:
    line |= {"returned_at": line["delivered_at"] + timedelta(days=3), "return_reason": lots.choice(REASONS)}


def _review(rows: Rows, written: datetime, lots: random.Random) -> Rows:
    """Return a review with its votes and perhaps a reply."""
    (line,), (order,) = rows[Line], rows[Order]
    number, votes = line["id"], int(lots.expovariate(1 / VOTES))
    review = {
        **{name: line[name] for name in ("id", "order_id", "deal_id", "subject_id", "variant")},
        "line_id": number,
        "person_id": number,
        "public_id": f"review{number:010d}",
        "stars": lots.choices((1, 2, 3, 4, 5), SPREAD)[0],
        "title": lots.choice(SENTENCES)[:40] if lots.random() < 0.6 else "",
        "text": " ".join(lots.sample(SENTENCES, lots.randint(1, 4))),
        "lang": lots.choice(LANGUAGES),
        "bought_in": order["placed_at"].date().replace(day=1),
        "written_at": written,
        "shown_at": written,
        "helpful": votes,
        "counted": True,
        "tallied": True,
    }
    found: Rows = {Review: [review]}
    found[HelpfulVote] = [{"review_id": number, "visitor": f"{each:064x}", "at": NOW} for each in range(votes)]
    if lots.random() < REPLIED:
        reply = {"review_id": number, "author_id": ANSWERER, "text": lots.choice(ANSWERS), "lang": "en"}
        found[ReviewReply] = [{**reply, "at": written + timedelta(days=2)}]
    return found


def _hurry(connection: Connection) -> None:
    """Wait for no disk, and keep indexes in memory: a database that is lost is made again."""
    for statement in HURRY.get(connection.dialect.name, ()):
        connection.exec_driver_sql(statement)
    connection.commit()


def _insert(connection: Connection, orders: Iterator[Rows], totals: Totals) -> None:
    while chunk := list(islice(orders, CHUNK)):
        with connection.begin():  # all in one would lie a second time in SQLite's log
            for model in TABLES:
                rows = [row for order in chunk for row in order.get(model, ())]
                put_in(connection, model, rows)
                if model is Review:
                    for row in rows:
                        totals.add(row)


def _in_chunks(connection: Connection, model: type[Base], rows: Iterator[Row]) -> None:
    while chunk := list(islice(rows, CHUNK)):
        put_in(connection, model, chunk)


def _count_up(connection: Connection) -> None:
    """Tell PostgreSQL which numbers are taken; the others see it by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for model in (Subject, Order, Deal, Line, Review, Request):
        name = model.__tablename__
        highest = func.max(model.id).select()
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), ({highest}))"))


def gather_statistics(engine: Engine) -> None:
    """Let PostgreSQL look at the new rows now, as it soon would by itself; few shops tell SQLite to."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
