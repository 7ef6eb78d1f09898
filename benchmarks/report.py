"""The table and the document."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median

from sqlalchemy import create_engine, text

from .pairs import ONE_QUERY, PAGE, POST, Pair
from .places import PLACES

HEADINGS = ("page", "reviews", "queries", "KB", "CPU ms", "bare", "ratio", "target", "growth", "target", "result", "ms")
GROWTH = 1.3  # the target: what many reviews may cost in terms of few
PACKAGES = ("flask", "werkzeug", "jinja2", "sqlalchemy", "flask-sqlalchemy", "psycopg", "gunicorn")


@dataclass(frozen=True)
class Result:
    """What was measured on one database."""

    database: str
    pairs: Sequence[Pair]


def server_version(name: str) -> str:
    """Return a database with its version."""
    query = {"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version"}[name]
    with PLACES[name]() as url:
        engine = create_engine(url)
        with engine.connect() as connection:
            told = str(connection.execute(text(query)).scalar_one())
        engine.dispose()
    return f"{name} {told.split(' ')[0]}"


def table(results: Sequence[Result]) -> str:
    """Return all figures as one Markdown table."""
    lines = [("database", *HEADINGS), ("---",) * (len(HEADINGS) + 1)]
    for result in results:
        lines += [(result.database, *_cells(pair, result.pairs)) for pair in result.pairs]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(pair: Pair, pairs: Sequence[Pair]) -> tuple[str, ...]:
    ours, ideal = pair.ours, pair.ideal
    growth = _growth(pair, pairs)
    return (
        pair.what,
        f"{pair.reviews:,}" if pair.reviews else "",
        f"{ours.queries} / {ideal.queries}",
        f"{ours.size / 1000:.1f} / {ideal.size / 1000:.1f}",
        f"{median(ours.cpu):.2f} / {median(ideal.cpu):.2f}",
        f"{median(pair.bare.cpu):.2f}" if pair.bare else "",
        f"{pair.ratio:.2f}",
        f"{pair.target}",
        f"{growth:.2f}" if growth else "",
        f"{GROWTH}" if growth else "",
        "; ".join(_misses(pair, growth)) or "met",
        f"{median(ours.wall):.2f} / {median(ideal.wall):.2f}",
    )


def _misses(pair: Pair, growth: float | None) -> Iterator[str]:
    """Yield which targets a row misses, judged by the figures as they are printed."""
    if round(pair.ratio, 2) > pair.target:
        yield "**ratio missed**"
    if growth and round(growth, 2) > GROWTH:
        yield "**growth missed**"


def _growth(pair: Pair, pairs: Sequence[Pair]) -> float | None:
    """Return what ours costs in terms of the same page of the product with the fewest reviews."""
    smallest = min((each for each in pairs if each.what == pair.what), key=lambda each: each.reviews)
    if smallest is pair:
        return None
    return median(one / other for one, other in zip(pair.ours.cpu, smallest.ours.cpu, strict=True))


def section(results: Sequence[Result], rounds: int, requests: int) -> str:
    """Return the part of the document about pages and posts."""
    return TEMPLATE.format(
        table=table(results),
        verdict=verdict(results),
        rounds=rounds,
        requests=requests,
        page=PAGE,
        one_query=ONE_QUERY,
        post=POST,
        growth=GROWTH,
    )


def document(sections: Sequence[str], databases: Sequence[str]) -> str:
    """Return the whole document."""
    versions = [f"Python {platform.python_version()}"]
    # PostgreSQL's driver is an extra of its own.
    versions += [f"{name} {version(name)}" for name in PACKAGES if find_spec(name.replace("-", "_"))]
    machine = f"{os.cpu_count()} cores; {', '.join([*versions, *databases])}.\n"
    return "\n".join([HEAD, *sections, machine])


def verdict(results: Sequence[Result]) -> str:
    """Return how many rows meet their targets, in one sentence."""
    rows = [(pair, _growth(pair, result.pairs)) for result in results for pair in result.pairs]
    met = sum(not list(_misses(*row)) for row in rows)
    return f"{met} of {len(rows)} rows meet their targets."


HEAD = """\
# What the pages cost

Made by `python dev.py bench`.
"""

TEMPLATE = """\
## Pages and posts

Each row sends the same request to two shops on the same database: to flask_trust, and to
one written by hand with SQLAlchemy Core and one Jinja template. The second is the limit: it shows the same, word for
word as far as readers and search engines can tell, with as few queries as that takes, and can do nothing else. It has
one language, no shop to ask, no template to replace, no other page. Figures before a slash are ours, those behind it
are the other's.

{verdict}

{table}

The rows:

* **stars of 50 products**: a list in the shop with the stars of each product.
* **first page**: everything a product page has: score and formula, the last year as a picture and a table, what was
  sent back, criticism beside praise, a block in the reader's language, ten reviews with votes and replies, the same
  for search engines.
* **page far down**, **lowest first**, **most helpful first**, **only 4 stars**: other lists of the same product.
* **304 answer**: the first page asked for again by a browser that has it already (`If-None-Match`).
* **posting a review**: the form of an order with one line. Both sides write the same rows: review, journal, both totals
  and their day, deal, request.

The columns:

* **queries**: statements sent to the database for one request. The run fails where ours depend on the number of
  reviews.
* **KB**: the size of the answer before compression. The run fails where two pages differ by more than 10 % in size or
  in more than 3 % of their words, and where two posts write different rows.
* **CPU ms**: processor time of one request, the Python process and the PostgreSQL process together; median of {rounds}
  rounds of {requests} requests (a quarter of them for posts), both shops and the bare view in turns, after a dozen
  that do not count.
* **bare**: the same for a view of Flask that answers the same bytes from memory: what no page can do without.
* **ratio**: ours in terms of the hand-written page, median over the rounds. The target is {page} for pages,
  {one_query} for what takes one query (304 answers and the stars of a list), {post} for posts.
* **growth**: ours in terms of our own same page of the product with the fewest reviews. The target is {growth}.
* **result**: whether both targets are met.
* **ms**: time on the clock, median over all requests; it depends on what else the machine does.

Where ours spends more, from profiles (`cProfile`, calls of functions in one request on SQLite, ours and the other's):

* **first page** (13,300 and 9,100) and **lists** (8,700 and 6,400): every text goes through the catalogue of the
  reader's language and every date and number through its way of writing: some 170 calls out of a template, each of
  which Jinja makes six of, for what the other page has as letters in its template. Macros that other pages share, the
  tag and the adapter make the rest. All that is the same for few reviews and for many.
* **stars of 50 products** (5,800 and 6,300): drawings are kept, and so are scores, as long as their row and the day are
  the same; what is left is finding them, and the language for each.
* **304 answer** (1,000 and 820): one row is read by one statement, without a session. Above the other stand the tag
  over settings, templates, language, address and product, the adapter, and a look for the product's family.
* **posting a review** (5,500 and 4,600) is met: as many statements as the other, for a buyer who has said nothing
  before; three more read and move what somebody has said before.

Requests go through the WSGI interface in one process, so no web server is part of these figures.
"""
