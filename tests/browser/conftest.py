"""Fixtures for a real browser in front of a served world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support import browser as support
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def site(world: World) -> Iterator[str]:
    """The address of the world's shop; browsers ask every site for an icon."""
    world.app.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))
    with support.serving(world.app, "shop.test") as address:
        yield address


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page of a small phone."""
    with support.phone(chromium) as context:
        yield context.new_page()
