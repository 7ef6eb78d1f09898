"""Drawing the mails about rating each other, and the way out of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from .. import i18n
from ..errors import MailError
from ..invitations.mails import airy, greeting_name, unsubscribe_headers, unsubscribe_url
from ..mail.letter import Letter, check_address
from ..mail.models import Outgoing
from ..people.actions import note_bounce
from ..people.models import Person
from ..people.queries import follow
from ..shop import Person as ShopPerson
from ..state import current_state
from ..web.frame import fragment


class Words(Protocol):
    """What stands in a mail; each kind of mail has fields of its own beside the subject."""

    @property
    def subject(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A short mail: a heading, a few sentences, and one button."""

    subject: str
    heading: str
    paragraphs: Sequence[str]
    button: str
    url: str
    #: Why its reader gets it; None for buyers.
    because: str | None = None
    #: Further links, each with its words.
    links: Sequence[tuple[str, str]] = ()


def draw(
    template: Literal["notice", "receipt"], person_id: int, reader: ShopPerson, words: Callable[[], Words]
) -> Letter:
    """Return a mail in its reader's language, with the way out of all such mails."""
    if reader.email is None:
        raise MailError("broken_address", final=True)
    with i18n.speaking(reader.locale):
        said = words()
        out = unsubscribe_url(person_id, reader.email)
        context = {"said": said, "greeting_name": greeting_name(reader.name), "unsubscribe_url": out}
        return Letter(
            to=check_address(reader.email),
            subject=said.subject,
            text=airy(fragment(f"trust/mail/{template}.txt", **context)),
            html=fragment(f"trust/mail/{template}.html", **context),
            language=i18n.language_tag(),
            timezone=reader.timezone,
            headers=unsubscribe_headers(out),
        )


def note_refusal(session: Session, mail: Outgoing, code: str) -> None:
    """Write no more mails to a person whose address does not exist."""
    person = follow(session, session.get(Person, mail.person_id))
    if code == "recipient_refused" and person is not None and person.mail_stop is None:
        note_bounce(session, person, current_state().clock())
