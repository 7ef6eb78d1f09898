"""However reviews come, change and go: every total equals a count that knows nothing of the code that moved it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from flask_trust import Line, Person
from flask_trust.health.checks import check
from flask_trust.reviews.models import Review
from flask_trust.reviews.rules import WRITE_FOR
from flask_trust.scores import maths
from flask_trust.scores.models import Subject
from flask_trust.scores.queries import find_scores
from flask_trust.scores.score import Score
from tests.support import databases
from tests.world import World

BUYERS = ["anna", "bert", "cara", "dora"]
PRODUCTS = ["bowl", "cup", "lamp"]


@dataclass
class Said:
    """What a buyer said of one product in one order, as the test itself remembers it."""

    order: str
    line: str
    product: str
    buyer: str
    rewarded: bool
    arrived: datetime
    stars: int | None = None
    shown_at: datetime | None = None
    number: int = 0

    @property
    def counts(self) -> bool:
        return self.stars is not None and not self.rewarded


class Totals(RuleBasedStateMachine):
    """Buyers who write, change their minds, take back, merge their accounts and leave."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        databases.empty(self.world.app.config["SQLALCHEMY_DATABASE_URI"])
        self.said: list[Said] = []
        self.accounts = {name: name for name in BUYERS}  # who each has become, by the shop's id
        self.gone: set[str] = set()
        self.orders = 0
        self.written = 0
        self.day: date | None = None
        self.at_dawn = [0] * 5

    @initialize(
        first=st.lists(st.tuples(st.sampled_from(BUYERS), st.integers(1, 5)), min_size=2, max_size=4),
    )
    def start(self, first: list[tuple[str, int]]) -> None:
        for buyer, stars in first:
            self.order(buyer=buyer, products=["bowl", "cup"], rewarded=False)
            self.write(number=self.orders - 1, stars=[stars, 6 - stars])

    @rule(
        buyer=st.sampled_from(BUYERS),
        products=st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=3),
        rewarded=st.sampled_from([False, False, False, True]),
    )
    def order(self, buyer: str, products: list[str], rewarded: bool) -> None:
        key = f"o{self.orders}"
        lines = [Line(str(number), product) for number, product in enumerate(products)]
        person = Person(buyer, buyer, f"{buyer}@customer.example")
        self.world.order(key, lines=lines, buyer=person, incentive="5 % off" if rewarded else None)
        self.world.deliver(key)
        self.gone.discard(buyer)  # somebody who was erased and buys again is a new person
        account = self.accounts[buyer]
        now = self.world.clock()
        self.said += [Said(key, line.id, line.product_id, account, rewarded, now) for line in lines]
        self.orders += 1

    def of_order(self, number: int) -> list[Said]:
        return [each for each in self.said if each.order == f"o{number % self.orders}"]

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 40), stars=st.lists(st.integers(1, 5), min_size=1, max_size=3))
    def write(self, number: int, stars: list[int]) -> None:
        """Say something of the first lines of an order; whoever said something before changes it."""
        lines = self.of_order(number)
        last = self.world.clock() - WRITE_FOR
        chosen = [
            (each, given)
            for each, given in zip(lines, stars, strict=False)
            if each.stars is not None or each.arrived >= last
        ]
        if lines[0].buyer in self.gone or not chosen:
            return
        self.note_dawn()
        fields: Any = {f"line_{each.line}_stars": str(given) for each, given in chosen}
        assert self.world.rate(lines[0].order, **fields).status_code == 303
        for each, given in chosen:
            if each.stars is None:
                self.written += 1
                each.shown_at, each.number = self.world.clock(), each.number or self.written
            each.stars = given

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 40), line=st.integers(0, 2))
    def take_back(self, number: int, line: int) -> None:
        lines = self.of_order(number)
        each = lines[line % len(lines)]
        if each.buyer in self.gone or each.stars is None:
            return
        self.note_dawn()
        assert self.world.rate(each.order, action=f"do-delete-{each.line}").status_code == 303
        each.stars = None

    @rule(old=st.sampled_from(BUYERS), new=st.sampled_from(BUYERS))
    def merge(self, old: str, new: str) -> None:
        """Accounts that were erased or have become one already are left alone."""
        known = {each.buyer for each in self.said}
        if self.accounts[old] != old or self.accounts[new] != new or {old, new} & self.gone or old not in known:
            return
        self.note_dawn()
        self.world.tell("person_merged", old, new)
        if old == new:
            return
        for name, account in self.accounts.items():
            if account == old:
                self.accounts[name] = new
        for each in self.said:
            if each.buyer == old:
                each.buyer = new

    @rule(who=st.sampled_from(BUYERS))
    def erase(self, who: str) -> None:
        if who not in {each.buyer for each in self.said} or self.accounts[who] != who:
            return
        self.note_dawn()
        self.world.tell("person_erased", who)
        for name, account in self.accounts.items():
            if account == who:
                self.accounts[name] = name
        for each in self.said:
            if each.buyer == who:
                each.buyer, each.stars = f"erased-{self.orders}-{who}", None
                self.gone.add(each.buyer)

    @rule(days=st.sampled_from([0, 0, 1, 30, 400]), hours=st.integers(0, 30))
    def wait(self, days: int, hours: int) -> None:
        self.world.clock.advance(days=days, hours=hours)

    def counted(self, product: str | None = None) -> list[Said]:
        """Return the votes that count: the newest that may count of each buyer for each product."""
        newest: dict[tuple[str, str], Said] = {}
        for each in self.said:
            place = (each.buyer, each.product)
            if each.counts and (place not in newest or self.later(each, newest[place])):
                newest[place] = each
        return [each for each in newest.values() if product in (None, each.product)]

    @staticmethod
    def later(one: Said, other: Said) -> bool:
        assert one.shown_at
        assert other.shown_at
        return (one.shown_at, one.number) > (other.shown_at, other.number)

    @staticmethod
    def levels(votes: Sequence[Said]) -> list[int]:
        return [sum(1 for vote in votes if vote.stars == star) for star in range(1, 6)]

    def note_dawn(self) -> None:
        """Remember the shop's counts as they stood before the first change of the day."""
        today = self.world.clock().date()
        if self.day != today:
            self.day, self.at_dawn = today, self.levels(self.counted())

    def usual(self) -> list[int]:
        return self.at_dawn if self.day == self.world.clock().date() else self.levels(self.counted())

    @invariant()
    def totals_equal_an_independent_count(self) -> None:
        rows = {(row.kind, row.key): row for row in self.world.all(Subject)}
        for (kind, key), row in rows.items():
            if kind == "seller" or key == "ratings":
                continue  # nobody is rated here
            product = key if kind == "product" else None
            votes = self.counted(product)
            shown = [each for each in self.said if each.stars is not None and product in (None, each.product)]
            assert [row.n1, row.n2, row.n3, row.n4, row.n5] == self.levels(votes), (kind, key)
            assert row.shown == len(shown), (kind, key)

    @invariant()
    def scores_equal_their_definition(self) -> None:
        today = self.world.clock().date()
        for kind, keys in (("product", PRODUCTS), ("shop", ["reviews"])):
            for key, score in self.scores(kind, keys).items():
                votes = self.counted(key if kind == "product" else None)
                ratings = [(vote.stars or 0, vote.shown_at.date()) for vote in votes if vote.shown_at]
                exact = maths.score_of(ratings, today, maths.HALF_LIFE[kind], self.usual())
                assert (score.score, score.low, score.high) == pytest.approx((exact.score, exact.low, exact.high))

    def scores(self, kind: str, keys: Sequence[str]) -> dict[str, Score]:
        now = self.world.clock()
        return self.world.read(lambda session: find_scores(session, kind, keys, now))

    @invariant()
    def one_vote_of_each_buyer_counts(self) -> None:
        rows: list[Any] = [row for row in self.world.all(Review) if row.counted]
        assert len({(row.person_id, row.subject_id) for row in rows}) == len(rows)

    @invariant()
    def check_finds_nothing(self) -> None:
        with self.world.app.app_context():
            found = check(self.world.state)
        # Years pass here without the job that keeps what was promised about old orders.
        assert [each for each in found if "privacy page promises" not in each.words] == []


@pytest.mark.machine
def test_totals_equal_an_independent_recount_after_every_step(any_world: World, database_name: str) -> None:
    class Here(Totals):
        world = any_world

    examples, steps = (20, 20) if database_name == "sqlite" else (5, 15)
    run_machine(
        Here,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
