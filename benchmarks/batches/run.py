"""Each job done by us and by Core on the same tables, in turns; and how much memory ours takes for few and for many."""

from __future__ import annotations

import gc
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import Engine, func, select

from flask_trust.cli.export import write_everything
from flask_trust.health.totals import Place, differences
from flask_trust.inventory import KEEPS
from flask_trust.mail.models import Outgoing
from flask_trust.privacy.retention.actions import Retaining
from flask_trust.reviews.votes.models import HelpfulVote
from flask_trust.state import State, state_of

from ..bulk import put_in
from ..pairs import Unfair
from ..places import PLACES
from ..seed import gather_statistics, seed
from ..shop import NOW, make_app
from ..telling import say
from . import core

EACH = 10  # reviews of each of the many products, which have half of all; one product has the other half
OLD = NOW - timedelta(days=5000)


@dataclass(frozen=True)
class Shop:
    """A filled database, ours by `state`."""

    app: Flask
    state: State
    engine: Engine
    reviews: int


@dataclass(frozen=True)
class Job:
    """Something that walks over all rows: how it is made ready, done by us, and done by Core."""

    what: str
    ready: Callable[[Shop], int]  # returns how many rows it is about
    ours: Callable[[Shop], object]
    core: Callable[[Shop], object]


@dataclass
class Row:
    """What a job took at one size, in seconds on the clock, a figure for each round; `memory` is in bytes."""

    database: str
    what: str
    reviews: int
    rows: int = 0
    ours: list[float] = field(default_factory=list)
    core: list[float] = field(default_factory=list)
    memory: int = 0

    @property
    def ratio(self) -> float:
        """Return our speed in terms of Core's: the median over the rounds."""
        return median(core / ours for ours, core in zip(self.ours, self.core, strict=True))


def run(name: str, sizes: tuple[int, ...], rounds: int) -> list[Row]:
    """Measure all jobs at each size; raises `Unfair` where a job did not do what it should."""
    found: list[Row] = []
    for size in sizes:
        with PLACES[name]() as url, filled(name, url, size) as shop:
            rows = {job.what: Row(name, job.what, shop.reviews) for job in JOBS}
            for number in range(rounds):
                for job in JOBS:
                    _take_turns(job, shop, rows[job.what], ours_first=number % 2 == 0)
            for job in JOBS:
                rows[job.what].memory = peak(job, shop)
            found += rows.values()
    return sorted(found, key=lambda row: [job.what for job in JOBS].index(row.what))


@contextmanager
def filled(name: str, url: str, size: int) -> Iterator[Shop]:
    """Fill a database and lend the shop."""
    say(f"{name}: putting in {size:,} reviews for what walks over all of them.")
    app, db = make_app(url)
    many = size // 2 // EACH
    seed(app, db, {"hot": size - many * EACH} | {f"thing-{number}": EACH for number in range(many)}, {})
    with app.app_context():
        try:
            yield Shop(app, state_of(app), db.engine, size)
        finally:
            db.engine.dispose()


def _take_turns(job: Job, shop: Shop, row: Row, *, ours_first: bool) -> None:
    turns = [(row.ours, job.ours), (row.core, job.core)]
    for seconds, do in turns if ours_first else turns[::-1]:
        row.rows = job.ready(shop)
        gather_statistics(shop.engine)
        gc.collect()
        began = time.perf_counter()
        do(shop)
        seconds.append(time.perf_counter() - began)


def peak(job: Job, shop: Shop) -> int:
    """Return how many bytes of Python's are taken at most while we do a job."""
    job.ready(shop)
    tracemalloc.start()
    job.ours(shop)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def _check(shop: Shop) -> None:
    if wrong := list(differences(shop.state, Place(), repair=False)):
        raise Unfair(f"the totals differ from a recount: {wrong[:3]}")


def _core_check(shop: Shop) -> None:
    if wrong := core.check(shop.engine):
        raise Unfair(f"{wrong} totals differ from Core's recount")


def _nothing(shop: Shop) -> int:
    return shop.reviews


def _spoil(shop: Shop) -> int:
    core.spoil(shop.engine)
    return shop.reviews


def _repair(shop: Shop) -> None:
    if wrong := list(differences(shop.state, Place(), repair=True)):
        raise Unfair(f"what was repaired is still wrong: {wrong[:3]}")


def _core_repair(shop: Shop) -> None:
    """Find, mend and prove, as ours does."""
    if not core.check(shop.engine):
        raise Unfair("what was spoilt is not found")
    core.repair(shop.engine)
    _core_check(shop)


def _export(shop: Shop) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as file:
        write_everything(shop.state, file, None)


def _core_export(shop: Shop) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as file:
        core.export(shop.engine, file)


def _old_votes(shop: Shop) -> int:
    core.make_old(shop.engine, OLD)
    with shop.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(HelpfulVote)) or 0


def _old_mails(shop: Shop) -> int:
    """Put in as many mails that were sent long ago as there are reviews."""
    with shop.engine.begin() as connection:
        first = (connection.scalar(select(func.max(Outgoing.id))) or 0) + 1
        numbers = range(first, first + shop.reviews)
        put_in(connection, Outgoing, [_mail(number) for number in numbers])
    return shop.reviews


def _mail(number: int) -> dict[str, object]:
    ids = {"id": number, "dedupe": f"old-{number}", "person_id": number, "object_id": number}
    return {**ids, "kind": "request", "state": "sent", "due": None, "created_at": OLD, "sent_at": OLD}


def _retain(shop: Shop, step: str) -> None:
    round_over_one = Retaining(shop.state, [step])
    while round_over_one.batch():
        pass


def _end(rule: str) -> timedelta:
    days = KEEPS[rule].days
    assert days is not None
    return timedelta(days=days)


JOBS = (
    Job("check", _nothing, _check, _core_check),
    Job("check --repair", _spoil, _repair, _core_repair),
    Job("export", _nothing, _export, _core_export),
    Job(
        "forgetting visitors",
        _old_votes,
        lambda shop: _retain(shop, "visitors"),
        lambda shop: core.forget_visitors(shop.engine, NOW - _end("visitor_vote")),
    ),
    Job(
        "deleting old mails",
        _old_mails,
        lambda shop: _retain(shop, "mails"),
        lambda shop: core.drop_mails(shop.engine, NOW - _end("mail")),
    ),
)
