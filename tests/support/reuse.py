"""What is made once and used by many tests: compiled templates and routes, engines with their statements, SQLite files.

A test that is the first of its process to draw a page or to send a statement pays for all that come after it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

import flask_trust.tables  # noqa: F401 - so that all of our tables are there to be copied
from flask_trust.db.attach import attach
from flask_trust.db.types import Base
from tests.support import databases


class CompiledTemplates(BytecodeCache):
    """Jinja's compiled templates, kept for this process; Jinja itself sees to it that they fit their source."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self.known.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


class KeptRule(Rule):
    """A route whose compiled way of building its address is kept for the next app with the same route."""

    known: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:  # they are written into what is compiled
            return super()._compile_builder(append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in self.known:
            self.known[key] = super()._compile_builder(append_unknown)
        return self.known[key]


TEMPLATES = CompiledTemplates()
ENGINES: dict[str, sa.Engine] = {}


COPIES: list[sa.MetaData] = []


def copied_tables() -> sa.MetaData:
    """Return a metadata with copies of our tables; made anew when a test has added tables of its own."""
    if not COPIES or set(COPIES[-1].tables) != set(Base.metadata.tables):
        COPIES.append(sa.MetaData())
        attach(COPIES[-1])
    return COPIES[-1]


class ReusingSQLAlchemy(SQLAlchemy):
    """Flask-SQLAlchemy with one engine for each URL and one copy of our tables, whichever app asks for them."""

    def __init__(self) -> None:
        super().__init__(metadata=copied_tables())

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> sa.Engine:
        if app.config["SQLALCHEMY_ENGINE_OPTIONS"]:  # always there: Flask-SQLAlchemy sets it to {}
            return super()._make_engine(bind_key, options, app)
        key = sa.make_url(options["url"]).render_as_string(hide_password=False)
        if key not in ENGINES:
            # Room for the statements of all tests: where one is pushed out, it is compiled anew.
            ENGINES[key] = super()._make_engine(bind_key, options | {"query_cache_size": 5_000}, app)
        return ENGINES[key]


def put_back(engine: sa.Engine) -> None:
    """Close the engine's connections; its compiled statements stay.

    A test that forks hands open connections to its children, and SQLite's files do not survive what these close.
    """
    engine.dispose()


class SqliteFiles:
    """SQLite databases with our tables; each is lent to one test at a time, empty."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.free: list[str] = []

    def lend(self) -> tuple[str, bool]:
        """Return a URL, and whether the tables are still to be made."""
        if self.free:
            url = self.free.pop()
            databases.empty(url)
            return url, False
        return databases.create("sqlite", self.directory), True

    def take_back(self, url: str) -> None:
        self.free.append(url)
