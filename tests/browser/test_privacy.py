"""The page about privacy in a browser: widths, axe, the first layer on one screen of a phone, keyboard, paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import browser as support
from tests.web.deals import deal
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATHS = ("/trust/privacy", "/trust/privacy/1")


def filled(world: World) -> None:
    """Let there be everything the page can show: sellers, rewards, a version that holds and one that is to be."""
    deal(world)
    world.shop.staff.add("olga")
    world.cli("policy", "publish", "--note", "The first one.")
    world.order("o2", incentive="5 % off")
    world.deliver("o2")
    world.cli("policy", "publish", "--effective", "2027-06-01")
    world.shop.viewer = "olga"


@pytest.mark.parametrize(("size", "scheme"), support.VIEWS)
def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing(
    world: World, site: str, chromium: Browser, size: tuple[int, int], scheme: str
) -> None:
    filled(world)
    width, height = size
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        for path in PATHS:
            assert support.wrong_on(page, site + path) == [], path
    finally:
        context.close()


@pytest.mark.parametrize("language", ["en", "de", "ja", "ko"])
def test_the_first_layer_fits_one_screen_of_a_phone(world: World, site: str, chromium: Browser, language: str) -> None:
    with support.phone(chromium, scripts=False, locale=language) as context:
        page = context.new_page()
        page.goto(f"{site}/trust/privacy")
        box = page.locator(".trust-short").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= support.PHONE[1]


def test_a_question_is_found_by_keyboard_and_on_phones_each_row_says_what_its_cells_are(
    world: World, site: str, chromium: Browser
) -> None:
    with support.phone(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{site}/trust/privacy")
        page.get_by_role("link", name="How long do you keep it?").focus()
        page.keyboard.press("Enter")
        assert page.url.endswith("#keep")
        heading = page.locator("#keep").bounding_box()
        assert heading is not None
        assert 0 <= heading["y"] < support.PHONE[1] / 2
        page.locator("summary").filter(has_text="What is kept, and why").press("Enter")
        table = page.get_by_role("table", name="What is kept, and why")
        assert table.get_by_role("columnheader", name="How long").count() == 1
        row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="your reviews", exact=True))
        assert row.get_by_role("cell").last.inner_text().endswith("until you delete it, or have your data erased")
        assert row.get_by_role("cell").last.evaluate("each => getComputedStyle(each).display") == "block"


def test_on_paper_tables_are_tables_and_the_way_around_is_left_out(world: World, site: str, chromium: Browser) -> None:
    with support.desktop(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{site}/trust/privacy")
        page.set_viewport_size({"width": 700, "height": 1000})
        page.emulate_media(media="print")
        cell = page.locator(".trust-details td").first
        assert cell.evaluate("e => getComputedStyle(e).display") == "table-cell"
        assert cell.is_visible()
        assert not page.locator(".trust-contents").is_visible()
        assert page.get_by_role("heading", name="How long do you keep it?").is_visible()
