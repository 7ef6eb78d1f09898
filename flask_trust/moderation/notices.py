"""Queueing the mails of a case: the outbox holds numbers only, words and addresses come when a mail leaves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from ..mail.actions import enqueue
from ..state import current_state
from .contents import MODELS
from .models import Case, Decision
from .queries import contacts_in

#: Who reported is no person of ours: the address lies with the report.
STRANGER = 0


def thank(session: Session, report_id: int, now: datetime) -> None:
    """Queue the receipt of a report."""
    _queue(session, f"case_receipt-{report_id}", "case_receipt", STRANGER, report_id, now)


def tell(session: Session, case: Case, decision: Decision, now: datetime, *, readers: Iterable[int]) -> None:
    """Queue what was decided: for the author (of a reply, all who answer for the seller), for reporters in the end.

    The author's side is told where words are taken away or put back.
    """
    if decision.public and case.kind in MODELS:
        _queue(session, f"case_reasons-{decision.id}", "case_reasons", case.author_id, decision.id, now)
    elif decision.public:
        for number in sorted(set(readers)):
            _queue(session, f"reply_reasons-{decision.id}-{number}", "reply_reasons", number, decision.id, now)
    if case.phase == "closed":
        tell_reporters(session, case.id, str(decision.id), now)


def tell_reporters(session: Session, case_id: int, occasion: str, now: datetime) -> None:
    """Queue a mail about the end of a case to everybody who reported and left an address."""
    for report_id in contacts_in(session, case_id):
        _queue(session, f"case_outcome-{report_id}-{occasion}", "case_outcome", STRANGER, report_id, now)


def _queue(session: Session, dedupe: str, kind: str, person_id: int, object_id: int, now: datetime) -> None:
    if current_state().settings.mail_is_on:
        enqueue(session, dedupe, kind, person_id=person_id, object_id=object_id, now=now)
