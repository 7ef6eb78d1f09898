"""Ways in which a mail leaves: SMTP, the host's mail extension, or a folder for trying out."""

from __future__ import annotations

import re
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import unquote, urlsplit

from flask import Flask

from ..errors import MailError, SettingsError
from ..settings import Settings

TIMEOUT = 30  # seconds, for each step of the talk with the server
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Transport(Protocol):
    """A way out, used as a context manager around many mails; every failure is a `MailError`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def send(self, message: EmailMessage) -> None:
        """Hand over one mail; raises `MailError`."""


def open_transport(settings: Settings, app: Flask) -> Transport:
    """Return the way out that `TRUST_MAIL_URL` names."""
    if settings.mail_url == "host":
        return HostMail(app)
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "folder":
        return Folder(Path(unquote(parts.path)))
    return Smtp(settings.mail_url)


class Smtp:
    """One kept connection: implicit TLS for smtps, STARTTLS wherever the server offers it."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._implicit = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._implicit else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._tls = tls or ssl.create_default_context()
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(self, *error: object) -> None:
        self._hang_up()

    def send(self, message: EmailMessage) -> None:
        """Hand over one mail; raises `MailError`, final where the server refuses the recipient or the mail for good."""
        server = self._server or self._connect()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            self._reset(server)
            raise _recipient_error(error) from error
        except smtplib.SMTPSenderRefused as error:
            self._reset(server)
            raise MailError("sender_refused", server=True) from error
        except smtplib.SMTPDataError as error:
            self._reset(server)
            raise _verdict(error.smtp_code, "mail_refused") from error
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise MailError(_connection_code(error), server=True) from error

    def _connect(self) -> smtplib.SMTP:
        try:
            self._server = self._greet()
            self._log_in(self._server)
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise MailError(_connection_code(error), server=True) from error
        return self._server

    def _greet(self) -> smtplib.SMTP:
        if self._implicit:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=self._tls)
        server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=self._tls)
            server.ehlo()
        elif self._user and self._host not in _LOOPBACK:
            server.close()
            raise MailError("no_encryption", server=True)
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._user:
            server.login(self._user, self._password)

    def _reset(self, server: smtplib.SMTP) -> None:
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            self._hang_up()

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def _recipient_error(error: smtplib.SMTPRecipientsRefused) -> MailError:
    return _verdict(max((code for code, _ in error.recipients.values()), default=0), "recipient_refused")


def _verdict(code: int, refusal: str) -> MailError:
    return MailError(refusal, final=True) if code >= 500 else MailError("try_later")


def _connection_code(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "login_refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "encryption_failed"
    if isinstance(error, smtplib.SMTPResponseException):
        return "server_busy"
    return "server_down"


class Folder:
    """A folder of `.eml` files, one for each mail: for demos and debugging."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MailError("folder", server=True) from error
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is kept open."""

    def send(self, message: EmailMessage) -> None:
        """Write one mail; a repeat of the same Message-ID replaces the file."""
        name = re.sub(r"[^0-9a-zA-Z]", "", str(message["Message-ID"]).split("@")[0])
        target = self._folder / f"{name}.eml"
        try:
            part = target.with_suffix(".part")
            part.write_bytes(message.as_bytes())
            part.replace(target)
        except OSError as error:
            raise MailError("folder", server=True) from error


class HostMail:
    """The host's own Flask-Mail or Flask-Mailman, with the host's settings."""

    def __init__(self, app: Flask) -> None:
        self._kind = "mail" if "mail" in app.extensions else "mailman"
        self._mail: Any = app.extensions.get(self._kind)
        if self._mail is None:
            raise SettingsError(
                "TRUST_MAIL_URL = 'host' sends through Flask-Mail or Flask-Mailman, and neither is set up in this app: "
                "set one up, or use TRUST_MAIL_URL = 'smtp://user:password@host:587'."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """The host's extension opens a connection for each mail."""

    def send(self, message: EmailMessage) -> None:
        """Hand over one mail; raises `MailError`."""
        try:
            self._send(_parts(message))
        except smtplib.SMTPRecipientsRefused as error:
            raise _recipient_error(error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(_connection_code(error), server=True) from error

    def _send(self, parts: dict[str, Any]) -> None:
        if self._kind == "mail":
            self._send_by_flask_mail(parts)
        else:
            self._send_by_flask_mailman(parts)

    def _send_by_flask_mail(self, parts: dict[str, Any]) -> None:
        from flask_mail import Message

        mail = Message(
            parts["subject"],
            recipients=[parts["to"]],
            body=parts["text"],
            html=parts["html"],
            sender=parts["from"],
            extra_headers=parts["headers"],
        )
        mail.msgId = parts["id"]
        self._mail.send(mail)

    def _send_by_flask_mailman(self, parts: dict[str, Any]) -> None:
        from flask_mailman import EmailMultiAlternatives

        headers = {**parts["headers"], "Message-ID": parts["id"]}
        mail = EmailMultiAlternatives(parts["subject"], parts["text"], parts["from"], [parts["to"]], headers=headers)
        mail.attach_alternative(parts["html"], "text/html")
        mail.send()


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
