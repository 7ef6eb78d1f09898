"""Every page, at three widths, in light and dark: nothing that axe finds, nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from flask_trust import Line, Person, links
from flask_trust.reviews.models import Review
from tests.support import browser as support
from tests.web.cases import decided
from tests.web.pages import open_page
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "W" * 40


def filled(world: World) -> dict[str, str]:
    """Fill the world with reviews of every kind and return the path of each kind of page."""
    world.shop.acting["insider"] = {"shop"}
    for number in range(12):
        reward = "a voucher of 5 Euros for the next order" if number == 3 else None
        world.order(f"o{number}", lines=[Line("bowl", "bowl", title="Bowl", variant=LONG[:80])], incentive=reward)
        world.deliver(f"o{number}")
        words = ("とても気に入りました。", "정말 예뻐요", "وعاء جميل", LONG * 3)[number % 4]
        world.rate(
            f"o{number}",
            line_0_stars=str(1 + number % 5),
            line_0_title=LONG[:120],
            line_0_text=words,
            public_name=LONG[:40],
        )
    world.review("insider", 5, buyer=Person("insider", "Ina", "ina@customer.example"))
    world.review("one", 5, product="tea")
    world.review("gone", 2, product="cup")
    gone = world.all(Review)[-1]
    decided(world, gone.public_id, "remove", ground="G7")
    world.clock.advance(days=1)
    world.rate("o1", line_0_stars="5", line_0_text="Changed")
    edited = next(review for review in world.all(Review) if review.edited_at)
    lines = [Line("a", "bowl", title="Bowl"), Line("b", "knife", title=LONG, variant=LONG[:80]), Line("c", "lamp")]
    world.order("new", lines=lines, incentive="a voucher")
    world.deliver("new", "a", "b")
    world.order("waiting")
    world.tell("order_placed", "waiting")
    world.order("not mine")
    world.deliver("not mine")
    world.rate("not mine", action="not-mine")
    with world.app.test_request_context():
        leave = f"/trust/unsubscribe/{links.sign('unsubscribe', world.person('insider').id)}"
    return {
        "home": "/trust/",
        "product": "/trust/products/bowl",
        "filtered": "/trust/products/bowl?stars=5",
        "few": "/trust/products/tea",
        "empty": "/trust/products/lamp",
        "review": f"/trust/reviews/{edited.public_id}",
        "taken down": f"/trust/reviews/{gone.public_id}",
        "rate": world.rate_path("new"),
        "rate, a star chosen": world.rate_path("new") + "?stars=4",
        "rate, arrived?": world.rate_path("new") + "?ask=arrival",
        "rate, published": world.rate_path("o1") + "?saved=published",
        "rate, nothing arrived": world.rate_path("waiting"),
        "rate, not mine": world.rate_path("not mine"),
        "leave": leave,
        "error": "/trust/products/unknown",
        "error behind a link": "/trust/rate/unknown",
    }


def wrong_row(page: Page) -> None:
    page.get_by_text("Add words (optional)").first.click()
    page.get_by_label("What should others know?").first.fill("Words without stars")
    page.get_by_label("Name beside your reviews").fill("anna@customer.example")
    page.get_by_role("button", name="Publish").click()


def preview(page: Page) -> None:
    page.locator("input[name=line-0-stars][value='3']").check(force=True)
    page.get_by_role("button", name="Preview").click()


def ask_delete(page: Page) -> None:
    page.get_by_text("Change or delete", exact=True).first.click()
    page.get_by_role("button", name="Delete this review").first.click()


STEPS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "errors in rows": ("rate", wrong_row),
    "preview": ("rate", preview),
    "delete?": ("rate, published", ask_delete),
    "left": ("leave", lambda page: page.get_by_role("button").click()),
}


def visited(page: Page, site: str, paths: dict[str, str]) -> list[str]:
    """Return what is wrong on each kind of page: barriers, overflow, targets that are too small."""
    wrong = []
    for name in [*paths, *STEPS]:
        start, step = STEPS.get(name, (name, lambda page: None))
        page.goto(site + paths[start])
        step(page)
        page.wait_for_load_state()
        wrong += [f"{name}: {each}" for each in support.barriers(page)]
        wrong += [f"{name}: {each}" for each in page.evaluate(MEASURE)]
    return wrong


MEASURE = """() => {
    const wrong = [], wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) wrong.push(`${wide} px wider than the screen`);
    const least = [["button, .trust-button, .trust-quiet, .trust-choice", 44], ["summary, nav a, .trust-tag", 24],
                   [".trust-histogram a, .trust-inline, .trust-report, .trust-meta a", 24],
                   [".trust-foot p > a, footer.trust-bare-main > a", 24]];
    for (const [targets, size] of least) for (const target of document.querySelectorAll(targets)) {
        const box = target.getBoundingClientRect();
        if (box.height && (box.height < size || box.width < 24)) wrong.push(`too small: ${target.outerHTML}`);
    }
    return wrong;
}"""


@pytest.mark.parametrize(("size", "scheme"), support.VIEWS)
def test_no_page_has_a_barrier(world: World, site: str, chromium: Browser, size: tuple[int, int], scheme: str) -> None:
    paths = filled(world)
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.set_default_timeout(10_000)
    try:
        assert visited(context.new_page(), site, paths) == []
    finally:
        context.close()


LABELS_TOO_WIDE = """[...document.querySelectorAll(".trust-choice, button")]
    .filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText)"""


@pytest.mark.parametrize("language", ["de", "ja", "ko"])
def test_longer_words_of_other_languages_fit_a_small_screen(
    world: World, site: str, chromium: Browser, language: str
) -> None:
    paths = filled(world)
    context = chromium.new_context(viewport={"width": 320, "height": 640}, locale=language)
    try:
        page = context.new_page()
        for name, path in paths.items():
            page.goto(site + path)
            assert page.evaluate("document.documentElement.lang") == language
            assert page.evaluate(MEASURE) == [], name
            assert page.evaluate(LABELS_TOO_WIDE) == [], name
    finally:
        context.close()


SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"


def test_readers_may_widen_the_spacing_of_the_text(world: World, site: str, chromium: Browser) -> None:
    paths = filled(world)
    context = chromium.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    try:
        page = context.new_page()
        for name, path in paths.items():
            page.goto(site + path)
            page.add_style_tag(content=SPACED)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    finally:
        context.close()


def test_every_page_has_one_main_heading_one_title_and_no_id_twice(world: World) -> None:
    for name, path in filled(world).items():
        page = open_page(world, path, 404 if name.startswith("error") else 410 if name == "taken down" else 200)
        levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), (name, levels)
        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("title")) == 1
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids)), (name, ids)


def test_words_in_another_language_say_so(world: World) -> None:
    world.order("o1")
    world.deliver("o1")
    world.rate("o1", line_0_stars="5", line_0_title="最高", line_0_text="とても良い")
    page = open_page(world, "/trust/products/bowl")
    assert [attrs["lang"] for tag, attrs in page.tags if "trust-words" in attrs.get("class", "")] == ["ja"]
    assert [attrs["lang"] for tag, attrs in page.tags if "trust-headline" in attrs.get("class", "")] == ["ja"]
