"""TRUST_MAIL_URL = "host": mails leave through the shop's own Flask-Mail or Flask-Mailman, nothing lost of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import flask_mail
import flask_mailman
import pytest

from flask_trust.mail.models import Outgoing
from tests.mail.servers import Moody
from tests.support.smtp import Received, Sink
from tests.world import World

EXTENSIONS = [flask_mail.Mail, flask_mailman.Mail]


@pytest.fixture(params=EXTENSIONS, ids=["Flask-Mail", "Flask-Mailman"])
def host(request: pytest.FixtureRequest, make_world: Callable[..., World]) -> Callable[..., World]:
    """Make a world whose shop sends through one of the two extensions."""

    def make(sink: Sink, **config: Any) -> World:
        world = make_world(
            TRUST_MAIL_URL="host",
            MAIL_SERVER="127.0.0.1",
            MAIL_PORT=sink.port,
            MAIL_BACKEND="smtp",
            MAIL_SUPPRESS_SEND=False,
            MAIL_TIMEOUT=5,
            **config,
        )
        request.param(world.app)
        return world

    return make


def ask(world: World) -> dict[str, int]:
    world.order("1")
    world.deliver("1")
    return world.pass_days(7)


def test_mails_leave_with_both_parts_and_all_headers(host: Callable[..., World]) -> None:
    with Sink() as sink:
        world = host(sink, TRUST_SHOP_NAME="Käse, Brot & 東京")
        ask(world)
        (got,) = sink.received
    assert (got.sender, got.recipients) == ("reviews@shop.example", ("1@customer.example",))
    assert got.message["From"].addresses[0].display_name == "Käse, Brot & 東京"
    assert got.message["Subject"].strip() == "How was your order from Käse, Brot & 東京?"
    assert got.message["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        part = got.message.get_body((kind,))
        assert part is not None
        assert "/trust/rate/" in part.get_content()


def test_the_identity_is_ours(host: Callable[..., World]) -> None:
    from flask_trust.mail.letter import message_id

    with Sink() as sink:
        world = host(sink)
        ask(world)
        (got,) = sink.received
    with world.app.app_context():
        assert got.message_id == message_id(world.one(Outgoing).dedupe, world.state.settings)


def test_one_click_unsubscribing_finds_its_link(host: Callable[..., World]) -> None:
    with Sink() as sink:
        world = host(sink)
        ask(world)
        link = raw_header(sink.received[0], b"List-Unsubscribe")
    assert link.startswith("<http://localhost/trust/unsubscribe/")
    assert raw_header(sink.received[0], b"List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    path = link.strip("<>").removeprefix("http://localhost")
    assert world.client().post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert world.person("buyer-1").mail_stop == "opted_out"


def raw_header(got: Received, name: bytes) -> str:
    """Return a header as programs see it that know folding and nothing else."""
    head = got.content.split(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    (value,) = (line[len(name) + 1 :].strip() for line in head.split(b"\r\n") if line.startswith(name + b":"))
    return value.decode("ascii")


@pytest.mark.parametrize(
    ("step", "reply", "state", "code"),
    [
        ("RCPT", "550 5.1.1 No such user", "dropped", "recipient_refused"),
        ("RCPT", "554 5.7.1 Relay access denied", "waiting", "relay_refused"),
        ("RCPT", "451 4.7.1 Greylisted", "waiting", "try_later"),
        ("MAIL", "550 5.1.0 Sender rejected", "waiting", "sender_refused"),
        ("END", "554 5.7.1 Spam", "held", "mail_refused"),
        ("END", "452 4.3.1 Disk full", "waiting", "try_later"),
        # Nobody knows whether it was taken: it is repeated once and then left to a person.
        ("END", "drop", "sending", "server_down"),
    ],
)
def test_what_goes_wrong_has_the_same_end_as_elsewhere(
    host: Callable[..., World], step: str, reply: str, state: str, code: str
) -> None:
    with Moody(step, reply) as sink:
        world = host(sink)
        ask(world)
    mail = world.one(Outgoing)
    assert (mail.state, mail.error_code) == (state, code)


def test_a_server_that_is_down(host: Callable[..., World]) -> None:
    with Sink() as sink:
        pass
    world = host(sink)
    ask(world)
    mail = world.one(Outgoing)
    assert (mail.state, mail.error_code) == ("waiting", "server_down")


def test_an_extension_that_fails_in_its_own_way(
    host: Callable[..., World], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("no region for 1@customer.example")

    monkeypatch.setattr("flask_mail.Connection.send", fail)
    monkeypatch.setattr("flask_mailman.backends.smtp.EmailBackend.send_messages", fail)
    with Sink() as sink:
        world = host(sink)
        with caplog.at_level(logging.WARNING):
            ask(world)
    mail = world.one(Outgoing)
    assert (mail.state, mail.error_code) == ("waiting", "host_mail")
    assert "KeyError" in caplog.text
    assert "customer.example" not in caplog.text


def test_a_host_without_an_extension_is_told_so_and_nothing_is_claimed(make_world: Callable[..., World]) -> None:
    world = make_world(TRUST_MAIL_URL="host")
    world.order("1")
    world.deliver("1")
    world.clock.advance(days=7)
    answer = world.cli("run")
    assert answer.exit_code != 0
    assert "Flask-Mailman" in answer.output
    assert world.one(Outgoing).attempts == 0
