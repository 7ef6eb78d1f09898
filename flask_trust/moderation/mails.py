"""Mails of a case: to whoever reported, and to the author. The same words whatever the stars; none of them are known.

What strangers typed stands in no mail, so that nobody can send words of their own to others through a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from .. import i18n, links, lookup
from ..i18n import _
from ..invitations.mails import airy
from ..mail.letter import Drop, Letter, check_address
from ..mail.models import Outgoing
from ..orders.models import Order
from ..orders.queries import keys_of
from ..people.queries import follow_number
from ..ratings.letters import Notice, draw, note_refusal
from ..ratings.mails import why_not
from ..shop import Order as ShopOrder
from ..state import current_state
from ..text import plain
from ..verdicts.rules import WITHHELD
from ..web.frame import fragment
from ..web.urls import public_url
from .models import Decision
from .places import author_token
from .queries import File, contact_of, decided_orders, file_of, file_of_report
from .rules import APPEAL_WITHIN, BECOMES, DECIDE_WITHIN, ILLEGAL
from .words import about, decided_alone, ground_explanation, ground_name


class StrangerMail:
    """A mail to somebody who reported: the address is read from the report as it leaves."""

    def look_up(self, mails: Sequence[Outgoing]) -> None:
        """Return nothing: the shop does not know these people."""

    def compose(self, session: Session, mail: Outgoing, known: None) -> Letter | Drop:
        """Return the mail, or why it must not leave (any more)."""
        contact, file = contact_of(session, mail.object_id), file_of_report(session, mail.object_id)
        if contact is None or file is None:
            return Drop("no_address")
        with i18n.speaking(contact.lang or None):
            said = self.words(file, mail.object_id)
            context = {"said": said, "greeting_name": "", "unsubscribe_url": ""}
            return Letter(
                to=check_address(contact.email),
                subject=said.subject,
                text=airy(fragment("trust/mail/notice.txt", **context)),
                html=fragment("trust/mail/notice.html", **context),
                language=i18n.language_tag(),
            )

    def words(self, file: File, report_id: int) -> Notice:
        """Return the words, in the language of the moment."""
        raise NotImplementedError

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Nothing follows from it: the case shows the same behind its link."""


def _reporter_url(file: File, report_id: int) -> str:
    return public_url("case", token=links.sign("case", file.case.id, extra=f"reporter-{report_id}"))


def _because_reported() -> str:
    return _("You get this mail because somebody gave this address when reporting something. Nothing else comes of it.")


class ReportReceiptMail(StrangerMail):
    """Thanks for a report, with the link to follow it."""

    def words(self, file: File, report_id: int) -> Notice:
        """Return the receipt."""
        return Notice(
            subject=_("We have your report"),
            heading=_("Thank you for your report"),
            paragraphs=[
                about(file.content),
                _(
                    "A person will look at it, within %(days)s days as a rule, and write to you.",
                    days=DECIDE_WITHIN.days,
                ),
            ],
            button=_("See how it stands"),
            url=_reporter_url(file, report_id),
            because=_because_reported(),
        )


class ReportOutcomeMail(StrangerMail):
    """What became of a report."""

    def words(self, file: File, report_id: int) -> Notice:
        """Return what was decided, and what can be done about it."""
        return Notice(
            subject=_("What became of your report"),
            heading=_("What became of your report"),
            paragraphs=[
                about(file.content),
                _outcome(file),
                _("A person decided, not a program. You can ask for another look, free of charge, within six months."),
            ],
            button=_("See what was decided"),
            url=_reporter_url(file, report_id),
            because=_because_reported(),
        )


def _outcome(file: File) -> str:
    if file.content.state not in ("shown", *WITHHELD):
        if file.content.reply:
            return _("It is not there any more.")
        return _("It is not there any more: its author took it back.")
    if file.content.state in WITHHELD:
        reason = ground_name(file.case.ground, reply=file.content.reply is not None)
        return _("It was taken down: %(reason)s.", reason=reason)
    stays = _("It stays as it is: we found none of the reasons for which something is taken down.")
    return f"{stays} {decided_alone()}" if file.decided_by_author else stays


