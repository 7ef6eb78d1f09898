"""A mail as it leaves: words, address and headers."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from urllib.parse import urlsplit

from flask import current_app

from ..errors import MailError
from ..links import secret_keys
from ..settings import Settings


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed mail; `to` is one bare address, `headers` are added as they are.

    `timezone` is the reader's, for whoever has to plan what comes after this mail.
    """

    to: str
    subject: str
    text: str
    html: str
    language: str = "en"
    timezone: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drop:
    """A mail that must not leave any more, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """A mail that may leave, but not before `until`."""

    until: datetime


def check_address(email: str) -> str:
    """Return a bare ASCII address that fits into a header; raises `MailError` when it is broken.

    A domain in other letters is written in the form that mail servers know it by.
    """
    try:
        address = Address(addr_spec=_with_ascii_domain(email.strip()))
    except (MessageError, ValueError, IndexError):
        raise MailError("broken_address", final=True) from None
    if not address.username or ("." not in address.domain and address.domain != "localhost"):
        raise MailError("broken_address", final=True)
    return address.addr_spec


def _with_ascii_domain(email: str) -> str:
    name, at, domain = email.rpartition("@")
    if not domain.isascii():
        coded = domain.encode("idna")
        # Python's rules are of 2003 and turn some letters into others: that would be somebody else's domain.
        if coded.decode("idna") != unicodedata.normalize("NFKC", domain).lower():
            raise ValueError("a domain that cannot be written in ASCII without loss")
        domain = coded.decode("ascii")
    (name + domain).encode("ascii")
    return name + at + domain


def message_id(dedupe: str, settings: Settings) -> str:
    """Return the Message-ID of an outbox key: the same at every try, so that a repeat can be recognised."""
    # The oldest key signs, so that a rotation between two tries changes nothing while both keys are known.
    digest = hmac.new(secret_keys(current_app)[0], f"flask-trust.mail|{dedupe}".encode(), hashlib.sha256)
    domain = urlsplit(settings.base_url).hostname or "localhost"
    return f"<{digest.hexdigest()[:40]}@{domain}>"


class LinkHeader(UnstructuredHeader, BaseHeader):
    """A header that is a link: the usual folding cuts it into encoded words, which no mail program reads as a link."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header on one line, which may have 998 characters (RFC 5322, 2.1.1)."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", LinkHeader)
_POLICY = SMTP.clone(header_factory=_HEADERS)


def build(letter: Letter, settings: Settings, identity: str, now: datetime) -> EmailMessage:
    """Return the message for a mail server, with a text and an HTML part."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(" ".join(settings.shop_name.split()), addr_spec=settings.mail_from)
    message["To"] = check_address(letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = identity
    # Keeps automatic answers away (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language  # set earlier, it would go with the content of the first part
    return message
