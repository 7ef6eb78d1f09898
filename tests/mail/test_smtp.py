"""Mails go to a real SMTP server, and each way in which it may fail has a name and a consequence."""

from __future__ import annotations

import logging
import ssl
import traceback

import pytest

from flask_trust.errors import MailError
from flask_trust.mail import smtp
from flask_trust.mail.smtp import Smtp
from flask_trust.mail.transports import send
from tests.mail.servers import Moody, mail, settings, trouble, verdict
from tests.support.smtp import Security, Sink, Trouble


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.4)
    monkeypatch.setattr(smtp, "ANSWER_TIMEOUT", 0.8)


def trusting(sink: Sink) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(sink.authority))


def test_many_mails_share_one_connection() -> None:
    with Sink() as sink, Smtp(sink.url) as transport:
        for number in range(30):
            send(transport, mail(key=str(number)))
        assert [each.message_id for each in sink.received] == [f"<{n}@shop.example>" for n in range(30)]
        assert sink.connections == 1


def test_a_mail_arrives_as_it_was_written() -> None:
    with Sink() as sink, Smtp(sink.url) as transport:
        send(transport, mail(text="Grüße, 감사합니다\n.\n..two dots\nFrom here on\n"))
        (got,) = sink.received
    body = got.message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Grüße, 감사합니다\n.\n..two dots\nFrom here on\n"
    assert (got.sender, got.recipients) == ("reviews@shop.example", ("anna@customer.example",))
    assert b"\n" not in got.content.replace(b"\r\n", b"")


def test_nothing_is_connected_before_there_is_a_mail() -> None:
    with Sink() as sink:
        with Smtp(sink.url):
            pass
        assert sink.connections == 0


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_encryption_with_a_certificate_that_is_checked(security: Security) -> None:
    with Sink(security=security) as sink, Smtp(sink.url, tls=trusting(sink)) as transport:
        send(transport, mail())
        assert [each.encrypted for each in sink.received] == [True]


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_a_certificate_of_an_unknown_authority_is_refused(security: Security) -> None:
    with Sink(security=security) as sink:
        error = trouble(Smtp(sink.url, tls=ssl.create_default_context()))
        assert (verdict(error), sink.received) == (("encryption_failed", {"server"}), [])


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_a_private_authority_is_named_by_ssl_cert_file(monkeypatch: pytest.MonkeyPatch, security: Security) -> None:
    monkeypatch.setattr(smtp, "_LOOPBACK", set())  # as if the server were on another machine
    with Sink(security=security) as sink:
        assert trouble(Smtp(sink.url)).code == "encryption_failed"
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.authority))
        with Smtp(sink.url) as transport:
            send(transport, mail())
        assert len(sink.received) == 1


def test_a_server_on_this_machine_may_have_a_made_up_certificate() -> None:
    """Debian's Postfix offers STARTTLS with one, and `smtp://localhost` has to work with it."""
    with Sink(security="starttls") as sink, Smtp(sink.url) as transport:
        send(transport, mail())
        assert [each.encrypted for each in sink.received] == [True]


@pytest.mark.parametrize("security", ["none", "starttls", "implicit"])
def test_login(security: Security) -> None:
    with Sink(security=security, login=("shop", "a/b@c d")) as sink:
        url = sink.url.replace("a/b@c d", "a%2Fb%40c%20d")
        with Smtp(url, tls=trusting(sink) if security != "none" else None) as transport:
            send(transport, mail())
        assert [each.user for each in sink.received] == ["shop"]


def test_a_password_is_never_sent_to_a_distant_server_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "_LOOPBACK", set())
    with Sink(login=("shop", "secret")) as sink:
        assert verdict(trouble(Smtp(sink.url))) == ("no_encryption", {"server"})


@pytest.mark.parametrize(
    ("given", "code"), [("shop:wrong@", "login_refused"), ("nobody:secret@", "login_refused"), ("", "login_missing")]
)
def test_a_login_that_fails(given: str, code: str) -> None:
    with Sink(login=("shop", "secret")) as sink:
        error = trouble(Smtp(sink.url.replace("shop:secret@", given)))
        assert (verdict(error), sink.received) == ((code, {"server"}), [])


def test_a_server_without_logins() -> None:
    with Sink() as sink:
        assert verdict(trouble(Smtp(sink.url.replace("//", "//shop:secret@")))) == ("login_not_offered", {"server"})


def test_the_password_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Sink(login=("shop", "right")) as sink:
        transport = Smtp(sink.url.replace("right", "correct-horse"))
        error = trouble(transport)
    told = "".join(traceback.format_exception(error)) + repr(error) + repr(transport) + caplog.text
    assert "correct-horse" not in told + repr(settings(TRUST_MAIL_URL=sink.url.replace("right", "correct-horse")))


