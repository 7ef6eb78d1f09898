"""Fixtures: hosts of many kinds, each with a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import databases
from tests.world import World

MakeHost = Callable[..., World]


@pytest.fixture
def fresh_url(database_name: str, tmp_path: Path) -> Iterator[str]:
    """An empty database on each of the three."""
    with databases.temporary(database_name, tmp_path) as url:
        yield url


@pytest.fixture
def make_host(fresh_url: str, tmp_path: Path) -> Iterator[MakeHost]:
    """Make hosts on the same fresh database; keywords are those of `World`, `tables=False` creates none."""
    made: list[World] = []

    def make(*, tables: bool = True, **options: Any) -> World:
        host = World(fresh_url, tmp_path, **options)
        made.append(host)
        if tables:
            with host.app.app_context():
                host.db.create_all()
        return host

    yield make
    for host in made:
        host.close()
