"""The mail with the link to one's own page: asked for by its reader, so an opt-out does not hold it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from .. import i18n, links, lookup
from ..addresses import address_hashes
from ..i18n import _
from ..invitations.mails import airy, greeting_name
from ..mail.letter import Drop, Letter, check_address
from ..mail.models import Outgoing
from ..orders.queries import newest_orders_of
from ..people.models import Person
from ..people.queries import guest_beside, known_keys
from ..ratings.letters import Notice
from ..shop import Person as ShopPerson
from ..state import State, current_state
from ..web.frame import fragment
from ..web.urls import public_url


def reader_of(session: Session, state: State, person: Person) -> ShopPerson | None:
    """Return the shop's view of a person, of a guest by their newest order; raises `AdapterError`."""
    if person.key is None:
        return None
    found = lookup.people(state.shop, [person.key]).get(person.key)
    if found is not None and found.email is not None:
        return found
    orders = lookup.orders(state.shop, newest_orders_of(session, [person.id]))
    return next((order.buyer for order in orders.values() if _is(person, order.buyer)), found)


def _is(person: Person, buyer: ShopPerson) -> bool:
    """Say whether the buyer of an order is this person still: a shop can give an order to somebody else."""
    by_address = buyer.email is not None and person.address_hash in address_hashes(buyer.email)
    return by_address or person.key in known_keys(buyer)


@dataclass(frozen=True, slots=True)
class Known:
    """What the shop says of somebody, and our number of the guest who has the same address."""

    reader: ShopPerson | None
    guest: int | None = None


def _known(session: Session, state: State, person: Person) -> Known:
    reader = reader_of(session, state, person)
    guest = guest_beside(session, person, reader.email) if reader else None
    # A guest's address is their id: who reads this mail can read theirs, unless the shop gave the order to another.
    of_guest = reader_of(session, state, guest) if guest else None
    return Known(reader, guest.id if guest and of_guest and of_guest.email else None)


class OwnLinkMail:
    """The link to everything we hold about somebody, to the address that the shop has of them."""

    def look_up(self, mails: Sequence[Outgoing]) -> Mapping[int, Known]:
        """Return what is known of these people; there are never many."""
        state = current_state()

        def look(session: Session) -> dict[int, Known]:
            people = (session.get(Person, mail.person_id) for mail in mails)
            return {person.id: _known(session, state, person) for person in people if person is not None}

        return state.read(look)

    def compose(self, session: Session, mail: Outgoing, known: Mapping[int, Known] | None) -> Letter | Drop:
        """Return the mail, or why it must not leave (any more)."""
        known = self.look_up([mail]) if known is None else known
        person = session.get(Person, mail.person_id)
        if person is None:
            return Drop("nobody")
        if person.key is None:
            return Drop("erased")
        found = known.get(person.id, Known(None))
        reader = found.reader
        if reader is None or reader.email is None:
            return Drop("no_address")
        with i18n.speaking(reader.locale):
            said = _words(person.id, found.guest)
            context = {"said": said, "greeting_name": greeting_name(reader.name), "unsubscribe_url": ""}
            return Letter(
                to=check_address(reader.email),
                subject=said.subject,
                text=airy(fragment("trust/mail/notice.txt", **context)),
                html=fragment("trust/mail/notice.html", **context),
                language=i18n.language_tag(),
            )

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Nothing follows from it: whoever gets none asks again."""


def _words(number: int, guest: int | None) -> Notice:
    beside = _("You have also ordered without signing in. The page about those orders: %(url)s", url=_url(guest or 0))
    return Notice(
        subject=_("Your reviews and your data"),
        heading=_("Your reviews and your data"),
        paragraphs=[
            _("Behind the button is everything we hold about you: read it, take it along, change or erase it."),
            _("The link works for one day. Whoever has it can do the same, so do not pass it on."),
            *([beside] if guest else ()),
        ],
        button=_("Open my page"),
        url=_url(number),
        because=_("You get this mail because somebody asked for it with your address. If it was not you, do nothing."),
    )


def _url(number: int) -> str:
    return public_url("me_by_link", token=links.sign("me", number))
