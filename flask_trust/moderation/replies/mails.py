"""The statement of reasons for a reply that was taken away, or put back, to all who answer for the seller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from ... import lookup
from ...i18n import _
from ...mail.letter import Drop, Letter
from ...mail.models import Outgoing
from ...ratings.letters import Notice, draw, note_refusal
from ...ratings.seller_mails import person_keys, reader_of
from ...shop import Person as ShopPerson
from ...state import current_state
from ..contents import GONE
from ..mails import author_url, statement, ways_out
from ..models import Decision
from ..queries import File, file_of
from ..rules import BECOMES
from ..words import about


class ReplyReasonsMail:
    """Why others cannot read a reply, or that they can again (DSA Art. 17)."""

    def look_up(self, mails: Sequence[Outgoing]) -> dict[str, ShopPerson]:
        """Return the shop's view of those who answer for the sellers."""
        state = current_state()
        return lookup.people(state.shop, state.read(lambda session: person_keys(session, mails)))

    def compose(self, session: Session, mail: Outgoing, known: Mapping[str, ShopPerson] | None) -> Letter | Drop:
        """Return the mail, or why it must not leave: who wants no mails reads it on the page of the reply."""
        decision = session.get_one(Decision, mail.object_id)
        file = file_of(session, decision.case_id)
        if file is None or file.content.state == GONE:
            return Drop("withdrawn")
        who, reason = reader_of(session, mail, self.look_up([mail]) if known is None else known)
        if who is None:
            return Drop(reason)
        return draw("notice", mail.person_id, who, lambda: _words(file, decision))

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def _words(file: File, decision: Decision) -> Notice:
    paragraphs = [about(file.content)]
    because = _("You get this mail because you answer for a seller.")
    if BECOMES[decision.step] == "shown":
        return Notice(
            subject=_("Your reply can be read again"),
            heading=_("Your reply can be read again"),
            paragraphs=[*paragraphs, _("It stands where it stood.")],
            button=_("See what was decided"),
            url=author_url(file),
            because=because,
        )
    return Notice(
        subject=_("Why others cannot read your reply"),
        heading=_("Others cannot read your reply"),
        paragraphs=[*paragraphs, *statement(decision, reply=True), _("A person decided, not a program."), *ways_out()],
        button=_("See the reasons, change your words or object"),
        url=author_url(file),
        because=because,
    )