class ReasonsMail:
    """The statement of reasons for an author whose words were taken away, or put back (DSA Art. 17)."""

    def look_up(self, mails: Sequence[Outgoing]) -> dict[str, ShopOrder]:
        """Return the shop's view of the orders that all of these are about."""
        state, ids = current_state(), [mail.object_id for mail in mails]
        keys = state.read(lambda session: keys_of(session, decided_orders(session, ids)))
        return lookup.orders(state.shop, keys)

    def compose(self, session: Session, mail: Outgoing, known: Mapping[str, ShopOrder] | None) -> Letter | Drop:
        """Return the mail, or why it must not leave: somebody who wants no mails reads it on the order's page."""
        state, decision = current_state(), session.get_one(Decision, mail.object_id)
        file = file_of(session, decision.case_id)
        if file is None or file.content.state in ("withdrawn", "erased"):
            return Drop("withdrawn")
        order = session.get_one(Order, file.content.order_id)
        told = (self.look_up([mail]) if known is None else known).get(order.key)
        reason = why_not(session, state, order, told)
        # Consent was about mails that ask; that something was taken down has to be told all the same.
        if told is None or reason not in (None, "no_consent"):
            return Drop(reason or "unknown_order")
        person = follow_number(session, order.buyer_id)
        return draw("notice", person, told.buyer, lambda: _reasons(file, decision))

    def left(self, session: Session, mail: Outgoing, letter: Letter) -> None:
        """Nothing follows from it."""

    def failed(self, session: Session, mail: Outgoing, code: str) -> None:
        """Remember an address that does not exist."""
        note_refusal(session, mail, code)


def author_url(file: File) -> str:
    """Return the address of a case for the author's side."""
    return public_url("case", token=author_token(file.case))


def _reasons(file: File, decision: Decision) -> Notice:
    url = author_url(file)
    if BECOMES[decision.step] == "shown":
        return Notice(
            subject=_("What you wrote can be read again"),
            heading=_("What you wrote can be read again"),
            paragraphs=[
                about(file.content),
                _("It stands where it stood, and counts as before."),
            ],
            button=_("See what was decided"),
            url=url,
        )
    return Notice(
        subject=_("Why others cannot read what you wrote"),
        heading=_("Others cannot read what you wrote"),
        paragraphs=[
            about(file.content),
            *statement(decision),
            _("A person decided, not a program. Its stars played no part."),
            *ways_out(),
        ],
        button=_("See the reasons, change your words or object"),
        url=url,
    )


def statement(decision: Decision, *, reply: bool = False) -> list[str]:
    """Return the statement of reasons: what was done, on which facts, whether after a report, and why."""
    hidden = decision.step == "hide"
    law = _("The law: %(law)s.", law=plain(decision.illegal_content_legal_ground))
    reported = decision.source_type == "SOURCE_ARTICLE_16"
    found = _("What we found: %(facts)s", facts=plain(decision.decision_facts)) if decision.decision_facts else ""
    ground = decision.decision_ground
    told = [
        _("It is hidden everywhere while we check.") if hidden else _("It was taken down everywhere."),
        _("The reason: %(reason)s.", reason=ground_name(ground, reply=reply)),
        ground_explanation(ground, reply=reply),
        law if ground == ILLEGAL else "",
        plain(decision.explanation),
        found,
        _("Somebody had reported it.") if reported else _("Nobody had reported it: we looked by ourselves."),
    ]
    return [each for each in told if each]


def ways_out() -> list[str]:
    """Return what an author can do about it."""
    months = round(APPEAL_WITHIN.days / 30.5)
    return [
        _("You can change your words: they are looked at again, and can be read if the reason is gone."),
        _("Or object, free of charge, within %(months)s months: a person decides once more.", months=months),
        _("You can also turn to a court, or to a body for settling disputes out of court."),
    ]
