"""The public pages in a browser: what a strict policy refuses, three widths, pictures and advice, a vote by keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flask_trust import Line, Person
from flask_trust.reviews.models import Review
from tests.support import browser as support
from tests.web.deals import buyer_rates, deal
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATHS = ["/trust/", "/trust/products/bowl", "/trust/products/bowl?sort=helpful", "/trust/sellers/tom"]
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "W" * 40


def filled(world: World) -> None:
    """A product whose ratings fell and that came back too small, in two languages, and a seller who is late."""
    for number in range(24):
        world.order(f"o{number}", lines=[Line("1", "bowl", title="Bowl", variant="large")])
        world.deliver(f"o{number}")
        text = (LONG, "とても良い茶碗です。", "It broke & I sent it back </script>")[number % 3]
        world.rate(f"o{number}", line_0_stars="5" if number < 12 else "2", line_0_text=text, line_0_title=text[:100])
        world.tell("order_returned", f"o{number}", None, f"too small {LONG[:60]}")
        world.clock.advance(days=20 if number < 12 else 5)
    for number in range(10):
        person = Person(f"b{number}", "B", f"b{number}@customer.example")
        deal(world, f"d{number}", buyer=person)
        buyer_rates(world, f"d{number}", 3, delivery="1", service="2", text=LONG)
    world.pass_days(31)
    for review in world.all(Review)[:15]:
        world.client().post(f"/trust/reviews/{review.public_id}/helpful", data={"helpful": "on"})


@pytest.mark.parametrize(("size", "scheme"), support.VIEWS)
def test_nothing_is_refused_nothing_is_wider_than_the_screen_and_axe_finds_nothing(
    world: World, site: str, chromium: Browser, size: tuple[int, int], scheme: str
) -> None:
    filled(world)
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page, refused = context.new_page(), []
        page.on("console", lambda message: refused.append(message.text))
        for path in PATHS:
            page.goto(site + path)
            for details in page.locator("details").all():
                details.evaluate("each => { each.open = true }")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
            assert support.barriers(page) == [], path
        assert refused == []
    finally:
        context.close()


def test_a_strict_policy_leaves_the_data_for_search_engines_where_it_is(
    world: World, site: str, chromium: Browser
) -> None:
    filled(world)
    with support.desktop(chromium) as context:
        page, refused = context.new_page(), []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(site + "/trust/products/bowl")
        told = json.loads(page.locator('script[type="application/ld+json"]').text_content() or "")
        assert told["aggregateRating"]["ratingCount"] == 24
        assert any("</script>" in each["reviewBody"] for each in told["review"])
        assert refused == []


def test_a_reader_votes_and_takes_it_back_by_keyboard_without_scripts(
    world: World, site: str, chromium: Browser
) -> None:
    world.review("o1", 4)
    with support.phone(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(site + "/trust/products/bowl?sort=oldest")
        button = page.get_by_role("button", name="Helpful", exact=True)
        for _ in range(40):
            page.keyboard.press("Tab")
            if button.evaluate("each => each === document.activeElement"):
                break
        page.keyboard.press("Enter")
        page.get_by_text("You found this helpful").wait_for()
        name = world.one(Review).public_id
        assert page.url.endswith(f"/trust/products/bowl?sort=oldest#review-{name}")
        assert world.one(Review).helpful == 1
        page.get_by_role("button", name="Not helpful after all").press("Enter")
        page.get_by_role("button", name="Helpful", exact=True).wait_for()
        assert world.one(Review).helpful == 0


@pytest.mark.parametrize("query", ["", "?theme=dark", "?size=large", "?size=large&theme=dark"])
def test_a_badge_is_drawn_on_another_site(world: World, site: str, chromium: Browser, query: str) -> None:
    filled(world)
    with support.desktop(chromium) as context:
        page = context.new_page()
        page.set_content(f'<img src="{site}/trust/badges/product/bowl.svg{query}" alt="score">')
        picture = page.locator("img")
        picture.evaluate("each => each.decode()")
        height = 84 if "large" in query else 32
        assert picture.evaluate("each => [each.naturalWidth, each.naturalHeight]") == [240, height]
