"""The protocol of docs/ratings.md under random steps: after each, I1 to I18 hold in the real database.

T9 to T11 (hiding, decisions, appeals) and I11 and I14 come with the room that moderates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from flask_trust import Line, Person
from flask_trust.desk import actions as desk
from flask_trust.health.checks import check
from flask_trust.journal.actions import commitment
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal, Order
from flask_trust.ratings.actions import Refused, content_of
from flask_trust.ratings.models import BuyerRating, FormerRating, Rating
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from flask_trust.scores.queries import find_scores, find_subject_id
from tests.support import databases
from tests.world import World

BUYERS = ["anna", "bert"]
SELLERS = ["mia", "tom"]
WINDOW, ANSWER, REVISE = timedelta(days=30), timedelta(days=7), timedelta(days=60)
RANK = {"pending": 0, "open": 1, "revealed": 2, "empty": 2}
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass
class Side:
    """What one side has said in a deal, as the test itself remembers it."""

    words: Any = None
    shown_at: datetime | None = None
    revised: bool = False


@dataclass
class Agreed:
    """One deal as the test itself remembers it: the protocol once more, in its plainest form."""

    order: str
    seller: str
    buyer: str
    opened_at: datetime
    rating: Side = field(default_factory=Side)
    answer: Side = field(default_factory=Side)
    review: Side = field(default_factory=Side)
    buyer_wrote_at: datetime | None = None
    passed: bool = False
    both_at: datetime | None = None
    erased: bool = False

    @property
    def closes_at(self) -> datetime:
        """Return the moment from which nothing can be added."""
        if self.both_at is not None:
            return self.both_at
        end = self.opened_at + WINDOW
        return end if self.passed or self.buyer_wrote_at is None else min(end, self.buyer_wrote_at + ANSWER)

    def is_open(self, now: datetime) -> bool:
        return self.both_at is None and now < self.closes_at

    def waits(self, now: datetime) -> bool:
        return not self.passed and self.is_open(now)

    def place(self, side: Side, words: Any, now: datetime) -> None:
        """Note new words: they are there from the closing where the deal waits, else from now."""
        side.words, side.shown_at = words, FAR if self.waits(now) else now

    def seen_from(self, side: Side) -> datetime | None:
        """Return the moment from which others can read a side."""
        if side.words is None or side.shown_at is None:
            return None
        return self.closes_at if side.shown_at is FAR else side.shown_at

    def open_both(self, now: datetime) -> None:
        if self.rating.words is not None and self.answer.words is not None and self.waits(now):
            self.both_at = now

    def open_buyers(self, now: datetime) -> None:
        for side in (self.rating, self.review):
            if side.shown_at is FAR:
                side.shown_at = now


class Exchange(RuleBasedStateMachine):
    """Two buyers and two sellers, a clock that moves, and a job that comes when it likes."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[int, str] = {}
        databases.empty(self.world.app.config["SQLALCHEMY_DATABASE_URI"])
        self.deals: list[Agreed] = []
        self.accounts = {name: name for name in BUYERS}
        self.states: dict[int, str] = {}
        self.public: dict[tuple[str, int], datetime] = {}
        self.count = 0

    @property
    def now(self) -> datetime:
        return self.world.clock()

    # T1

    @precondition(lambda self: sum(deal.is_open(self.now) for deal in self.deals) < 2)
    @rule(buyer=st.sampled_from(BUYERS), sellers=st.sampled_from([["mia"], ["tom"], ["mia", "tom"]]))
    def open(self, buyer: str, sellers: list[str]) -> None:
        key = f"o{self.count}"
        self.count += 1
        lines = [Line(seller, f"{seller}-bowl", seller_id=seller) for seller in sellers]
        account = self.accounts[buyer]
        self.world.order(key, lines=lines, buyer=Person(account, account, f"{account}@customer.example"))
        self.world.deliver(key)
        self.deals += [Agreed(key, seller, account, self.now) for seller in sellers]

    def pick(self, number: int) -> Agreed:
        return self.deals[-1 - number % min(len(self.deals), 3)]  # the newest, or too few steps would meet in one deal

    def post(self, deal: Agreed, **fields: str) -> int:
        place = [each.seller for each in self.deals if each.order == deal.order].index(deal.seller)
        named: dict[str, Any] = {name.replace("PLACE", str(place)): value for name, value in fields.items()}
        named = {name: value.replace("PLACE", str(place)) for name, value in named.items()}
        return int(self.world.rate(deal.order, **named).status_code)

    # T2, T3, T8: what the buyer writes

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20), stars=st.integers(1, 5))
    def rate(self, number: int, stars: int) -> None:
        deal, now = self.pick(number), self.now
        if deal.erased:
            return
        status = self.post(deal, seller_PLACE_stars=str(stars))
        side, new = deal.rating, deal.rating.words != stars
        seen = deal.seen_from(side)
        if side.words is not None and seen is not None and seen <= now:
            may = not side.revised and now <= seen + REVISE
            assert status == (303 if may or not new else 422), "I6"
            if may and new:
                side.words, side.revised = stars, True
            return
        assert status == (303 if deal.is_open(now) else 409), "I3, I8"
        if deal.is_open(now):
            deal.place(side, stars, now)
            deal.buyer_wrote_at = deal.buyer_wrote_at or now
            deal.open_both(now)

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20), stars=st.integers(1, 5))
    def review(self, number: int, stars: int) -> None:
        deal, now = self.pick(number), self.now
        if deal.erased or now > deal.opened_at + timedelta(days=170):
            return
        assert self.post(deal, line_PLACE_stars=str(stars)) == 303
        if deal.review.words is None:
            deal.place(deal.review, stars, now)
        deal.review.words = stars
        if deal.is_open(now):
            deal.buyer_wrote_at = deal.buyer_wrote_at or now

    # T4

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20))
    def take_rating_back(self, number: int) -> None:
        deal, now = self.pick(number), self.now
        seen = deal.seen_from(deal.rating)
        if deal.erased or seen is None:
            return
        status = self.post(deal, action="take-back-PLACE")
        assert status == (409 if seen <= now else 303), "I6"
        if seen > now:
            deal.rating = Side()
            self.forget_clock(deal)

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20))
    def delete_review(self, number: int) -> None:
        deal = self.pick(number)
        if deal.erased or deal.review.words is None:
            return
        assert self.post(deal, action="do-delete-PLACE") == 303
        open_now = deal.is_open(self.now)
        deal.review = Side()
        if open_now:
            self.forget_clock(deal)

    def forget_clock(self, deal: Agreed) -> None:
        if deal.rating.words is None and deal.review.words is None:
            deal.buyer_wrote_at = None

    # The seller

    def speaker(self, deal: Agreed, person: int = 1) -> desk.Speaker:
        number = self.world.read(lambda session: find_subject_id(session, "seller", deal.seller))
        assert number is not None
        return desk.Speaker(f"{deal.seller}-{person}", number)

    def number_of(self, deal: Agreed) -> int:
        return self.rows()[deal.order, deal.seller].id

    def as_seller(self, work: Any) -> bool:
        """Do something as a seller; say whether it was allowed."""
        try:
            with self.world.app.test_request_context():
                work(self.world.state)
        except (Refused, desk.Overtaken):
            return False
        return True

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20), again=st.booleans(), person=st.integers(1, 2))
    def rate_buyer(self, number: int, again: bool, person: int) -> None:
        deal, now, side = self.pick(number), self.now, self.pick(number).answer
        draft, speaker, deal_id = BuyerDraft(again=again), self.speaker(deal, person), self.number_of(deal)
        version = self.version_of_answer(deal_id)
        done = self.as_seller(lambda state: desk.answer(state, speaker, deal_id, draft, version))
        seen = deal.seen_from(side)
        if deal.erased:
            return
        if side.words == again:
            assert done
        elif seen is not None and seen <= now:
            assert done == (not deal.passed and not side.revised and now <= seen + REVISE), "I6"
            side.words, side.revised = (again, True) if done else (side.words, side.revised)
        else:
            assert done == (deal.is_open(now) and not deal.passed), "I3"
            if done:
                deal.place(side, again, now)
                deal.open_both(now)

    def version_of_answer(self, deal_id: int) -> int:
        return next((row.version for row in self.world.all(BuyerRating) if row.deal_id == deal_id), 0)

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20))
    def take_answer_back(self, number: int) -> None:
        deal, now = self.pick(number), self.now
        seen, deal_id = deal.seen_from(deal.answer), self.number_of(deal)
        if deal.erased or seen is None:
            return
        version, speaker = self.version_of_answer(deal_id), self.speaker(deal)
        assert self.as_seller(lambda state: desk.take_back(state, speaker, deal_id, version)) == (seen > now), "I6"
        if seen > now:
            deal.answer = Side()

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20))
    def say_nothing(self, number: int) -> None:
        deal, now, deal_id = self.pick(number), self.now, self.number_of(self.pick(number))
        may = deal.answer.words is None and deal.waits(now)
        if deal.erased:
            return
        done = self.as_seller(lambda state: desk.say_nothing(state, self.speaker(deal), deal_id))
        assert done == (may or deal.passed)
        if may:
            deal.open_buyers(now)
            deal.passed = True

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20))
    def a_stranger_tries(self, number: int) -> None:
        """I5: the other seller, and the buyer speaking for the seller, cannot rate."""
        deal = self.pick(number)
        other = (
            self.speaker(Agreed("", "tom" if deal.seller == "mia" else "mia", "", self.now))
            if len({each.seller for each in self.deals}) == 2
            else None
        )
        mine = self.number_of(deal)
        if other is not None:
            assert not self.as_seller(lambda state: desk.answer(state, other, mine, BuyerDraft(paid=False), None)), "I5"
        themselves = desk.Speaker(deal.buyer, self.speaker(deal).seller_id)
        if not deal.erased:
            assert not self.as_seller(
                lambda state: desk.answer(state, themselves, mine, BuyerDraft(paid=True), None)
            ), "I5"

    # Time, job, and what the shop tells

    @rule(hours=st.sampled_from([1, 2, 30, 24 * 3, 24 * 7, 24 * 23, 24 * 61]), works=st.booleans())
    def time_passes(self, hours: int, works: bool) -> None:
        self.world.clock.now += timedelta(hours=hours)
        if works:
            self.job()

    @precondition(lambda self: any(deal.is_open(self.now) for deal in self.deals))
    @rule()
    def the_very_moment_of_closing(self) -> None:
        """I8: at exactly the closing nothing can be written any more."""
        deal = min((each for each in self.deals if each.is_open(self.now)), key=lambda each: each.closes_at)
        self.world.clock.now = deal.closes_at
        self.rate(self.deals.index(deal), 3)

    @rule()
    def job(self) -> None:
        """I8: the job can come at any time, and twice."""
        self.world.run()
        self.world.run()

    @precondition(lambda self: self.deals)
    @rule(number=st.integers(0, 20), event=st.sampled_from(["order_returned", "order_cancelled"]))
    def the_shop_keeps_books(self, number: int, event: str) -> None:
        """I13: neither a return nor a cancellation changes what was said or when it can be read."""
        deal = self.pick(number)
        if event == "order_returned" and not deal.erased:
            self.world.tell("order_returned", deal.order)

    @precondition(lambda self: self.deals)
    @rule(buyer=st.sampled_from(BUYERS))
    def erase(self, buyer: str) -> None:
        """T12, I15: the person's words go, whatever state they are in."""
        account = self.accounts[buyer]
        self.world.tell("person_erased", account)
        for deal in self.deals:
            if deal.buyer == account:
                deal.rating = deal.answer = deal.review = Side()
                deal.erased = True
        for name in BUYERS:
            if self.accounts[name] == account:
                self.accounts[name] = f"{name}-{self.count}x"

    @precondition(lambda self: len(set(self.accounts.values())) > 1 and self.deals)
    @rule()
    def merge(self) -> None:
        old, new = self.accounts["anna"], self.accounts["bert"]
        self.world.tell("person_merged", old, new)
        self.accounts["anna"] = new
        for deal in self.deals:
            if deal.buyer == old and not deal.erased:
                deal.buyer = new

    # What always holds

    def rows(self) -> dict[tuple[str, str], Deal]:
        for row in self.world.all(Order):
            self.names.setdefault(row.id, row.key)  # an erasure takes the shop's id away
        sellers = {row.id: row.key for row in self.world.all(Subject)}
        return {(self.names[row.order_id], sellers[row.seller_id]): row for row in self.world.all(Deal)}

    @invariant()
    def what_can_be_read_is_what_the_protocol_says(self) -> None:
        """I1, I2, I4, I9, I10, I17, I18: every row is readable from the very moment that the protocol gives."""
        ratings = {row.deal_id: row for row in self.world.all(Rating)}
        answers = {row.deal_id: row for row in self.world.all(BuyerRating)}
        reviews = {row.deal_id: row for row in self.world.all(Review)}
        for (order, seller), row in self.rows().items():
            (deal,) = [each for each in self.deals if (each.order, each.seller) == (order, seller)]
            if deal.erased:
                assert row.state in ("revealed", "empty"), "I15: nothing is waited for any more"
            else:
                assert row.closes_at == deal.closes_at, "I18: the buyer alone moves it"
            for side, known in ((deal.rating, ratings), (deal.answer, answers), (deal.review, reviews)):
                found = known.get(row.id)
                assert (found.shown_at if found and found.live else None) == deal.seen_from(side), (order, seller)
            if deal.both_at is not None and not deal.erased and deal.rating.words and deal.answer.words is not None:
                assert ratings[row.id].shown_at == answers[row.id].shown_at == deal.both_at, "I2"

    @invariant()
    def states_only_go_forward(self) -> None:
        """I7, and what could be read once does not become private again."""
        for row in self.world.all(Deal):
            assert RANK[row.state] >= RANK[self.states.get(row.id, "pending")]
            self.states[row.id] = row.state
        models: list[Any] = [Rating, BuyerRating, Review]
        for model in models:
            for row in self.world.all(model):
                key = (model.__name__, row.id)
                if not row.live:
                    self.public.pop(key, None)  # deleted by its author, who may write anew
                elif row.shown_at <= self.now:
                    assert self.public.setdefault(key, row.shown_at) == row.shown_at
                else:
                    assert key not in self.public

    @invariant()
    def scores_count_what_can_be_read_and_nothing_else(self) -> None:
        """I9: the newest readable rating of each buyer counts, whether or not the job came by."""
        rows, ids = self.rows(), {row.deal_id: row.id for row in self.world.all(Rating)}
        for seller in SELLERS:
            newest: dict[str, tuple[datetime, int, int]] = {}
            for deal in self.deals:
                seen = deal.seen_from(deal.rating)
                if deal.seller == seller and seen is not None and seen <= self.now:
                    # Two that open at the same moment: the one that was begun later is the newer one.
                    this = (seen, ids[rows[deal.order, deal.seller].id], deal.rating.words)
                    newest[deal.buyer] = max(newest.get(deal.buyer, this), this)
            counts = [0] * 5
            for _, _, stars in newest.values():
                counts[stars - 1] += 1
            found = self.world.read(partial(find_scores, kind="seller", keys=[seller], now=self.now))
            assert list(found[seller].counts if seller in found else [0] * 5) == counts, "I9"

    @invariant()
    def the_journal_matches_what_is_stored(self) -> None:
        """I6: the newest hash of each rating is that of its words; the former value of a changed one is kept."""
        newest = {row.object_id: row.commitment for row in self.world.all(Entry) if row.kind == "rating"}
        former = {row.rating_id for row in self.world.all(FormerRating)}
        for row in self.world.all(Rating):
            if row.state == "shown":
                assert row.nonce is not None
                assert newest[row.id] == commitment(row.nonce, content_of(row))
                assert (row.id in former) == (row.revised_at is not None)
            else:
                assert (row.stars, row.text, row.note, row.nonce) == (None, "", "", None), "I15"

    def teardown(self) -> None:
        self.job()
        with self.world.app.test_request_context():
            assert [each.words for each in check(self.world.state) if each.repairable] == []


@pytest.mark.machine
def test_the_protocol_holds_whatever_is_done_in_which_order(any_world: World, database_name: str) -> None:
    class Here(Exchange):
        world = any_world

    examples, steps = (20, 30) if database_name == "sqlite" else (4, 20)
    run_machine(
        Here,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
