"""Both of our shops and django-oscar's, asked in turns."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import make_url

from .. import pairs
from ..measure import Processes, measure
from ..pages import Plan, prepared, put_away, warm_up
from ..pairs import Pair
from ..places import PLACES
from ..telling import say
from . import environment

POSTING = "posting a review"


@dataclass
class Row:
    """One request to all three; `cpu` has a figure for each round and `wall` for each request, in milliseconds."""

    database: str
    pair: Pair
    queries: int = 0
    size: int = 0
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def times(self) -> float:
        """Return how much django-oscar costs in terms of the hand-written page: the median over the rounds."""
        return median(theirs / ideal for theirs, ideal in zip(self.cpu, self.pair.ideal.cpu, strict=True))


class Child:
    """The django-oscar shop, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def order(self, **order: Any) -> dict[str, Any]:
        """Let it do something and return what it says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the django-oscar shop ended; its reason stands above")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def started(python: Path, url: str, sizes: Sequence[int], posts: int) -> Iterator[Child]:
    """Start and fill a django-oscar shop on an empty database."""
    with tempfile.TemporaryDirectory(prefix="trust_bench_") as media:
        known = {
            "DJANGO_SETTINGS_MODULE": "benchmarks.oscar.settings",
            "TRUST_BENCH_DJANGO_DATABASE": json.dumps(as_django(url)),
            "TRUST_BENCH_MEDIA": media,
        }
        command = [str(python), "-m", "benchmarks.oscar.child"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=environment.ROOT, env={**os.environ, **known}, **pipes) as process:
            try:
                child = Child(process)
                child.order(sizes=list(sizes), posts=posts)
                yield child
            finally:
                process.terminate()


def as_django(url: str) -> dict[str, Any]:
    """Return a database's address in Django's words; one connection is kept, as with us."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.database, "CONN_MAX_AGE": None}
    named = {"NAME": parts.database, "USER": parts.username, "PASSWORD": parts.password}
    place = {"HOST": parts.host, "PORT": parts.port or ""}
    return {"ENGINE": "django.db.backends.postgresql", **named, **place, "CONN_MAX_AGE": None}


def run(name: str, plan: Plan) -> list[Row]:
    """Measure all three on one kind of database; raises `Missing` where django-oscar cannot be installed."""
    python = environment.prepared()
    with PLACES[name]() as url, PLACES[name]() as other:
        shops, orders = prepared(name, url, plan)
        say(f"{name}: filling the django-oscar shop.")
        with started(python, other, plan.sizes, plan.each_side) as child:
            try:
                written = pairs.writing(shops, plan.reviewed, orders)
                pairs.check(written)
                read = [shops.pair("first page", size, f"/trust/products/{key}") for key, size in plan.reviewed.items()]
                pairs.check(read)
                rows = [Row(name, pair) for pair in (*read, *written)]
                say(f"{name}: measuring beside django-oscar.")
                _measure(rows, child, Processes(shops.ideal.engine), plan)
            finally:
                put_away(shops)
        return rows


def _measure(rows: list[Row], child: Child, processes: Processes, plan: Plan) -> None:
    for row in rows:
        row.pair.bare = None
        _ask(row, child, 3)  # what is done once is done
        row.queries = child.order(what=_what(row), reviews=row.pair.reviews, requests=0)["queries"]
    warm_up([row.pair for row in rows])
    gc.collect()
    for _ in range(plan.rounds):
        for row in rows:
            requests = plan.posts if row.pair.what == POSTING else plan.requests
            for side in row.pair.sides:
                measure(side, processes, requests)
            told = _ask(row, child, requests)
            row.cpu.append(told["cpu"])
            row.wall += told["wall"]
            row.size = told["size"]


def _ask(row: Row, child: Child, requests: int) -> dict[str, Any]:
    return child.order(what=_what(row), reviews=row.pair.reviews, requests=requests)


def _what(row: Row) -> str:
    return "post" if row.pair.what == POSTING else "list"
