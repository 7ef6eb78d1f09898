"""`python -m benchmarks.hot`: many processes post reviews of one product at the same instant, as after a newsletter.

On PostgreSQL and MariaDB 16 of them; on SQLite two, as with two web workers, beside one that does the jobs. In the end
every post was taken, no count is lost, the totals agree with a recount; how often a database asked for another try, and
how many reviews a second it took, is printed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from flask_trust.db import unit
from flask_trust.health.checks import check
from flask_trust.scores.models import Subject
from flask_trust.scores.queries import find_subject_id
from tests.support import databases
from tests.world import World

PRODUCT = "bowl"
AT_ONCE = {"sqlite": 2, "postgresql": 16, "mariadb": 16}
WAITING = 300  # seconds


def prepared(url: str, folder: Path, keys: list[str], *, tables: bool = False) -> World:
    """Return a shop of one process that knows these orders."""
    world = World(url, folder)
    if tables:
        with world.app.app_context():
            world.db.create_all()
    for key in keys:
        world.order(key, PRODUCT)
    return world


def counted_retries(done: Counter[str]) -> None:
    """Note each time that a database asks for another try."""
    really = unit.is_transient

    def noted(error: BaseException) -> bool:
        again = really(error)
        done["tried again"] += again
        return again

    unit.is_transient = noted


def post(url: str, folder: str, keys: list[str], together: Barrier, told: Queue[Any]) -> None:
    """Rate each of these orders, as one web worker does."""
    done: Counter[str] = Counter()
    counted_retries(done)
    world = prepared(url, Path(folder), keys)
    together.wait(WAITING)
    began = time.monotonic()
    for number, key in enumerate(keys):
        done[f"post {world.rate(key, line_0_stars=str(number % 5 + 1)).status_code}"] += 1
    told.put((done, time.monotonic() - began))
    world.close()


def work(url: str, folder: str, keys: list[str], together: Barrier, told: Queue[Any]) -> None:
    """Do the jobs once for each of these orders, each of which has arrived just before."""
    done: Counter[str] = Counter()
    counted_retries(done)
    world = prepared(url, Path(folder), keys)
    together.wait(WAITING)
    for key in keys:
        world.deliver(key)
        done.update(f"job {name}" for name in world.run() if name.endswith("failed"))
    told.put((done, 0.0))
    world.close()


def play(name: str, posts: int) -> list[str]:
    """Let all processes post on one database of its own, print what happened, and return what was wrong."""
    with tempfile.TemporaryDirectory(prefix="trust_bench_") as made, databases.temporary(name, Path(made)) as url:
        folder = Path(made)
        keys = [f"o{number}" for number in range(AT_ONCE[name] * posts)]
        world = prepared(url, folder, keys, tables=True)
        for key in keys:
            world.deliver(key)
        crew = [(post, keys[number :: AT_ONCE[name]]) for number in range(AT_ONCE[name])]
        crew += [(work, [f"late{number}" for number in range(posts)])] if name == "sqlite" else []
        done, seconds = gathered(url, made, crew)
        faults = [f"{name}: {what}: {count}" for what, count in done.items() if what not in ("post 303", "tried again")]
        faults += wrong_totals(name, world, len(keys))
        world.close()
    rate = len(keys) / max(seconds, 0.001)
    print(
        f"{name}: {AT_ONCE[name]} processes, {done['post 303']} of {len(keys)} posts taken, {rate:.0f} a second, ",
        end="",
    )
    print(f"{done['tried again']} tries again; {'; '.join(faults) or 'nothing was wrong'}.", flush=True)
    return faults


def gathered(url: str, folder: str, crew: list[Any]) -> tuple[Counter[str], float]:
    """Run the processes, and return what they did together and how long the slowest took."""
    context = multiprocessing.get_context("spawn")
    together, told = context.Barrier(len(crew)), context.Queue()
    processes = [context.Process(target=role, args=(url, folder, keys, together, told)) for role, keys in crew]
    for process in processes:
        process.start()
    for process in processes:
        process.join(WAITING)
    done: Counter[str] = Counter()
    lasted = 0.0
    for process in processes:
        if process.exitcode:
            done["a process ended with an error"] += 1
            continue
        said, seconds = told.get(timeout=10)
        done, lasted = done + said, max(lasted, seconds)
    return done, lasted


def wrong_totals(name: str, world: World, posts: int) -> list[str]:
    """Return in words what the totals have lost."""
    number = world.read(lambda session: find_subject_id(session, "product", PRODUCT))
    shown = world.read(lambda session: session.get_one(Subject, number).shown)
    with world.app.app_context():
        faults = [f"{name}: {finding.words}" for finding in check(world.state) if finding.repairable]
    return faults + ([f"{name}: {shown} reviews counted"] if shown != posts else [])


def main(arguments: list[str]) -> int:
    """Play on each database; returns 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hot", description=__doc__)
    parser.add_argument("--databases", nargs="+", choices=AT_ONCE, default=list(AT_ONCE))
    parser.add_argument("--posts", type=int, default=20, help="reviews that each process writes")
    options = parser.parse_args(arguments)
    faults = [fault for name in options.databases for fault in play(name, options.posts)]
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
