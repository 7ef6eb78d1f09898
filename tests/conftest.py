"""Fixtures: the same world on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.support import browser, databases
from tests.support.reuse import ReusingSQLAlchemy, SqliteFiles
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@sa.event.listens_for(sa.Engine, "connect")
def _wait_for_no_disk(connection: Any, _record: object) -> None:
    # A killed process loses nothing by it; only a machine that loses its power would.
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(scope="session", params=databases.NAMES)
def database_name(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    name: str = request.param
    databases.require(name)
    return name


@pytest.fixture(scope="session")
def database_url(database_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this run with our tables; tests get it emptied through `any_world`."""
    with databases.temporary(database_name, tmp_path_factory.mktemp("database")) as url:
        made = World(url, tmp_path_factory.mktemp("making"))
        with made.app.app_context():
            made.db.create_all()
        made.close()
        yield url


@pytest.fixture
def any_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A fresh world on each of the three databases."""
    databases.empty(database_url)
    made = World(database_url, tmp_path, db=ReusingSQLAlchemy())
    yield made
    made.close()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """The SQLite databases that `make_world` lends."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def make_world(sqlite_files: SqliteFiles, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make fresh worlds on SQLite; keywords are config (`...` takes a key out)."""
    made: list[tuple[World, str]] = []

    def make(**config: Any) -> World:
        url, new = sqlite_files.lend()
        world = World(url, tmp_path, db=ReusingSQLAlchemy(), **config)
        if new:
            with world.app.app_context():
                world.db.create_all()
        made.append((world, url))
        return world

    yield make
    for world, url in made:
        world.close()
        sqlite_files.take_back(url)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A fresh world on SQLite, for what does not depend on the database."""
    return make_world()


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Hear SIGINT in the background, too: a shell lets what it starts there ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests: Playwright does not start a second time in the same process."""
    with browser.chromium() as running:
        yield running
