"""`python -m benchmarks.mail`: how many mails leave, beside plain smtplib, into a server that takes 20 ms for each.

Three ways take turns over kept connections into the same server: smtplib with a message that is built already, one
worker, and four workers at once. The outbox holds a million mails that were sent earlier.
"""

from __future__ import annotations

import argparse
import functools
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, update

from flask_trust.invitations.asking import ask_batch
from flask_trust.mail import actions
from flask_trust.mail.models import Outgoing
from flask_trust.mail.sending import Mailing
from flask_trust.state import State, state_of
from tests.mail import crowd
from tests.mail.worker import START, make_app, moment
from tests.support import smtp

from .bulk import put_in
from .places import PLACES

DELAY = 0.02  # seconds
ALONE, TOGETHER = 0.8, 3.0  # targets
CHUNK = 20_000
LATER = START + timedelta(days=365)


@dataclass
class Bench:
    """A shop with mails that wait, and the server they go to."""

    app: Flask
    url: str
    port: int
    log: Path
    since: float

    @property
    def state(self) -> State:
        return state_of(self.app)

    def received(self) -> int:
        """Return how many mails the server has taken so far."""
        return len(self.log.read_bytes().splitlines())

    def rate(self, mails: int, begin: Callable[[], object]) -> float:
        """Begin to send so many mails and return how many arrive in a second, from the first to the last."""
        before = self.received()
        begin()
        first = self._await(before + 1)
        return (mails - 1) / (self._await(before + mails) - first)

    def _await(self, count: int) -> float:
        while self.received() < count:
            time.sleep(0.002)
        return time.perf_counter()

    def make_due(self, mails: int) -> None:
        """Let so many of the waiting mails be due."""
        with self.app.app_context(), self.state.session() as session:
            some = select(Outgoing.id).where(Outgoing.due == LATER).order_by(Outgoing.id).limit(mails)
            session.execute(update(Outgoing).where(Outgoing.id.in_(session.scalars(some).all())).values(due=START))
            session.commit()


def plain(bench: Bench, mails: int, content: bytes) -> float:
    """Return the mails in a second of smtplib with a message that is built already."""

    def send() -> None:
        program = ["-m", "benchmarks.mail", "--plain", str(bench.port), "--mails", str(mails)]
        running.append(subprocess.Popen([sys.executable, *program], cwd=smtp.ROOT, stdin=subprocess.PIPE))
        assert running[0].stdin is not None
        running[0].stdin.write(content)
        running[0].stdin.close()

    running: list[subprocess.Popen[bytes]] = []
    rate = bench.rate(mails, send)
    running[0].wait()
    return rate


def push(port: int, mails: int, content: bytes) -> None:
    """Send the same content so many times over one connection."""
    with smtplib.SMTP(smtp.HOST, port) as server:
        for number in range(mails):
            head = f"Message-ID: <plain-{number}@corner.example>\r\n".encode()
            server.sendmail("reviews@shop.example", ["buyer@customer.example"], head + content)


def working(bench: Bench, mails: int, workers: int) -> float:
    """Return the mails in a second of so many workers."""
    with ExitStack() as ending, tempfile.TemporaryDirectory() as folder:
        go = Path(folder) / "go"
        program = ["-m", "benchmarks.mail", "--work", bench.url, "--port", str(bench.port), "--go", str(go)]
        for _ in range(workers):
            member = subprocess.Popen(
                [sys.executable, *program, "--since", str(bench.since)], cwd=smtp.ROOT, stdout=subprocess.PIPE
            )
            ending.callback(member.wait)
            assert member.stdout is not None
            member.stdout.readline()  # it is ready
        bench.make_due(mails)
        return bench.rate(mails, go.touch)


def work(app: Flask, go: Path) -> None:
    """Send what is due, once a file appears."""
    with app.app_context():
        print("ready", flush=True)
        while not go.exists():
            time.sleep(0.002)
        with Mailing(state_of(app)) as mailing:
            while sum(mailing.send_batch().values()):
                pass


def claims(bench: Bench) -> float:
    """Return the median of the milliseconds that claiming twenty mails takes; each claim is undone."""
    took = []
    with bench.app.app_context():
        for _ in range(30):
            with bench.state.session() as session:
                began = time.perf_counter()
                _, ids = actions.take(session, START, timedelta(minutes=1), 20)
                took.append((time.perf_counter() - began) * 1000)
                assert len(ids) == 20
                session.rollback()
    return statistics.median(took)


