"""`python -m benchmarks`: seeds, measures, prints the table and writes docs/performance.md."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import pairs, report
from .ideal import make_ideal
from .measure import Processes, measure
from .pairs import Pair, Shops, Unfair
from .places import PLACES
from .seed import seed
from .shop import LISTED, make_app

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
WARM_UP = 12  # psycopg prepares a statement when it comes for the sixth time
LISTED_REVIEWS = 20
INSPECTED = 3  # requests before any is measured


@dataclass(frozen=True)
class Plan:
    """How much is seeded and measured."""

    sizes: tuple[int, ...]
    rounds: int
    requests: int

    @property
    def reviewed(self) -> dict[str, int]:
        """Return how many reviews each measured product gets."""
        return {f"with-{size}-reviews": size for size in self.sizes}

    @property
    def posts(self) -> int:
        """Return how many posts one side needs in a round."""
        return max(1, self.requests // 4)

    @property
    def waiting(self) -> dict[str, int]:
        """Return how many unrated orders each measured product needs."""
        return dict.fromkeys(self.reviewed, 2 * (INSPECTED + WARM_UP + self.rounds * self.posts))


def main(arguments: list[str]) -> int:
    """Run the benchmark; returns 1 where the comparison would be unfair or a promise is broken."""
    options = _parser().parse_args(arguments)
    plan = Plan(tuple(options.sizes), options.rounds, options.requests)
    try:
        results = [run(name, plan) for name in options.databases]
    except Unfair as fault:
        say(str(fault))
        return 1
    print(report.table(results))
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(report.document(results, plan.rounds, plan.requests), encoding="utf-8")
    say(f"Written to {options.out.name}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("dev.py bench", description="What our pages cost, beside hand-written ones.")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 100_000], help="reviews on one product")
    parser.add_argument("--databases", nargs="+", choices=PLACES, default=list(PLACES))
    parser.add_argument("--rounds", type=int, default=15, help="how often everything is measured, in turns")
    parser.add_argument("--requests", type=int, default=24, help="requests to a page in one round")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="the document to write")
    return parser


def say(sentence: str) -> None:
    """Tell how far it is; on the error stream, so that the table can be piped."""
    print(f"bench: {sentence}", file=sys.stderr, flush=True)


def run(name: str, plan: Plan) -> report.Result:
    """Measure everything on one database of our own; raises `Unfair`."""
    with PLACES[name]() as url:
        shops, orders = prepared(name, url, plan)
        try:
            written = pairs.writing(shops, plan.reviewed, orders)
            pairs.check(written)  # before the pages are asked for: it changes them, and with them their tags
            read = pairs.reading(shops, plan.reviewed)
            pairs.check(read)
            compare(shops, read, plan.rounds, plan.requests)
            compare(shops, written, plan.rounds, plan.posts)
            return report.Result(name, report.server_version(shops.ideal.engine), read + written)
        finally:
            shops.ideal.engine.dispose()
            with shops.app.app_context():
                shops.db.engine.dispose()


def prepared(name: str, url: str, plan: Plan) -> tuple[Shops, Mapping[str, range]]:
    """Return both shops on a filled database, and the numbers of the orders that wait for a review."""
    app, db = make_app(url)
    started = time.perf_counter()
    say(f"{name}: putting in {sum(plan.sizes):,} reviews.")
    orders = seed(app, db, plan.reviewed | dict.fromkeys(LISTED, LISTED_REVIEWS), plan.waiting)
    say(f"{name}: in after {time.perf_counter() - started:.0f} seconds; measuring.")
    ideal_app, ideal = make_ideal(url)
    return Shops(app, db, ideal_app, ideal), orders


def compare(shops: Shops, compared: list[Pair], rounds: int, requests: int) -> None:
    """Measure all pairs in turns, so that whatever else the machine does meets both sides alike."""
    for pair in compared:
        for side in pair.sides:
            for _ in range(WARM_UP):
                side.ask()
    processes = Processes(shops.ideal.engine)
    gc.collect()
    for number in range(rounds):
        for pair in compared:
            for side in pair.sides if number % 2 else pair.sides[::-1]:
                measure(side, processes, requests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
