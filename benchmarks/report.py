"""The table and the document."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from sqlalchemy import Engine, text

from .pairs import Pair

HEADINGS = ("page", "reviews", "queries", "KB", "CPU ms", "ratio", "growth", "ms")
PACKAGES = ("flask", "werkzeug", "jinja2", "sqlalchemy", "flask-sqlalchemy", "psycopg")


@dataclass(frozen=True)
class Result:
    """What was measured on one database."""

    database: str
    version: str
    pairs: Sequence[Pair]


def server_version(engine: Engine) -> str:
    """Return the version of the database behind an engine."""
    query = {"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version"}[engine.dialect.name]
    with engine.connect() as connection:
        return str(connection.execute(text(query)).scalar_one()).split(" ")[0]


def table(results: Sequence[Result]) -> str:
    """Return all figures as one Markdown table."""
    lines = [("database", *HEADINGS), ("---",) * (len(HEADINGS) + 1)]
    for result in results:
        lines += [(result.database, *_cells(pair, result.pairs)) for pair in result.pairs]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(pair: Pair, pairs: Sequence[Pair]) -> tuple[str, ...]:
    ours, ideal = pair.sides
    return (
        pair.what,
        f"{pair.reviews:,}" if pair.reviews else "",
        f"{ours.queries} / {ideal.queries}",
        f"{ours.size / 1000:.1f} / {ideal.size / 1000:.1f}",
        f"{median(ours.cpu):.2f} / {median(ideal.cpu):.2f}",
        f"{pair.ratio:.2f}",
        _growth(pair, pairs),
        f"{median(ours.wall):.2f} / {median(ideal.wall):.2f}",
    )


def _growth(pair: Pair, pairs: Sequence[Pair]) -> str:
    """Return what ours costs in terms of the same page of the product with the fewest reviews."""
    smallest = min((each for each in pairs if each.what == pair.what), key=lambda each: each.reviews)
    if smallest is pair:
        return ""
    return f"{median(one / other for one, other in zip(pair.ours.cpu, smallest.ours.cpu, strict=True)):.2f}"


def document(results: Sequence[Result], rounds: int, requests: int) -> str:
    """Return the whole document."""
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in PACKAGES]
    versions += [f"{result.database} {result.version}" for result in results]
    return TEMPLATE.format(
        table=table(results),
        cores=os.cpu_count(),
        versions=", ".join(versions),
        rounds=rounds,
        requests=requests,
    )


TEMPLATE = """\
# What the pages cost

Made by `python dev.py bench`. Each row asks two shops on the same database for the same page: flask_trust, and a page
written by hand with SQLAlchemy Core and one Jinja template that shows the same (its size is within 10 % of ours) and
can
do nothing else: one language, no shop to ask, no template to replace. Figures before a slash are ours, behind it the
other's.

{table}

* **queries**: statements sent to the database for one request. The run fails where ours depend on the number of
  reviews.
* **CPU ms**: processor time of one request, the Python process and the PostgreSQL process together; median of
  {rounds} rounds
  of {requests} requests (a quarter of them for posts), both shops in turns.
* **ratio**: ours in terms of the hand-written page, median over the rounds. The aim for reading is 1.5 or less.
* **growth**: ours in terms of our same page with the fewest reviews. The aim is 1.3 or less.
* **ms**: time on the clock, median over all requests; it depends on what else the machine does.

Requests go through the WSGI interface in one process, so no web server is part of the figures.

{cores} cores; {versions}.
"""
