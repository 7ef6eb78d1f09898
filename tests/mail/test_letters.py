"""Addresses and headers: what strangers can write into them ends as words, never as a header of its own."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from flask_trust.errors import MailError
from flask_trust.mail.letter import build, check_address, message_id
from flask_trust.mail.smtp import Smtp
from flask_trust.mail.transports import Folder, send
from tests.mail.servers import NOON, letter, mail, settings, trouble, verdict
from tests.support.smtp import Sink
from tests.world import World

LINK = "<https://shop.example/trust/unsubscribe/" + "x" * 82 + ">"


def parsed(message: EmailMessage) -> EmailMessage:
    return email.message_from_bytes(message.as_bytes(), policy=email.policy.default)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "   ",
        "nobody",
        "nobody@",
        "@shop.example",
        "a b@shop.example",
        "a@b@shop.example",
        "a@shop",
        "a@shop..example",
        "a..b@shop.example",
        ".a@shop.example",
        "a@shop.example, b@shop.example",
        "a@shop.example;b@shop.example",
        "<a@shop.example>",
        "a@shop.example>",
        "a\x00@shop.example",
        "a@shop\x7f.example",
        "a@shop.example\r\nBcc: victim@shop.example",
        "a@shop.example\nBcc: victim@shop.example",
        "a\r\n b@shop.example",
        "=?utf-8?q?x=40evil.example=3E?=@shop.example",
        "안나@shop.example",  # only servers of one kind take these, so it has a plain end
        "a@stra\u00dfe.example",  # would become the domain of somebody else
        "a@\u200d.example",
        "a@" + "ü" * 70 + ".example",
    ],
)
def test_a_broken_address_is_final(address: str) -> None:
    with pytest.raises(MailError) as failure:
        check_address(address)
    assert verdict(failure.value) == ("broken_address", {"final"})


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("anna@shop.example", "anna@shop.example"),
        ("  anna@shop.example\n", "anna@shop.example"),
        ("o'neil+reviews@mail.shop.example", "o'neil+reviews@mail.shop.example"),
        ('"a b"@shop.example', '"a b"@shop.example'),
        ("root@localhost", "root@localhost"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@쇼핑.example", "anna@xn--hp4bo76a.example"),
    ],
)
def test_an_address_that_fits_into_a_header(address: str, written: str) -> None:
    assert check_address(address) == written


def test_an_address_in_other_letters_reaches_its_server() -> None:
    with Sink() as sink, Smtp(sink.url) as transport:
        send(transport, mail("anna@bücher.example"))
        assert sink.received[0].recipients == ("anna@xn--bcher-kva.example",)


@pytest.mark.parametrize(
    "words", ["How was it?\r\nBcc: victim@shop.example", "How was it?\nX-Evil: 1", "a\u2028Bcc: x", "a\x0bBcc: x"]
)
def test_a_subject_stays_one_line(words: str) -> None:
    message = parsed(mail(subject=words))
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert message["Subject"] == " ".join(words.split())


def test_letters_of_all_scripts_arrive() -> None:
    name = 'Käse & Brot, "Laden" 東京 ☕'
    with Sink() as sink, Smtp(sink.url) as transport:
        words = letter(subject="감사합니다 ☕ " * 12)
        send(transport, build(words, settings(TRUST_SHOP_NAME=name), "<1@shop.example>", NOON))
        (got,) = sink.received
    sender = got.message["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (name, "reviews@shop.example")
    assert got.message["Subject"] == ("감사합니다 ☕ " * 12).strip()
    assert got.content.isascii()


def test_a_link_in_a_header_is_whole() -> None:
    """The usual folding makes encoded words of a long link, and one-click unsubscribing then finds nothing."""
    headers = {"List-Unsubscribe": LINK, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    content = mail(headers=headers).as_bytes()
    assert b"\r\nList-Unsubscribe: " + LINK.encode() + b"\r\n" in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content


def test_no_line_is_longer_than_mail_servers_take() -> None:
    content = mail(text="감사 " * 2000, html="<p>" + "x" * 5000 + "</p>", subject="ü" * 500).as_bytes()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_a_mail_says_what_mail_programs_want_to_know() -> None:
    message = parsed(mail(language="ja"))
    assert message["Date"].datetime == NOON
    assert (message["Content-Language"], message["Auto-Submitted"]) == ("ja", "auto-generated")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_mail_has_the_same_identity_under_an_old_and_a_new_key(world: World) -> None:
    def identity(key: str) -> str:
        with world.app.app_context():
            return message_id(key, world.state.settings)

    before = identity("request:1")
    world.app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["a secret of tests"])
    assert identity("request:1") == before
    assert identity("request:2") != before
    assert before.endswith("@localhost>")


def test_the_folder_keeps_one_file_for_each_identity(world: World) -> None:
    folder = world.folder / "deep" / "er"
    with Folder(folder) as transport:
        for message in (mail(key="1"), mail(key="2"), mail(key="1")):
            send(transport, message)
    assert sorted(path.name for path in folder.iterdir()) == ["1.eml", "2.eml"]


def test_a_folder_that_cannot_be_written_to(world: World) -> None:
    world.folder.write_text("a file is in the way")
    assert verdict(trouble(Folder(world.folder))) == ("folder", {"server"})
