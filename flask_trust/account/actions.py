"""What people do about their data by themselves: each in one transaction, noted as a request answered at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy.orm import Session

from ..db import lock_rows, transaction
from ..limits.actions import first_for_mailbox
from ..mail.actions import enqueue
from ..orders.actions import lock_deals_of
from ..people import actions as people
from ..people.models import Person
from ..people.queries import find_all, is_guest
from ..privacy.rights.actions import erase, erase_reports, note_request
from ..privacy.rights.rules import What
from ..scores.actions import touch_pages_of
from ..state import State

#: The kind of the mail with the link to one's own page.
LINK_MAIL = "own_link"
#: Stands in its row where nobody has the address that was given; no person has this number.
NOBODY = 0


def _for(state: State, person_id: int, what: What, change: Callable[[Session, Person], None]) -> None:
    """Change something of a person who is still there, and note that they asked for it."""

    def work(session: Session) -> None:
        person = session.get(Person, person_id, with_for_update={"key_share": True})
        if person is not None and person.key is not None:
            change(session, person)
            note_request(session, person_id, what, state.clock())

    transaction(state, work)


def hide_name(state: State, person_id: int) -> None:
    """Take the public name away, everywhere at once, and with it the person's public page."""

    def change(session: Session, person: Person) -> None:
        people.close_page(session, person, state.clock())
        if people.rename(session, person.id, ""):
            touch_pages_of(session, person.id)

    _for(state, person_id, "correct", change)


def choose_mails(state: State, person_id: int, *, wanted: bool) -> None:
    """Write no more mails to a person, or write to them again."""
    choose = people.opt_in if wanted else people.opt_out
    _for(state, person_id, "object", lambda session, person: choose(session, person.id, state.clock()))


def erase_me(state: State, person_id: int, email: str | None, *, guest: int | None = None) -> None:
    """Erase a person by their own wish, and with them what they wrote as a `guest`; once more changes nothing.

    Raises `CannotList`.
    """
    numbers = sorted({person_id, guest or person_id})

    def work(session: Session) -> None:
        # All locks in one order, whatever is erased first.
        lock_rows(session, Person, numbers)
        for number in numbers:
            lock_deals_of(session, number)
        for number in numbers:
            person = session.get(Person, number)
            if person is not None and person.key is not None:
                erase(session, state, person, "person", email=email)
                note_request(session, number, "erase", state.clock())

    transaction(state, work)


def erase_my_reports(state: State, email: str) -> None:
    """Erase what somebody has reported who has no row here, by their own wish; doing it again changes nothing."""

    def work(session: Session) -> None:
        if erase_reports(session, state, email, "person"):
            note_request(session, None, "erase", state.clock())

    transaction(state, work)


def send_links(state: State, keys: list[str], email: str) -> None:
    """Queue a mail with the link to their own page for those of these people whom we know; one an hour to a mailbox.

    Who has an account gets the link to their guest's page with it, see `mails`. For an address that nobody knows the
    same is done, and the job finds that there is nobody: how long the answer takes must not tell.
    """
    now = state.clock()

    def work(session: Session) -> None:
        if not first_for_mailbox(session, LINK_MAIL, email, now):
            return
        known = find_all(session, keys)
        accounts = {person.id for person in known if not is_guest(person)}
        for number in sorted(accounts or {person.id for person in known} or {NOBODY}):
            dedupe = f"{LINK_MAIL}-{secrets.token_hex(16)}"
            enqueue(session, dedupe, LINK_MAIL, person_id=number, object_id=number, now=now)

    transaction(state, work)
