"""Public pages are read from a replica where the shop has one; everything else is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import render_template_string
from sqlalchemy import make_url

from tests.world import World

SOMEBODY = {"Cookie": "session=something"}
FIRST, SECOND = "The first word about it.", "A word that the replica has not heard."


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    return tmp_path / "replica.sqlite"


@pytest.fixture
def copied(make_world: Callable[..., World], replica: Path) -> World:
    """A shop whose replica knows one review while its database knows two."""
    world = make_world(SQLALCHEMY_BINDS={"trust_replica": f"sqlite:///{replica}"})
    say(world, "1", FIRST)
    catch_up(world, replica)
    say(world, "2", SECOND)
    return world


def say(world: World, key: str, words: str) -> None:
    world.order(key, "bowl")
    world.deliver(key)
    assert world.rate(key, line_0_stars="5", line_0_text=words).status_code == 303


def catch_up(world: World, replica: Path) -> None:
    source = make_url(world.app.config["SQLALCHEMY_DATABASE_URI"]).database
    assert source is not None
    with closing(sqlite3.connect(source)) as now, closing(sqlite3.connect(replica)) as copy:
        now.backup(copy)


PAGES = ["/trust/products/bowl", "/trust/", "/trust/products/bowl/feed.atom", "/trust/products/bowl?sort=lowest"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_for_everybody_is_read_from_the_replica(copied: World, path: str) -> None:
    page = copied.client(use_cookies=False).get(path).text
    assert FIRST in page
    assert SECOND not in page


@pytest.mark.parametrize("headers", [SOMEBODY, {"Authorization": "Bearer something"}])
def test_whoever_can_have_written_reads_what_is_there(copied: World, headers: dict[str, str]) -> None:
    assert SECOND in copied.client(use_cookies=False).get(PAGES[0], headers=headers).text


def test_the_page_behind_a_link_knows_what_was_just_written(copied: World) -> None:
    assert SECOND in copied.client(use_cookies=False).get(copied.rate_path("2")).text


def test_a_page_stays_known_until_the_replica_hears_of_the_change(copied: World, replica: Path) -> None:
    client = copied.client(use_cookies=False)
    known = {"If-None-Match": client.get(PAGES[0]).headers["ETag"]}
    assert client.get(PAGES[0], headers=known).status_code == 304
    catch_up(copied, replica)
    fresh = client.get(PAGES[0], headers=known)
    assert fresh.status_code == 200
    assert SECOND in fresh.text


def test_the_shops_own_page_shows_the_replicas_stars(copied: World) -> None:
    shown = []
    for headers in ({}, SOMEBODY):
        with copied.app.test_request_context("/bowl", headers=headers):
            shown.append(render_template_string("{{ trust.scores(['bowl'])['bowl'].count }}"))
    assert shown == ["1", "2"]


def test_jobs_and_posts_need_no_replica(copied: World, replica: Path) -> None:
    replica.write_bytes(b"")
    say(copied, "3", "Written while the replica is gone.")
    copied.run()
    assert copied.client(use_cookies=False).get(PAGES[0], headers=SOMEBODY).status_code == 200
