"""The mail server that the tests lean on does what the tests believe of it."""

from __future__ import annotations

import os
import signal
import smtplib
import ssl
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support import smtp


def mail(to: str = "anna@shop.example", key: str = "1") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@shop.example", to, "감사합니다 ☕"
    message["Message-ID"] = f"<{key}@shop.example>"
    message.set_content("Did it arrive?")
    return message


def post(sink: smtp.Sink, *messages: EmailMessage) -> None:
    with smtplib.SMTP(smtp.HOST, sink.port, timeout=5) as client:
        for message in messages:
            client.send_message(message)


def trusting(sink: smtp.Sink) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(sink.authority))


def test_sink_keeps_mail_and_envelope() -> None:
    with smtp.Sink() as sink:
        post(sink, mail(), mail("bert@shop.example", "2"))
        first, second = sink.wait_for(2)
    assert (first.sender, first.recipients) == ("shop@shop.example", ("anna@shop.example",))
    assert first.message["Subject"] == "감사합니다 ☕"
    assert (second.message_id, second.encrypted, second.user) == ("<2@shop.example>", False, None)


def test_sink_refuses_and_defers_single_recipients() -> None:
    with smtp.Sink(refuse={"gone@shop.example"}, defer={"full@shop.example"}) as sink:
        for address, code in (("gone@shop.example", 550), ("full@shop.example", 451)):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
                post(sink, mail(address))
            assert refusal.value.recipients[address][0] == code
        post(sink, mail())
        assert len(sink.received) == 1


def test_sink_refuses_the_whole_mail_and_recovers() -> None:
    with smtp.Sink(answer="452 4.3.1 Disk full") as sink:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            post(sink, mail())
        assert refusal.value.smtp_code == 452
        assert sink.received == []
        sink.answer = "250 OK"
        post(sink, mail())
        assert len(sink.received) == 1


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        ("busy", smtplib.SMTPConnectError, "Too busy"),
        ("close", smtplib.SMTPServerDisconnected, "closed"),
        ("hang", smtplib.SMTPServerDisconnected, "timed out"),
    ],
)
def test_sink_out_of_order(trouble: smtp.Trouble, error: type[Exception], words: str) -> None:
    with smtp.Sink(trouble=trouble) as sink:
        with pytest.raises(error, match=words):
            smtplib.SMTP(smtp.HOST, sink.port, timeout=0.5)
        sink.trouble = None
        post(sink, mail())
        assert (len(sink.received), sink.connections) == (1, 2)


def test_nobody_listens_after_the_sink_has_ended() -> None:
    with smtp.Sink() as sink:
        post(sink, mail())
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(smtp.HOST, sink.port, timeout=1)


def test_starttls_is_demanded_and_works() -> None:
    with smtp.Sink(security="starttls") as sink:
        with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
            post(sink, mail())
        with smtplib.SMTP("localhost", sink.port, timeout=5) as client:
            client.starttls(context=trusting(sink))
            client.send_message(mail())
        assert sink.wait_for(1)[0].encrypted


def test_implicit_tls_with_login() -> None:
    with smtp.Sink(security="implicit", login=("shop", "s3cret")) as sink:
        with smtplib.SMTP_SSL(smtp.HOST, sink.port, timeout=5, context=trusting(sink)) as client:
            client.login("shop", "s3cret")
            client.send_message(mail())
        (kept,) = sink.wait_for(1)
        assert (kept.encrypted, kept.user) == (True, "shop")
        assert sink.url == f"smtps://shop:s3cret@127.0.0.1:{sink.port}"


def test_certificate_of_the_sink_is_trusted_by_its_own_friends_only() -> None:
    with smtp.Sink(security="implicit") as sink, pytest.raises(ssl.SSLCertVerificationError):
        smtplib.SMTP_SSL(smtp.HOST, sink.port, timeout=5, context=ssl.create_default_context())


def test_login_is_demanded_and_checked() -> None:
    with smtp.Sink(login=("shop", "s3cret")) as sink:
        with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
            post(sink, mail())
        with smtplib.SMTP(smtp.HOST, sink.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("shop", "wrong")
            client.login("shop", "s3cret")
            client.send_message(mail())
        assert sink.wait_for(1)[0].user == "shop"


def test_wait_for_gives_up() -> None:
    with smtp.Sink() as sink, pytest.raises(TimeoutError, match="0 of 1 mails"):
        sink.wait_for(1, seconds=0.05)


def test_separate_sink_logs_what_it_got_although_its_client_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "ids.txt"
    with smtp.separate(log, delay=0.02) as port:
        with smtplib.SMTP(smtp.HOST, port, timeout=5) as client:
            client.send_message(mail(key="1"))
        killed = subprocess.Popen([sys.executable, "-c", HALF_A_MAIL, str(port)], stdout=subprocess.PIPE)
        with killed:
            assert killed.stdout is not None
            assert killed.stdout.readline()
            os.kill(killed.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        with smtplib.SMTP(smtp.HOST, port, timeout=5) as client:
            client.send_message(mail(key="2"))
        assert log.read_text(encoding="utf-8").split() == ["<1@shop.example>", "<2@shop.example>"]


HALF_A_MAIL = """
import smtplib, sys, time
client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
client.ehlo(); client.mail("a@shop.example"); client.rcpt("b@shop.example")
client.putcmd("data"); client.getreply()
client.send(b"Message-ID: <half@shop.example>\\r\\n")
print("half", flush=True)
time.sleep(60)
"""
