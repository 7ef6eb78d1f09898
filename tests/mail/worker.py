"""A worker in a process of its own, for tests that kill it: works until nothing is left to do.

``python -m tests.mail.worker --database URL --mail URL --lease SECONDS --since MOMENT`` asks and sends about the
orders of `crowd`. Its clock has run from `START` since that moment (seconds of the real clock), so that all workers
of a test agree about the time.
"""

from __future__ import annotations

import argparse
import functools
import time
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select

from flask_trust import Trust
from flask_trust.clock import Clock
from flask_trust.invitations import asking
from flask_trust.invitations.models import Request
from flask_trust.mail.models import OPEN, Outgoing
from flask_trust.mail.sending import Mailing
from flask_trust.state import State, current_state
from tests.mail import crowd
from tests.world import MAIL_SETTINGS

START = datetime(2027, 4, 12, 10, tzinfo=UTC)  # a morning after `crowd.DUE`


def moment(since: float) -> datetime:
    return START + timedelta(seconds=time.time() - since)


def make_app(database: str, mail: str, clock: Clock) -> Flask:
    app, db = Flask("worker"), SQLAlchemy()
    app.config.update(SECRET_KEY="a secret of tests", TESTING=True, SQLALCHEMY_DATABASE_URI=database)
    app.config.update(MAIL_SETTINGS, TRUST_MAIL_URL=mail)
    trust = Trust(db, crowd.CrowdShop(), clock=clock)
    db.init_app(app)
    trust.init_app(app)
    return app


def is_done(state: State) -> bool:
    """Say whether every request is decided and every mail has left or is held."""
    undecided = select(func.count()).select_from(Request).where(Request.due <= state.clock() + timedelta(days=1))
    unsent = select(func.count()).select_from(Outgoing).where(Outgoing.state.in_(OPEN))
    return state.read(lambda session: not session.scalar(undecided) and not session.scalar(unsent))


def work(state: State, lease: timedelta) -> None:
    """Repeat the steps of `run_due` that this is about until nothing is left."""
    while not is_done(state):
        while sum(asking.ask_batch(state).values()):
            pass
        with Mailing(state, lease=lease) as mailing:
            while sum(mailing.send_batch().values()):
                pass
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--mail", required=True)
    parser.add_argument("--lease", type=float, required=True)
    parser.add_argument("--since", type=float, required=True)
    options = parser.parse_args()
    lease = asking.LEASE = timedelta(seconds=options.lease)
    clock = functools.partial(moment, options.since)
    with make_app(options.database, options.mail, clock).app_context():
        work(current_state(), lease)


if __name__ == "__main__":
    main()
