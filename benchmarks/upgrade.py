"""`python -m benchmarks.upgrade`: how long anybody waits while a table with many reviews is changed, on PostgreSQL.

The present tables lose a column and an index, as an older version had them, and get both back: once in the way that
docs/upgrading.md describes, once as a migration does that nobody thought about. Meanwhile others go on reading and
writing as the older version does, and as the newer one does once its column is there.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from flask_trust.db.dialect import table_of
from flask_trust.reviews.models import Review

from .places import PLACES
from .seed import seed
from .shop import make_app

PRODUCTS = 50
SEEDED = 100_000  # reviews that get an order and a buyer of their own; the others are copies
PATIENCE = 1.0  # seconds: no request may wait longer
COLUMN, INDEX = "incentive", "trust_review_by_variant"
OLDER = (f"DROP INDEX {INDEX}", f"ALTER TABLE trust_review DROP COLUMN {COLUMN}")
ADD = f"ALTER TABLE trust_review ADD COLUMN {COLUMN} VARCHAR(200)"
ON = "trust_review (subject_id, live, variant, shown_at, id)"

READ = "SELECT id, title, {more} FROM trust_review WHERE subject_id = :subject AND live ORDER BY shown_at DESC LIMIT 10"
WRITE = "UPDATE trust_review SET version = version + 1 WHERE id = :review"


def fill(app: Flask, db: SQLAlchemy, reviews: int) -> None:
    """Put in so many reviews; the table that is changed is as large as it is said to be, those around it are not."""
    seeded = min(reviews, SEEDED)
    seed(app, db, {f"product-{number}": seeded // PRODUCTS for number in range(PRODUCTS)}, {})
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # a copy has no order
            connection.execute(text(copied(seeded)), {"copies": reviews // seeded - 1})
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE trust_review"))
        db.engine.dispose()


def copied(seeded: int) -> str:
    """Return the statement that copies all reviews so many times (`copies`)."""
    new = {
        "id": f"id + {seeded} * copy",
        "line_id": f"line_id + {seeded} * copy",
        "public_id": "'copy' || copy || '-' || id",
    }
    names = [column.name for column in table_of(Review).c]
    values = ", ".join(new.get(name, name) for name in names)
    return f"""INSERT INTO trust_review ({", ".join(names)})
        SELECT {values} FROM trust_review CROSS JOIN generate_series(1, :copies) AS copy"""


class Load:
    """Somebody who asks again and again, and notes the longest wait and every failure."""

    def __init__(self, engine: Engine, statement: str, largest: int) -> None:
        self.engine, self.statement, self.largest = engine, statement, largest
        self.longest, self.asked, self.failed = 0.0, 0, 0

    def go_on(self, over: threading.Event) -> None:
        """Ask until it is over."""
        lot = random.Random()
        while not over.is_set():
            began = time.perf_counter()
            try:
                with self.engine.begin() as connection:
                    numbers = {"subject": lot.randint(3, PRODUCTS + 2), "review": lot.randint(1, self.largest)}
                    connection.execute(text(self.statement), numbers)
            except DBAPIError:
                self.failed += 1
            self.longest = max(self.longest, time.perf_counter() - began)
            self.asked += 1


@contextmanager
def under(*loads: Load) -> Iterator[None]:
    """Let them all ask meanwhile."""
    over = threading.Event()
    threads = [threading.Thread(target=load.go_on, args=(over,)) for load in loads]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        yield
    finally:
        time.sleep(0.5)
        over.set()
        for thread in threads:
            thread.join()


def careful(engine: Engine) -> None:
    """Add the column as soon as its lock is to be had at once, and the index without a lock."""
    while True:
        try:
            with engine.begin() as connection:
                connection.execute(text("SET LOCAL lock_timeout = '500ms'"))
                connection.execute(text(ADD))
            break
        except DBAPIError:
            time.sleep(0.2)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE INDEX CONCURRENTLY {INDEX} ON {ON}"))


def careless(engine: Engine) -> None:
    """Add both in one transaction."""
    with engine.begin() as connection:
        connection.execute(text(ADD))
        connection.execute(text(f"CREATE INDEX {INDEX} ON {ON}"))


def change(engine: Engine, way: Callable[[Engine], None], reviews: int) -> bool:
    """Go back to the older tables, change them under load, print the waits; say whether all were short."""
    with engine.begin() as connection:
        for statement in OLDER:
            connection.execute(text(statement))
    older = (Load(engine, READ.format(more="stars"), reviews), Load(engine, WRITE, reviews))
    began = time.perf_counter()
    with under(*older):
        way(engine)
    took = time.perf_counter() - began
    newer = Load(engine, READ.format(more=COLUMN), reviews)
    with under(*older, newer):
        time.sleep(1)
    print(f"{way.__name__}: {took:.1f} s")
    for name, load in zip(("older, reading", "older, writing", "newer, reading"), (*older, newer), strict=True):
        print(f"  {name}: {load.asked} times, {load.failed} failed, longest wait {load.longest * 1000:.0f} ms")
    return not any(load.failed or load.longest > PATIENCE for load in (*older, newer))


def main(arguments: list[str]) -> int:
    """Seed, change in both ways; returns 1 where the careful way let anybody wait or fail."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upgrade", description=__doc__)
    parser.add_argument("--reviews", type=int, default=100_000)
    reviews = parser.parse_args(arguments).reviews
    with PLACES["postgresql"]() as url:
        app, db = make_app(url)
        fill(app, db, reviews)
        engine = create_engine(url)
        print(f"{reviews:,} reviews")
        good = change(engine, careful, reviews)
        change(engine, careless, reviews)
        engine.dispose()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
