"""Mail servers with a mood, and the shortest way to hand them a mail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from flask_trust.errors import MailError
from flask_trust.mail.letter import Letter, build
from flask_trust.mail.transports import Transport, send
from flask_trust.settings import Settings, read_settings
from tests.support.smtp import Sink
from tests.world import MAIL_SETTINGS

NOON = datetime(2027, 5, 3, 12, tzinfo=UTC)


class Moody(Sink):
    """A sink with a mood at some step: "MAIL", "RCPT", "DATA" (content not read yet) or "END" (content read).

    A mood is a reply such as "550 5.1.1 No", "drop" (the connection breaks) or "hang" (no answer for a minute);
    it begins with the mail number `after` of a connection, counted from 0.
    """

    def __init__(self, step: str = "", mood: str = "", *, after: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.step, self.mood, self.after = step, mood, after
        self.begun: dict[int, int] = {}

    async def _answer(self, step: str, smtp: SMTP) -> str | None:
        if step != self.step or self.begun.get(id(smtp), 0) <= self.after:
            return None
        if self.mood == "hang":
            await asyncio.sleep(60)
        if self.mood == "drop":
            assert isinstance(smtp.transport, asyncio.Transport)
            smtp.transport.abort()
        return self.mood

    async def handle_MAIL(  # noqa: N802 as aiosmtpd calls it
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.begun[id(smtp)] = self.begun.get(id(smtp), 0) + 1
        mood = await self._answer("MAIL", smtp)
        return mood or await super().handle_MAIL(smtp, session, envelope, address, options)

    async def handle_RCPT(  # noqa: N802 as aiosmtpd calls it
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        mood = await self._answer("RCPT", smtp)
        return mood or await super().handle_RCPT(smtp, session, envelope, address, options)

    async def handle_DATA(  # noqa: N802 as aiosmtpd calls it
        self, smtp: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = await super().handle_DATA(smtp, session, envelope)
        return await self._answer("END", smtp) or answer


def settings(**config: str) -> Settings:
    return read_settings({**MAIL_SETTINGS, **config})


def letter(to: str = "anna@customer.example", subject: str = "How was it?", **fields: Any) -> Letter:
    return Letter(to, subject, fields.pop("text", "Hello\n.\nbye\n"), fields.pop("html", "<p>Hello</p>"), **fields)


def mail(to: str = "anna@customer.example", key: str = "1", **fields: Any) -> EmailMessage:
    return build(letter(to, **fields), settings(), f"<{key}@shop.example>", NOON)


def trouble(transport: Transport, message: EmailMessage | None = None) -> MailError:
    """Return how sending fails."""
    with transport, pytest.raises(MailError) as failure:
        send(transport, message or mail())
    return failure.value


def verdict(error: MailError) -> tuple[str, set[str]]:
    """Return an error's word and the flags it carries."""
    return error.code, {flag for flag in ("final", "server", "unclear") if getattr(error, flag)}
