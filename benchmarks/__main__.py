"""`python -m benchmarks`: seeds, measures, prints the tables and writes docs/performance.md."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from . import batches, load, pages, report
from .oscar import environment
from .oscar import report as oscar_report
from .oscar import run as oscar
from .pairs import Unfair
from .places import PLACES
from .telling import say

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"


def main(arguments: list[str]) -> int:
    """Run the benchmark; returns 1 where the comparison would be unfair or a promise is broken."""
    options = _parser().parse_args(arguments)
    try:
        sections = [part(options) for name, part in PARTS.items() if name in options.parts]
    except Unfair as fault:
        say(str(fault))
        return 1
    document = report.document(sections, [report.server_version(name) for name in options.databases])
    print(document, end="")
    if options.out is None and set(options.parts) != set(PARTS):
        say("Not all parts were measured, so no document is written; --out names one.")
        return 0
    place = options.out or DOCUMENT
    place.parent.mkdir(exist_ok=True)
    place.write_text(document, encoding="utf-8")
    say(f"Written to {place.name}.")
    return 0


def _pages(options: Namespace) -> str:
    plan = pages.Plan(_sizes(options.sizes), options.rounds, options.requests)
    results = [pages.run(name, plan) for name in options.databases]
    return report.section(results, plan.rounds, plan.requests)


def _oscar(options: Namespace) -> str:
    plan = pages.Plan(_sizes(options.oscar_sizes), options.rounds, options.requests)
    try:
        rows = [row for name in options.databases for row in oscar.run(name, plan)]
    except environment.Missing as reason:
        say(f"django-oscar is left out: {reason}")
        return oscar_report.absent(str(reason))
    return oscar_report.section(rows, plan.rounds, plan.requests)


def _load(options: Namespace) -> str:
    if reason := load.unavailable():
        say(f"Load is left out: {reason}.")
        return load.absent(reason)
    plan = load.Plan(options.load_reviews, options.mixed_rows, options.load_rounds, options.seconds)
    rows = [row for name in options.databases for row in load.run(name, plan)]
    return load.section(rows, plan)


def _bulk(options: Namespace) -> str:
    sizes = _sizes(options.bulk_rows)
    rows = [row for name in options.databases for row in batches.run(name, sizes, options.bulk_rounds)]
    return batches.section(rows, options.bulk_rounds)


#: What is measured, in the order of the document.
PARTS: dict[str, Callable[[Namespace], str]] = {"pages": _pages, "oscar": _oscar, "load": _load, "bulk": _bulk}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("dev.py bench", description="What our pages cost, beside hand-written ones.")
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    add("--databases", nargs="+", choices=PLACES, default=list(PLACES))
    add("--sizes", nargs="+", type=_numbers, default=[(1_000, 100_000)], help="pages: reviews on one product")
    add("--rounds", type=int, default=15, help="pages, oscar: how often everything is measured, in turns")
    add("--requests", type=int, default=24, help="pages, oscar: requests to a page in one round")
    add("--oscar-sizes", nargs="+", type=_numbers, default=[(1_000, 10_000)], help="oscar: reviews on one product")
    add("--load-reviews", type=int, default=10_000, help="load: reviews on the one product that is asked for")
    add("--mixed-rows", type=int, default=100_000, help="load: reviews on many products")
    add("--load-rounds", type=int, default=5, help="load: how often each shop is asked, in turns")
    add("--seconds", type=float, default=5.0, help="load: how long in each round")
    add("--bulk-rows", nargs="+", type=_numbers, default=[(20_000, 100_000)], help="bulk: reviews, few and many")
    add("--bulk-rounds", type=int, default=3, help="bulk: how often each job is done, in turns")
    add("--out", type=Path, help="the document to write (docs/performance.md, where all parts are measured)")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of one argument: "1000" or "1000,1000000"."""
    return tuple(int(each) for each in text.split(",") if each)


def _sizes(given: list[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted(set(chain(*given))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
