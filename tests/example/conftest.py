"""A filled shop for each test: its past is lived through once and then copied."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from example_shop import create_app
from example_shop.demo import filling
from example_shop.demo.browser import Browser
from example_shop.extensions import db


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder of a shop that was filled by its first start, once for all of xdist's workers."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "past"
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder.with_name("past-lock"), timeout=300)) as lock:
        lock.execute("BEGIN EXCLUSIVE")  # whoever comes second waits
        app = create_app(instance_path=str(folder))
        assert filling.is_filled(app)
        close(app)
    return folder


@pytest.fixture
def folder(past: Path, tmp_path: Path) -> Path:
    """Return a copy of the filled shop's folder, for this test alone."""
    return shutil.copytree(past, tmp_path / "instance")


@pytest.fixture
def app(folder: Path) -> Iterator[Flask]:
    app = create_app(instance_path=str(folder))
    yield app
    close(app)


@pytest.fixture
def visit(app: Flask) -> Callable[[str], Browser]:
    """Return a function that signs somebody in, by a part of the name, and lends their browser."""

    def sign_in(name: str) -> Browser:
        browser = Browser(app)
        if name != "guest":
            browser.open("/sign-in")
            browser.send(person=PEOPLE[name])
        return browser

    return sign_in


PEOPLE = {"Mika": "1", "Ken": "2", "Seoyun": "3", "Edith": "4", "Anna": "5", "Misaki": "6", "Eleni": "10"}


def close(app: Flask) -> None:
    """Let go of the database file."""
    with app.app_context():
        db.engine.dispose()
