"""Counting what strangers send, without keeping who they are."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import UTC, datetime, timedelta

from flask import current_app, request
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..addresses import normalise
from ..db import add_upsert, insert_once, transaction
from ..links import secret_keys
from ..state import State
from .models import Sender

MAILBOX_MINUTES = 60


def within_limit(state: State, what: str, most: int) -> bool:
    """Count one more form of this kind from this request's sender; say whether the hour's number is not used up."""
    now = state.clock()
    mark = sender_mark(request.remote_addr or "", what, now)
    return transaction(state, lambda session: _count(session, mark, now)) <= most


def sender_mark(address: str, what: str, now: datetime) -> str:
    """Return the keyed hash of a sender: the same for one hour and one kind of form."""
    message = f"flask-trust.sender|{what}|{now.astimezone(UTC):%Y-%m-%d %H}|{_network(address)}"
    return hmac.new(secret_keys(current_app)[-1], message.encode(), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    """Return the address as a whole, or its first half where one customer has all of the second (IPv6)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    # Servers that listen on both kinds write an IPv4 address so; all of these share their first half.
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def _count(session: Session, mark: str, now: datetime) -> int:
    day = now.astimezone(UTC).date()
    add_upsert(session, Sender, [{"day": day, "mark": mark, "n": 1}])
    return session.scalar(select(Sender.n).where(Sender.day == day, Sender.mark == mark)) or 0


def first_for_mailbox(session: Session, what: str, email: str, now: datetime) -> bool:
    """Say whether a mailbox was asked for no mail of this kind within the last 60 minutes, and note that it is now."""
    minute = int(now.timestamp()) // 60
    marks = [_mailbox_mark(email, what, each) for each in range(minute - MAILBOX_MINUTES, minute + 1)]
    # The day on which the hour ends: what an hour after midnight asks for must still be there.
    last = (now + timedelta(minutes=MAILBOX_MINUTES)).astimezone(UTC).date()
    days = {now.astimezone(UTC).date(), last}
    known = session.scalars(select(Sender.mark).where(Sender.day.in_(days), Sender.mark.in_(marks[:-1]))).first()
    # Two at the same moment want the same row, and one of them gets it.
    return insert_once(session, Sender, {"day": last, "mark": marks[-1], "n": 1}) and known is None


def _mailbox_mark(email: str, what: str, minute: int) -> str:
    """Return the keyed hash of a mailbox: another one each minute."""
    message = f"flask-trust.mailbox|{what}|{minute}|{normalise(email)}"
    return hmac.new(secret_keys(current_app)[-1], message.encode(), hashlib.sha256).hexdigest()


def forget_senders(session: Session, now: datetime) -> None:
    """Delete the counts of the days before."""
    session.execute(delete(Sender).where(Sender.day < now.astimezone(UTC).date()))
