"""Statements of reasons for the Commission's database: its names and values, and nothing about anybody."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from flask_trust.desk.owner import queries
from flask_trust.desk.owner.statements import FIELDS
from flask_trust.moderation.models import Decision
from tests.web.cases import PHONE, decided, reported, written
from tests.web.deals import look
from tests.world import World


def exported(world: World, kind: str = "json") -> str:
    world.shop.staff.add("olga")
    look(world, "olga", f"/trust/desk/decisions.{kind}")
    return str(world.client().get(f"/trust/desk/decisions.{kind}").text)


def statements(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(exported(world))
    return found


def test_a_decision_is_told_under_the_names_of_the_database(any_world: World) -> None:
    public_id = written(any_world, text="Call 0170 1234, it broke")
    reported(any_world, public_id)
    decided(any_world, public_id, "remove", ground="G1", facts="0170 1234 is the number of Bob Miller")
    (it,) = statements(any_world)
    number, day = any_world.one(Decision).id, any_world.clock().date().isoformat()
    assert it == {
        "puid": f"flask-trust-decision-{number}",
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "decision_ground_reference_url": "http://localhost/trust/how-reviews-work",
        "incompatible_content_ground": "Rules for reviews, G1: Personal data of somebody",
        "incompatible_content_explanation": "It shows the name, address, phone number or picture of a person who has "
        "not made it public.",
        "incompatible_content_illegal": "No",
        "category": "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        "content_type": ["CONTENT_TYPE_TEXT"],
        "content_language": "EN",
        "content_date": day,
        "application_date": day,
        "decision_facts": "A review of a product by a confirmed buyer was taken down, after a notice. The reason: "
        "Personal data of somebody. A person decided; the number of stars played no part. Its author was told the "
        "facts in full.",
        "source_type": "SOURCE_ARTICLE_16",
        "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    }


def test_illegal_content_names_the_law_and_what_was_kept_or_shown_again_is_no_statement(world: World) -> None:
    public_id = written(world)
    decided(world, public_id, "hide", ground="G2", law="StGB § 185")
    decided(world, public_id, "restore")
    reported(world, public_id)
    decided(world, public_id, "keep")
    (it,) = statements(world)
    assert it["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DISABLED"]
    assert (it["decision_ground"], it["illegal_content_legal_ground"]) == (
        "DECISION_GROUND_ILLEGAL_CONTENT",
        "StGB § 185",
    )
    assert it["source_type"] == "SOURCE_VOLUNTARY"
    assert not [name for name in it if name.startswith("incompatible")]


def test_no_word_that_anybody_typed_is_in_it(world: World) -> None:
    public_id = written(world, text=f"zyxreview {PHONE}")
    reported(world, public_id, explanation="zyxreport")
    why = {"facts": "zyxfacts of Bob", "explanation": "zyxexplained"}
    decided(world, public_id, "remove", ground="G2", law="as bob@reader.example says", **why)
    for kind in ("json", "csv"):
        text = exported(world, kind)
        assert "flask-trust-decision-" in text
        for word in ("zyx", "Bob", "bob", "0170", "boss", "buyer-o1", "bowl", public_id):
            assert word not in text


def test_the_same_in_every_language_and_with_every_number_of_stars(world: World) -> None:
    for number, stars in enumerate((1, 5)):
        decided(world, written(world, f"o{number}", stars, text=f"text {number}"), "remove", ground="G8")
    first, second = statements(world)
    assert {**first, "puid": ""} == {**second, "puid": ""}
    assert first["puid"] != second["puid"]
    german = world.client().get("/trust/desk/decisions.json", headers={"Accept-Language": "de"})
    assert json.loads(german.text) == [first, second]


def test_the_table_has_every_name_and_goes_on_beyond_one_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "BLOCK", 2)
    for number in range(5):
        decided(world, written(world, f"o{number}", text=f"text {number}"), "remove")
    rows = list(csv.DictReader(io.StringIO(exported(world, "csv"))))
    assert tuple(rows[0]) == FIELDS
    assert len({row["puid"] for row in rows}) == len(statements(world)) == 5
    assert rows[0]["content_type"] == '["CONTENT_TYPE_TEXT"]'
