"""One kept connection to a mail server, with every step of the talk told apart."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Self
from urllib.parse import unquote, urlsplit

from ..errors import MailError

TIMEOUT = 30  # seconds, for each step of the talk with the server
# Seconds after the whole mail was sent (RFC 5321, 4.5.3.2.6): who hangs up earlier sends mails twice.
ANSWER_TIMEOUT = 600

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_CLOSING = 421
_NEEDS_LOGIN = {530, 535, 538}
# RFC 3463: the address or its mailbox does not exist. Other refusals are about us: no login, no relaying, blocked.
_NO_SUCH_ADDRESS = re.compile(rb"5\.(0\.0|1\.[012346]|1\.10|2\.1)\b")
_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")


class Smtp:
    """Mails to one server: implicit TLS for smtps, STARTTLS wherever the server offers it."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._implicit = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._implicit else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._tls = tls
        self._server: smtplib.SMTP | None = None
        self._carried = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._hang_up()

    def begin(self, message: EmailMessage, content: bytes) -> None:
        """Pass a mail to the server without waiting for its last answer; raises `MailError`."""
        with self._watched():
            self._offer_sender(_bare(message["From"]), len(content))
            self._offer_recipient(_bare(message["To"]))
            self._pass_content(content)

    def finish(self) -> None:
        """Wait until the server has taken the mail; raises `MailError`, unclear where the connection broke."""
        with self._watched(unclear=True):
            server = self._connected()
            _patience(server, ANSWER_TIMEOUT)
            code, reply = server.getreply()
            _patience(server, TIMEOUT)
        if not _taken(code):
            raise self._after(verdict_on_content(code, reply))
        self._carried += 1

    def _offer_sender(self, sender: str, size: int) -> None:
        code, reply = self._mail_from(sender, size)
        if not _taken(code):
            raise self._after(verdict_on_sender(code, reply))

    def _mail_from(self, sender: str, size: int) -> tuple[int, bytes]:
        """Begin a mail; servers end a kept connection after some mails, so a second one is tried."""
        if self._carried and self._server is not None:
            try:
                answer = self._say_mail_from(sender, size)
            except smtplib.SMTPServerDisconnected:
                answer = (_CLOSING, b"")
            if answer[0] != _CLOSING:
                return answer
            self._hang_up()
        return self._say_mail_from(sender, size)

    def _say_mail_from(self, sender: str, size: int) -> tuple[int, bytes]:
        server = self._connected()
        return server.mail(sender, [f"size={size}"] if server.has_extn("size") else [])

    def _offer_recipient(self, recipient: str) -> None:
        code, reply = self._connected().rcpt(recipient)
        if not _taken(code):
            raise self._after(verdict_on_recipient(code, reply))

    def _pass_content(self, content: bytes) -> None:
        server = self._connected()
        code, reply = server.docmd("data")
        if code != 354:
            raise self._after(verdict_on_content(code, reply))
        # A line of one dot ends a mail, so dots at the start of lines are doubled (RFC 5321, 4.5.2).
        server.send(re.sub(rb"(?m)^\.", b"..", content.rstrip(b"\r\n")) + b"\r\n.\r\n")

    def _after(self, verdict: MailError) -> MailError:
        """Leave the connection ready for the next mail, or give it up where the server is the trouble."""
        if verdict.server:
            self._hang_up()
        else:
            self._reset()
        return verdict

    def _reset(self) -> None:
        try:
            self._connected().rset()
        except (smtplib.SMTPException, OSError):
            self._hang_up()

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            self._server, self._carried = self._greet(), 0
            self._server.ehlo_or_helo_if_needed()
            if self._user:
                self._server.login(self._user, self._password)
        return self._server

    def _greet(self) -> smtplib.SMTP:
        if self._implicit:
            tls = self._tls or ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=tls)
        server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        try:
            self._encrypt(server)
        except BaseException:
            server.close()
            raise
        return server

    def _encrypt(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=self._tls or self._usual_tls())
        elif self._user and self._host not in _LOOPBACK:
            raise MailError("no_encryption", server=True)

    def _usual_tls(self) -> ssl.SSLContext:
        """Return a context that checks certificates, but on this machine itself."""
        tls = ssl.create_default_context()
        if self._host in _LOOPBACK:
            # Mail servers come with a made-up certificate, and nothing leaves the machine here.
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        return tls

    @contextmanager
    def _watched(self, *, unclear: bool = False) -> Iterator[None]:
        """Name what goes wrong with the connection, and give the connection up."""
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise MailError(connection_code(error), server=True, unclear=unclear) from error

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def _bare(header: object) -> str:
    address: str = header.addresses[0].addr_spec  # type: ignore[attr-defined]  # letter.build wrote it
    return address


def _taken(code: int) -> bool:
    return 200 <= code < 300


def _patience(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)


def verdict_on_sender(code: int, _reply: bytes) -> MailError:
    """Return what an answer to our sender's address means: no other mail would fare better."""
    if code in _NEEDS_LOGIN:
        return MailError("login_missing", server=True)
    return MailError("sender_refused" if code >= 500 else "server_busy", server=True)


def verdict_on_recipient(code: int, reply: bytes) -> MailError:
    """Return what an answer to the buyer's address means; final only where the address is at fault."""
    if code == _CLOSING:
        return MailError("server_busy", server=True)
    if code < 500:
        return MailError("try_later")
    if code in _NEEDS_LOGIN or not _names_the_address(reply):
        return MailError("relay_refused")
    return MailError("recipient_refused", final=True)


def _names_the_address(reply: bytes) -> bool:
    if _ENHANCED.match(reply):
        return _NO_SUCH_ADDRESS.match(reply) is not None
    return b"relay" not in reply.lower()


def verdict_on_content(code: int, reply: bytes) -> MailError:
    """Return what an answer to a whole mail means."""
    if code == _CLOSING:
        return MailError("server_busy", server=True)
    if code < 500:
        return MailError("try_later")
    if _NO_SUCH_ADDRESS.match(reply):
        return MailError("recipient_refused", final=True)
    return MailError("mail_refused", final=True)


def connection_code(error: BaseException) -> str:
    """Return the word for what is wrong with a connection."""
    if isinstance(error, smtplib.SMTPServerDisconnected) and error.__context__ is not None:
        return connection_code(error.__context__)  # smtplib hides time-outs in there
    if type(error) is smtplib.SMTPException:
        return "login_not_offered"  # smtplib's word for a server that offers logins, but none that it knows
    codes: list[tuple[type[BaseException], str]] = [
        (smtplib.SMTPAuthenticationError, "login_refused"),
        (smtplib.SMTPNotSupportedError, "login_not_offered"),
        (TimeoutError, "timeout"),
        (ssl.SSLError, "encryption_failed"),
        (smtplib.SMTPResponseException, "server_busy"),
    ]
    return next((code for kind, code in codes if isinstance(error, kind)), "server_down")
