"""Staff, authors and reporters at the same instant: one decision, one case, totals that add up."""

from __future__ import annotations

import pytest

from flask_trust import Person
from flask_trust.health.checks import check
from flask_trust.journal.models import Entry
from flask_trust.moderation import actions
from flask_trust.moderation.actions import Ruling, Said, decide, report
from flask_trust.moderation.models import Case, Contact, Decision, Report
from flask_trust.reviews.models import Review
from flask_trust.verdicts.models import Verdict
from tests.data.test_concurrency import together
from tests.web.cases import case_of, decided, reported, written
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")


def is_consistent(world: World) -> bool:
    with world.app.app_context():
        return check(world.state) == []


def test_eight_of_the_staff_decide_once(any_world: World) -> None:
    public_id = written(any_world)
    reported(any_world, public_id)
    case = case_of(any_world, public_id)
    done: list[int] = []

    def work(number: int) -> None:
        ruling = Ruling("remove", case.version, "G1", facts=f"words {number}")
        with any_world.app.test_request_context():
            try:
                decide(any_world.state, f"staff-{number}", case.id, ruling)
            except actions.Overtaken:
                return
        done.append(number)

    together(work)
    assert len(done) == len(any_world.all(Decision)) == len(any_world.all(Verdict)) == 1
    assert any_world.one(Decision).decision_facts == f"words {done[0]}"
    assert is_consistent(any_world)


def test_eight_reports_at_once_are_one_case(any_world: World) -> None:
    public_id = written(any_world)

    def work(number: int) -> None:
        said = Said("G1", f"words {number % 4}", "Bob", "bob@reader.example")
        with any_world.app.test_request_context():
            report(any_world.state, "review", public_id, said)

    together(work)
    assert len(any_world.all(Case)) == 1
    assert len(any_world.all(Report)) == len(any_world.all(Contact)) == 4


@pytest.mark.parametrize("author", ["corrects", "takes back", "is erased"])
def test_staff_decides_while_the_author(any_world: World, author: str) -> None:
    public_id = written(any_world, buyer=ANNA)
    for number in range(3):
        written(any_world, f"p{number}", text=f"text {number}")
    reported(any_world, public_id)
    case = case_of(any_world, public_id)
    decided(any_world, public_id, "hide")

    def work(number: int) -> None:
        if number % 2:
            ruling = Ruling("restore" if number % 4 == 1 else "remove", case.version + 1, "G1", facts="facts")
            with any_world.app.test_request_context():
                try:
                    decide(any_world.state, "boss", case.id, ruling)
                except actions.Overtaken:
                    return
        elif author == "is erased":
            any_world.tell("person_erased", "anna")
        elif author == "takes back":
            assert any_world.rate("o1", action="do-delete-0").status_code in (303, 409)
        else:
            assert any_world.rate("o1", line_0_stars="1", line_0_text=f"new {number}").status_code in (303, 409)

    together(work)
    row = next(each for each in any_world.all(Review) if each.public_id == public_id)
    steps = [each.event for each in any_world.all(Entry) if each.role == "staff" and each.kind == "review"]
    assert len(steps) == len(any_world.all(Decision)) <= 2
    assert row.live == (row.state == "shown")
    assert is_consistent(any_world)
