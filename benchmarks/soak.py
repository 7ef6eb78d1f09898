"""`python -m benchmarks.soak --minutes 30`: a shop under everything at once, on PostgreSQL.

Two readers, two writers and two workers that ask, open and send, each in a process of its own. Parcels are said to have
arrived one to two weeks ago, so that mails are due at once and the time for rating each other runs out all the while.
In the end: no answer was an error, no process grew, the totals agree with a recount, and every mail came once.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from flask_trust import Line, Order, Person, Product, Seller, Shop, Trust, links
from flask_trust.health.checks import check
from flask_trust.orders.queries import find
from flask_trust.state import state_of
from tests.mail.worker import START
from tests.support import smtp
from tests.world import MAIL_SETTINGS, form_fields

from .places import PLACES

PRODUCTS, SELLERS = 40, 5
WINDOW = 14  # days
SETTLING = 0.25  # of the time, before growing counts
GROWTH = 1.1  # allowed
PAGES = ("/trust/", "/trust/products/{p}", "/trust/products/{p}?sort=lowest", "/trust/products/{p}?stars=5",
         "/trust/sellers/{s}", "/trust/log", "/trust/how-reviews-work", "/trust/products/{p}/feed.atom")  # fmt: skip


class SoakShop(Shop):
    """Knows every order by its id alone: "o7" holds two things of one seller."""

    def orders(self, ids: Sequence[str]) -> dict[str, Order]:
        """Return all orders that are asked for."""
        return {each: order_of(each) for each in ids}

    def products(self, ids: Sequence[str]) -> dict[str, Product]:
        """Return all products that are asked for."""
        return {each: Product(each, each.title(), f"/products/{each}") for each in ids}

    def people(self, ids: Sequence[str]) -> Mapping[str, Person]:
        """Return all people that are asked for."""
        return {each: person(each) for each in ids}

    def sellers(self, ids: Sequence[str]) -> Mapping[str, Seller]:
        """Return all sellers that are asked for."""
        return {each: Seller(each, each.title()) for each in ids}

    def viewer_id(self) -> None:
        """Say that nobody signs in."""

    def acts_for(self, person_id: str) -> list[str]:
        """Say that a seller's person acts for it."""
        return [person_id] if person_id.startswith("seller") else []

    def is_staff(self, person_id: str) -> bool:
        """Say yes for one person."""
        return person_id == "owner"


def person(key: str) -> Person:
    return Person(key, f"Name of {key}", f"{key}@customer.example")


def order_of(key: str) -> Order:
    lot = random.Random(key)
    seller = f"seller{lot.randrange(SELLERS)}"
    lines = [Line(f"{key}-{n}", f"thing{lot.randrange(PRODUCTS)}", seller_id=seller) for n in range(2)]
    return Order(key, person(f"p{key}"), lines, START - timedelta(days=20))


def make_app(options: argparse.Namespace) -> tuple[Flask, Trust, SQLAlchemy]:
    """Return the shop in this process."""

    def now() -> datetime:
        return START + timedelta(seconds=time.time() - options.since)

    app, db = Flask("soak"), SQLAlchemy()
    app.config.update(SECRET_KEY="a public benchmark", SQLALCHEMY_DATABASE_URI=options.database, **MAIL_SETTINGS)
    app.config.update(TRUST_RATING_WINDOW_DAYS=WINDOW, TRUST_MAIL_URL=f"smtp://{smtp.HOST}:{options.port}")
    trust = Trust(db, SoakShop(), clock=now)
    db.init_app(app)
    trust.init_app(app)
    return app, trust, db


class Reader:
    """Opens public pages, now and then again with the tag that the page had."""

    def __init__(self, app: Flask, *_: object) -> None:
        self.client, self.lot = app.test_client(use_cookies=False), random.Random()

    def step(self) -> Counter[str]:
        """Open one page twice."""
        page = self.lot.choice(PAGES)
        path = page.format(p=f"thing{self.lot.randrange(PRODUCTS)}", s=f"seller{self.lot.randrange(SELLERS)}")
        first = self.client.get(path)
        again = self.client.get(path, headers={"If-None-Match": first.headers.get("ETag", "")})
        return Counter([f"read {first.status_code}", f"read again {again.status_code}"])