@pytest.mark.parametrize(
    ("mood", "code", "flags"),
    [("busy", "server_busy", {"server"}), ("close", "server_down", {"server"}), ("hang", "timeout", {"server"})],
)
def test_a_server_that_does_not_greet(mood: Trouble, code: str, flags: set[str]) -> None:
    with Sink(trouble=mood) as sink:
        assert verdict(trouble(Smtp(sink.url))) == (code, flags)


def test_a_server_that_is_not_there() -> None:
    with Sink() as sink:
        pass
    assert verdict(trouble(Smtp(sink.url))) == ("server_down", {"server"})


def test_a_host_that_does_not_exist() -> None:
    assert verdict(trouble(Smtp("smtp://mail.invalid:25"))) == ("server_down", {"server"})


@pytest.mark.parametrize(
    ("reply", "code", "flags"),
    [
        ("550 5.1.1 No such user here", "recipient_refused", {"final"}),
        ("550 No such user here", "recipient_refused", {"final"}),
        ("553 5.1.3 Bad address syntax", "recipient_refused", {"final"}),
        ("550 5.2.1 Mailbox disabled", "recipient_refused", {"final"}),
        ("550 5.1.1 User unknown in relay recipient table", "recipient_refused", {"final"}),
        # The following are the shop's own fault, so no buyer may be taken for gone.
        ("554 5.7.1 Relay access denied", "relay_refused", set()),
        ("550 relay not permitted", "relay_refused", set()),
        ("550 5.1.8 Sender address rejected: Domain not found", "relay_refused", set()),
        ("530 5.7.0 Authentication required", "relay_refused", set()),
        ("552 5.2.2 Mailbox full", "relay_refused", set()),
        ("450 4.2.1 Mailbox busy", "try_later", set()),
        ("451 4.7.1 Greylisted", "try_later", set()),
        ("421 4.3.2 Going down", "server_busy", {"server"}),
        ("drop", "server_down", {"server"}),
        ("hang", "timeout", {"server"}),
    ],
)
def test_an_answer_to_the_recipient(reply: str, code: str, flags: set[str]) -> None:
    with Moody("RCPT", reply) as sink:
        assert verdict(trouble(Smtp(sink.url))) == (code, flags)
        assert sink.received == []


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.1.0 Sender rejected", "sender_refused"),
        ("530 5.7.0 Authentication required", "login_missing"),
        ("451 4.3.0 Not now", "server_busy"),
        ("421 4.7.0 Too many", "server_busy"),
        ("drop", "server_down"),
        ("hang", "timeout"),
    ],
)
def test_an_answer_to_the_sender(reply: str, code: str) -> None:
    with Moody("MAIL", reply) as sink:
        assert verdict(trouble(Smtp(sink.url))) == (code, {"server"})


@pytest.mark.parametrize(
    ("reply", "code", "flags"),
    [
        ("554 5.7.1 Rejected as spam", "mail_refused", {"final"}),
        ("550 The from address does not match a verified sender", "mail_refused", {"final"}),
        ("550 5.1.1 No such user", "recipient_refused", {"final"}),
        ("452 4.3.1 Disk full", "try_later", set()),
        ("421 4.3.2 Going down", "server_busy", {"server"}),
        # It may have been taken before the connection broke.
        ("drop", "server_down", {"server", "unclear"}),
        ("hang", "timeout", {"server", "unclear"}),
    ],
)
def test_an_answer_to_the_whole_mail(reply: str, code: str, flags: set[str]) -> None:
    with Moody("END", reply) as sink:
        assert verdict(trouble(Smtp(sink.url))) == (code, flags)


@pytest.mark.parametrize("step", ["RCPT", "END"])
def test_a_refused_mail_does_not_stop_the_next_on_the_same_connection(step: str) -> None:
    with Moody(step, "550 5.1.1 No such user") as sink, Smtp(sink.url) as transport:
        for _ in range(2):
            assert trouble_kept(transport) == "recipient_refused"
        sink.step = ""
        send(transport, mail())
        assert sink.connections == 1


def trouble_kept(transport: Smtp) -> str:
    with pytest.raises(MailError) as failure:
        send(transport, mail())
    return failure.value.code


@pytest.mark.parametrize("ending", ["421 4.7.0 Too many messages on this connection", "drop"])
def test_a_server_that_ends_a_kept_connection_gets_a_new_one(ending: str) -> None:
    with Moody("MAIL", ending, after=4) as sink, Smtp(sink.url) as transport:
        for number in range(10):
            send(transport, mail(key=str(number)))
        assert [each.message_id for each in sink.received] == [f"<{n}@shop.example>" for n in range(10)]
        assert sink.connections == 3


def test_after_a_broken_connection_the_next_mail_makes_a_new_one() -> None:
    with Moody("END", "drop") as sink, Smtp(sink.url) as transport:
        trouble_kept(transport)
        sink.step = ""
        send(transport, mail(key="2"))
        assert sink.received[-1].message_id == "<2@shop.example>"
