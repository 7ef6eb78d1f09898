"""`python -m benchmarks.simulate`: what a billion reviews would take, from bytes that were measured.

Fills PostgreSQL with two amounts of reviews, measures every table and index, and works out from the difference what one
review adds: bytes in tables, bytes in indexes, and how many levels each index would have.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from .places import PLACES
from .seed import seed
from .shop import make_app

PAGE = 8192  # bytes, PostgreSQL's
HEADER = 24 + 16  # of an index page: its header and what links it to its neighbours
POINTER = 4 + 8  # of each entry beyond its keys: its place in the page, and what it points at
SIZES = """
SELECT c.relname, c.relkind, pg_relation_size(c.oid) AS bytes, GREATEST(c.reltuples, 1) AS rows
FROM pg_class c WHERE c.relname LIKE 'trust%' AND c.relkind IN ('r', 'i')
"""


@dataclass(frozen=True)
class Size:
    """A table or an index as it was measured."""

    index: bool
    size: int
    rows: float


def sizes(connection: Connection) -> dict[str, Size]:
    """Return every table and index of ours that holds more than a page."""
    found = connection.execute(text(SIZES)).all()
    return {name: Size(kind == "i", size, rows) for name, kind, size, rows in found if size > PAGE}


def levels(rows: float, width: float) -> int:
    """Return how many pages are read from the root of a B-tree to one of its rows."""
    per_page = max(2.0, (PAGE - HEADER) / (width + POINTER))
    return max(1, math.ceil(math.log(max(rows, 2), per_page)))


def measured(reviews: int, products: int) -> dict[str, Size]:
    """Fill an empty database and return the sizes."""
    share = reviews // products
    with PLACES["postgresql"]() as url:
        app, db = make_app(url)
        seed(app, db, {f"product-{number}": share for number in range(products)}, {})
        with app.app_context(), db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
            found = sizes(connection)
        with app.app_context():
            db.engine.dispose()
    return found


def work_out(small: Mapping[str, Size], large: Mapping[str, Size], added: int, reviews: int) -> list[str]:
    """Return a line for each table and index, the largest first, and the sums."""
    rows = []
    for name, each in large.items():
        before = small.get(name, Size(each.index, 0, 0))
        one = (each.size - before.size) / added  # bytes for one review
        entries = (each.rows - before.rows) / added  # rows for one review
        if one <= 0 or entries <= 0:
            continue
        depth = levels(entries * reviews, one / entries - POINTER) if each.index else 0
        rows.append((one, name, each.index, depth))
    lines = [f"{'':34} {'bytes/review':>12} {'GB':>8} {'levels':>7}"]
    for one, name, _, depth in sorted(rows, reverse=True):
        lines.append(f"{name:34} {one:12.0f} {one * reviews / 1e9:8.0f} {depth or '':>7}")
    for what, index in (("all tables", False), ("all indexes", True)):
        total = sum(one for one, _, is_index, _ in rows if is_index is index)
        lines.append(f"{what:34} {total:12.0f} {total * reviews / 1e9:8.0f}")
    return lines


def main(arguments: list[str]) -> int:
    """Measure, work out and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--measure", type=int, nargs=2, default=(20_000, 100_000), metavar="REVIEWS")
    parser.add_argument("--products", type=int, default=100)
    parser.add_argument("--reviews", type=int, default=1_000_000_000)
    options = parser.parse_args(arguments)
    few, many = options.measure
    small, large = measured(few, options.products), measured(many, options.products)
    print(f"{options.reviews:,} reviews, from {few:,} and {many:,} that were measured:")
    print("\n".join(work_out(small, large, many - few, options.reviews)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
