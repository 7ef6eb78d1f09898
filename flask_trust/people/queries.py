"""Reading people and their opt-outs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ..addresses import GUEST, address_hashes, guest_ids
from ..shop import Person as ShopPerson
from .models import OptOut, Person

ERASED_STOP = "erased"
OPTED_OUT = "opted_out"
BOUNCED = "bounced"


def known_keys(who: ShopPerson) -> list[str]:
    """Return the ids under which a person may be known: a guest's id changes with the secret key."""
    if who.email is None:
        return [who.id]
    guest = guest_ids(who.email)
    return guest if who.id in guest else [who.id]


def find(session: Session, key: str) -> Person | None:
    """Return the person the shop knows by this id, following merged accounts."""
    return follow(session, session.scalar(select(Person).where(Person.key == key)))


def find_all(session: Session, keys: Sequence[str]) -> Sequence[Person]:
    """Return the people the shop knows by these ids, each once, following merged accounts; in one statement."""
    rows = session.scalars(select(Person).where(Person.key.in_(keys))).all()
    return list({person.id: person for row in rows if (person := follow(session, row)) is not None}.values())


def is_guest(person: Person) -> bool:
    """Say whether somebody is known by their address alone."""
    return person.key is not None and person.key.startswith(GUEST)


def guest_beside(session: Session, person: Person, email: str | None) -> Person | None:
    """Return who has ordered as a guest with the address of this account; they have a row and a page of their own."""
    if email is None or is_guest(person):
        return None
    return next((row for row in find_all(session, guest_ids(email)) if row.id != person.id and is_guest(row)), None)


def find_row(session: Session, who: ShopPerson) -> Person | None:
    """Return the row of a person as the shop describes them, not following merged accounts."""
    keys = known_keys(who)
    rows = session.scalars(select(Person).where(Person.key.in_(keys))).all()
    return min(rows, key=lambda row: keys.index(row.key or ""), default=None)


def guests(session: Session) -> Sequence[int]:
    """Return our numbers of all guests."""
    return session.scalars(select(Person.id).where(Person.key.startswith(GUEST, autoescape=True))).all()


def follow(session: Session, person: Person | None) -> Person | None:
    """Return the person that a merged account has become."""
    while person is not None and person.merged_into is not None:
        person = session.get(Person, person.merged_into)
    return person


def merged_into(session: Session, person_id: int) -> list[Person]:
    """Return all accounts that have become part of this one, those that came along with them included."""
    found: list[Person] = []
    level: Sequence[int] = [person_id]
    while level:
        rows = session.scalars(select(Person).where(Person.merged_into.in_(level))).all()
        found += rows
        level = [row.id for row in rows]
    return found


def numbers_of(session: Session, person: Person) -> list[int]:
    """Return our number of a person and of every account that has become part of theirs."""
    return [person.id, *(row.id for row in merged_into(session, person.id))]


def address_hashes_of(session: Session, person: Person) -> set[str]:
    """Return the hashes of all addresses we know of a person, those of merged accounts too."""
    return {row.address_hash for row in (person, *merged_into(session, person.id)) if row.address_hash is not None}


def same_address(session: Session, person: Person) -> Sequence[Person]:
    """Return everybody with the address of this person, themselves included: a guest may have an account as well."""
    if person.address_hash is None:
        return [person]
    return session.scalars(select(Person).where(Person.address_hash == person.address_hash)).all()


def keys_of_person(session: Session, person: Person) -> list[str]:
    """Return all ids of the shop behind which this human being may stand: merged accounts and the same address too."""
    alike = {each.id: each for each in (person, *same_address(session, person))}
    merged = [row for each in alike.values() for row in merged_into(session, each.id)]
    return sorted({row.key for row in (*alike.values(), *merged) if row.key is not None})


def are_one(one: Person, other: Person) -> bool:
    """Say whether two rows belong to one human being, as far as we know."""
    return one.id == other.id or (one.address_hash is not None and one.address_hash == other.address_hash)


def mail_stop(session: Session, person: Person, email: str | None) -> str | None:
    """Return why this person must not be written to, or None.

    Opt-outs are looked up under every secret key, and under the stored hash of the address too.
    """
    if person.key is None:
        return ERASED_STOP
    if person.mail_stop is not None:
        return person.mail_stop
    hashes = [*(address_hashes(email) if email else ()), *filter(None, [person.address_hash])]
    return OPTED_OUT if hashes and _is_opted_out(session, hashes) else None


def _is_opted_out(session: Session, hashes: list[str]) -> bool:
    wanted = or_(*(OptOut.address_hash == each for each in hashes))
    return session.scalar(select(OptOut.id).where(wanted).limit(1)) is not None


def same_person(session: Session, number: int, other: Person | None) -> bool:
    """Say whether our number of a person and a row belong to one human being, as far as we know."""
    one = follow(session, session.get(Person, number))
    return one is not None and other is not None and are_one(one, other)


def follow_number(session: Session, number: int) -> int:
    """Return our number of the person that a merged account has become."""
    person = follow(session, session.get(Person, number))
    return person.id if person else number
