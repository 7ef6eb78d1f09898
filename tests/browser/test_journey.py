"""The buyer's way in a real browser: from the mail to a public review, by touch and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from flask import Flask, request, session
from flask_wtf.csrf import CSRFProtect

from flask_trust.reviews.models import Review
from tests.support import browser as support
from tests.web.pages import star_link
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def mailed(world: World, *products: str, stars: int = 4, line: int = 0) -> str:
    """Let an order arrive and be asked about; return path and query of a star in its mail."""
    world.order("o1", *products)
    world.deliver("o1")
    world.pass_days(7)
    parts = urlsplit(star_link(world.mails()[-1], stars, line))
    return f"{parts.path}?{parts.query}"


def choose(page: Page, product: str, stars: int) -> None:
    group = page.get_by_role("group", name=f"Stars for {product}")
    group.get_by_role("radio", name=re.compile(f"^{stars} star")).check(force=True)


def notice(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def test_a_star_from_the_mail_is_public_after_one_press(world: World, site: str, page: Page) -> None:
    page.goto(site + mailed(world))
    button = page.get_by_role("button", name="Publish")
    box, size = button.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    assert box["y"] + box["height"] <= size["height"], "the button is out of reach of the thumb"
    button.tap()
    assert notice(page) == "Thank you. What you wrote is public now."
    page.get_by_role("link", name="Public since").tap()
    page.get_by_role("link", name="All reviews of Bowl").tap()
    assert page.get_by_role("heading", level=1).inner_text() == "Bowl"
    assert "4 of 5 stars" in page.get_by_role("article").inner_text()


def test_the_whole_way_by_keyboard_alone(world: World, site: str, page: Page) -> None:
    page.goto(site + mailed(world, "bowl", "knife").partition("?")[0])
    press_until(page, "line-0-stars")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("It works without a mouse.")
    press_until(page, "action")
    page.keyboard.press("Enter")
    page.wait_for_url("**saved=published")
    review = world.one(Review)
    assert (review.stars, review.title, review.text) == (4, "By keyboard", "It works without a mouse.")


def press_until(page: Page, name: str) -> None:
    """Press Tab until a field or button of this name has the focus and can be seen."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            assert page.evaluate(FOCUS_IS_SEEN), name
            return
    pytest.fail(f"{name} is not reached with the Tab key")


# A radio button is drawn by its label, and whatever lies on top of the middle of the focus must be a part of it.
FOCUS_IS_SEEN = """() => {
    const focused = document.activeElement, drawn = focused.closest("label") || focused;
    const box = drawn.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return drawn.contains(top) && parseFloat(getComputedStyle(drawn).outlineWidth) >= 2;
}"""


def test_nothing_ever_covers_what_has_the_focus(world: World, site: str, page: Page) -> None:
    path = mailed(world, "bowl", "knife", "tea").partition("?")[0]
    for keys in ("Tab", "Shift+Tab"):
        page.goto(site + path)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        if keys == "Shift+Tab":
            page.get_by_role("link").last.focus()
        seen = 0
        for _ in range(30):
            page.keyboard.press(keys)
            if page.evaluate("document.activeElement === document.body"):
                break
            focused = page.evaluate("document.activeElement.outerHTML")
            assert page.evaluate(FOCUS_IS_SEEN), f"{keys}: {focused}"
            seen += 1
        assert seen > 12


def test_enter_in_a_field_publishes_and_never_deletes(world: World, site: str, page: Page) -> None:
    world.review("o1", 2)
    page.goto(site + world.rate_path("o1"))
    page.get_by_text("Change or delete", exact=True).click()
    page.get_by_label("Headline").fill("Better than I said")
    page.get_by_label("Headline").press("Enter")
    page.wait_for_url("**saved=published")
    assert world.one(Review).title == "Better than I said"


def test_a_review_is_changed_and_its_history_is_public(world: World, site: str, page: Page) -> None:
    world.review("o1", 2)
    page.goto(site + world.rate_path("o1"))
    page.get_by_text("Change or delete", exact=True).click()
    choose(page, "Bowl", 5)
    page.get_by_label("What should others know?").fill("They sent a new one.")
    page.get_by_role("button", name="Publish changes").click()
    page.get_by_role("link", name="Public since").click()
    assert page.get_by_role("heading", name="What it said before").is_visible()
    assert re.findall(r"\d of 5 stars", page.content()) == ["5 of 5 stars", "2 of 5 stars"]


