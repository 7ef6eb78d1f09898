"""CPU of a request: of this process and of the database's, with the wall time beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import Engine, event, text
from werkzeug.test import EnvironBuilder

Environ = dict[str, Any]

BROWSER = (
    ("Accept", "text/html,application/xhtml+xml"),
    ("Accept-Language", "en-GB,en;q=0.9,de;q=0.7"),
    ("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    tag: str = ""  # the ETag


@dataclass
class Side:
    """One of the two pages that are compared: how to ask for it, and what asking cost.

    `cpu` holds one figure for each round, `wall` one for each request; all in milliseconds.
    """

    app: Flask
    engine: Engine
    environs: Callable[[], Environ]
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    status: int = 0
    queries: int = 0
    size: int = 0

    def ask(self) -> Answer:
        """Send the next request."""
        return call(self.app, self.environs())


def get(path: str, known: str = "") -> Callable[[], Environ]:
    """Return a maker of GET requests as a browser sends them that has a page of this tag already."""
    again = (("If-None-Match", known),) if known else ()
    made = EnvironBuilder(path, headers=(*BROWSER, *again)).get_environ()
    return lambda: {**made, "wsgi.input": BytesIO()}


def post(path: str, form: dict[str, str]) -> Environ:
    """Return a POST request as a browser sends it."""
    body = urlencode(form).encode()
    kind = "application/x-www-form-urlencoded"
    made = EnvironBuilder(path, method="POST", data=body, content_type=kind, headers=BROWSER).get_environ()
    return {**made, "wsgi.input": BytesIO(body)}


def call(app: Flask, environ: Environ) -> Answer:
    """Run a request through the app as a WSGI server does."""
    status: list[str] = []
    told: dict[str, str] = {}

    def start(line: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
        status.append(line)
        told.update(headers)
        return lambda _: None

    chunks = app(environ, start)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    return Answer(int(status[0].split()[0]), body, told.get("ETag", ""))


class Processes:
    """The processor time of this process and, where it can be seen, of its PostgreSQL backends."""

    def __init__(self, engine: Engine) -> None:
        self.backends = tuple(_visible(_backends(engine)))

    def nanoseconds(self) -> int:
        """Return what all of them have used so far."""
        return time.process_time_ns() + sum(int(path.read_text().split()[0]) for path in self.backends)


def _backends(engine: Engine) -> list[int]:
    if engine.dialect.name != "postgresql":
        return []
    query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type LIKE 'client%'")
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _visible(numbers: Iterable[int]) -> Iterable[Path]:
    """Return where the kernel tells the processor time of server processes on this machine, and nowhere else."""
    for number in numbers:
        folder = Path(f"/proc/{number}")
        if (folder / "schedstat").exists() and (folder / "comm").read_text().startswith("postgres"):
            yield folder / "schedstat"


def measure(side: Side, processes: Processes, requests: int) -> None:
    """Send some requests and note what they cost."""
    before = processes.nanoseconds()
    for _ in range(requests):
        started = time.perf_counter_ns()
        answer = side.ask()
        side.wall.append((time.perf_counter_ns() - started) / 1e6)
        if answer.status != side.status:
            raise RuntimeError(f"an answer was {answer.status} that had been {side.status}")
    side.cpu.append((processes.nanoseconds() - before) / requests / 1e6)


def inspect(side: Side) -> Answer:
    """Send two requests, and note the second's size and statements: the first makes what later ones find."""
    side.ask()
    with _counting(side.engine) as statements:
        answer = side.ask()
    side.status, side.queries, side.size = answer.status, len(statements), len(answer.body)
    return answer


@contextmanager
def _counting(engine: Engine) -> Any:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
