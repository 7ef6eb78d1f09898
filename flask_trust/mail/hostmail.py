"""Sending through the host's own Flask-Mail or Flask-Mailman, with the host's settings."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Any, Self

from flask import Flask, current_app

from ..errors import MailError, SettingsError
from .smtp import connection_code, verdict_on_content, verdict_on_recipient, verdict_on_sender

log = logging.getLogger("flask_trust")


class HostMail:
    """Mails through the host's extension, which opens a connection for each."""

    def __init__(self, app: Flask) -> None:
        if "mail" in app.extensions:
            self._send: Callable[[EmailMessage, bytes], None] = _by_flask_mail
        elif "mailman" in app.extensions:
            self._send = _by_flask_mailman
        else:
            raise SettingsError(
                "TRUST_MAIL_URL = 'host' sends through Flask-Mail or Flask-Mailman, and neither is set up in this app: "
                "set one up, or use TRUST_MAIL_URL = 'smtp://user:password@host:587'."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is kept open."""

    def begin(self, message: EmailMessage, content: bytes) -> None:
        """Hand over one mail; raises `MailError`."""
        with _named_errors():
            self._send(message, content)

    def finish(self) -> None:
        """The extension has waited for the server's answer already."""


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPException as error:
        raise _verdict(error) from error
    except OSError as error:
        raise MailError(connection_code(error), server=True) from error
    except Exception as error:
        # Back-ends of other makers raise what they like. Its words may hold an address, so only its class is kept.
        log.warning("the shop's mail extension failed with %s", type(error).__name__)
        raise MailError("host_mail") from error


def _verdict(error: smtplib.SMTPException) -> MailError:
    match error:
        case smtplib.SMTPRecipientsRefused():
            ((code, reply),) = list(error.recipients.values())[:1] or [(550, b"")]
            return verdict_on_recipient(code, reply)
        case smtplib.SMTPSenderRefused():
            return verdict_on_sender(error.smtp_code, _bytes(error.smtp_error))
        case smtplib.SMTPDataError():
            return verdict_on_content(error.smtp_code, _bytes(error.smtp_error))
    # The extension does not say how far the talk had come when the connection broke.
    broken = isinstance(error, smtplib.SMTPServerDisconnected)
    return MailError(connection_code(error), server=True, unclear=broken)


def _bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode()


def _by_flask_mail(message: EmailMessage, content: bytes) -> None:
    from flask_mail import Message

    class Finished(Message):
        """Flask-Mail folds long headers into encoded words that unsubscribing cannot read, so ours goes as it is."""

        def as_bytes(self) -> bytes:
            return content

    parts = _parts(message)
    mail = Finished(
        parts["subject"],
        recipients=[parts["to"]],
        body=parts["text"],
        html=parts["html"],
        sender=parts["from"],
        extra_headers=parts["headers"],
    )
    mail.msgId = parts["id"]
    current_app.extensions["mail"].send(mail)


def _by_flask_mailman(message: EmailMessage, _content: bytes) -> None:
    from flask_mailman import EmailMultiAlternatives

    parts = _parts(message)
    headers = {**parts["headers"], "Message-ID": parts["id"]}
    mail = EmailMultiAlternatives(parts["subject"], parts["text"], parts["from"], [parts["to"]], headers=headers)
    mail.attach_alternative(parts["html"], "text/html")
    mail.connection = current_app.extensions["mailman"].get_connection()
    try:
        mail.send()
    finally:
        _close(mail.connection)


def _close(connection: Any) -> None:
    """End the talk: after a refusal, Flask-Mailman leaves its connection open."""
    with suppress(smtplib.SMTPException):
        connection.close()


_OWN = {"from", "to", "subject", "message-id", "date", "mime-version", "content-type", "content-transfer-encoding"}


def _parts(message: EmailMessage) -> dict[str, Any]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return {
        "from": str(message["From"]),
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "id": str(message["Message-ID"]),
        "text": text.get_content(),
        "html": html.get_content(),
        "headers": {name: str(value) for name, value in message.items() if name.lower() not in _OWN},
    }
