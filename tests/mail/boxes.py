"""Short words for what lies in the outbox and what became of the requests behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask_trust import links
from flask_trust.invitations.asking import ask_batch
from flask_trust.invitations.models import Request
from flask_trust.invitations.queries import Tally, tally
from flask_trust.mail import actions
from flask_trust.mail.models import Outgoing
from flask_trust.orders.queries import delivered_count
from flask_trust.state import EXTENSION
from tests.world import World


def send_to(world: World, url: str) -> None:
    """Let a world that stands already send its mails there."""
    settings = replace(world.state.settings, mail_url=url)
    world.app.extensions[EXTENSION] = replace(world.state, settings=settings)


def queue(world: World, *keys: str, **order: object) -> None:
    """Let orders arrive and their mails lie in the outbox, not yet sent."""
    for key in keys or ("1",):
        world.order(key, **order)  # type: ignore[arg-type]
        world.deliver(key)
    world.clock.advance(days=7)
    decide(world)


def decide(world: World) -> None:
    with world.app.app_context():
        ask_batch(world.state)


def die_while_sending(world: World, lease: timedelta = timedelta(minutes=20)) -> str:
    """Do what a worker does up to the moment of sending, and no more; returns its token."""
    with world.app.app_context(), world.state.session() as session:
        now = world.clock()
        token, ids = actions.take(session, now, lease, 20)
        for row in actions.read(session, ids, token):
            assert actions.mark(session, row, token, now + lease)
        session.commit()
    return token


def unsubscribe_path(world: World, who: str) -> str:
    with world.app.app_context():
        return f"/trust/unsubscribe/{links.sign('unsubscribe', world.person(who).id)}"


def state_of_mail(world: World) -> tuple[str, str | None]:
    mail = world.one(Outgoing)
    return mail.state, mail.error_code


def state_of_request(world: World) -> tuple[str, str | None]:
    request = world.one(Request)
    return request.state, request.reason


def accounted(world: World) -> Tally:
    """Return the sum of all requests, having seen that it equals the delivered orders."""
    counts, delivered = world.read(lambda session: (tally(session), delivered_count(session)))
    assert counts.total == delivered
    return counts
