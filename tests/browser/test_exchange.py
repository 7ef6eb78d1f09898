"""Buyer and seller rate each other in a browser: on a phone, by keyboard alone, each as themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import browser as support
from tests.web.deals import deal
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

FAR = 80  # key presses from the top of a page to anything on it


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something matches; fails where the keyboard does not lead there."""
    for _ in range(FAR):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the Tab key does not lead to {selector}")


def choose(page: Page, name: str, stars: int) -> None:
    """Choose so many stars with the arrow keys."""
    tab_to(page, f'input[name="{name}"]')
    page.keyboard.press("Space")
    for _ in range(stars - 1):
        page.keyboard.press("ArrowRight")


def press(page: Page, action: str) -> None:
    tab_to(page, f'button[value="{action}"]')
    with page.expect_navigation():
        page.keyboard.press("Enter")


def looks_right(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert support.barriers(page) == []


def test_both_sides_by_keyboard(world: World, site: str, page: Page) -> None:
    deal(world, "o1")
    page.goto(site + world.rate_path("o1"))
    looks_right(page)
    choose(page, "line-0-stars", 4)
    choose(page, "seller-0-stars", 2)
    press(page, "publish")
    assert "Private until you and" in page.locator("[role=status]").inner_text()
    looks_right(page)

    page.goto(site + "/trust/sellers/tom")
    assert "2 of 5 stars" not in page.content()
    page.goto(site + "/trust/products/lamp")
    assert "4 of 5 stars" not in page.content()

    world.shop.viewer = "tina"
    page.goto(site + "/trust/desk/deals")
    assert "the buyer has written" in page.content()
    tab_to(page, 'a[href$="/orders/o1"]')
    with page.expect_navigation():
        page.keyboard.press("Enter")
    looks_right(page)
    tab_to(page, 'input[name="again"]')  # the choice that stands: no answer
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    press(page, "answer")
    assert "can be read" in page.locator("main").inner_text()
    looks_right(page)

    page.goto(site + "/trust/sellers/tom")
    assert "2 of 5 stars" in page.content()
    looks_right(page)
    page.goto(site + "/trust/products/lamp")
    assert "4 of 5 stars" in page.content()
    world.shop.viewer = "anna"
    page.goto(site + "/trust/orders/o1")
    assert "Would sell again" in page.content()
    looks_right(page)