def test_a_review_is_deleted_after_a_second_question(world: World, site: str, page: Page) -> None:
    world.review("o1", 2)
    page.goto(site + world.rate_path("o1"))
    page.get_by_text("Change or delete", exact=True).click()
    page.get_by_role("button", name="Delete this review").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Delete your review?"
    page.get_by_role("link", name="Keep it").click()
    page.get_by_text("Change or delete", exact=True).click()
    page.get_by_role("button", name="Delete this review").click()
    page.get_by_role("button", name="Yes, delete it").click()
    assert notice(page) == "Your review is deleted."
    page.goto(f"{site}/trust/products/bowl")
    assert page.get_by_role("article").count() == 0


def test_one_row_s_error_keeps_its_words_and_leads_to_its_field(world: World, site: str, page: Page) -> None:
    page.goto(site + mailed(world, "bowl", "knife"))
    page.get_by_text("Add words (optional)").nth(1).click()
    page.get_by_label("What should others know?").nth(1).fill("Sharp & light")
    page.get_by_role("button", name="Publish").click()
    assert notice(page) == "1 thing is saved. Please look at the rest."
    assert "Nothing you typed is lost." in page.get_by_role("alert").inner_text()
    page.get_by_role("alert").get_by_role("link", name="Knife").click()
    assert page.get_by_label("What should others know?").nth(1).input_value() == "Sharp & light"
    choose(page, "Knife", 3)
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**saved=published")
    assert [review.stars for review in world.all(Review)] == [4, 3]


def test_the_preview_shows_what_readers_will_see(world: World, site: str, page: Page) -> None:
    page.goto(site + mailed(world, stars=3))
    page.get_by_label("Headline").fill("So so")
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="This is how it will look")
    assert "So so" in preview.inner_text()
    assert world.all(Review) == []
    page.get_by_role("button", name="Publish").click()  # the only one
    page.wait_for_url("**saved=published")
    assert world.one(Review).title == "So so"


def test_stars_work_without_scripts(world: World, site: str, chromium: Browser) -> None:
    with support.phone(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(site + mailed(world).partition("?")[0])
        page.locator("label", has=page.locator("input[value='2']")).tap()
        page.get_by_role("button", name="Publish").tap()
        page.wait_for_url("**saved=published")
    assert world.one(Review).stars == 2


def test_stars_work_where_all_cookies_are_blocked(world: World, chromium: Browser, tmp_path: Path) -> None:
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    profile.joinpath("Preferences").write_text('{"profile": {"default_content_setting_values": {"cookies": 2}}}')
    strict_shop(world.app)
    path = mailed(world)
    with support.serving(world.app) as site:
        context = chromium.browser_type.launch_persistent_context(
            profile.parent, executable_path=support.program(), args=list(support.QUIET)
        )
        page = context.new_page()
        page.goto(f"{site}/sign-in")
        page.goto(f"{site}/cart")
        assert page.locator("body").inner_text() == "None has None", "the cookie came back, so this test shows nothing"
        page.goto(site + path)
        page.get_by_role("button", name="Publish").click()
        page.wait_for_url("**saved=published")
        context.close()
    assert world.one(Review).stars == 4


def strict_shop(app: Flask) -> list[tuple[str, bool]]:
    """Give the shop a login whose cookie other sites cannot use; note for each request whether the cookie came."""
    app.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    CSRFProtect(app)
    came: list[tuple[str, bool]] = []
    app.before_request(lambda: came.append((request.path, "session" in request.cookies)))

    @app.get("/sign-in")
    def sign_in() -> str:
        session.update(name="Anna", cart=["bowl"])
        return "signed in"

    @app.get("/cart")
    def cart() -> str:
        return f"{session.get('name')} has {session.get('cart')}"

    return came


def test_who_comes_from_a_mail_page_on_another_site_stays_signed_in(world: World, page: Page) -> None:
    came = strict_shop(world.app)
    path = mailed(world)
    with support.serving(world.app, "shop.test") as site:
        mail = Flask("mail")
        mail.add_url_rule("/", "mail", lambda: f'<a href="{site}{path}">4 stars</a>')
        with support.serving(mail, "mail.test") as inbox:
            page.goto(f"{site}/sign-in")
            page.goto(inbox)
            page.get_by_role("link").click()
            assert (urlsplit(path).path, False) in came, "the browser sent the cookie, so this test shows nothing"
            page.get_by_role("button", name="Publish").click()
            assert notice(page) == "Thank you. What you wrote is public now."
            page.goto(f"{site}/cart")
            assert page.locator("body").inner_text() == "Anna has ['bowl']"
    assert world.one(Review).stars == 4
