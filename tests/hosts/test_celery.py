"""Celery with a real broker wakes the jobs, and a worker that is killed in the middle of one loses nothing."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flask_trust.mail.letter import message_id
from flask_trust.mail.models import OPEN, Outgoing
from tests.mail import crowd
from tests.mail.boxes import accounted
from tests.support import cannot_run, smtp
from tests.world import World

if importlib.util.find_spec("celery") is None:
    pytest.skip("the extra celery is not installed", allow_module_level=True)

from flask_trust import celery as ours

MAILS = 100
PATIENCE = 60.0  # seconds, for anything that is waited for
BROKERS = {
    "redis": ("TRUST_TEST_REDIS", "redis://127.0.0.1:6379"),
    "rabbitmq": ("TRUST_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672"),
}


def unanswered(url: str) -> str | None:
    """Return the reason where nothing answers there."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=3).close()
    except OSError as error:
        return f"no broker answers at {parts.hostname}:{parts.port}: {error}"
    return None


def broker(kind: str) -> str:
    """Return a broker's URL; where it is missing, RabbitMQ is skipped, and Redis as well unless this is CI."""
    variable, default = BROKERS[kind]
    url = os.environ.get(variable) or default
    reason = unanswered(url)
    if reason:
        cannot_run(reason) if kind == "redis" else pytest.skip(reason)
    return url


def wait_until(reached: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, f"{what} in vain"
        time.sleep(0.02)


@dataclass
class Crew:
    """Workers of one shop in process groups of their own, which end with the test."""

    given: dict[str, Any]
    members: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def notes(self) -> Path:
        return Path(self.given["notes"])

    def hire(self, *options: str) -> subprocess.Popen[bytes]:
        words = ["--app", "tests.hosts.celery_shop:celery_app", "worker", "--concurrency", "1", "--loglevel", "WARNING"]
        words += ["--without-gossip", "--without-mingle", "--without-heartbeat", *options]
        with (self.notes / "log").open("ab") as log:
            member = subprocess.Popen(
                [sys.executable, "-m", "celery", *words],
                cwd=smtp.ROOT, env={**os.environ, "CELERY_SHOP": json.dumps(self.given)},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.members.append(member)
        return member

    def is_busy(self, member: subprocess.Popen[bytes]) -> bool:
        """Say whether a worker is in the middle of a task."""
        assert member.poll() is None, (self.notes / "log").read_text()
        return (self.notes / f"busy-{member.pid}").exists()

    def kill(self, member: subprocess.Popen[bytes]) -> None:
        """Kill a worker with the processes it made, as when its machine dies."""
        os.killpg(member.pid, signal.SIGKILL)
        member.wait()


@contextmanager
def crew(world: World, kind: str, mail: str) -> Iterator[Crew]:
    name = f"trust_test_{secrets.token_hex(6)}"
    notes = world.folder.parent / "notes"
    notes.mkdir()
    # Delivered again after two seconds instead of an hour: what the killed worker had must come twice without harm.
    redis = {"broker_transport_options": {"global_keyprefix": f"{name}:", "visibility_timeout": 2}}
    given = {
        "broker": broker(kind), "name": name, "notes": str(notes), "mail": mail, "since": time.time(),
        "database": world.app.config["SQLALCHEMY_DATABASE_URI"], "config": redis if kind == "redis" else {},
    }  # fmt: skip
    made = Crew(given)
    try:
        yield made
    finally:
        for member in made.members:
            if member.poll() is None:
                made.kill(member)
        TIDY[kind](given["broker"], name)


def tidy_redis(url: str, name: str) -> None:
    import redis

    with closing(redis.Redis.from_url(url)) as connection:
        for key in connection.scan_iter(f"{name}:*"):
            connection.delete(key)


def tidy_rabbitmq(url: str, name: str) -> None:
    import amqp

    parts = urlsplit(url)
    with amqp.Connection(f"{parts.hostname}:{parts.port}", parts.username or "", parts.password or "") as connection:
        channel = connection.channel()
        channel.queue_delete(name)
        channel.exchange_delete(name)


TIDY = {"redis": tidy_redis, "rabbitmq": tidy_rabbitmq}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BROKERS)
def test_two_workers_and_one_killed_in_the_middle_lose_no_mail(world: World, tmp_path: Path, kind: str) -> None:
    broker(kind)
    with world.app.app_context(), world.state.session() as session:
        crowd.fill(session, MAILS)
    received = tmp_path / "received"
    received.touch()
    arrived = Counter[str]()
    with smtp.separate(received, delay=0.02) as port, crew(world, kind, f"smtp://{smtp.HOST}:{port}") as workers:
        victim, survivor = workers.hire(), workers.hire("--beat")
        wait_until(lambda: workers.is_busy(survivor), "waited for the first worker")
        wait_until(lambda: workers.is_busy(victim) and len(received.read_text().split()) > 5, "waited for both")
        workers.kill(victim)
        (workers.notes / "later").touch()
        wait_until(lambda: not any(mail.state in OPEN for mail in world.all(Outgoing)), "waited for the last mail")
        wait_until(lambda: accounted(world).asked == MAILS, "waited for the last request")
        arrived.update(received.read_text().split())
    with world.app.app_context():
        assert arrived.keys() == {message_id(mail.dedupe, world.state.settings) for mail in world.all(Outgoing)}
    assert len(arrived) == MAILS
    assert arrived.total() - MAILS <= 1
    assert world.cli("check").exit_code == 0


def test_a_task_carries_nothing_and_does_what_the_command_does(world: World) -> None:
    world.order("1")
    world.deliver("1")
    world.clock.advance(days=7)
    with world.app.app_context():
        done = ours.run_due()
        again = ours.run_due()
    assert (done["mail_sent"], sum(again.values())) == (1, 0)


def test_beat_wakes_the_task_and_lets_no_wake_ups_pile_up() -> None:
    (entry,) = ours.beat(5).values()
    assert entry == {"task": ours.run_due.name, "schedule": 5, "options": {"expires": 5}}
