"""Sending what is due: claim, compose, mark, send outside of any transaction, mark sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from flask import current_app
from sqlalchemy.orm import Session

from ..db import transaction
from ..errors import AdapterError, MailError
from ..state import State
from . import actions
from .letter import Drop, Letter, build, message_id
from .models import Outgoing
from .rules import BATCH, LEASE
from .transports import Transport, open_transport


class MailKind(Protocol):
    """What a room above registers for its kind of mail, under `State.mails`."""

    def compose(self, session: Session, mail: Outgoing) -> Letter | Drop:
        """Return the mail with words and address, or why it must not leave; raises `AdapterError`, `MailError`."""

    def left(self, session: Session, mail: Outgoing) -> None:
        """Note in the same transaction that the mail was handed over."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Note in the same transaction that it will never be."""


def send_batch(state: State, *, limit: int = BATCH, lease: timedelta = LEASE) -> Counter[str]:
    """Send up to `limit` due mails; returns how many were sent, postponed, dropped, held or lost to another worker.

    Returns an empty counter when nothing is due or mails are switched off. Whatever dies midway, no mail is lost;
    the one in flight may be repeated once, under the same Message-ID.
    """
    if not state.settings.mail_is_on:
        return Counter()
    token, ids = transaction(state, lambda session: actions.take(session, state.clock(), lease, limit))
    if not ids:
        return Counter()
    done: Counter[str] = Counter()
    try:
        with open_transport(state.settings, current_app) as transport:
            for each in ids:
                done[_send_one(state, transport, each, token, lease)] += 1
    except MailError as error:
        done["postponed"] += _postpone_all(state, ids, token, error.code)
    return done


def _send_one(state: State, transport: Transport, mail_id: int, token: str, lease: timedelta) -> str:
    with state.session() as session:
        mail = actions.read(session, mail_id, token)
        if mail is None:
            return "lost"
        try:
            letter = state.mails[mail.kind].compose(session, mail)
        except AdapterError:
            return _postpone(state, mail, token, "adapter")
        except MailError as error:
            return _fail(state, mail, token, error)
    if isinstance(letter, Drop):
        return _end(state, mail, token, letter.reason)
    return _hand_over(state, transport, mail, letter, token, lease)


def _hand_over(state: State, transport: Transport, mail: Outgoing, letter: Letter, token: str, lease: timedelta) -> str:
    identity = message_id(mail.dedupe, state.settings)
    try:
        message = build(letter, state.settings, identity, state.clock())
        if not transaction(state, lambda session: actions.mark(session, mail, token, state.clock() + lease)):
            return "lost"
        transport.send(message)
    except MailError as error:
        return _fail(state, mail, token, error)
    return _settle_sent(state, mail, token)


def _settle_sent(state: State, mail: Outgoing, token: str) -> str:
    def settle(session: Session) -> str:
        if not actions.mark_sent(session, mail.id, token, state.clock()):
            return "lost"
        state.mails[mail.kind].left(session, mail)
        return "sent"

    return transaction(state, settle)


def _fail(state: State, mail: Outgoing, token: str, error: MailError) -> str:
    if error.server:
        raise error
    return _end(state, mail, token, error.code) if error.final else _postpone(state, mail, token, error.code)


def _postpone(state: State, mail: Outgoing, token: str, code: str) -> str:
    transaction(state, lambda session: actions.postpone(session, mail, token, code, state.clock()))
    return "postponed"


def _postpone_all(state: State, ids: Sequence[int], token: str, code: str) -> int:
    def postpone(session: Session) -> int:
        rows = [actions.read(session, each, token) for each in ids]
        return sum(actions.postpone(session, row, token, code, state.clock()) for row in rows if row)

    return transaction(state, postpone)


def _end(state: State, mail: Outgoing, token: str, code: str) -> str:
    def end(session: Session) -> str:
        if actions.drop(session, mail.id, token, code):
            state.mails[mail.kind].failed(session, mail, code)
        return "dropped"

    return transaction(state, end)
