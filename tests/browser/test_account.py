"""A person's own page, the form that mails its link and the list of requests in a browser: widths, axe, keyboard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flask_trust import Person, guest_id, links
from flask_trust.privacy.rights.models import DataRequest
from flask_trust.reviews.models import Review
from tests.data.lives import buys, guest, live, member
from tests.support import browser as support
from tests.web.test_account import door, own_link
from tests.web.test_desk_requests import note
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = "Donaudampfschifffahrtselektrizit"


def filled(world: World) -> list[tuple[str | None, str]]:
    """Let two people live through everything, and return who opens which page."""
    one, other = member(world, LONG[:28]), guest(world, "zyq")
    live(world, one, other)
    beside = replace(one.person, id=guest_id_of(world, one.person))
    world.review("beside", 4, buyer=beside)  # the page for erasing offers both
    note(world, "erase", reference="T" * 40)
    world.clock.advance(days=4)
    token = own_link(world, other.person)
    expired = f"/trust/me/{_old(world)}"
    signed_in = [(one.person.id, f"/trust/me{page}") for page in ("", "?saved=hide-name", "/erase")]
    public = [token, f"{token}/erase", "/trust/me/erased", "/trust/link", "/trust/link?sent=1", expired]
    return [*signed_in, ("olga", "/trust/desk/requests"), *((None, path) for path in public)]


def guest_id_of(world: World, person: Person) -> str:
    with world.app.app_context():
        return guest_id(person.email or "")


def _old(world: World) -> str:
    with world.app.test_request_context():
        world.clock.advance(days=-9)
        token = links.sign("me", 1)
        world.clock.advance(days=9)
    return token


@pytest.mark.parametrize(("size", "scheme"), support.VIEWS)
def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing(
    world: World, site: str, chromium: Browser, size: tuple[int, int], scheme: str
) -> None:
    pages = filled(world)
    width, height = size
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        for viewer, path in pages:
            world.shop.viewer = viewer
            answer = page.goto(site + path)
            assert answer is not None
            assert answer.status in (200, 410), path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert support.barriers(page) == [], path
            if viewer == pages[0][0] and path.endswith("/erase"):
                assert page.get_by_role("button", name="Yes, erase both").is_visible()
    finally:
        context.close()


def test_everything_is_erased_by_keyboard_without_scripts(world: World, site: str, chromium: Browser) -> None:
    life = member(world, "zyq")
    buys(world, life)
    world.rate(life.order, line_0_stars="2")
    path = door(world, "link", life.person)
    with support.desktop(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(site + path)
        page.get_by_role("link", name="Erase everything…").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Yes, erase everything").focus()
        page.keyboard.press("Enter")
        page.get_by_role("status").wait_for()
        assert context.cookies() == []
    assert {row.state for row in world.all(Review)} == {"erased"}
    assert [row.what for row in world.all(DataRequest)] == ["erase"]
