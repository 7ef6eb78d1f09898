"""The words and the table about django-oscar."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from . import environment
from .run import Row

HEADINGS = (
    *("database", "page", "reviews", "queries", "KB", "CPU ms", "ours, times the limit"),
    *("django-oscar, times the limit", "growth of ours", "growth of django-oscar"),
)


def table(rows: Sequence[Row]) -> str:
    """Return all figures as one Markdown table."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(_cells(row, rows) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row, rows: Sequence[Row]) -> tuple[str, ...]:
    pair, ours, ideal = row.pair, row.pair.ours, row.pair.ideal
    alike = [each for each in rows if (each.database, each.pair.what) == (row.database, pair.what)]
    smallest = min(alike, key=lambda each: each.pair.reviews)
    growth = ("", "")
    if smallest is not row:
        growth = (_times(ours.cpu, smallest.pair.ours.cpu), _times(row.cpu, smallest.cpu))
    return (
        *(row.database, pair.what, f"{pair.reviews:,}", f"{ours.queries} / {ideal.queries} / {row.queries}"),
        f"{ours.size / 1000:.1f} / {ideal.size / 1000:.1f} / {row.size / 1000:.1f}",
        f"{median(ours.cpu):.1f} / {median(ideal.cpu):.1f} / {median(row.cpu):.1f}",
        *(f"{pair.ratio:.1f}", f"{row.times:.1f}", *growth),
    )


def _times(more: Sequence[float], less: Sequence[float]) -> str:
    return f"{median(one / other for one, other in zip(more, less, strict=True)):.2f}"


def section(rows: Sequence[Row], rounds: int, requests: int) -> str:
    """Return the part of the document about django-oscar."""
    python = environment.prepared()
    versions = " on ".join(f"{name} {environment.version(python, name)}" for name in ("django-oscar", "Django"))
    return TEMPLATE.format(table=table(rows), versions=versions, rounds=rounds, requests=requests)


def absent(reason: str) -> str:
    """Return the same part where django-oscar could not be installed."""
    return f"## Beside django-oscar\n\ndjango-oscar could not be installed here: {reason}.\n"


TEMPLATE = """\
## Beside django-oscar

A shop that others take: {versions}, in an environment of its own and on a database of its own, with as many reviews of
one product; measured in the same run and in turns: medians of {rounds} rounds of {requests} requests (a quarter of them
for posts). Figures stand for ours / the hand-written one / django-oscar; the limit is the hand-written one.

{table}

* **first page**: ours and the hand-written one's first page of a product with all that stands on it, and
  django-oscar's list of a product's reviews with its default of 20 to a page. They do not show the same, so the factor
  says less than how it grows.
* **posting a review**: with django-oscar, the form of a buyer who is signed in. It keeps no journal, no days and no
  total of the shop, and adds a product's reviews up anew with each post.
* Both go through the WSGI interface in one process with one kept connection; as its documentation sets it up, but for
  migrations: the tables are made from the models.
"""
