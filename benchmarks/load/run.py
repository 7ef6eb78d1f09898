"""One product's page under load, and pages, lists and posts over many products at once."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select

from flask_trust.health.checks import check
from flask_trust.reviews.models import Review
from flask_trust.state import state_of

from ..ideal import make_ideal
from ..ideal_post import Posting
from ..measure import Environ
from ..pairs import Unfair, ideal_posts, our_posts
from ..places import PLACES
from ..seed import seed
from ..shop import make_app
from . import serve
from .servers import ask, gunicorn
from .wrk import Request, Told
from .wrk import run as drive

HOT = "hot"
EACH = 10  # reviews of each of the many products
LISTS, POSTS = 9, 1  # of a hundred requests; the others are pages
WARM_UP = 30  # requests to each, so that both workers have done once what is done once
MOST = 1_000  # requests a second that a side is prepared for


@dataclass(frozen=True)
class Plan:
    """How much is put in and measured: reviews of one product, reviews of many, rounds, seconds of a round."""

    reviews: int
    rows: int
    rounds: int
    seconds: float

    @property
    def products(self) -> int:
        """Return how many products share the many reviews; they fill whole lists."""
        return max(1, self.rows // EACH // serve.SHELF) * serve.SHELF

    @property
    def requests(self) -> int:
        """Return how many requests of the mixed load lie ready for one side and round."""
        return round(MOST * self.seconds)

    @property
    def posts(self) -> int:
        """Return how many of them are posts."""
        return max(1, self.requests * POSTS // 100)


@dataclass
class Row:
    """What one shop did under one load; `reviews` is how many the database holds for it."""

    database: str
    what: str
    shop: str
    reviews: int
    told: list[Told] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return the requests a second, the median over the rounds."""
        return median(each.rate for each in self.told)

    @property
    def p50(self) -> float:
        """Return the milliseconds that half of the requests took at most."""
        return median(each.p50 for each in self.told)

    @property
    def p99(self) -> float:
        """Return the milliseconds that 99 of 100 requests took at most."""
        return median(each.p99 for each in self.told)


def run(name: str, plan: Plan) -> list[Row]:
    """Load all shops on one database; raises `Unfair` where a post was lost or the totals are wrong afterwards."""
    with PLACES[name]() as url:
        app, db = make_app(url)
        lots = random.Random(41)
        waiting = 2 * plan.rounds * plan.posts
        many = {serve.product(number): EACH for number in range(plan.products)}
        buyers = [serve.product(lots.randrange(plan.products)) for _ in range(waiting)]
        orders = seed(app, db, {HOT: plan.reviews} | many, {key: buyers.count(key) for key in dict.fromkeys(buyers)})
        numbers = [number for each in orders.values() for number in each]
        with served(url) as addresses:
            hot = pages(name, plan, addresses)
            mixed = everything(name, plan, addresses, posts_of(app, url, numbers))
        _prove(app, db)
        return hot + mixed


@contextmanager
def served(url: str) -> Iterator[Mapping[str, str]]:
    """Serve all three shops and lend their addresses; those that are not asked cost nothing."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trust_bench_"))) / "page.html"
        known = {serve.DATABASE: url, serve.PAGE: str(place)}
        addresses = {
            name: stack.enter_context(gunicorn(f"benchmarks.load.serve:{name}()", known)) for name in ("ours", "ideal")
        }
        place.write_bytes(ask(addresses["ours"], f"/trust/products/{HOT}"))
        yield addresses | {"bare": stack.enter_context(gunicorn("benchmarks.load.serve:bare()", known))}


def pages(name: str, plan: Plan, addresses: Mapping[str, str]) -> list[Row]:
    """Ask all three for the page of one product."""
    rows = {shop: Row(name, "a product's page", shop, plan.reviews) for shop in addresses}
    asked: list[Request] = [("GET", f"/trust/products/{HOT}", "")]
    for _ in range(WARM_UP):
        for address in addresses.values():
            ask(address, asked[0][1])
    for _, shop in _turns(plan, list(rows)):
        rows[shop].told.append(drive(addresses[shop], asked, plan.seconds))
    return list(rows.values())


def everything(name: str, plan: Plan, addresses: Mapping[str, str], posts: Mapping[str, list[Request]]) -> list[Row]:
    """Send pages, lists and posts over many products to our shop and the hand-written one."""
    rows = {shop: Row(name, "pages, lists, posts", shop, plan.products * EACH) for shop in posts}
    for number, shop in _turns(plan, list(rows)):
        mine = posts[shop][number * plan.posts : (number + 1) * plan.posts]
        rows[shop].told.append(drive(addresses[shop], mixed(plan, mine, number), plan.seconds))
    return list(rows.values())


def _turns(plan: Plan, shops: list[str]) -> Iterator[tuple[int, str]]:
    """Yield who is asked in which round: in turns, so that whatever else the machine does meets all alike."""
    for number in range(plan.rounds):
        for shop in shops if number % 2 else shops[::-1]:
            yield number, shop


def mixed(plan: Plan, posts: list[Request], number: int) -> list[Request]:
    """Return the requests of one round, the same for all shops but for the orders that are rated."""
    lots = random.Random(number)
    shelves = plan.products // serve.SHELF
    lists = plan.requests * LISTS // 100
    found: list[Request] = [("GET", f"/shelves/{lots.randrange(shelves)}", "") for _ in range(lists)]
    for _ in range(plan.requests - lists - len(posts)):
        found.append(("GET", f"/trust/products/{serve.product(lots.randrange(plan.products))}", ""))
    found += posts
    lots.shuffle(found)
    return found


def posts_of(app: Flask, url: str, numbers: list[int]) -> dict[str, list[Request]]:
    """Return the filled-in forms of all waiting orders; half of them go to each shop."""
    half = len(numbers) // 2
    _, hand_written = make_ideal(url)
    made = {
        "ours": our_posts(app, numbers[:half]),
        "ideal": ideal_posts(Posting(hand_written.engine), numbers[half:]),
    }
    found = {shop: [_as_request(each) for each in posts] for shop, posts in made.items()}
    hand_written.engine.dispose()
    return found


def _as_request(environ: Environ) -> Request:
    return "POST", environ["PATH_INFO"], environ["wsgi.input"].read().decode()


def _prove(app: Flask, db: SQLAlchemy) -> None:
    """Count again after all posts; raises `Unfair` where a total is wrong."""
    with app.app_context():
        wrong = [found.words for found in check(state_of(app)) if found.repairable]
        with db.engine.connect() as connection:
            reviews = connection.scalar(select(func.count()).select_from(Review))
        db.engine.dispose()
    if wrong:
        raise Unfair(f"{reviews} reviews, and after the posts: {'; '.join(wrong[:5])}")
