"""The mail about a new version, to people whose words are kept here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from ... import i18n, lookup
from ...i18n import _
from ...mail.letter import Drop, Letter
from ...mail.models import Outgoing
from ...people.models import Person
from ...people.queries import follow, mail_stop
from ...ratings.letters import Notice, draw, note_refusal
from ...shop import Person as ShopPerson
from ...state import current_state
from ...web.urls import public_url
from ..versions.models import PolicyVersion
from .changes import sentences
from .editions import changes_of
from .words import Words


class PolicyMail:
    """What has changed on the page about privacy; whoever wants no mails gets none of these either."""

    def look_up(self, mails: Sequence[Outgoing]) -> Mapping[str, ShopPerson]:
        """Return the shop's view of all these people in one look-up."""
        state = current_state()
        numbers = [mail.person_id for mail in mails]
        return state.read(lambda session: lookup.people(state.shop, _keys(session, numbers)))

    def compose(self, session: Session, mail: Outgoing, known: Mapping[str, ShopPerson] | None) -> Letter | Drop:
        """Return the mail, or why it must not leave (any more)."""
        known = self.look_up([mail]) if known is None else known
        person = follow(session, session.get(Person, mail.person_id))
        if person is None or person.key is None:
            return Drop("erased")
        reader = known.get(person.key)
        if reader is None or reader.email is None:
            return Drop("no_address")
        stop = mail_stop(session, person, reader.email)
        if stop is not None:
            return Drop(stop)
        version = session.get_one(PolicyVersion, mail.object_id)
        return draw("notice", person.id, reader, lambda: _words(session, version))

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def _keys(session: Session, numbers: Sequence[int]) -> list[str]:
    people = (follow(session, session.get(Person, number)) for number in numbers)
    return [person.key for person in people if person is not None and person.key is not None]


def _words(session: Session, version: PolicyVersion) -> Notice:
    return Notice(
        subject=_("What we do with your data has changed"),
        heading=_("What we do with your data has changed"),
        paragraphs=[
            _("From %(day)s on:", day=i18n.format_day(version.effective_at)),
            *sentences(changes_of(session, version), Words(i18n.speech())),
            *([version.note] if version.note else []),
        ],
        button=_("Read the whole page"),
        url=public_url("privacy_version", number=version.number),
    )
