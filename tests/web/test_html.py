"""Every kind of page in every state is right HTML, as the W3C's own checker sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from flask_trust.testing import SettableClock
from tests.browser import test_access, test_desk, test_owner_desk, test_reports
from tests.support import markup
from tests.world import World

MakeWorld = Callable[..., World]
YEAR = f"log/{SettableClock()().year}"
PUBLIC = ("", "sellers/tom", "how-reviews-work", "log", YEAR)
EMPTY = ("", "how-reviews-work", "log", YEAR, "products/none")
DESK = ("", "reviews", "replies", "invitations", "arrivals", "mails", "health", "reports")


def saved(world: World, folder: Path, viewer: str | None, path: str) -> Path:
    """Keep a page as this person gets it, under a name that says which one it is."""
    world.shop.viewer = viewer
    answer = world.client().get(path)
    assert answer.mimetype == "text/html", path
    name = re.sub("[^a-z0-9]+", "-", path.lower())[:60]
    file = folder / f"{len(list(folder.iterdir())):03d}{name}-{answer.status_code}.html"
    file.write_text(answer.text, "utf-8")
    return file


def everything(make_world: MakeWorld, folder: Path) -> Iterator[Path]:
    """Yield every kind of page, with long words, without any, and with errors."""
    folder.mkdir()
    world = make_world()
    for path in test_access.filled(world).values():
        yield saved(world, folder, None, path)
    for filled in (test_desk.filled, test_owner_desk.filled, test_reports.filled):
        world = make_world()
        for viewer, path in filled(world):
            yield saved(world, folder, viewer, path)
        for path in PUBLIC:
            yield saved(world, folder, None, f"/trust/{path}")
    world = make_world()
    world.shop.staff.add("olga")
    for path in EMPTY:
        yield saved(world, folder, None, f"/trust/{path}")
    for path in DESK:
        yield saved(world, folder, "olga", f"/trust/desk/{path}")


def test_every_page_is_right_html(make_world: MakeWorld, tmp_path: Path) -> None:
    markup.require()
    assert markup.faults(list(everything(make_world, tmp_path / "pages"))) == []


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text('<!doctype html><html lang="en"><title>x</title><p id="a"><b>x</p><p id="a">', "utf-8")
    assert any("Duplicate ID" in each for each in markup.faults([wrong]))