def fill(bench: Bench, mails: int) -> bytes:
    """Let so many mails wait, and return the content of one more that was sent."""
    with bench.app.app_context():
        bench.app.extensions["sqlalchemy"].create_all()
        with bench.state.session() as session:
            crowd.fill(session, mails + 1)
        while sum(ask_batch(bench.state).values()):
            pass
        with smtp.Sink() as sink, Mailing(_sending_to(bench.state, sink.url), limit=1) as mailing:
            mailing.send_batch()
            (sent,) = sink.wait_for(1)
        with bench.state.session() as session:
            session.execute(update(Outgoing).where(Outgoing.state == "waiting").values(due=LATER))
            session.commit()
    return b"\r\n".join(line for line in sent.content.splitlines() if not line.startswith(b"Message-ID"))


def _sending_to(state: State, url: str) -> State:
    from dataclasses import replace

    return replace(state, settings=replace(state.settings, mail_url=url))


def add_sent(bench: Bench, count: int) -> None:
    """Add mails that left earlier."""
    with bench.app.app_context(), bench.state.engine.begin() as connection:
        first = connection.execute(select(func.max(Outgoing.id))).scalar_one() + 1
        for start in range(first, first + count, CHUNK):
            numbers = range(start, min(start + CHUNK, first + count))
            put_in(connection, Outgoing, [_sent(number) for number in numbers])
    with bench.app.app_context(), bench.state.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")


def _sent(number: int) -> dict[str, object]:
    return {
        "id": number, "dedupe": f"request:old-{number}", "kind": "request", "person_id": number, "object_id": number,
        "state": "sent", "due": None, "attempts": 1, "created_at": START, "sent_at": START,
    }  # fmt: skip


@contextmanager
def prepared(database: str) -> Iterator[Bench]:
    """Lend an empty shop and a server for its mails."""
    with PLACES[database]() as url, tempfile.TemporaryDirectory() as folder:
        log, since = Path(folder) / "received", time.time()
        log.touch()
        with smtp.separate(log, delay=DELAY) as port:
            app = make_app(url, f"smtp://{smtp.HOST}:{port}", functools.partial(moment, since))
            yield Bench(app, url, port, log, since)
            with app.app_context():
                state_of(app).engine.dispose()


def report(database: str, options: argparse.Namespace) -> None:
    """Measure on one database and print the figures."""
    one, four = options.mails, 3 * options.mails
    with prepared(database) as bench:
        content = fill(bench, options.rounds * (one + four) + 20)
        bench.make_due(20)
        before = claims(bench)
        add_sent(bench, options.sent)
        after = claims(bench)
        rounds = [
            (plain(bench, one, content), working(bench, one, 1), working(bench, four, 4)) for _ in range(options.rounds)
        ]
    alone = statistics.median(worker / simple for simple, worker, _ in rounds)
    together = statistics.median(all_four / worker for _, worker, all_four in rounds)
    print(f"{database}: {', '.join(f'smtplib {a:.0f}, one {b:.0f}, four {c:.0f} mails/s' for a, b, c in rounds)}")
    print(f"{database}: one worker sends {alone:.2f} of what smtplib does (target {ALONE})")
    print(f"{database}: four workers send {together:.2f} times what one does (target {TOGETHER})")
    print(f"{database}: a claim takes {before:.2f} ms, and {after:.2f} ms beside {options.sent:,} sent mails")


def main(arguments: list[str]) -> int:
    """Measure, or do one part of it in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mail", description=__doc__)
    parser.add_argument("--databases", nargs="+", choices=PLACES, default=list(PLACES))
    parser.add_argument("--mails", type=int, default=200, help="for one sender in one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sent", type=int, default=1_000_000, help="mails that were sent earlier")
    parser.add_argument("--plain", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--go", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--since", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.plain:
        push(options.plain, options.mails, sys.stdin.buffer.read())
    elif options.work:
        clock = functools.partial(moment, options.since)
        work(make_app(options.work, f"smtp://{smtp.HOST}:{options.port}", clock), options.go)
    else:
        for database in options.databases:
            report(database, options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
