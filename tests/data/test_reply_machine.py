"""A machine of random steps: replies come, are changed, reported, hidden, put back and deleted; all pages agree."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from flask_trust.health.checks import check
from flask_trust.journal.models import Entry
from flask_trust.moderation import actions
from flask_trust.moderation.models import Case, Decision
from flask_trust.moderation.rules import GROUNDS, may_follow
from flask_trust.ratings.models import Rating, Reply
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.scores.models import Subject
from flask_trust.verdicts.rules import normalised
from tests.support import databases
from tests.web.cases import case_of, decided, reported, said_in, tallies
from tests.web.replies import delete_reply as delete
from tests.web.replies import public_page, replied_to_rating, replied_to_review, reply_to
from tests.world import World

WORDS = ["Bob Miller lies", "bob miller lies!", "We are sorry", "Please write to us"]
BECOMES = {"keep": "shown", "hide": "hidden", "remove": "removed", "restore": "shown"}
KINDS = st.sampled_from(["to_review", "to_rating"])
PEOPLE = {"to_review": ("olga", "otto"), "to_rating": ("tina", "theo")}


class Place:
    """One reply as the test itself remembers it; no state where there is none."""

    def __init__(self, public_id: str) -> None:
        self.public_id, self.words, self.state = public_id, WORDS[2], "shown"
        #: Words that staff has taken down here, each with who had written them, and whether others are looked at first.
        self.down: dict[str, str] = {}
        self.watched = False
        self.author = ""


class Replies(RuleBasedStateMachine):
    """The seller's people write and delete, readers report, staff decides, and the buyer may take all of it back."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        databases.empty(self.world.app.config["SQLALCHEMY_DATABASE_URI"])
        self.steps = 0

    @initialize()
    def begin(self) -> None:
        self.places = {
            "to_review": Place(replied_to_review(self.world, WORDS[2])),
            "to_rating": Place(replied_to_rating(self.world, WORDS[2])),
        }
        for kind, place in self.places.items():
            place.author = PEOPLE[kind][0]
        self.totals = self.counted()

    def counted(self) -> list[Any]:
        return [
            (row.kind, row.key, row.shown, row.n1, row.n2, row.n3, row.n4, row.n5) for row in self.world.all(Subject)
        ]

    @rule(kind=KINDS, words=st.sampled_from(WORDS), second=st.booleans())
    def write(self, kind: str, words: str, second: bool) -> None:
        place, who = self.places[kind], PEOPLE[kind][second]
        self.world.clock.advance(minutes=1)
        status = reply_to(self.world, kind, place.public_id, words, who).status_code
        if place.state and place.words == words:
            assert status == 303
            return
        if self.forbidden(kind, who, words):
            assert status == 422
            return
        assert status == 303
        waits = place.state in ("hidden", "removed") or (not place.state and place.watched)
        place.words, place.state, place.author = words, "hidden" if waits else "shown", who

    def forbidden(self, kind: str, who: str, words: str) -> bool:
        """Say whether these words were taken down here, or were this person's anywhere."""
        down = set(self.places[kind].down)
        down |= {text for place in self.places.values() for text, author in place.down.items() if author == who}
        return normalised(words) in down

    @rule(kind=KINDS)
    def delete(self, kind: str) -> None:
        place = self.places[kind]
        if place.state:
            self.world.clock.advance(minutes=1)
            assert delete(self.world, kind, place.public_id).status_code == 303
            place.state = place.words = ""

    @rule(kind=KINDS, reason=st.sampled_from(GROUNDS), by=st.integers(0, 1))
    def report(self, kind: str, reason: str, by: int) -> None:
        place = self.places[kind]
        try:
            reported(self.world, place.public_id, kind, reason=reason, email=f"r{by}@reader.example")
        except actions.Gone:
            assert place.state != "shown"
        else:
            assert place.state == "shown"

    @rule(kind=KINDS, step=st.sampled_from([*BECOMES]), ground=st.sampled_from(GROUNDS))
    def decide(self, kind: str, step: Any, ground: str) -> None:
        place, found = self.places[kind], self.case(kind)
        # Without a case, staff opens one by itself, about what everybody can read.
        phase: Any = found.phase if found else "open" if place.state == "shown" else "closed"
        may = (
            bool(place.state) and (found is not None or place.state == "shown") and may_follow(step, place.state, phase)
        )
        try:
            decided(
                self.world, place.public_id, step, kind, **({"ground": ground} if step in ("hide", "remove") else {})
            )
        except (actions.Overtaken, actions.Gone):
            assert not may
            return
        assert may
        self.steps += 1
        before, place.state = place.state, BECOMES[step]
        if place.state == "shown":
            place.watched = False
            if before != "shown":
                place.down.pop(normalised(place.words), None)
        else:
            place.down.setdefault(normalised(place.words), place.author)
            place.watched = True

    def case(self, kind: str) -> Case | None:
        try:
            return case_of(self.world, self.places[kind].public_id, kind)
        except StopIteration:
            return None

    @rule(kind=KINDS, text=st.sampled_from(["why?", "I object"]))
    def object(self, kind: str, text: str) -> None:
        if self.case(kind) is not None:
            try:
                said_in(self.world, self.places[kind].public_id, "author", text, kind=kind)
            except (actions.Overtaken, actions.TooMuch):
                return

    @rule(days=st.sampled_from([1, 20]))
    def wait(self, days: int) -> None:
        self.world.pass_days(days)

    @invariant()
    def rows_pages_and_counts_agree_and_no_total_moves(self) -> None:
        rows: dict[str, list[Any]] = {
            "to_review": list(self.world.all(ReviewReply)),
            "to_rating": self.world.all(Reply),
        }
        self.world.shop.viewer = None
        withheld: Counter[str] = Counter()
        for kind, place in self.places.items():
            assert [(row.text, row.state) for row in rows[kind]] == [(place.words, place.state)] * bool(place.state)
            page = self.world.client().get(public_page(kind)).text
            assert (bool(place.words) and place.words in page) == (place.state == "shown")
            folder = "reviews" if kind == "to_review" else "ratings"
            answer = self.world.client().get(f"/trust/{folder}/{place.public_id}/reply/report")
            assert answer.status_code == (200 if place.state == "shown" else 404)
            withheld[place.state] += 1
        found = tallies(self.world).replies
        assert (sum(found.hidden.values()), sum(found.removed.values())) == (withheld["hidden"], withheld["removed"])
        answered: list[Any] = [*self.world.all(Review), *self.world.all(Rating)]
        assert {row.state for row in answered} == {"shown"}
        assert self.counted() == self.totals

    @invariant()
    def nothing_is_out_of_order_and_each_step_has_one_statement(self) -> None:
        with self.world.app.app_context():
            assert check(self.world.state) == []
        done = [row for row in self.world.all(Entry) if row.kind in self.places and row.role == "staff"]
        assert len(done) == len(self.world.all(Decision)) == self.steps


@pytest.mark.machine
def test_replies_agree_with_what_was_decided_after_every_step(any_world: World, database_name: str) -> None:
    class Here(Replies):
        world = any_world

    examples, steps = (8, 25) if database_name == "sqlite" else (2, 12)
    run_machine(
        Here,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
