"""Reporting, the case, the staff's pages and the log in a browser: at every width, and by keyboard without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flask_trust import links
from flask_trust.moderation.models import Case, Decision, Report
from flask_trust.moderation.places import author_token
from flask_trust.reviews.models import Review
from tests.support import browser as support
from tests.web.cases import PHONE, STAFF, case_of, decided, reported, said_in, written
from tests.web.replies import replied_to_rating, replied_to_review, reply_to
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "W" * 40


def filled(world: World) -> list[tuple[str | None, str]]:
    """Fill the world with cases in every state and return who opens which page."""
    world.shop.staff = {STAFF}
    ids = [written(world, f"o{number}", text=f"{LONG} {number}") for number in range(4)]
    for public_id in ids[:3]:
        reported(world, public_id, explanation=LONG)
    decided(world, ids[0], "hide", facts=LONG)
    decided(world, ids[1], "remove", ground="G2", law=LONG, facts=LONG, explanation=LONG)
    said_in(world, ids[1], "author", LONG)
    with world.app.test_request_context():
        tokens = [author_token(case_of(world, each)) for each in ids[:2]]
        tokens.append(links.sign("case", case_of(world, ids[2]).id, extra="reporter-3"))
    year = f"/trust/log/{world.clock().year}"
    anybody = [f"/trust/reviews/{ids[3]}/report", "/trust/log", year, world.rate_path("o0")]
    staff = ["", "?show=appeals", "?show=closed", "/1", "/2", "/3"]
    mine: list[tuple[str | None, str]] = [(STAFF, f"/trust/desk/reports{each}") for each in staff]
    mine += about_replies(world)
    return [*((None, path) for path in [*anybody, *(f"/trust/cases/{each}" for each in tokens)]), *mine]


def about_replies(world: World) -> list[tuple[str | None, str]]:
    """Let replies be reported and taken down, and return who opens which page."""
    ids = replied_to_review(world, LONG), replied_to_rating(world, LONG)
    pages: list[tuple[str | None, str]] = [(None, path) for path in ("/trust/products/vase", "/trust/sellers/tom")]
    pages = [(None, f"/trust/reviews/{ids[0]}/reply/report"), *pages]
    world.review("r3", 2, "cup")
    other = world.all(Review)[-1].public_id
    reply_to(world, "to_review", other, LONG)
    reported(world, other, "to_review", explanation=LONG)
    decided(world, other, "remove", "to_review", facts=LONG)
    reported(world, ids[1], "to_rating")
    decided(world, ids[1], "hide", "to_rating", facts=LONG)
    found = case_of(world, other, "to_review"), case_of(world, ids[1], "to_rating")
    with world.app.test_request_context():
        pages += [(None, f"/trust/cases/{author_token(each)}") for each in found]
    pages += [(STAFF, f"/trust/desk/reports/{each.id}") for each in found]
    return [*pages, ("olga", f"/trust/reviews/{other}/reply"), ("tina", "/trust/orders/r2")]


@pytest.mark.parametrize(("size", "scheme"), support.VIEWS)
def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing(
    world: World, site: str, chromium: Browser, size: tuple[int, int], scheme: str
) -> None:
    pages = filled(world)
    with support.sized(chromium, size, scheme) as context:
        page = context.new_page()
        assert support.wrong_on_all(page, site, world.shop, pages) == {}
        page.goto(f"{site}{pages[0][1]}")
        page.get_by_role("button", name="Send the report").click()
        assert support.barriers(page) == []


def test_a_report_and_a_decision_by_keyboard_without_scripts(world: World, site: str, chromium: Browser) -> None:
    world.shop.staff = {STAFF}
    public_id = written(world)
    with support.desktop(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{site}/trust/reviews/{public_id}/report")
        keyboard = page.keyboard
        for _ in range(3):  # the shop's name, the product, the first reason
            keyboard.press("Tab")
        keyboard.press("Space")
        for text in ("It is my number", "Bob", "bob@reader.example"):
            keyboard.press("Tab")
            keyboard.type(text)
        for key in ("Tab", "Space", "Tab", "Enter"):
            keyboard.press(key)
        page.get_by_role("status").wait_for()
        assert world.one(Report).reason == "G1"
        world.shop.viewer = STAFF
        page.goto(f"{site}/trust/desk/reports")
        page.get_by_role("link", name="Bowl").press("Enter")
        page.get_by_role("radio").first.press("Space")
        page.get_by_label("Which words, and what you found out").press_sequentially("the number")
        page.get_by_role("button", name="Hide it while checking").press("Enter")
        page.get_by_role("status").wait_for()
    assert (world.one(Review).state, world.one(Review).text, world.one(Case).ground) == ("hidden", PHONE, "G1")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_law_is_asked_for_beneath_the_one_reason_that_needs_it(
    world: World, site: str, chromium: Browser, scripts: bool
) -> None:
    world.shop.staff, world.shop.viewer = {STAFF}, STAFF
    case = reported(world, written(world))
    with support.desktop(chromium, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"{site}/trust/desk/reports/{case}")
        law = page.get_by_label("The law it breaks, with its section")
        assert not law.is_visible()
        page.get_by_role("radio", name="Personal data of somebody").check()
        assert not law.is_visible()
        page.get_by_role("radio", name="Against the law").check()
        assert law.is_visible()
        page.keyboard.press("Tab")
        page.keyboard.type("§ 185 StGB")
        page.get_by_role("button", name="Take it down").click()
        page.get_by_role("alert").wait_for()
        assert law.is_visible(), "the facts are missing, and no word is lost"
        assert law.input_value() == "§ 185 StGB"
        page.get_by_role("radio", name="Advertising").check()
        assert not law.is_visible()
        page.get_by_role("radio", name="Against the law").check()
        page.get_by_label("Which words, and what you found out").fill("an insult")
        law.fill("")
        page.get_by_role("button", name="Take it down").click()
        page.get_by_role("alert").get_by_role("link").click()
        page.keyboard.type("§ 186 StGB")
        page.get_by_role("button", name="Take it down").click()
        page.get_by_role("status").wait_for()
    assert world.one(Decision).illegal_content_legal_ground == "§ 186 StGB"
