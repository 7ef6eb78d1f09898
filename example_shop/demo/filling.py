"""Filling the shop: once at the first start, and again whenever the demo begins anew."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app

from .. import seed
from ..extensions import db
from . import history, mailbox
from .lock import only_one

FRESH = "example_shop.filled_now"


def ensure(app: Flask) -> None:
    """Make the tables, and fill them when this is the very first start."""
    with app.app_context():
        db.create_all()
    if not app.config["DEMO_FIRST_START"] or asks_for_help() or is_filled(app):
        return
    with only_one(app):
        if not is_filled(app):
            click.echo("First start: filling the shop with four months of orders…", err=True)
            # A second app, because filling sends requests and this one is still being built.
            with once_more(app) as second:
                fill_again(second)
            app.extensions[FRESH] = True


def asks_for_help() -> bool:
    """Say whether somebody wants to read what a command does, and not wait for it: Flask makes the app all the same."""
    return "--help" in sys.argv[1:]


@contextmanager
def once_more(app: Flask, **changes: object) -> Iterator[Flask]:
    """Lend a second app over the same files that never fills them by itself."""
    from .. import create_app

    given = {**app.config["DEMO_GIVEN"], **changes, "DEMO_FIRST_START": False}
    second = create_app(given, app.instance_path)
    try:
        yield second
    finally:
        with second.app_context():
            db.engine.dispose()


def fill_again(app: Flask, step: Callable[[], None] = lambda: None) -> None:
    """Empty the shop and let its whole past happen; `step` is called after each day of it."""
    with app.app_context():
        marker(app).unlink(missing_ok=True)
        empty()
        seed.fill()
        db.session.commit()
        history.happen(app, step)
        marker(app).touch()


def empty() -> None:
    """Throw away all rows and mails."""
    with db.engine.connect() as connection:
        # Readers and the worker must not wait for each other.
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    db.drop_all()
    db.create_all()
    for file in mailbox.folder(current_app).glob("*.eml"):
        file.unlink()


def marker(app: Flask) -> Path:
    """Return the file that says that the shop is filled."""
    return Path(app.instance_path, "filled")


def is_filled(app: Flask) -> bool:
    """Say whether the shop has been filled to the end."""
    return marker(app).exists()
