"""However words come, are reported, hidden, put back, corrected or erased: totals, statements and pages agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from flask_trust import Line, Person, Seller
from flask_trust.health.checks import check
from flask_trust.journal.models import Entry
from flask_trust.moderation import actions
from flask_trust.moderation.models import Case, CaseWord, Contact, Decision, Report
from flask_trust.moderation.rules import ABOUT_AUTHORS, GROUNDS, MOST_WORDS
from flask_trust.ratings.models import Rating
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from flask_trust.verdicts.rules import are_telling, normalised
from tests.support import databases
from tests.web.cases import STAFF, case_of, decided, reported, said_in, tallies
from tests.world import World

BUYERS = ["anna", "bert"]
WORDS = ["Call 0170 4455", "call ٠١٧٠ 4455!", "Late and broken", "Good", ""]
BECOMES = {"keep": "shown", "hide": "hidden", "remove": "removed", "restore": "shown"}
FROM = {
    "keep": {"shown"},
    "hide": {"shown"},
    "remove": {"shown", "hidden", "removed"},
    "restore": {"hidden", "removed"},
}


@dataclass
class Said:
    """A review (of the shop's bowl) or a rating (of Tom) as the test itself remembers it."""

    order: str
    buyer: str
    kind: str
    stars: int = 0
    words: str = ""
    state: str = ""
    tried: bool = False
    #: Words that staff has taken down, each with its reason, and whether whatever comes next has to be looked at.
    down: dict[str, bool] = field(default_factory=dict)
    watched: bool = False
    #: What readers may never see in it again.
    secret: set[str] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)
    #: Whether staff had taken it down before it was erased.
    taken_down: bool = False


