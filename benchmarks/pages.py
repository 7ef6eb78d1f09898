"""Our pages and posts beside hand-written ones, in one process and by processor time."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from dataclasses import dataclass

from . import pairs, report
from .ideal import make_ideal
from .measure import Processes, measure
from .pairs import Pair, Shops
from .places import PLACES
from .seed import seed
from .shop import LISTED, make_app
from .telling import say

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
    def each_side(self) -> int:
        """Return how many posts one side needs in all."""
        return INSPECTED + WARM_UP + self.rounds * self.posts

    @property
    def waiting(self) -> dict[str, int]:
        """Return how many unrated orders each measured product needs."""
        return dict.fromkeys(self.reviewed, 2 * self.each_side)


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
            return report.Result(name, read + written)
        finally:
            put_away(shops)


def prepared(name: str, url: str, plan: Plan) -> tuple[Shops, Mapping[str, range]]:
    """Return both shops on a filled database, and the numbers of the orders that wait for a review."""
    app, db = make_app(url)
    started = time.perf_counter()
    say(f"{name}: putting in {sum(plan.sizes):,} reviews.")
    orders = seed(app, db, plan.reviewed | dict.fromkeys(LISTED, LISTED_REVIEWS), plan.waiting)
    say(f"{name}: in after {time.perf_counter() - started:.0f} seconds; measuring.")
    ideal_app, ideal = make_ideal(url)
    return Shops(app, db, ideal_app, ideal), orders


def put_away(shops: Shops) -> None:
    """Give all connections back."""
    shops.ideal.engine.dispose()
    with shops.app.app_context():
        shops.db.engine.dispose()


def compare(shops: Shops, compared: list[Pair], rounds: int, requests: int) -> None:
    """Measure all pairs in turns, so that whatever else the machine does meets both sides alike."""
    warm_up(compared)
    processes = Processes(shops.ideal.engine)
    gc.collect()
    for number in range(rounds):
        for pair in compared:
            for side in pair.sides if number % 2 else pair.sides[::-1]:
                measure(side, processes, requests)


def warm_up(compared: list[Pair]) -> None:
    """Ask for everything as often as it takes until nothing is done for the first time."""
    for pair in compared:
        for side in pair.sides:
            for _ in range(WARM_UP):
                side.ask()