class Writer:
    """Lets orders arrive, and answers half of them at once, as their buyers do."""

    def __init__(self, app: Flask, trust: Trust, db: SQLAlchemy, name: str) -> None:
        self.app, self.trust, self.db, self.name, self.number = app, trust, db, name, 0
        self.lot = random.Random(name)

    def step(self) -> Counter[str]:
        """Let one order arrive, and perhaps rate it."""
        self.number += 1
        key = f"o{self.name}x{self.number}"
        with self.app.app_context():
            days = self.lot.uniform(WINDOW / 2, WINDOW)
            self.trust.order_delivered(key, at=state_of(self.app).clock() - timedelta(days=days))
            self.db.session.commit()
        done = Counter(["arrived"])
        return done + self._rate(key) if self.lot.random() < 0.5 else done

    def _rate(self, key: str) -> Counter[str]:
        client = self.app.test_client(use_cookies=False)
        path = self._path(key)
        shown = client.get(path)
        stars = {f"line-{n}-stars": str(self.lot.randint(1, 5)) for n in range(2)}
        words = {"line-0-text": "It does what it says, and arrived when it should.", "seller-0-stars": "4"}
        return Counter([f"form {shown.status_code}", self._post(client, path, shown.text, {**stars, **words})])

    def _post(self, client: FlaskClient, path: str, form: str, said: dict[str, str]) -> str:
        answer = client.post(path, data={**form_fields(form), "action": "publish", **said})
        return f"post {answer.status_code}"

    def _path(self, key: str) -> str:
        with self.app.test_request_context(), state_of(self.app).session() as session:
            order = find(session, key)
            assert order is not None
            return f"/trust/rate/{links.sign('rate', order.id, order.link_version)}"


class Worker:
    """Does all that is due: takes arrivals as known, opens ratings, asks, tells, sends."""

    def __init__(self, app: Flask, trust: Trust, *_: object) -> None:
        self.app, self.trust = app, trust

    def step(self) -> Counter[str]:
        """Do it once."""
        with self.app.app_context():
            done = self.trust.run_due()
        time.sleep(0.2)
        return Counter({f"job {name}": count for name, count in done.items() if count})


ROLES: dict[str, Callable[..., Any]] = {"reader": Reader, "writer": Writer, "worker": Worker}
CREW = ("reader", "reader", "writer", "writer", "worker", "worker")


def memory() -> int:
    """Return what this process holds in memory now, in KB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def play(options: argparse.Namespace) -> dict[str, Any]:
    """Do one role until the time is over, and return what happened."""
    app, trust, db = make_app(options)
    role = ROLES[options.role](app, trust, db, options.name)
    done: Counter[str] = Counter()
    faults: list[str] = []
    settled = 0
    began, length = time.monotonic(), options.minutes * 60
    while (passed := time.monotonic() - began) < length:
        try:
            done += role.step()
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}"[:300])
        if not settled and passed > SETTLING * length:
            settled = memory()
    return {"role": options.name, "done": done, "faults": faults, "settled": settled, "memory": memory()}


def is_error(name: str) -> bool:
    """Say whether a count is one of answers that should not be, or of a job's step that failed."""
    return re.search(r" (?!20\d|30[34])\d{3}$", name) is not None or name.endswith(("_failed", "_adapter", "_held"))


def soak(options: argparse.Namespace) -> int:
    """Let the crew play, and return 1 where anything was wrong."""
    with PLACES["postgresql"]() as database, tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "received"
        log.touch()
        with smtp.separate(log, delay=0.005) as port:
            options.database, options.port, options.since = database, port, time.time()
            app, trust, db = make_app(options)
            with app.app_context():
                db.create_all()
            faults = tell([json.loads(each.communicate()[0]) for each in hired(options)])
            with app.app_context():
                trust.run_due()
                faults += [finding.words for finding in check(state_of(app))]
                db.engine.dispose()
        received = Counter(log.read_text().split())
        print(f"{len(received)} mails, {received.total() - len(received)} of them more than once")
        faults += ["mails came more than once"] if received.total() > len(received) else []
    for fault in faults:
        print(f"- {fault}")
    print("Nothing was wrong." if not faults else f"{len(faults)} things were wrong.")
    return bool(faults)


def hired(options: argparse.Namespace) -> list[subprocess.Popen[str]]:
    """Start the crew."""
    given = {"minutes": options.minutes, "database": options.database, "port": options.port, "since": options.since}
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    return [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soak", "--role", role, "--name", f"{role}{number}", *words],
            cwd=smtp.ROOT, stdout=subprocess.PIPE, text=True,
        )
        for number, role in enumerate(CREW)
    ]  # fmt: skip


def tell(reports: list[dict[str, Any]]) -> list[str]:
    """Print what each of the crew did, and return what was wrong."""
    faults = []
    for each in reports:
        grown = each["memory"] / each["settled"]
        print(f"{each['role']}: memory {each['memory'] // 1024} MB, {grown:.2f} of what it settled at; {each['done']}")
        faults += [f"{each['role']}: {fault}" for fault in each["faults"]]
        faults += [f"{each['role']}: {name}, {count} times" for name, count in each["done"].items() if is_error(name)]
        faults += [f"{each['role']} grew"] if grown > GROWTH else []
    return faults


def main(arguments: list[str]) -> int:
    """Soak, or play one role in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    for name, kind in (("role", str), ("name", str), ("database", str), ("port", int), ("since", float)):
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.role is None:
        return soak(options)
    print(json.dumps(play(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
