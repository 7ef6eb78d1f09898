"""How pages look where it cannot be read off the markup: words in their boxes, lines broken well, enough contrast."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATH = "/trust/products/bowl"

#: Words may come as near to the edge as they like, but stay inside of it; what is only spoken is clipped anyway.
OUTSIDE = """[...document.querySelectorAll(".trust-choice, .trust-actions button")].filter(each => {
    const box = each.getBoundingClientRect(), words = document.createRange();
    return [...each.childNodes].filter(node => node.className !== "trust-said").some(node => {
        words.selectNodeContents(node);
        return [...words.getClientRects()].some(r => r.left < box.left - .5 || r.right > box.right + .5);
    });
}).map(each => each.innerText)"""


@pytest.mark.parametrize("language", ["en", "de", "ja", "ko"])
def test_the_words_of_chosen_stars_and_buttons_stay_in_their_boxes(
    world: World, site: str, chromium: Browser, language: str
) -> None:
    world.order("o1", "bowl", "cup")
    world.deliver("o1")
    context = chromium.new_context(locale=language)
    try:
        page = context.new_page()
        for width, stars in product((320, 360, 390, 430), (1, 5)):
            page.set_viewport_size({"width": width, "height": 740})
            page.goto(f"{site}{world.rate_path('o1')}?stars={stars}&line=bowl")
            page.locator(f"input[name=line-0-stars][value='{stars}']").check(force=True)
            assert page.evaluate(OUTSIDE) == [], width
    finally:
        context.close()


def test_korean_and_titles_break_between_words_and_other_languages_as_they_do(
    world: World, site: str, chromium: Browser
) -> None:
    for number, words in enumerate(("정말 예쁘고 튼튼해요", "とても気に入りました", "Sturdy and calm")):
        world.order(f"o{number}")
        world.deliver(f"o{number}")
        world.rate(f"o{number}", line_0_stars="5", line_0_title=words, line_0_text=words)
    for language in ("en", "ja", "ko"):
        context = chromium.new_context(locale=language)
        try:
            page = context.new_page()
            page.goto(site + PATH)
            breaks = {
                name: page.evaluate(f"getComputedStyle(document.querySelector('{name}')).wordBreak")
                for name in (".trust", "h1", ".trust-words:lang(ko)", "h3:lang(ja)", ".trust-words:lang(ja)")
            }
        finally:
            context.close()
        assert list(breaks.values()) == [
            "keep-all" if language == "ko" else "normal",
            "auto-phrase" if language == "ja" else "keep-all",
            "keep-all",
            "auto-phrase",
            "normal",
        ], language


#: Our part in a shop of these colours that tells nobody whether it is dark, and sets none of our variables.
MOUNT = """([page, ink]) => {
    document.body.className = "";
    Object.assign(document.body.style, {background: page, color: ink});
    document.querySelector(".trust").classList.remove("trust-bare");
}"""

#: The least contrast of small print against the page, and of what has to be seen without being read.
CONTRAST = """([page, selectors, property]) => {
    const pixel = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const light = (...colours) => {
        for (const colour of colours) { pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1); }
        const [r, g, b] = [...pixel.getImageData(0, 0, 1, 1).data].map(
            each => each / 255 <= .04045 ? each / 255 / 12.92 : ((each / 255 + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const found = {};
    for (const selector of selectors) {
        const of = light(page, getComputedStyle(document.querySelector(selector))[property]), on = light(page);
        found[selector] = (Math.max(of, on) + .05) / (Math.min(of, on) + .05);
    }
    return found;
}"""
SMALL_PRINT = [".trust-meta", ".trust-meta a", ".trust-count", ".trust-badge", ".trust-working thead th"]


def contrasts(page: Page, colour: str, selectors: list[str], of: str = "color") -> dict[str, float]:
    found: dict[str, float] = page.evaluate(CONTRAST, [colour, selectors, of])
    return found


@pytest.mark.parametrize(
    ("colour", "ink"),
    [("#fff", "#000"), ("#fff", "#333"), ("#fff", "#555"), ("#111", "#fff"), ("#111", "#ddd"), ("#111", "#aaa")],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_print_can_be_read_in_a_light_and_in_a_dark_shop(
    world: World, site: str, chromium: Browser, colour: str, ink: str, scheme: str
) -> None:
    for number in range(5):
        world.review(f"o{number}", 4)
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    try:
        page = context.new_page()
        page.goto(site + PATH)
        page.evaluate(MOUNT, [colour, ink])
        assert {name for name, found in contrasts(page, colour, SMALL_PRINT).items() if found < 4.5} == set()
        assert contrasts(page, colour, [".trust-stars .trust-on"], "fill")[".trust-stars .trust-on"] >= 3
        assert contrasts(page, colour, [".trust-stars .trust-off"], "stroke")[".trust-stars .trust-off"] >= 3
        assert contrasts(page, colour, [".trust-panel"], "borderTopColor")[".trust-panel"] >= 1.25
        page.locator(".trust summary").first.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        assert contrasts(page, colour, ["summary:focus-visible"], "outlineColor")["summary:focus-visible"] >= 3
    finally:
        context.close()


def test_our_words_keep_their_direction_in_a_shop_that_is_written_from_right_to_left(
    world: World, site: str, page: Page
) -> None:
    world.review("o1", 4)
    page.goto(site + PATH)
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("getComputedStyle(document.querySelector('.trust')).direction") == "ltr"
    assert page.evaluate("getComputedStyle(document.querySelector('.trust-stars')).transform") == "none"
    page.evaluate("document.querySelector('.trust').dir = 'rtl'")
    assert page.evaluate("getComputedStyle(document.querySelector('.trust-stars')).transform").startswith("matrix(-1")
