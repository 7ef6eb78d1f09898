"""Sending what is due: claim, compose, mark, send outside of any transaction, mark sent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol, Self

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ..db import transaction
from ..errors import AdapterError, MailError
from ..state import State
from . import actions
from .letter import Drop, Later, Letter, build, message_id
from .models import Outgoing
from .rules import BATCH, LEASE, NOBODY, marked
from .transports import open_transport

log = logging.getLogger("flask_trust")


class MailKind(Protocol):
    """What a room above registers for its kind of mail, under `State.mails`."""

    def look_up(self, mails: Sequence[Outgoing]) -> Any:
        """Ask the shop about all of these at once; raises `AdapterError`."""

    def compose(self, session: Session, mail: Outgoing, known: Any) -> Letter | Later | Drop:
        """Return the mail with words and address, or why it must not leave (now); raises `AdapterError`, `MailError`.

        `known` is what `look_up` found, None where it failed for the whole batch.
        """

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Note in the same transaction that the mail was handed over."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Note in the same transaction that it will never be."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail that is composed, and goes as soon as it is marked as such."""

    mail: Outgoing
    letter: Letter
    message: EmailMessage
    content: bytes
    token: str


class Mailing:
    """Sends due mails in batches over one kept connection, until nothing is due or the server is in trouble.

    Whatever dies midway, no mail is lost; the one in flight may be repeated once, under the same Message-ID.
    """

    def __init__(self, state: State, *, limit: int = BATCH, lease: timedelta = LEASE) -> None:
        """Prepare to send; raises `SettingsError` where the host has no mail extension to send with."""
        self._state, self._limit, self._lease = state, limit, lease
        self._transport = open_transport(state.settings, current_app) if state.settings.mail_is_on else None
        self._under_way: Ready | None = None
        self._trouble: str | None = None
        self._done: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._transport is not None:
            self._transport.__exit__(*error)

    def send_batch(self) -> Counter[str]:
        """Send some due mails; returns how many were sent, postponed, dropped, held or lost to another worker.

        Empty when nothing is due, mails are switched off, or the server was in trouble before.
        """
        if self._transport is None or self._trouble:
            return Counter()
        self._done = Counter()
        token, ids = transaction(
            self._state, lambda session: actions.take(session, self._state.clock(), self._lease, self._limit)
        )
        try:
            self._send_all(ids, token)
        finally:
            self._settle()
        self._postpone_rest(ids, token)
        return +self._done

    def _send_all(self, ids: Sequence[int], token: str) -> None:
        mails = self._state.read(lambda session: actions.read(session, ids, token))
        self._done["lost"] += len(ids) - len(mails)
        known = self._look_up(mails)
        for mail in mails:
            # Composed while the server is busy with the mail before.
            ready = self._compose(mail, token, known[mail.kind])
            marked = self._settle(ready)
            if self._trouble is not None:
                return
            self._begin(marked)

    def _look_up(self, mails: Sequence[Outgoing]) -> Mapping[str, Any]:
        by_kind = {kind: [mail for mail in mails if mail.kind == kind] for kind in {mail.kind for mail in mails}}
        return {kind: self._look_up_kind(kind, some) for kind, some in by_kind.items()}

    def _look_up_kind(self, kind: str, mails: Sequence[Outgoing]) -> Any:
        try:
            return self._kind(kind).look_up(mails)
        except AdapterError as error:
            log.warning("%s; each mail is looked up by itself, so that a broken order holds up no other", error)
            return None

    def _compose(self, mail: Outgoing, token: str, known: Any) -> Ready | None:
        with self._state.session() as session:
            letter = self._written(session, mail, known)
        match letter:
            case MailError() as error:
                self._fail(mail, token, error)
            case Drop(reason):
                self._drop(mail, token, reason)
            case Later(until):
                self._put_off(mail, token, until)
            case Letter() if marked(mail.state) is None:
                self._hold(mail, token, "unclear")
            case Letter():
                return self._built(mail, letter, token)
        return None

    def _written(self, session: Session, mail: Outgoing, known: Any) -> Letter | Later | Drop | MailError:
        try:
            return self._kind(mail.kind).compose(session, mail, known)
        except AdapterError as error:
            log.warning("%s; the mail %s is tried again later", error, mail.dedupe)
            return MailError("adapter")
        except MailError as error:
            return error
        except SQLAlchemyError:
            raise
        except Exception as error:
            # One mail that cannot be drawn must not stop the others. What the error says may be personal.
            log.error("the mail %s cannot be written: %s", mail.dedupe, type(error).__name__)
            return MailError("cannot_write")

    def _built(self, mail: Outgoing, letter: Letter, token: str) -> Ready:
        identity = message_id(mail.dedupe, self._state.settings)
        message = build(letter, self._state.settings, identity, self._state.clock())
        return Ready(mail, letter, message, message.as_bytes(), token)

    def _mark(self, session: Session, ready: Ready | None) -> bool:
        """Mark a mail as going out right now; say whether it may, since another worker can have it by now."""
        return ready is not None and actions.mark(session, ready.mail, ready.token, self._state.clock() + self._lease)

    def _begin(self, ready: Ready | None) -> None:
        """Pass a mail to the server, whose answer is waited for in `_settle`."""
        if ready is None or self._transport is None:
            return
        try:
            self._transport.begin(ready.message, ready.content)
        except MailError as error:
            self._fail(ready.mail, ready.token, error)
        else:
            self._under_way = ready

    def _settle(self, following: Ready | None = None) -> Ready | None:
        """Wait until the mail under way was taken, note what became of it, and return the next one if it may go.

        One transaction does both, so that a mail costs one commit.
        """
        ready, self._under_way = self._under_way, None
        if ready is not None and not self._taken(ready):
            ready = None
        if self._trouble is not None:
            following = None
        if ready is None and following is None:
            return None
        outcome, may_go = transaction(
            self._state, lambda session: (self._note_sent(session, ready), self._mark(session, following))
        )
        self._done[outcome] += ready is not None
        self._done["lost"] += following is not None and not may_go
        return following if may_go else None

    def _taken(self, ready: Ready) -> bool:
        assert self._transport is not None
        try:
            self._transport.finish()
        except MailError as error:
            self._fail(ready.mail, ready.token, error)
            return False
        return True

    def _note_sent(self, session: Session, ready: Ready | None) -> str:
        if ready is None:
            return "sent"
        if not actions.mark_sent(session, ready.mail.id, ready.token, self._state.clock()):
            return "lost"
        self._kind(ready.mail.kind).left(session, ready.mail, ready.letter)
        return "sent"

    def _fail(self, mail: Outgoing, token: str, error: MailError) -> None:
        if error.server:
            self._trouble = error.code
        if not error.final:
            self._postpone(mail, token, error)
        elif error.code in NOBODY:
            self._drop(mail, token, error.code)
        else:
            self._hold(mail, token, error.code)

    def _postpone(self, mail: Outgoing, token: str, error: MailError) -> None:
        def postpone(session: Session) -> str:
            return actions.postpone(session, mail, token, error.code, self._state.clock(), unclear=error.unclear)

        self._done[transaction(self._state, postpone)] += 1

    def _put_off(self, mail: Outgoing, token: str, until: datetime) -> None:
        done = transaction(self._state, lambda session: actions.put_off(session, mail, token, until))
        self._done["later" if done else "lost"] += 1

    def _postpone_rest(self, ids: Sequence[int], token: str) -> None:
        """Give back what was not tried, because the server is in trouble."""
        code = self._trouble
        if code is None:
            return

        def postpone(session: Session) -> Counter[str]:
            rows = actions.read(session, ids, token)
            return Counter(actions.postpone(session, row, token, code, self._state.clock()) for row in rows)

        self._done += transaction(self._state, postpone)

    def _drop(self, mail: Outgoing, token: str, code: str) -> None:
        def drop(session: Session) -> str:
            if not actions.drop(session, mail.id, token, code):
                return "lost"
            self._kind(mail.kind).failed(session, mail, code)
            return "dropped"

        self._done[transaction(self._state, drop)] += 1

    def _hold(self, mail: Outgoing, token: str, code: str) -> None:
        held = transaction(self._state, lambda session: actions.hold(session, mail.id, token, code))
        self._done["held" if held else "lost"] += 1

    def _kind(self, name: str) -> MailKind:
        kind: MailKind = self._state.mails[name]
        return kind
