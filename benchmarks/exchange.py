"""`python -m benchmarks.exchange`: members who buy from and sell to each other for years, and what they may then read.

A stream of deals runs through the same code as the pages and calls of a shop, with a clock that moves over four years.
Afterwards the public page of every member is compared with a recount from the stream itself.
"""

from __future__ import annotations

import argparse
import heapq
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, select

from flask_trust import Line, Order, Person, Product, Seller, Trust
from flask_trust.desk import actions as desk
from flask_trust.health.checks import check
from flask_trust.orders.queries import find
from flask_trust.ratings.actions import Refused
from flask_trust.ratings.rules import BuyerDraft, RatingDraft
from flask_trust.reviews.rules import Draft
from flask_trust.scores.queries import find_subject_id
from flask_trust.state import State, state_of
from flask_trust.submission.actions import Said, publish
from flask_trust.submission.sheet import Sheet, load
from flask_trust.testing import FakeShop, SettableClock

YEARS = timedelta(days=4 * 365)
SPREAD = (6, 3, 6, 15, 70)  # of 100 ratings, those with 1 to 5 stars
LATER = timedelta(days=1)


@dataclass(order=True)
class Happening:
    """Something that a member does at a moment."""

    at: datetime
    number: int
    act: Callable[[], None] = field(compare=False)


@dataclass
class Deal:
    """One deal of the stream, and what is known of it."""

    key: str
    buyer: str
    seller: str
    both: bool
    stars: int
    rated_at: datetime | None = None


