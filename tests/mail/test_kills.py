"""Workers that are killed or frozen at any moment lose no mail, and repeat at most the one they were sending."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from flask_trust.mail.letter import message_id
from flask_trust.mail.models import Outgoing
from flask_trust.state import EXTENSION
from tests.mail import crowd
from tests.mail.boxes import accounted
from tests.mail.worker import START
from tests.support import smtp
from tests.world import World

pytestmark = pytest.mark.slow

MAILS = 1000
KILLS = 8
LEASE = 4.0  # seconds
PATIENCE = 240.0  # seconds, for a whole test


@pytest.fixture
def crowded(any_world: World) -> World:
    """A world with the crowd's shop; its clock stands at the moment the workers start from."""
    any_world.app.extensions[EXTENSION] = replace(any_world.state, shop=crowd.CrowdShop())
    any_world.clock.now = START
    return any_world


def fill(world: World, count: int) -> None:
    with world.app.app_context(), world.state.session() as session:
        crowd.fill(session, count)


@dataclass
class Crew:
    """Workers of one world, oldest first."""

    world: World
    mail: str
    lease: float
    since: float
    members: list[subprocess.Popen[bytes]]

    @property
    def errors(self) -> Path:
        return self.world.folder.parent / "errors"

    def hire(self) -> subprocess.Popen[bytes]:
        given = {
            "database": self.world.app.config["SQLALCHEMY_DATABASE_URI"],
            "mail": self.mail,
            "lease": str(self.lease),
            "since": str(self.since),
        }
        words = [word for name, value in given.items() for word in (f"--{name}", value)]
        with self.errors.open("ab") as errors:
            member = subprocess.Popen([sys.executable, "-m", "tests.mail.worker", *words], cwd=smtp.ROOT, stderr=errors)
        self.members.append(member)
        return member

    def kill_the_oldest(self) -> None:
        victim = self.members.pop(0)
        victim.kill()
        victim.wait()

    def finish(self) -> None:
        for member in self.members:
            assert member.wait(PATIENCE) == 0, self.errors.read_text()
        self.members.clear()


@contextmanager
def crew(world: World, mail: str, size: int, lease: float = LEASE) -> Iterator[Crew]:
    made = Crew(world, mail, lease, time.time(), [])
    try:
        for _ in range(size):
            made.hire()
        yield made
    finally:
        for member in made.members:
            member.kill()
            member.wait()


def identities(world: World) -> set[str]:
    """Return what the Message-IDs of all mails have to be."""
    with world.app.app_context():
        return {message_id(mail.dedupe, world.state.settings) for mail in world.all(Outgoing)}


def await_mails(log: Path, count: int, since: float) -> None:
    while log.stat().st_size == 0 or len(log.read_bytes().splitlines()) < count:
        assert time.time() - since < PATIENCE, f"{count} mails did not arrive in time"
        time.sleep(0.005)


def release_the_unclear(workers: Crew) -> int:
    """Do what an owner does about mails whose workers died twice; returns how many there were."""
    held = sum(mail.state == "held" for mail in workers.world.all(Outgoing))
    if held:
        workers.world.cli("mail", "retry")
        workers.hire()
        workers.finish()
    return held


def test_eight_killed_workers_lose_no_mail_of_a_thousand(crowded: World, tmp_path: Path) -> None:
    fill(crowded, MAILS)
    log, lot = tmp_path / "received", random.Random()
    log.touch()
    moments = sorted(lot.sample(range(20, MAILS - 50), KILLS))
    with smtp.separate(log, delay=0.004) as port, crew(crowded, f"smtp://{smtp.HOST}:{port}", 2) as workers:
        for count in moments:
            await_mails(log, count, workers.since)
            time.sleep(lot.uniform(0, 0.03))
            workers.kill_the_oldest()
            workers.hire()
        workers.finish()
        held = release_the_unclear(workers)
    received = Counter(log.read_text().split())
    assert received.keys() == identities(crowded)
    assert len(received) == MAILS
    assert received.total() - MAILS <= KILLS
    assert held <= KILLS // 2
    assert accounted(crowded).asked == MAILS
    answer = crowded.cli("check")
    assert answer.exit_code == 0, answer.output


def test_a_worker_frozen_longer_than_its_lease_repeats_one_mail_at_most(crowded: World) -> None:
    fill(crowded, 60)
    with frozen_at(10) as (sink, freeze), crew(crowded, sink.url, 1, lease=1.0) as workers:
        (sleeper,) = workers.members
        freeze(sleeper)
        workers.hire().wait(PATIENCE)
        sleeper.send_signal(signal.SIGCONT)
        workers.finish()
    received = Counter(mail.message_id for mail in sink.received)
    assert received.keys() == identities(crowded)
    assert (len(received), received.total()) == (60, 61)
    assert accounted(crowded).asked == 60


@contextmanager
def frozen_at(number: int) -> Iterator[tuple[smtp.Sink, Callable[[subprocess.Popen[bytes]], None]]]:
    """Lend a sink, and a function that freezes a worker while it waits for the answer to mail number `number`."""
    received: list[smtp.Received] = []

    def keep(mail: smtp.Received) -> None:
        received.append(mail)
        if len(received) == number:
            # By then it has marked the next mail. In that transaction it would hold the lock of all of SQLite.
            time.sleep(1)
            os.kill(sleeper[0].pid, signal.SIGSTOP)

    sleeper: list[subprocess.Popen[bytes]] = []

    def freeze(worker: subprocess.Popen[bytes]) -> None:
        sleeper.append(worker)
        sink.wait_for(number, PATIENCE)

    with smtp.Sink(delay=0.02, keep=keep) as sink:
        sink.received = received
        yield sink, freeze
