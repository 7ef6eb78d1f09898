"""A mail as it leaves: words, address and headers."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from flask import current_app

from ..errors import MailError
from ..links import secret_keys
from ..settings import Settings


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed mail; `to` is one bare address, `headers` are added as they are."""

    to: str
    subject: str
    text: str
    html: str
    language: str = "en"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drop:
    """A mail that must not leave any more, and why."""

    reason: str


def check_address(email: str) -> str:
    """Return a bare address that fits into a header; raises `MailError` when it is broken."""
    try:
        address = Address(addr_spec=email.strip())
        email.encode("ascii")
    except (MessageError, ValueError, IndexError, UnicodeError):
        raise MailError("broken_address", final=True) from None
    if not address.username or ("." not in address.domain and address.domain != "localhost"):
        raise MailError("broken_address", final=True)
    return address.addr_spec


def message_id(dedupe: str, settings: Settings) -> str:
    """Return the Message-ID of an outbox key: the same at every try, so that a repeat can be recognised."""
    # The oldest key signs, so that a rotation between two tries changes nothing while both keys are known.
    digest = hmac.new(secret_keys(current_app)[0], f"flask-trust.mail|{dedupe}".encode(), hashlib.sha256)
    domain = urlsplit(settings.base_url).hostname or "localhost"
    return f"<{digest.hexdigest()[:40]}@{domain}>"


def build(letter: Letter, settings: Settings, identity: str, now: datetime) -> EmailMessage:
    """Return the message for a mail server, with a text and an HTML part."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(" ".join(settings.shop_name.split()), addr_spec=settings.mail_from)
    message["To"] = check_address(letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = identity
    message["Content-Language"] = letter.language
    # Keeps automatic answers away (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message
