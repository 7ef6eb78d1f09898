"""Writing people: enrolling, opting out, names, bounces, merged and erased accounts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..addresses import address_hashes
from ..db import find_or_insert, insert_once
from ..journal.actions import Role, record
from ..shop import Person as ShopPerson
from .models import OptOut, Person
from .queries import BOUNCED, OPTED_OUT, find_row, follow, merged_into

#: By whose wish somebody is erased: their own, or the shop's, which deleted the account.
Wish = Literal["person", "shop"]
ROLES: dict[Wish, Role] = {"person": "buyer", "shop": "shop"}


def new_number() -> int:
    """Return a random number for a person; it tells nothing, not even when they came."""
    return secrets.randbits(62) + 1


def enrol(session: Session, who: ShopPerson, now: datetime) -> Person:
    """Return the row of a person, made when they are new; keeps only the keyed hash of the address."""
    row = find_row(session, who)
    if row is not None and row.key != who.id:
        row.key = who.id  # a guest's id from an older secret key
    person = follow(session, row) or make(session, who.id, now)
    if who.email:
        _note_address(session, person, address_hashes(who.email), now)
    return person


def _note_address(session: Session, person: Person, hashes: Sequence[str], now: datetime) -> None:
    """Keep the hash of a person's address under the present secret key, and an opt-out of it as well."""
    newest, *older = hashes
    former, person.address_hash = person.address_hash, newest
    if former not in (None, *hashes) and person.mail_stop == BOUNCED:
        _allow(session, person, now, "shop")  # it was the former address that does not exist
    if older and delete_opt_outs(session, older):
        insert_once(session, OptOut, {"address_hash": newest, "at": now})
    session.flush()


def delete_opt_outs(session: Session, hashes: Sequence[str]) -> int:
    """Delete the opt-outs of an address; returns how many there were."""
    return session.query(OptOut).where(OptOut.address_hash.in_(hashes)).delete()


def _allow(session: Session, person: Person, now: datetime, role: Role) -> None:
    record(
        session,
        "mail_allowed",
        "person",
        person.id,
        at=now,
        role=role,
        actor_id=person.id if role == "buyer" else None,
        state=(person.mail_stop, None),
    )
    person.mail_stop = person.mail_stopped_at = None


def make(session: Session, key: str, now: datetime) -> Person:
    """Return the row of the person with this id of the shop, made when they are new."""
    row = find_or_insert(session, Person, {"key": key}, {"id": new_number(), "created_at": now})
    return follow(session, row) or row


def opt_out(session: Session, person_id: int, now: datetime, mailed: str = "", *, role: Role = "buyer") -> None:
    """Write no more mails to this person, nor to anyone who orders with the same address later.

    `mailed` is the hash of the address that the mail went to: the person may have another one by now, or none.
    """
    person = follow(session, session.get(Person, person_id))
    for address in {mailed, person.address_hash if person else ""} - {"", None}:
        insert_once(session, OptOut, {"address_hash": address, "at": now})
    if person is None:
        return
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


def opt_in(session: Session, person_id: int, now: datetime, mailed: str = "") -> None:
    """Take an opt-out back, on the person's own wish."""
    person = follow(session, session.get(Person, person_id))
    delete_opt_outs(session, [each for each in (mailed, person.address_hash if person else None) if each])
    if person is None or person.mail_stop != OPTED_OUT:
        return
    _allow(session, person, now, "buyer")


def merge(session: Session, old: Person, new: Person, now: datetime) -> None:
    """Let one account become another; an opt-out of either holds for both, a dead address only for its own."""
    old.merged_into = new.id
    if old.mail_stop == OPTED_OUT and new.mail_stop != OPTED_OUT:
        new.mail_stop, new.mail_stopped_at = old.mail_stop, old.mail_stopped_at
    new.public_name = new.public_name or old.public_name
    close_page(session, old, now, role="shop")
    record(session, "merged", "person", new.id, at=now, role="shop")


def forget(session: Session, person: Person, now: datetime, wish: Wish) -> None:
    """Take away what ties a number to a person; the address's opt-out stays, so that it is still honoured."""
    for row in [person, *merged_into(session, person.id)]:
        row.merged_into = row.mail_stop = row.mail_stopped_at = None
        row.erased_at, row.erased_for = now, wish
        _untie(row)
    record(session, "erased", "person", person.id, at=now, role=ROLES[wish])
    session.flush()


def _untie(row: Person) -> None:
    row.key = row.address_hash = row.page_id = row.page_since = None
    row.public_name = ""


def merged_account(session: Session, key: str) -> Person | None:
    """Return the row of an account that became part of another, None where it is none."""
    return session.scalar(select(Person).where(Person.key == key, Person.merged_into.is_not(None)))


def forget_merged(session: Session, row: Person) -> None:
    """Take away the traces of an account that became part of another; what it wrote belongs to the other now."""
    _untie(row)
    session.flush()


def rename(session: Session, person_id: int, public_name: str) -> bool:
    """Set the name that stands beside everything this person has written; empty for none. Say whether it is new."""
    # Compared here, because MariaDB takes "anna" and "Anna" for the same.
    if session.scalar(select(Person.public_name).where(Person.id == person_id)) == public_name:
        return False
    session.execute(update(Person).where(Person.id == person_id).values(public_name=public_name))
    return True


def open_page(session: Session, person: Person, now: datetime) -> None:
    """Give a person a public page at a random address, on their own wish; a page that is open stays as it is."""
    if person.page_id is None:
        person.page_id, person.page_since = secrets.token_hex(8), now
        record(session, "page_opened", "person", person.id, at=now, role="buyer", actor_id=person.id)
        session.flush()


def close_page(session: Session, person: Person, now: datetime, *, role: Role = "buyer") -> None:
    """Take a person's public page away; another one later has another address."""
    if person.page_id is not None:
        person.page_id = person.page_since = None
        actor = person.id if role == "buyer" else None
        record(session, "page_closed", "person", person.id, at=now, role=role, actor_id=actor)
        session.flush()
