"""The story lived through by a visitor: a real browser, a phone, no script, nothing typed but the words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from tests.support import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = (
    "/",
    "/products/1",
    "/products/13",
    "/sellers/2",
    "/sign-in",
    "/orders",
    "/selling",
    "/demo/mailbox",
    "/nowhere",
    "/trust/",
    "/trust/products/1",
)


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    with browser.serving(app) as address:
        yield address


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page that keeps what its console complains about."""
    lend = browser.phone if request.param == "phone" else browser.desktop
    with lend(chromium) as context:
        yield context.new_page()


def sign_in(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/sign-in")
    page.get_by_role("button", name=name).click()


def test_the_story_on_a_phone_without_scripts(chromium: Browser, site: str) -> None:
    with browser.phone(chromium, scripts=False) as context:
        page = context.new_page()
        sign_in(page, site, "Anna Virtanen")
        page.get_by_role("link", name="Linocut").click()
        page.get_by_role("button", name="Buy now").click()
        page.get_by_text("The workshop packs it now").wait_for()
        code = page.url.rsplit("/", 1)[-1]

        sign_in(page, site, "Edith Holm")
        order = page.locator("section", has_text=code)
        order.get_by_role("button", name="Send the parcel").click()
        order.get_by_role("button", name="Parcel arrived").click()
        page.get_by_text(f"Order {code}: the parcel has arrived.").wait_for()

        page.get_by_role("button", name="7 days").click()
        page.get_by_role("link", name="Mailbox").click()
        page.get_by_role("link", name="anna@mail.example").first.click()
        page.frame_locator("iframe").get_by_role("link", name="4").first.click()
        page.get_by_role("textbox").nth(1).fill("Hangs straight, looks wise.")
        page.get_by_role("button", name="Publish").click()
        page.get_by_text("Private until").first.wait_for()  # for seven days, since Edith does not say anything

        page.goto(f"{site}/products/11")
        assert not page.get_by_text("Hangs straight, looks wise.").count()
        page.get_by_role("button", name="7 days").click()
        page.goto(f"{site}/products/11")
        page.get_by_text("Hangs straight, looks wise.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_barriers_and_no_complaints(page: Page, site: str, scheme: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, site, "Edith Holm")
    for path in PAGES:
        page.goto(site + path)
        assert browser.barriers(page) == [], path
    assert [each for each in complaints if "404 (NOT FOUND)" not in each] == []


@pytest.mark.parametrize("width", [320, 360])
def test_pages_fit_a_small_screen(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    sign_in(page, site, "Edith Holm")
    for path in PAGES:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_everything_can_be_reached_by_keyboard(chromium: Browser, site: str) -> None:
    with browser.desktop(chromium) as context:
        page = context.new_page()
        page.goto(f"{site}/products/1")
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.locator(":focus").get_attribute("id") == "content"
        page.get_by_role("radio", name="白").focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("radio", name="飴色").is_checked()
