"""The words and the table about load."""

from __future__ import annotations

from collections.abc import Sequence

from .run import EACH, Plan, Row
from .servers import WORKERS
from .wrk import CONNECTIONS

HEADINGS = ("database", "load", "reviews", "shop", "requests/s", "p50 ms", "p99 ms", "p99 / p50", "target", "result")
SLOWEST = 3.0  # the target: the slowest of a hundred in terms of the middle one
SHOPS = {"ours": "flask_trust", "ideal": "hand-written", "bare": "bare"}


def table(rows: Sequence[Row]) -> str:
    """Return all figures as one Markdown table."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *map(_cells, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    spread = row.p99 / row.p50
    result = ("met" if round(spread, 1) <= SLOWEST else "**missed**") if row.shop == "ours" else ""
    return (
        *(row.database, row.what, f"{row.reviews:,}", SHOPS[row.shop]),
        *(f"{row.rate:.0f}", f"{row.p50:.1f}", f"{row.p99:.1f}", f"{spread:.1f}"),
        *(f"{SLOWEST:.0f}" if result else "", result),
    )


def section(rows: Sequence[Row], plan: Plan) -> str:
    """Return the part of the document about load."""
    figures = {"rounds": plan.rounds, "seconds": plan.seconds, "workers": WORKERS, "connections": CONNECTIONS}
    return TEMPLATE.format(table=table(rows), slowest=SLOWEST, each=EACH, **figures)


def absent(reason: str) -> str:
    """Return the same part where there is no load tool."""
    return f"## Under load\n\nNot measured: {reason}.\n"


TEMPLATE = """\
## Under load

gunicorn with {workers} workers serves each shop, and wrk asks over {connections} connections at once, both on this
machine, so that the load tool takes its share of the processors. Medians of {rounds} rounds of {seconds:g} seconds,
the shops in turns. The run fails where any answer is an error, and where a recount after all posts differs from the
totals.

{table}

* **a product's page**: the first page of one product with so many reviews, asked for anew each time.
* **pages, lists, posts**: of a hundred requests 90 are first pages, 9 are lists of 50 products with their stars, and
  one is the form of an order; spread over many products with {each} reviews each. The slowest of a hundred is about as
  slow as a post.
* **bare**: a view of Flask that answers the bytes of our page from memory.
* **p50**, **p99**: what half and 99 of 100 requests took at most, the waiting for one of the workers included. The
  target for the slowest of a hundred is {slowest:g} times the middle one.
"""
