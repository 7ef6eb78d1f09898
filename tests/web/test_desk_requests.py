"""Requests about data that came by letter: noted without names, in the order of their days, ticked off by buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_trust.privacy.rights.models import DataRequest
from flask_trust.privacy.rights.rules import due_at, is_late
from tests.web.deals import deal, form_with, look
from tests.web.pages import everything
from tests.world import World

PATH = "/trust/desk/requests"


def note(world: World, what: str = "erase", **fields: str) -> Any:
    world.shop.staff.add("olga")
    form = form_with(look(world, "olga", PATH), "note")
    return world.client().post(form.action, data={**form.fields, "what": what, "action": "note", **fields})


def tick(world: World, action: str) -> Any:
    form = form_with(look(world, "olga", PATH), action)
    return world.client().post(form.action, data={**form.fields, "action": action})


def test_only_staff_sees_it(world: World) -> None:
    deal(world)
    world.shop.staff.add("olga")
    for viewer, status in ((None, 404), ("anna", 404), ("tina", 404), ("olga", 200)):
        look(world, viewer, PATH, status)


def test_a_letter_is_noted_acknowledged_and_answered(any_world: World) -> None:
    any_world.review("o1", 3)
    assert note(any_world, person="buyer-o1", reference="T-17").status_code == 303
    row = any_world.one(DataRequest)
    assert (row.what, row.reference, row.person_id) == ("erase", "T-17", any_world.person("buyer-o1").id)
    assert due_at(row) == any_world.clock() + timedelta(days=3)
    any_world.clock.advance(days=1)
    for _ in range(2):
        form = form_with(look(any_world, "olga", PATH), f"answer-{row.id}")
        data = {**form.fields, "action": f"acknowledge-{row.id}"}
        assert any_world.client().post(form.action, data=data).status_code == 303
        any_world.clock.advance(hours=1)
    row = any_world.one(DataRequest)
    assert row.acknowledged_at == row.asked_at + timedelta(days=1), "the first time counts"
    assert due_at(row) == row.asked_at + timedelta(days=10)
    assert tick(any_world, f"answer-{row.id}").status_code == 303
    assert any_world.one(DataRequest).answered_at is not None
    assert "Nothing waits." in look(any_world, "olga", PATH).text


def test_what_is_late_comes_first_and_says_so(world: World) -> None:
    note(world, "export", reference="first")
    world.clock.advance(days=1)
    note(world, "correct", reference="second")
    (first, _) = world.all(DataRequest)
    tick(world, f"acknowledge-{first.id}")
    text = look(world, "olga", PATH).text
    assert text.index("second") < text.index("first"), "the one that nobody has acknowledged is due before"
    assert "Late" not in text
    world.clock.advance(days=4)
    assert [is_late(row, world.clock()) for row in world.all(DataRequest)] == [False, True]
    assert "Late: say by 7 May 2027" in look(world, "olga", PATH).text
    said = world.cli("check")
    assert said.exit_code == 1
    assert "1 request about data is late: see /trust/desk/requests." in said.output


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "all"},
        {"person": "anna@customer.example"},
        {"reference": "anna@customer.example"},
        {"reference": "x" * 41},
    ],
    ids=str,
)
def test_what_cannot_be_noted_is_refused(world: World, wrong: dict[str, str]) -> None:
    assert note(world, **{"what": "erase", **wrong}).status_code == 422
    assert world.all(DataRequest) == []


def test_somebody_unknown_to_us_can_ask_too(world: World) -> None:
    note(world, "other", person="stranger")
    assert world.one(DataRequest).person_id is None


def test_looking_changes_nothing_and_a_form_needs_its_token(world: World) -> None:
    note(world)
    before, number = everything(world), world.one(DataRequest).id
    look(world, "olga", f"{PATH}?action=answer-{number}")
    for data in ({"action": f"answer-{number}"}, {"action": "note", "what": "erase", "form_token": "0" * 64}):
        assert world.client().post(PATH, data=data).status_code == 422
    assert everything(world) == before
