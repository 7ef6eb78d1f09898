"""The report of a year: its numbers are those of the log and of the rows, and it tells nothing of anybody."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from flask_trust.moderation.models import Decision, Report
from flask_trust.reputation.yearly.rules import Done, Objection, Told, add_up, span_of
from tests.web.cases import PHONE, decided, reported, said_in, written
from tests.world import World

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
YEAR = span_of(2027, ZoneInfo("UTC"))


def told(world: World, year: int = 2027) -> dict[str, Any]:
    answer = world.client(use_cookies=False).get(f"/trust/log/{year}.json")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.text)
    return found


def rows(world: World, year: int = 2027) -> dict[str, list[str]]:
    """Return every row of the page's tables by its label."""
    html = world.client(use_cookies=False).get(f"/trust/log/{year}").text
    found = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html, re.S)
    return {re.sub("<[^>]*>", "", name): re.findall(r"<td>(?:<strong>)?([^<]*)<", cells) for name, cells in found}


def lived(world: World) -> None:
    """Let four reviews be reported, decided about and objected to."""
    world.clock.now = MARCH
    ids = [written(world, f"o{number}", number + 1, text=f"{PHONE} {number}") for number in range(4)]
    for public_id in ids[:3]:
        reported(world, public_id)
    reported(world, ids[0], reason="G8", email="carl@reader.example")
    world.clock.advance(days=1)
    decided(world, ids[0], "hide")
    world.clock.advance(days=1)
    decided(world, ids[0], "remove")
    decided(world, ids[1], "keep")
    decided(world, ids[3], "remove", ground="G8")
    said_in(world, ids[0], "author", "It is my own number")
    said_in(world, ids[1], "reporter", "Look again", world.all(Report)[1].id)
    world.clock.advance(days=4)
    decided(world, ids[0], "restore")
    decided(world, ids[1], "keep")


def test_a_year_adds_up_to_its_rows(any_world: World) -> None:
    lived(any_world)
    it = told(any_world)
    assert {name: n for name, n in it["reports"].items() if n} == {"G1": 3, "G8": 1}
    assert it["steps"] == {"keep": 2, "hide": 1, "remove": 2, "restore": 1}
    assert sum(it["steps"].values()) == len(any_world.all(Decision))
    assert it["grounds"]["G1"] == {"hide": 1, "remove": 1}
    assert it["grounds"]["G8"] == {"hide": 0, "remove": 1}
    # Three reports waited two days each; the fourth still waits.
    assert (it["reports_decided"], it["reports_median"]) == (3, 2.0)
    assert (it["after_report"], it["by_ourselves"]) == (5, 1)
    assert (it["objections_by_authors"], it["objections_by_reporters"]) == (1, 1)
    assert (it["changed"], it["stood"], it["objections_median"]) == (1, 1, 4.0)
    assert it["automated_decisions"] == it["automated_detection"] == 0


def test_the_page_the_data_and_the_log_say_the_same(world: World) -> None:
    lived(world)
    it, page = told(world), rows(world)
    assert page["Reports received"] == [str(sum(it["reports"].values()))] == ["4"]
    assert page["Half of them within"]
    assert page["Advertising"] == ["0", "1"]
    assert page["The first decision was changed"] == ["1"]
    lines = world.client().get("/trust/log").text.split("What was done")[1].count("<li>")
    assert lines == sum(number for step, number in it["steps"].items() if step != "keep")
    table = dict(csv.reader(io.StringIO(world.client().get("/trust/log/2027.csv").text)))
    assert (table["steps.remove"], table["grounds.G8.remove"], table["reports_median"]) == ("2", "1", "2.0")


def test_how_it_stands_today_is_what_the_page_about_reviews_says(world: World) -> None:
    lived(world)
    decided(world, written(world, "o9", 1, text="x"), "remove")
    page = rows(world)
    assert page["Received"] == ["5", "0"]
    assert page["Hidden or taken down by the shop"] == ["2", "0"]
    stars = {star: [int(n) for n in page[str(star)]] for star in range(1, 6)}
    assert stars == {1: [1, 1], 2: [1, 0], 3: [1, 0], 4: [0, 1], 5: [0, 0]}
    work = world.client().get("/trust/how-reviews-work").text
    assert re.search(r"Hidden or taken down by the shop</th>\s*<td>2<", work)


