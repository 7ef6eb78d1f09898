"""`flask trust mail`: what an owner sees and can do on the shell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flask_trust import Person
from flask_trust.invitations.models import Request
from flask_trust.mail.models import Outgoing
from flask_trust.orders.models import Order
from tests.mail.boxes import queue, send_to
from tests.mail.servers import Moody
from tests.support.smtp import Sink
from tests.world import World


def test_preview_shows_the_mail_and_stores_nothing(any_world: World) -> None:
    any_world.order("1", "bowl", "spoon")
    answer = any_world.cli("mail", "preview", "1")
    assert answer.exit_code == 0
    for words in ("To: 1@customer.example", "Subject: How was your order", "List-Unsubscribe: <", "Bowl", "Spoon"):
        assert words in answer.output
    assert any_world.all(Order) == []
    assert any_world.all(Request) == []
    assert any_world.all(Outgoing) == []
    assert any_world.mails() == []


def test_preview_before_an_arrival_says_that_its_links_open_nothing_and_what_to_type(world: World) -> None:
    world.order("1")
    told = "'flask trust delivered 1' notes it"
    for noted in (False, True):
        if noted:
            world.tell("order_placed", "1")
        answer = world.cli("mail", "preview", "1")
        assert answer.stderr.count("open nothing to rate yet") == answer.stderr.count(told) == 1
        assert told not in answer.stdout
    assert world.cli("delivered", "1").exit_code == 0
    assert world.cli("mail", "preview", "1").stderr == ""


def test_preview_of_the_other_part(world: World) -> None:
    world.order("1")
    assert "<!doctype html>" in world.cli("mail", "preview", "--html", "1").output.lower()


def test_preview_of_an_order_that_was_asked_about_changes_nothing(any_world: World) -> None:
    queue(any_world)
    any_world.run()
    before = any_world.one(Request)
    assert any_world.cli("mail", "preview", "1").exit_code == 0
    after = any_world.one(Request)
    assert (after.state, after.due, after.asked_at) == (before.state, before.due, before.asked_at)


@pytest.mark.parametrize(
    ("order", "words"),
    [("unknown", "does not know the order"), ("a/b", "an id may not hold"), ("mute", "the address is not one")],
)
def test_preview_that_cannot_be_shown_says_why(world: World, order: str, words: str) -> None:
    world.order("mute", buyer=Person("mute", "Mute", None))
    answer = world.cli("mail", "preview", order)
    assert answer.exit_code == 1
    assert words in answer.output


def test_a_test_mail_reaches_the_server(make_world: Callable[..., World]) -> None:
    with Sink() as sink:
        world = make_world(TRUST_MAIL_URL=sink.url, TRUST_SHOP_NAME="Tom & Jerry <Ltd>")
        answer = world.cli("mail", "test", "owner@shop.example")
        assert answer.output == "Handed over to the mail server, for owner@shop.example.\n"
        (got,) = sink.received
    assert got.recipients == ("owner@shop.example",)
    part = got.message.get_body(("html",))
    assert part is not None
    assert "Tom &amp; Jerry &lt;Ltd&gt;" in part.get_content()


@pytest.mark.parametrize(
    ("step", "reply", "words"),
    [
        ("MAIL", "550 5.1.0 No", "the mail server refuses TRUST_MAIL_FROM"),
        ("RCPT", "550 5.1.1 No", "the mail server says that the address does not exist"),
        ("RCPT", "554 5.7.1 Relay access denied", "the mail server takes no mail from us to this address"),
        ("END", "550 Not verified", "the mail server refused the mail"),
        ("END", "drop", "the mail server did not answer"),
    ],
)
def test_a_test_mail_that_fails_says_why(make_world: Callable[..., World], step: str, reply: str, words: str) -> None:
    with Moody(step, reply) as sink:
        answer = make_world(TRUST_MAIL_URL=sink.url).cli("mail", "test", "owner@shop.example")
    assert answer.exit_code == 1
    assert words in answer.output


@pytest.mark.parametrize(
    ("url", "address", "words"),
    [
        (..., "owner@shop.example", "TRUST_MAIL_URL is not set"),
        ("smtp://127.0.0.1:9", "owner@shop.example", "the mail server did not answer"),
        ("smtp://shop:secret@127.0.0.1:9", "owner", "the address is not one"),
        ("host", "owner@shop.example", "neither is set up in this app"),
    ],
)
def test_a_test_mail_that_cannot_leave(make_world: Callable[..., World], url: str, address: str, words: str) -> None:
    answer = make_world(TRUST_MAIL_URL=url).cli("mail", "test", address)
    assert answer.exit_code == 1
    assert words in answer.output
    assert "secret" not in answer.output


def test_the_list_names_orders_reasons_and_the_next_try(world: World) -> None:
    assert world.cli("mail", "list").output == "No mail is in trouble.\n"
    with Sink(defer={"a@customer.example"}, answer="554 5.7.1 Spam") as sink:
        send_to(world, sink.url)
        queue(world, "a", "b")
        world.run()
    assert world.cli("mail", "list").output.splitlines() == [
        "request about order b: given up, the mail server refused the mail, and its log says why",
        "request about order a: next try 2027-05-10 12:01 UTC, the mail server asked to come back later",
        "What was given up is tried again after 'flask trust mail retry'.",
    ]


def test_a_mail_whose_connection_broke_is_on_the_list(world: World) -> None:
    with Moody("END", "drop") as sink:
        send_to(world, sink.url)
        queue(world)
        world.run()
    assert "order 1: next try 2027-05-10 12:01 UTC, the mail server did not answer" in world.cli("mail", "list").output


def test_held_mails_fail_the_check_until_they_have_left(world: World) -> None:
    with Moody("END", "554 5.7.1 Spam") as sink:
        send_to(world, sink.url)
        queue(world)
        world.run()
        answer = world.cli("check")
        assert answer.exit_code == 1
        assert "1 mail was given up: see 'flask trust mail list'" in answer.output
        sink.step = ""
        world.cli("mail", "retry")
        world.run()
    assert world.cli("check").exit_code == 0


def test_every_reason_has_words() -> None:
    """Each code that a mail may fail with is explained to the owner."""
    import re
    from pathlib import Path

    import flask_trust
    from flask_trust.cli.mail import WHY

    mail = Path(flask_trust.__file__).parent / "mail"
    sources = "".join(path.read_text("utf-8") for path in mail.glob("*.py"))
    codes = set(re.findall(r'MailError\(\s*"(\w+)"', sources)) | {"unclear", "server_down", "timeout"}
    assert codes <= set(WHY)