class Moderation(RuleBasedStateMachine):
    """Buyers write and change, readers report, staff decides, authors object, take back, merge and leave."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        databases.empty(self.world.app.config["SQLALCHEMY_DATABASE_URI"])
        self.world.shop.add(Seller("tom", "Tom"))
        self.said: list[Said] = []
        self.rows_of: dict[str, list[Said]] = {"review": [], "rating": []}  # in the order in which they were written
        self.accounts = {name: name for name in BUYERS}
        #: Words of erased authors that stay down in their place: about the bowl, about Tom.
        self.nobodys: dict[str, set[str]] = {"review": set(), "rating": set()}

    # Buyers

    @initialize(
        orders=st.lists(
            st.tuples(st.sampled_from(BUYERS), st.sampled_from(["review", "review", "rating"]), st.sampled_from(WORDS)),
            min_size=2,
            max_size=3,
        )
    )
    def start(self, orders: list[tuple[str, str, str]]) -> None:
        for buyer, kind, words in orders:
            self.order(buyer, kind, words)

    def order(self, buyer: str, kind: str, words: str) -> None:
        key, account = f"o{len(self.said)}", self.accounts[buyer]
        line = Line("l", "bowl") if kind == "review" else Line("l", "lamp", seller_id="tom")
        self.world.order(key, lines=[line], buyer=Person(account, account, f"{account}@customer.example"))
        self.world.deliver(key)
        self.said.append(Said(key, account, kind))
        self.write(len(self.said) - 1, 3, words)
        if kind == "rating":
            self.world.pass_days(31)

    def pick(self, number: int) -> Said:
        return self.said[number % len(self.said)]

    @precondition(lambda self: self.said)
    @rule(number=st.integers(0, 9), stars=st.integers(1, 5), words=st.sampled_from(WORDS))
    def write(self, number: int, stars: int, words: str) -> None:
        """Publish, change, correct, or write anew; a rating that can be read is changed once and takes no part here."""
        one = self.pick(number)
        too_late = one.kind == "rating" and (one.state == "shown" or (not one.state and one.tried))
        if one.state == "gone" or not one.buyer or too_late:
            return
        one.tried = True
        fields: Any = {f"{'line' if one.kind == 'review' else 'seller'}_0_{name}": text
                       for name, text in (("stars", str(stars)), ("text", words))}  # fmt: skip
        if one.kind == "rating":
            fields["line_0_stars"] = ""
        status = self.world.rate(one.order, **fields).status_code
        stands = one.state in ("shown", "hidden", "removed")
        if stands and (one.stars, one.words) == (stars, words):
            assert status == 303
            return
        if self.forbidden(one, words):
            assert status == 422, "a verdict stands against the same text by every way"
            return
        assert status == 303
        if one.state in ("hidden", "removed"):
            one.secret.add(one.words)
        withheld = one.state in ("hidden", "removed") or (one.state == "withdrawn" and one.watched)
        if not one.state:
            self.rows_of[one.kind].append(one)
        one.stars, one.words, one.state = stars, words, "hidden" if withheld else "shown"

    def forbidden(self, one: Said, words: str) -> bool:
        taken = {text for each in self.said if each.buyer == one.buyer for text in each.down}
        return bool(normalised(words)) and normalised(words) in taken | self.nobodys[one.kind]

    @precondition(lambda self: self.said)
    @rule(number=st.integers(0, 9), really=st.sampled_from([True, False, False]))
    def take_back(self, number: int, really: bool) -> None:
        one = self.pick(number)
        if really and one.kind == "review" and one.state in ("shown", "hidden", "removed"):
            assert self.world.rate(one.order, action="do-delete-0").status_code == 303
            one.state, one.words, one.stars, one.secret = "withdrawn", "", 0, set()

    def erase(self, who: str) -> None:
        account = self.accounts[who]
        if account not in {each.buyer for each in self.said}:
            return
        self.world.tell("person_erased", account)
        for each in self.said:
            if each.buyer == account:
                # What was gone before, by the author's wish or by the staff's, is counted as that.
                each.taken_down = each.state == "removed"
                each.state = "withdrawn" if each.state == "withdrawn" else "erased" if each.state else "gone"
                self.nobodys[each.kind] |= {text for text, nobody_may in each.down.items() if nobody_may}
                each.words, each.stars, each.down, each.secret, each.buyer = "", 0, {}, set(), ""
        for name in BUYERS:
            if self.accounts[name] == account:
                self.accounts[name] = f"{name}-{len(self.world.all(Entry))}"

    def merge(self) -> None:
        old, new = self.accounts["anna"], self.accounts["bert"]
        if old == new or old not in {each.buyer for each in self.said}:
            return
        self.world.tell("person_merged", old, new)
        self.accounts["anna"] = new
        for each in self.said:
            each.buyer = new if each.buyer == old else each.buyer

    # Readers and staff

    def id_of(self, one: Said) -> str:
        model: Any = Review if one.kind == "review" else Rating
        return str(self.world.all(model)[self.rows_of[one.kind].index(one)].public_id)

    def pick_row(self, number: int) -> Said:
        rows = [each for kind in self.rows_of.values() for each in kind]
        return rows[number % len(rows)]

    @precondition(lambda self: any(self.rows_of.values()))
    @rule(number=st.integers(0, 9), reason=st.sampled_from(GROUNDS), by=st.integers(0, 2))
    def report(self, number: int, reason: str, by: int) -> None:
        one = self.pick_row(number)
        try:
            reported(self.world, self.id_of(one), one.kind, reason=reason, email=f"r{by}@reader.example")
        except actions.Gone:
            assert one.state != "shown"
        else:
            assert one.state == "shown"

    @precondition(lambda self: any(self.rows_of.values()))
    @rule(
        number=st.integers(0, 9),
        way=st.integers(0, 5),
        ground=st.sampled_from(GROUNDS),
    )
    def decide(self, number: int, way: int, ground: str) -> None:
        """Take a step, nearly always one that is possible."""
        one = self.pick_row(number)
        phase = next((case.phase for case in self.cases(one)), "open" if one.state == "shown" else "none")
        possible = [step for step in FROM if one.state in FROM[step] and phase != "none"]
        possible = [step for step in possible if phase != "closed" or BECOMES[step] != one.state]
        step = possible[way % len(possible)] if possible and way else [*FROM][way % 4]
        why = {"ground": ground} if step in ("hide", "remove") else {}
        may = step in possible
        try:
            decided(self.world, self.id_of(one), step, one.kind, **why)
        except (actions.Overtaken, actions.Gone):
            assert not may
            return
        assert may
        before, one.state = one.state, BECOMES[step]
        one.steps.append(step)
        if one.state == "shown":
            one.watched = False
            if before != "shown":
                one.down.pop(normalised(one.words), None)
                self.nobodys[one.kind].discard(normalised(one.words))
        else:
            # Others may say what is only hidden, and what anybody may say.
            nobody_may = one.state == "removed" and ground not in ABOUT_AUTHORS and are_telling(one.words)
            one.down[normalised(one.words)] = nobody_may
            one.watched = True

    def cases(self, one: Said) -> list[Case]:
        try:
            return [case_of(self.world, self.id_of(one), one.kind)]
        except StopIteration:
            return []

    @precondition(lambda self: any(self.rows_of.values()))
    @rule(number=st.integers(0, 9), text=st.sampled_from(["why?", "I object", "please look"]))
    def object(self, number: int, text: str) -> None:
        one = self.pick_row(number)
        found = self.cases(one)
        if not found or one.kind == "rating" or not one.buyer:
            return
        try:
            said_in(self.world, self.id_of(one), "author", text)
        except actions.Overtaken:
            assert found[0].phase == "closed"
        except actions.TooMuch:
            assert len([each for each in self.world.all(CaseWord) if each.case_id == found[0].id]) == MOST_WORDS

    # One rule for what is to happen seldom: each rule by itself would come as often as any other.
    @rule(what=st.sampled_from(["time", "time", "order", "order", "merge", "erase"]), buyer=st.sampled_from(BUYERS))
    def something_else(self, what: str, buyer: str) -> None:
        match what:
            case "time":
                self.world.pass_days(1)
            case "order" if len(self.said) < 4:
                self.order(buyer, "review", "Late and broken")
            case "merge":
                self.merge()
            case "erase":
                self.erase(buyer)

    # What always holds

    def rows(self) -> list[tuple[Said, Any]]:
        found: list[Any] = [*self.world.all(Review), *self.world.all(Rating)]
        return list(zip([*self.rows_of["review"], *self.rows_of["rating"]], found, strict=True))

    @invariant()
    def every_row_is_as_it_should_be(self) -> None:
        for one, row in self.rows():
            assert (row.state, row.stars or 0, row.text) == (one.state, one.stars, one.words)
            assert row.live == (one.state == "shown")

    @invariant()
    def totals_equal_a_recount_and_the_counts_of_the_log(self) -> None:
        with self.world.app.app_context():
            assert check(self.world.state) == []
        rows = {(row.kind, row.key): row for row in self.world.all(Subject)}
        found = tallies(self.world)
        for kind, tally, key in (("review", found.reviews, "reviews"), ("rating", found.ratings, "ratings")):
            states = Counter(each.state for each in self.rows_of[kind])
            shop = rows.get(("shop", key))
            assert tally.shown == states["shown"] == (shop.shown if shop else 0)
            assert sum(tally.hidden.values()) == states["hidden"]
            taken_down = sum(each.taken_down for each in self.rows_of[kind])
            assert sum(tally.removed.values()) == states["removed"] + taken_down
            assert (tally.withdrawn, tally.erased) == (states["withdrawn"], states["erased"] - taken_down)
            assert tally.received == sum(states.values())
            of_one = rows.get(("product", "bowl") if kind == "review" else ("seller", "tom"))
            withheld = [row.withheld if row else 0 for row in (shop, of_one)]
            assert withheld == [tally.withheld] * 2, "on the pages of product, seller and shop, as in the log"

    @invariant()
    def each_step_has_one_statement_of_reasons(self) -> None:
        """I14, and who decided is on record."""
        done = Counter(each.event for each in self.world.all(Entry) if each.role == "staff" and each.kind != "case")
        decisions = self.world.all(Decision)
        names = {"keep": "kept", "hide": "hidden", "remove": "removed", "restore": "restored"}
        assert done == Counter(names[each.step] for each in decisions)
        assert sum(done.values()) == sum(len(each.steps) for each in self.said)
        assert all((each.decision_ground is not None) == (each.step in ("hide", "remove")) for each in decisions)
        if decisions:
            assert {each.actor_id for each in decisions} == {self.world.person(STAFF).id}

    @invariant()
    def what_is_withheld_can_be_read_nowhere(self) -> None:
        client = self.world.client()
        pages = "".join(client.get(path).text for path in ("/trust/", "/trust/products/bowl", "/trust/sellers/tom"))
        for one, row in self.rows():
            paths = [f"/trust/reviews/{row.public_id}", f"/trust/{one.kind}s/{row.public_id}/report"]
            open_at = paths if one.kind == "review" else paths[1:]
            answers = [client.get(path) for path in open_at]
            expected = [200 if one.state == "shown" else 404] * len(answers)
            if one.kind == "review" and one.state in ("removed", "withdrawn") and one.buyer:
                expected[0] = 410
            assert [each.status_code for each in answers] == expected
            assert (row.public_id in pages) == (one.state == "shown")
            hidden = {words for words in one.secret - {one.words, ""} if "0170" in words or "Late" in words}
            assert not any(words in each.text for words in hidden for each in answers), "in its history"

    @invariant()
    def contacts_are_dated_when_and_only_when_their_case_is_closed(self) -> None:
        closed = {case.id: case.phase == "closed" for case in self.world.all(Case)}
        case_of_report = {report.id: report.case_id for report in self.world.all(Report)}
        assert all((case.closed_at is not None) == closed[case.id] for case in self.world.all(Case))
        contacts = self.world.all(Contact)
        assert all((each.until is not None) == closed[case_of_report[each.report_id]] for each in contacts)


@pytest.mark.machine
def test_totals_statements_and_pages_agree_after_every_step(any_world: World, database_name: str) -> None:
    class Here(Moderation):
        world = any_world

    examples, steps = (12, 30) if database_name == "sqlite" else (2, 12)
    run_machine(
        Here,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