def test_a_year_is_that_of_the_shop_s_clock_and_only_years_with_something_have_a_page(make_world: Any) -> None:
    world = make_world(TRUST_TIMEZONE="Asia/Tokyo")
    world.clock.now = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # 2027 in Tokyo
    decided(world, written(world), "remove")
    assert told(world)["steps"]["remove"] == 1
    world.clock.advance(days=400)
    assert told(world, 2028)["steps"]["remove"] == 0
    for year in ("2026", "2029", "0", "99999999999999999999"):
        assert world.client().get(f"/trust/log/{year}").status_code == 404
    page = world.client().get("/trust/log/2027").text
    assert 'href="/trust/log/2028"' in page
    assert "not over" not in page
    assert "not over" in world.client().get("/trust/log/2028").text
    assert 'href="/trust/log/2028"' in world.client().get("/trust/log").text


def test_it_tells_nothing_of_anybody(world: World) -> None:
    lived(world)
    for path in ("2027", "2027.json", "2027.csv"):
        text = world.client().get(f"/trust/log/{path}").text
        for word in ("0170", "Bob", "carl", "boss", "my own number", "customer.example", "bowl"):
            assert word not in text


def test_objections_count_after_the_author_is_erased(world: World) -> None:
    lived(world)
    before = told(world)
    for number in range(4):
        world.tell("person_erased", f"buyer-o{number}")
    assert told(world) == before


def test_it_takes_the_same_number_of_statements_whatever_happened(world: World) -> None:
    written(world)
    costs = []
    for number in range(2):
        world.client().get("/trust/log/2027")
        seen: list[str] = []
        with world.app.app_context():
            engine = world.db.engine

        def note(*given: Any, to: list[str] = seen) -> None:
            to.append(given[2])

        event.listen(engine, "before_cursor_execute", note)
        world.client().get("/trust/log/2027")
        event.remove(engine, "before_cursor_execute", note)
        costs.append(len(seen))
        for each in range(3 if number == 0 else 0):
            decided(world, written(world, f"p{each}", text=f"text {each}"), "remove")
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("steps", "changed"),
    [
        ([("remove", False), ("restore", True)], [True]),
        ([("remove", False), ("remove", True)], [False]),
        ([("keep", False), ("keep", True)], [False]),
        ([("keep", False), ("hide", True), ("remove", False)], [True]),
        ([("keep", False), ("hide", True), ("restore", False)], [False]),
        ([("hide", False), ("restore", True), ("remove", False)], [True]),
        ([("remove", False)], []),
    ],
)
def test_an_objection_ends_with_the_decision_after_it(steps: list[tuple[str, bool]], changed: list[bool]) -> None:
    done = [Done(1, MARCH + HOUR * at, step, None, on, "", "review") for at, (step, on) in enumerate(steps)]
    found = add_up(YEAR, [Told(1, "G1", MARCH, "review")], done, [Objection(1, "buyer", MARCH)])
    assert (found.changed, found.stood) == (changed.count(True), changed.count(False))


def test_what_is_decided_next_year_is_counted_there() -> None:
    last, first = datetime(2026, 12, 30, tzinfo=UTC), datetime(2027, 1, 3, tzinfo=UTC)
    reports = [Told(1, "G1", last, "review")]
    done = [Done(1, first, "keep", None, False, "SOURCE_ARTICLE_16", "review")]
    old = add_up(span_of(2026, ZoneInfo("UTC")), reports, done, [])
    new = add_up(YEAR, reports, done, [])
    assert (sum(old.reports.values()), old.reports_decided, old.steps["keep"]) == (1, 0, 0)
    assert (sum(new.reports.values()), new.reports_decided, new.steps["keep"], new.reports_median) == (0, 1, 1, 4.0)
