"""Hostile words in a real browser: they are read, not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flask_trust.reviews.models import Review
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

WORDS = (
    "<script>window.owned = 1; alert(1)</script>",
    "<img src=x onerror='window.owned = 1; alert(2)'>",
    "</textarea></p></div></form><svg onload='window.owned = 1'>",
    "\"><a href='javascript:window.owned = 1'>click</a>",
    "' onfocus='window.owned = 1' autofocus='",
    "{{ 7 * 7 }} &lt;b&gt; &#x3C;i&#x3E;",
    "<style>body { display: none }</style><meta http-equiv=refresh content='0;url=//evil.test'>",
)


def watched(page: Page) -> list[str]:
    """Return a list that fills with dialogs, errors, refused contents and requests to elsewhere."""
    seen: list[str] = []

    def dismiss(dialog: object) -> None:
        seen.append("dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    page.on("console", lambda message: seen.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda sent: None if "//shop.test:" in sent.url else seen.append(sent.url))
    return seen


#: Data for search engines stand in an element of that name too; browsers do not run them.
RUNNING = "[window.owned, document.querySelectorAll('script:not([type=\"application/ld+json\"])').length]"


@pytest.mark.parametrize("words", WORDS)
def test_what_looks_like_code_is_read_as_words(world: World, site: str, page: Page, words: str) -> None:
    world.order("o1")
    world.deliver("o1")
    answer = world.rate("o1", line_0_stars="3", line_0_title=words[:120], line_0_text=words, public_name=words[:40])
    assert answer.status_code in (303, 422)
    review, seen = world.one(Review), watched(page)
    for path in ("/trust/products/bowl", "/trust/", f"/trust/reviews/{review.public_id}", world.rate_path("o1")):
        page.goto(site + path, wait_until="networkidle")
        assert words in page.locator(".trust-words").first.inner_text()
        assert page.evaluate(RUNNING) == [None, 0]
    assert page.get_by_label("What should others know?").input_value() == words
    assert seen == []


def test_turned_text_does_not_turn_its_neighbours(world: World, site: str, page: Page) -> None:
    world.order("o1")
    world.deliver("o1")
    world.rate("o1", line_0_stars="3", line_0_text="وعاء جميل\u202e לעברית", public_name="\u202eآنا")
    page.goto(f"{site}/trust/products/bowl")
    lefts = page.evaluate(
        "[...document.querySelectorAll('.trust-by strong, .trust-badge')].map(each => each.getBoundingClientRect().x)"
    )
    assert lefts == sorted(lefts), "the name pushed the words beside it to its other side"
    assert page.evaluate("getComputedStyle(document.querySelector('.trust-words')).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.querySelector('.trust-by')).direction") == "ltr"
