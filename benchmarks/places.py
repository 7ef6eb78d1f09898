"""Databases of the benchmark's own: made for one run, dropped afterwards."""

from __future__ import annotations

import secrets
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from tests.support.databases import server, statements, text_of


@contextmanager
def sqlite() -> Iterator[str]:
    """Lend the URL of an empty SQLite database in WAL mode."""
    with tempfile.TemporaryDirectory(prefix="trust_bench_") as folder:
        path = Path(folder) / "bench.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")  # kept in the file
        yield f"sqlite:///{path}"


@contextmanager
def postgresql() -> Iterator[str]:
    """Lend the URL of an empty PostgreSQL database; the server is the one that the tests use."""
    name = f"trust_bench_{secrets.token_hex(6)}"
    statements("postgresql", f"CREATE DATABASE {name}")
    try:
        yield text_of(server("postgresql").set(database=name))
    finally:
        statements("postgresql", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


PLACES: dict[str, Callable[[], AbstractContextManager[str]]] = {"sqlite": sqlite, "postgresql": postgresql}
