"""The seller's pages in a browser: at three widths, by keyboard alone, and without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flask_trust import Line, Person
from flask_trust.orders.models import Deal
from flask_trust.ratings.models import BuyerRating
from tests.support import browser as support
from tests.web.deals import TOM, buyer_rates, deal, press
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DESK = "/trust/desk/deals"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "W" * 40
YES = {"paid": "yes", "reachable": "yes", "again": "yes"}


def filled(world: World) -> list[tuple[str, str]]:
    """Fill the world with orders in every state and return who opens which page."""
    world.shop.acting["both"] = {"tom", "una"}
    deal(world, "waits", TOM, Line("cup", "cup", seller_id="una"))
    for key in ("said", "open", "passed", "x" * 64):
        deal(world, key, buyer=Person(f"b-{key[:9]}", "B", f"{key[:9]}@customer.example"))
    press(world, "tina", "answer", "/trust/orders/said", **YES)
    press(world, "tina", "answer", "/trust/orders/open", **YES)
    buyer_rates(world, "open", 2, text=LONG, note=LONG, service="3", price="1")
    press(world, "tina", "reply", "/trust/orders/open", reply=LONG)
    buyer_rates(world, "passed", 5, text=LONG)
    press(world, "tina", "pass", "/trust/orders/passed")
    buyer_rates(world, "x" * 64, 1)
    mine = [("tina", f"/trust/orders/{key}") for key in ("waits", "said", "open", "passed", "x" * 64)]
    buyers = [("anna", "/trust/orders/waits"), ("b-open", "/trust/orders/open"), ("b-passed", "/trust/orders/passed")]
    return [*mine, *buyers, ("both", "/trust/orders/waits"), ("both", DESK), ("tina", DESK)]


@pytest.mark.parametrize(("size", "scheme"), support.VIEWS)
def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing(
    world: World, site: str, chromium: Browser, size: tuple[int, int], scheme: str
) -> None:
    pages = filled(world)
    with support.sized(chromium, size, scheme) as context:
        page = context.new_page()
        assert support.wrong_on_all(page, site, world.shop, pages) == {}


def test_a_seller_rates_many_buyers_by_keyboard_without_scripts(world: World, site: str, chromium: Browser) -> None:
    for key in ("o1", "o2", "o3"):
        deal(world, key, buyer=Person(key, "B", f"{key}@customer.example"))
    world.shop.viewer = "tina"
    with support.desktop(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(site + DESK)
        keyboard = page.keyboard
        for _ in range(4):  # the shop's name, and the ways to the seller's other pages
            keyboard.press("Tab")
        for keys in (["Tab", "Space"], ["Tab"], ["Tab", "Space"], ["Tab"], ["Tab"], ["Tab"]):
            for each in keys:
                keyboard.press(each)
        for _ in range(3):  # the three questions, from "no answer" back to "yes"
            keyboard.press("Tab")
            keyboard.press("ArrowLeft")
            keyboard.press("ArrowLeft")
        keyboard.press("Tab")
        keyboard.press("Enter")
        page.get_by_role("status").wait_for()
        assert "2 orders are rated." in page.get_by_role("status").inner_text()
    assert [(each.paid, each.reachable, each.again) for each in world.all(BuyerRating)] == [(True, True, True)] * 2
    assert [each.seller_rated_at is not None for each in world.all(Deal)] == [True, True, False]
