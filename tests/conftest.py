"""Fixtures: the same world on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import databases
from tests.world import World


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
    made = World(database_url, tmp_path)
    databases.empty(database_url)
    yield made
    made.close()


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make fresh worlds on SQLite; keywords are config (`...` takes a key out)."""
    made: list[World] = []

    def make(**config: Any) -> World:
        url = databases.create("sqlite", tmp_path)
        world = World(url, tmp_path, **config)
        with world.app.app_context():
            world.db.create_all()
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A fresh world on SQLite, for what does not depend on the database."""
    return make_world()
