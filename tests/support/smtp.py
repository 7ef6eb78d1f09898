"""A real SMTP server on a loopback port that keeps what it gets and misbehaves on request.

As a process of its own, for tests that kill their clients: ``python -m tests.support.smtp --port 0 --log FILE
--delay 0.02`` prints its port and appends the Message-ID of each mail as one line.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
Trouble = Literal["busy", "close", "hang"]
Security = Literal["none", "starttls", "implicit"]


@dataclass(frozen=True)
class Received:
    """One accepted mail and its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


class Sink:
    """An SMTP server in a thread of its own, to be used with ``with``.

    ``refuse`` and ``defer`` are addresses answered with 550 and 451; ``answer`` is the reply to a whole mail;
    ``delay`` seconds pass around keeping it. ``trouble`` of a new connection: "busy" greets with 421, "close"
    hangs up, "hang" never speaks. All of these may be set while it runs. ``authority`` is a PEM file to trust
    (``SSL_CERT_FILE``).
    """

    def __init__(
        self,
        *,
        port: int = 0,
        delay: float = 0.0,
        refuse: Collection[str] = (),
        defer: Collection[str] = (),
        answer: str = "250 OK",
        trouble: Trouble | None = None,
        security: Security = "none",
        login: tuple[str, str] | None = None,
        keep: Callable[[Received], None] | None = None,
    ) -> None:
        self.port, self.delay, self.answer, self.trouble = port, delay, answer, trouble
        self.refuse, self.defer = frozenset(refuse), frozenset(defer)
        self.security, self.login = security, login
        self.received: list[Received] = []
        self.connections = 0
        self._keep = keep or self.received.append
        self._tls: ssl.SSLContext | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._transports: set[asyncio.Transport] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        """The address in the form of ``TRUST_MAIL_URL``."""
        scheme = "smtps" if self.security == "implicit" else "smtp"
        user = ":".join(self.login) + "@" if self.login else ""
        return f"{scheme}://{user}{HOST}:{self.port}"

    def __enter__(self) -> Self:
        if self.security != "none":
            self._folder = tempfile.TemporaryDirectory()
            self.authority = Path(self._folder.name) / "authority.pem"
            self._tls = own_certificate(self.authority)
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the mail server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        if self._folder is not None:
            self._folder.cleanup()

    def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        """Return the mails once there are ``count`` of them; raises TimeoutError."""
        end = time.monotonic() + seconds
        while len(self.received) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(self.received)} of {count} mails after {seconds} s")
            time.sleep(0.01)
        return list(self.received)

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        tls = self._tls if self.security == "implicit" else None
        listening = await self._loop.create_server(self._protocol, HOST, self.port, ssl=tls)
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        listening.close()
        for transport in self._transports:
            with suppress(AttributeError):  # Python 3.11.2 stumbles over TLS connections that are gone already
                transport.abort()
        await asyncio.sleep(0.01)  # lets the aborted connections close their sockets

    def _protocol(self) -> asyncio.Protocol:
        self.connections += 1
        if self.trouble is not None:
            return Troubled(self.trouble, self._transports)
        return Conversation(self, self._transports)

    # aiosmtpd calls the following by their names.

    async def handle_MAIL(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.login is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return "550 5.1.1 No such user here"
        if address in self.defer:
            return "451 4.7.1 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        # A client killed in the first half is not heard, in the second half it misses the answer.
        await asyncio.sleep(self.delay / 2)
        if self.answer.startswith("2"):
            self._keep(received(smtp, session, envelope))
        await asyncio.sleep(self.delay / 2)
        return self.answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        given = (data.login, data.password) if isinstance(data, LoginPassword) else None
        wanted = self.login and (self.login[0].encode(), self.login[1].encode())
        return AuthResult(success=given == wanted, handled=False, auth_data=self.login and self.login[0])


class Conversation(SMTP):
    """aiosmtpd's server side of one connection, with the sink's settings."""

    def __init__(self, sink: Sink, transports: set[asyncio.Transport]) -> None:
        self.transports = transports
        starttls = sink.security == "starttls"
        super().__init__(
            sink,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=sink._tls if starttls else None,
            require_starttls=starttls,
            # aiosmtpd takes implicit TLS for none, hence the sink's own check in handle_MAIL.
            auth_require_tls=False,
            auth_exclude_mechanism=() if sink.login else ("LOGIN", "PLAIN"),
            authenticator=sink.authenticate,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transports.add(transport)
        super().connection_made(transport)


class Troubled(asyncio.Protocol):
    """A server side that is out of order."""

    def __init__(self, trouble: Trouble, transports: set[asyncio.Transport]) -> None:
        self.trouble, self.transports = trouble, transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transports.add(transport)
        if self.trouble == "busy":
            transport.write(b"421 4.3.2 Too busy\r\n")
        if self.trouble != "hang":
            transport.close()


def received(smtp: SMTP, session: Session, envelope: Envelope) -> Received:
    content = envelope.original_content or b""
    user = str(session.auth_data) if session.authenticated else None
    encrypted = smtp.transport is not None and smtp.transport.get_extra_info("sslcontext") is not None
    return Received(str(envelope.mail_from), tuple(envelope.rcpt_tos), content, encrypted, user)


def own_certificate(authority: Path) -> ssl.SSLContext:
    """Make a certificate for loopback, write its authority's to a file, and return the server's settings."""
    maker = trustme.CA()
    maker.cert_pem.write_to_path(authority)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    maker.issue_cert(HOST, "localhost").configure_cert(context)
    return context


@contextmanager
def separate(log: Path, delay: float = 0.0) -> Iterator[int]:
    """Run the sink as a process of its own and lend its port; ``log`` collects the Message-IDs."""
    command = [sys.executable, "-m", "tests.support.smtp", "--log", str(log), "--delay", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=1800.0, help="ends by itself after this time")
    options = parser.parse_args()
    with options.log.open("a", encoding="utf-8", buffering=1) as log:

        def note(mail: Received) -> None:
            print(mail.message_id, file=log)

        with Sink(port=options.port, delay=options.delay, keep=note) as sink:
            print(sink.port, flush=True)
            time.sleep(options.seconds)


if __name__ == "__main__":
    main()
