"""A real Chromium that sees nothing but this machine, and a live server for it to look at."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Literal

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from flask_trust.testing import FakeShop
from tests.support import cannot_run

if TYPE_CHECKING:  # the packages are missing where the tests run without a browser
    from playwright.sync_api import Browser, BrowserContext, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
QUIET = (
    "--no-sandbox",  # Chromium refuses its sandbox to root, and it only ever meets our own pages
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names under .test lead here, for two sites on one machine; all other names lead nowhere.
    "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
PHONE = (360, 740)
DESKTOP = (1280, 800)
#: What every page is looked at in; colours do not depend on the width.
VIEWS = [
    *(pytest.param(size, "light", id=f"{size[0]}-light") for size in ((320, 640), PHONE, DESKTOP)),
    pytest.param(PHONE, "dark", id="360-dark"),
]


def wanted() -> bool:
    """Tell whether browser tests take part; TRUST_TEST_BROWSER=off leaves them out."""
    return os.environ.get("TRUST_TEST_BROWSER", "").lower() != "off"


def program() -> str | None:
    """Return the path of an installed Chromium; TRUST_TEST_CHROMIUM overrides the search."""
    found = (shutil.which(name) for name in (os.environ.get("TRUST_TEST_CHROMIUM", ""), *PROGRAMS, MACOS))
    return next((path for path in found if path), None)


def available() -> str | None:
    """Return None if the browser can be used, otherwise the reason why not."""
    if not wanted():
        return "browser tests are left out by TRUST_TEST_BROWSER"
    if importlib.util.find_spec("playwright") is None:
        return "browser tests need the package playwright"
    return None if program() else "no Chromium found; set TRUST_TEST_CHROMIUM to its path"


def require() -> None:
    """Skip the test where the browser is missing; in CI fail it, unless left out by wish."""
    reason = available()
    if reason is None:
        return
    if wanted():
        cannot_run(reason)
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser with an empty profile; one for a whole test session is enough."""
    require()
    with ExitStack() as stack:
        try:
            browser = started(stack)
        except Exception as error:
            cannot_run(f"Chromium does not start: {error}")
        yield browser


def started(stack: ExitStack) -> Browser:
    from playwright.sync_api import sync_playwright

    playwright = stack.enter_context(sync_playwright())
    return stack.enter_context(playwright.chromium.launch(executable_path=program(), args=list(QUIET)))


@contextmanager
def phone(browser: Browser, *, scripts: bool = True, locale: str = "en") -> Iterator[BrowserContext]:
    """Lend a context of a small phone, with no cookies from before."""
    yield from lent(browser, PHONE, touch=True, scripts=scripts, locale=locale)


@contextmanager
def desktop(browser: Browser, *, scripts: bool = True, locale: str = "en") -> Iterator[BrowserContext]:
    """Lend a context of a desk's screen, with no cookies from before."""
    yield from lent(browser, DESKTOP, touch=False, scripts=scripts, locale=locale)


def lent(
    browser: Browser, size: tuple[int, int], *, touch: bool, scripts: bool, locale: str
) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        is_mobile=touch,
        has_touch=touch,
        java_script_enabled=scripts,
        locale=locale,
    )
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        context.close()


def barriers(page: Page) -> list[str]:
    """Return what axe finds wrong with the page's accessibility, one line for each kind of finding."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{rule['id']} ({rule['impact']}): {rule['nodes'][0]['html']}" for rule in found]


@contextmanager
def sized(browser: Browser, size: tuple[int, int], scheme: str) -> Iterator[BrowserContext]:
    """Lend a context of one of the VIEWS."""
    width, height = size
    dark: Literal["dark", "light"] = "dark" if scheme == "dark" else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=dark)
    try:
        yield context
    finally:
        context.close()


def wrong_on(page: Page, address: str) -> list[str]:
    """Return what is wrong on a page with all its details open: no page, wider than the screen, barriers."""
    answer = page.goto(address)
    if answer is None or answer.status != 200:
        return [f"answered {answer.status if answer else 'nothing'}"]
    for details in page.locator("details").all():
        details.evaluate("each => { each.open = true }")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} px wider than the screen"] * (wide > 0) + barriers(page)


def wrong_on_all(
    page: Page, site: str, shop: FakeShop, pages: Iterable[tuple[str | None, str]]
) -> dict[str, list[str]]:
    """Return what is wrong, by path, on pages that are each looked at by somebody; an empty dict where all is well."""
    found = {}
    for viewer, path in pages:
        shop.viewer = viewer
        if wrong := wrong_on(page, site + path):
            found[path] = wrong
    return found


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the app from a thread on a random loopback port and lend its address (no slash at its end)."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


class Quiet(WSGIRequestHandler):
    """Keeps the test's output free of one line a request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return
