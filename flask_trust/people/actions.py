"""Writing people: enrolling, opting out, names, bounces, merged and erased accounts."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from ..addresses import address_hashes
from ..db import insert_once
from ..journal.actions import Role, record
from ..shop import Person as ShopPerson
from .models import OptOut, Person
from .queries import BOUNCED, OPTED_OUT, find, find_row, follow


def new_number() -> int:
    """Return a random number for a person; it tells nothing, not even when they came."""
    return secrets.randbits(62) + 1


def enrol(session: Session, who: ShopPerson, now: datetime) -> Person:
    """Return the row of a person, made when they are new; keeps only the keyed hash of the address."""
    row = find_row(session, who)
    if row is not None and row.key != who.id:
        row.key = who.id  # a guest's id from an older secret key
    person = follow(session, row) or make(session, who.id, now)
    digest = address_hashes(who.email)[0] if who.email else None
    if digest and person.address_hash != digest:
        person.address_hash = digest
        session.flush()
    return person


def make(session: Session, key: str, now: datetime) -> Person:
    """Return the row of the person with this id of the shop, made when they are new."""
    insert_once(session, Person, {"id": new_number(), "key": key, "created_at": now})
    person = find(session, key)
    assert person is not None
    return person


def opt_out(session: Session, person_id: int, now: datetime, *, role: Role = "buyer") -> None:
    """Write no more mails to this person, nor to anyone who orders with the same address later."""
    person = follow(session, session.get(Person, person_id))
    if person is None:
        return
    if person.address_hash:
        insert_once(session, OptOut, {"address_hash": person.address_hash, "at": now})
    _stop(session, person, OPTED_OUT, now, role)


def note_bounce(session: Session, person: Person, now: datetime) -> None:
    """Write no more mails to this person: their address does not exist."""
    _stop(session, person, BOUNCED, now, "shop")


def _stop(session: Session, person: Person, reason: str, now: datetime, role: Role) -> None:
    if person.mail_stop in (reason, OPTED_OUT):
        return
    record(
        session,
        "mail_stopped",
        "person",
        person.id,
        at=now,
        role=role,
        actor_id=person.id if role == "buyer" else None,
        state=(person.mail_stop, reason),
    )
    person.mail_stop, person.mail_stopped_at = reason, now
    session.flush()


def opt_in(session: Session, person_id: int, now: datetime) -> None:
    """Take an opt-out back, on the person's own wish."""
    person = follow(session, session.get(Person, person_id))
    if person is None or person.mail_stop != OPTED_OUT:
        return
    session.query(OptOut).where(OptOut.address_hash == person.address_hash).delete()
    person.mail_stop = person.mail_stopped_at = None
    record(session, "mail_allowed", "person", person.id, at=now, role="buyer", actor_id=person.id)


def merge(session: Session, old: Person, new: Person, now: datetime) -> None:
    """Let one account become another; an opt-out of either holds for both."""
    old.merged_into = new.id
    if old.mail_stop and not new.mail_stop:
        new.mail_stop, new.mail_stopped_at = old.mail_stop, old.mail_stopped_at
    new.public_name = new.public_name or old.public_name
    record(session, "merged", "person", new.id, at=now, role="shop")


def forget(session: Session, person: Person, now: datetime) -> None:
    """Take away what ties a number to a person; the address's opt-out stays, so that it is still honoured."""
    person.key = person.address_hash = None
    person.public_name = ""
    record(session, "erased", "person", person.id, at=now, role="shop")


def rename(session: Session, person_id: int, public_name: str) -> None:
    """Set the name that stands beside everything this person has written; empty for none."""
    person = session.get_one(Person, person_id)
    if person.public_name != public_name:
        person.public_name = public_name
