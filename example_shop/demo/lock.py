"""One at a time, across threads and processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask import Flask

PATIENCE = 120  # seconds


@contextmanager
def only_one(app: Flask) -> Iterator[None]:
    """Wait until nobody else fills the shop or moves its clock; a lock of SQLite goes away with a process that dies."""
    with closing(sqlite3.connect(Path(app.instance_path, "one-at-a-time"), timeout=PATIENCE)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
