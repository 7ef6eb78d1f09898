"""The words and the table about what walks over all rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from .run import Row

HEADINGS = ("database", "job", "reviews", "rows", "rows/s", "of Core's speed", "target", "MB", "growth", "result")
SPEED, GROWTH = 0.5, 1.3  # the targets: our speed in terms of Core's, and what many rows may take of memory
LITTLE = 1_000_000  # bytes that are not looked at


def table(rows: Sequence[Row]) -> str:
    """Return all figures as one Markdown table."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(_cells(row, rows) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row, rows: Sequence[Row]) -> tuple[str, ...]:
    growth = _growth(row, rows)
    return (
        *(row.database, row.what, f"{row.reviews:,}", f"{row.rows:,}"),
        f"{row.rows / median(row.ours):,.0f} / {row.rows / median(row.core):,.0f}",
        *(f"{row.ratio:.2f}", f"{SPEED}", f"{row.memory / 1e6:.1f}", f"{growth:.2f}" if growth else ""),
        "; ".join(_misses(row, growth)) or "met",
    )


def _growth(row: Row, rows: Sequence[Row]) -> float | None:
    alike = [each for each in rows if (each.database, each.what) == (row.database, row.what)]
    smallest = min(alike, key=lambda each: each.reviews)
    return None if smallest is row else max(row.memory, LITTLE) / max(smallest.memory, LITTLE)


def _misses(row: Row, growth: float | None) -> Iterator[str]:
    if round(row.ratio, 2) < SPEED:
        yield "**speed missed**"
    if growth and round(growth, 2) > GROWTH:
        yield "**memory missed**"


def section(rows: Sequence[Row], rounds: int) -> str:
    """Return the part of the document about what walks over all rows."""
    return TEMPLATE.format(table=table(rows), rounds=rounds, speed=SPEED, growth=GROWTH)


TEMPLATE = """\
## All rows at once

Half of the reviews are those of one product, the others have ten to a product. Each job is done by the command that an
owner has, and by bulk statements of SQLAlchemy Core over the whole table in one transaction; in turns, medians of
{rounds} rounds. Ours goes in batches that can be stopped anywhere and gone on with, and keeps nobody waiting longer
than a batch takes; the other does nothing of that.

{table}

* **check**: `flask trust check` counts every product and the shop as a whole again, and compares totals and days.
* **check --repair**: the same with every total wrong: found, counted again under its lock and set right, and then
  proved; the other finds, mends and proves, too.
* **export**: `flask trust export`, every row of every table; **rows** is the number of reviews.
* **forgetting visitors**, **deleting old mails**: two of the rules of retention, on as many rows that are due.
* **rows/s**: ours / Core's, on the clock. The target is {speed} of Core's speed.
* **MB**: what Python takes of memory at most while ours runs. **growth** is that in terms of the fewest reviews, where
  anything below a megabyte counts as one; the target is {growth}.
"""