class Exchange:
    """Members, their deals, and everything they do in the order of time."""

    def __init__(self, folder: Path, members: int, deals: int) -> None:
        self.lots, self.clock, self.shop = random.Random(2027), SettableClock(), FakeShop()
        self.db = SQLAlchemy()
        self.trust = Trust(self.db, self.shop, clock=self.clock)
        self.app = _make_app(folder, self.db, self.trust)
        self.members = [f"m{number}" for number in range(members)]
        self.sellers = self.members[: members * 2 // 3]  # half of the buyers sell as well
        self.passing = set(self.sellers[::3])
        self.shop.acting = {seller: {seller} for seller in self.sellers}
        self.shop.add(Product("thing", "Thing", "/things"))
        self.shop.add(*(Seller(seller, f"Member {seller}") for seller in self.sellers))
        self.deals = [self._deal(number) for number in range(deals)]
        self.queue: list[Happening] = []
        self.waited: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    def _deal(self, number: int) -> Deal:
        seller = self.lots.choice(self.sellers)
        buyer = self.lots.choice(
            [each for each in self.lots.sample(self.members[len(self.members) // 3 :], 2) if each != seller]
        )
        stars = self.lots.choices((1, 2, 3, 4, 5), SPREAD)[0]
        return Deal(f"o{number}", buyer, seller, self.lots.random() > 1 / 3, stars)

    @property
    def state(self) -> State:
        return state_of(self.app)

    def run(self, tell: Callable[[int], None]) -> None:
        """Let everything happen, and the job come by every day."""
        start = self.clock()
        with self.app.test_request_context():
            self.db.create_all()
            for seller in self.passing:
                desk.choose(self.state, seller, seller, rates=False)
            for number, deal in enumerate(self.deals):
                self._plan(start + YEARS * self.lots.random(), number, partial(self._arrive, deal))
            self._live(start, tell)

    def _plan(self, at: datetime, number: int, act: Callable[[], None]) -> None:
        heapq.heappush(self.queue, Happening(at, number, act))

    def _live(self, start: datetime, tell: Callable[[int], None]) -> None:
        job, number = start, 0
        while self.queue:
            happening = heapq.heappop(self.queue)
            while job <= happening.at:
                self.clock.now = job
                self.trust.run_due()
                job += LATER
            self.clock.now = happening.at
            happening.act()
            number += 1
            if number % 1_000 == 0:
                tell(number)
        self.clock.now += timedelta(days=31)
        self.trust.run_due()

    def _arrive(self, deal: Deal) -> None:
        """Let the parcel arrive, and both sides decide when they will write."""
        buyer = Person(deal.buyer, deal.buyer, f"{deal.buyer}@member.example")
        self.shop.add(Order(deal.key, buyer, [Line("1", "thing", deal.seller)], self.clock()))
        self.trust.order_delivered(deal.key)
        self.db.session.commit()
        self.done["deals"] += 1
        number = int(deal.key[1:])
        self._plan(self.clock() + self._pause(7.5), number, lambda: self._buyer_writes(deal))
        if deal.both and deal.seller not in self.passing:
            self._plan(self.clock() + self._pause(3), number, lambda: self._seller_writes(deal))

    def _pause(self, days: float) -> timedelta:
        return timedelta(days=days * self.lots.lognormvariate(0, 0.6))

    def _sheet(self, deal: Deal) -> Sheet:
        with self.state.session() as session:
            order = find(session, deal.key)
            assert order is not None
        sheet = load(self.state, order.id, order.link_version, self.clock())
        assert sheet is not None
        return sheet

    def _buyer_writes(self, deal: Deal) -> None:
        sheet = self._sheet(deal)
        (row,), (seller,) = sheet.rows, sheet.sellers
        ratings = {} if seller.obstacle else {seller.deal.id: (RatingDraft(deal.stars), "en")}
        publish(self.state, sheet, Said({row.line.id: (Draft(deal.stars), "en")}, ratings, ""))
        self.done["reviews"] += 1
        if ratings:
            deal.rated_at = self.clock()
            self.done["ratings of sellers"] += 1

    def _seller_writes(self, deal: Deal) -> None:
        with self.state.session() as session:
            number = find_subject_id(session, "seller", deal.seller)
        assert number is not None
        try:
            speaker, mine = desk.Speaker(deal.seller, number), self._sheet(deal).sellers[0].deal.id
            desk.answer(self.state, speaker, mine, BuyerDraft(paid=True, reachable=True, again=True), None)
            self.done["ratings of buyers"] += 1
        except Refused:
            self.done["too late"] += 1


def _make_app(folder: Path, db: SQLAlchemy, trust: Trust) -> Flask:
    app = Flask("exchange")
    uri = f"sqlite:///{folder / 'exchange.db'}"
    app.config.update(SECRET_KEY="benchmark", SQLALCHEMY_DATABASE_URI=uri, TRUST_SHOP_NAME="Exchange")
    db.init_app(app)
    trust.init_app(app)
    with app.app_context():
        event.listen(db.engine, "connect", _without_waiting_for_the_disk)
    return app


def _without_waiting_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # a stream of hours; nothing of it has to survive a power cut


def recount(exchange: Exchange) -> dict[str, list[int]]:
    """Return how many counted ratings of 1 to 5 stars each seller has, from the stream alone."""
    newest: dict[tuple[str, str], Deal] = {}
    for deal in sorted(exchange.deals, key=lambda each: each.rated_at or exchange.clock()):
        if deal.rated_at is not None:
            newest[deal.seller, deal.buyer] = deal
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for deal in newest.values():
        counts[deal.seller][deal.stars - 1] += 1
    return counts


def pages_that_differ(exchange: Exchange) -> Iterator[str]:
    """Yield the sellers whose public page shows other numbers than the recount."""
    client, truth = exchange.app.test_client(), recount(exchange)
    for seller in exchange.sellers:
        page = client.get(f"/trust/sellers/{seller}").text
        shown = [int(n.replace(",", "")) for n in re.findall(r'<td class="trust-count">([\d,]+)</td>', page)[:5]]
        # A page with one counted rating draws no table; its formula names the counts, from one star up.
        shown = shown or [int(n) for n in re.findall(r"\d × (\d+)", page)[:5]][::-1]
        if (shown or [0] * 5) != truth[seller][::-1]:
            yield seller


def share_that_waited(exchange: Exchange) -> float:
    """Return the share of product reviews that could be read more than a day after they were written."""
    from flask_trust.reviews.models import Review

    with exchange.app.app_context(), exchange.state.session() as session:
        rows = session.execute(select(Review.written_at, Review.shown_at)).all()
    late = [row for row in rows if row.shown_at - row.written_at > LATER]
    return len(late) / len(rows)


def main() -> int:
    """Run the stream; returns 1 where a page or a total is wrong."""
    parser = argparse.ArgumentParser("python -m benchmarks.exchange")
    parser.add_argument("--deals", type=int, default=24_600, help="some 35,000 ratings come of these")
    parser.add_argument("--members", type=int, default=6_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        exchange, start = Exchange(Path(folder), options.members, options.deals), time.perf_counter()
        exchange.run(lambda number: print(f"exchange: {number} steps", file=sys.stderr, flush=True))
        seconds = time.perf_counter() - start
        wrong = list(pages_that_differ(exchange))
        with exchange.app.test_request_context():
            faults = [each.words for each in check(exchange.state) if each.repairable]
        for name, count in exchange.done.items():
            print(f"{count:>8} {name}")
        print(f"{share_that_waited(exchange):>8.1%} of product reviews waited longer than a day")
        print(f"{len(exchange.sellers):>8} sellers' pages compared with a recount, {len(wrong)} differ {wrong[:5]}")
        print(f"{len(faults):>8} faults found by flask trust check {faults[:3]}")
        print(f"{seconds:>8.0f} seconds for the stream")
    return 1 if wrong or faults else 0


if __name__ == "__main__":
    sys.exit(main())
