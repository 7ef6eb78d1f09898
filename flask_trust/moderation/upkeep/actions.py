"""What becomes of cases by themselves: authors who leave or merge, words that are gone, contacts whose time is up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, and_, delete, false, or_, select, update
from sqlalchemy.orm import Session

from ...addresses import address_hashes
from ...db import transaction
from ...journal.actions import new_nonce, record
from ...limits.actions import forget_senders
from ...mail.actions import drop_unsent
from ...mail.models import Outgoing
from ...scores.actions import lock_total
from ...state import State
from ...verdicts.actions import forget_verdicts, merge_verdicts
from ...verdicts.models import Verdict
from ...verdicts.rules import WITHHELD, VoteKind
from ..contents import MODELS, REPLIES
from ..models import Case, CaseWord, Contact, Decision, Report
from ..notices import STRANGER, tell_reporters
from ..replies.queries import gone_cases
from ..rules import KEEP_CONTACTS

BATCH = 50
_PLAIN = {"synchronize_session": False}


def forget_author(session: Session, person_id: int) -> None:
    """Erase what cases say of an author who is erased: reasons, reports and answers; that something was done stays."""
    mine = select(Case.id).where(Case.author_id == person_id)
    # Words that waited for a second look were not taken down: what was decided about the former ones is no reason.
    undecided = update(Case).where(Case.author_id == person_id, Case.corrected_at.is_not(None))
    session.execute(undecided.values(outcome=None, ground=None), execution_options=_PLAIN)
    session.execute(delete(CaseWord).where(CaseWord.case_id.in_(mine)), execution_options=_PLAIN)
    # Where a colleague has replied anew the case is theirs; what was said of this author's words goes all the same.
    before = select(Case.id).join(Verdict, and_(Verdict.kind == Case.kind, Verdict.object_id == Case.object_id))
    before = before.where(Verdict.person_id == person_id)
    about_me = {*session.scalars(mine), *session.scalars(before)}
    empty = {"explanation": "", "decision_facts": "", "illegal_content_legal_ground": ""}
    session.execute(update(Decision).where(Decision.case_id.in_(about_me)).values(empty), execution_options=_PLAIN)
    session.execute(update(Report).where(Report.case_id.in_(about_me)).values(explanation=""), execution_options=_PLAIN)
    forget_verdicts(session, person_id)


def forget_reporter(session: Session, addresses: Collection[str]) -> list[str]:
    """Erase what somebody with one of these (hashed) addresses has reported, with contact, words and mails to come.

    Returns the marks that these reports had.
    """
    contacts = session.execute(select(Contact.report_id, Contact.email)).all()
    mine = [row.report_id for row in contacts if set(address_hashes(row.email)) & set(addresses)] if addresses else []
    return forget_reports(session, mine)


def forget_reports(session: Session, mine: Collection[int]) -> list[str]:
    """Erase these reports, with contact, words and mails to come; returns the marks that they had."""
    if not mine:
        return []
    session.execute(delete(Contact).where(Contact.report_id.in_(mine)), execution_options=_PLAIN)
    session.execute(delete(CaseWord).where(CaseWord.report_id.in_(mine)), execution_options=_PLAIN)
    marks = []
    for report in session.scalars(select(Report).where(Report.id.in_(mine)).order_by(Report.id)):
        marks.append(report.mark)
        # The mark is made from words and address too: another one, that means nothing, takes its place.
        report.explanation, report.mark = "", new_nonce()
    to_them = and_(Outgoing.person_id == STRANGER, Outgoing.object_id.in_(mine))
    drop_unsent(session, to_them, "erased")
    session.flush()
    return marks


def reports_from_somebody(session: Session) -> Sequence[Row[int, str, str]]:
    """Return number and mark of every report, with the address that it came from."""
    query = select(Report.id, Report.mark, Contact.email).join(Contact, Contact.report_id == Report.id)
    return session.execute(query.order_by(Report.id)).all()


def merge_author(session: Session, old: int, new: int) -> None:
    """Let the cases of one account be those of the one it has become."""
    session.execute(update(Case).where(Case.author_id == old).values(author_id=new), execution_options=_PLAIN)
    merge_verdicts(session, old, new)


def show_what_nobody_hid(session: Session, kind: VoteKind) -> None:
    """Show again what was hidden in the tables and by no decision; the totals have to be counted anew afterwards."""
    model = MODELS[kind]
    lock_total(session, model)
    decided = select(Case.object_id).where(Case.kind == kind, Case.outcome.in_(WITHHELD))
    by_hand = or_(model.state == "shown", and_(model.state.in_(WITHHELD), model.id.not_in(decided)))
    values = {"live": True, "state": "shown"}
    session.execute(update(model).where(model.live == false(), by_hand).values(values), execution_options=_PLAIN)


def tend(state: State) -> Counter[str]:
    """Close cases whose words are gone, delete contacts and counts whose time is up; returns what was done, by name."""
    now = state.clock()

    def work(session: Session) -> Counter[str]:
        done = Counter(closed=_close_what_is_gone(session, now), contacts=_delete_contacts(session, now))
        forget_senders(session, now)
        return +done

    return transaction(state, work)


def _close_what_is_gone(session: Session, now: datetime) -> int:
    """Close the waiting cases about what its author took back or erased."""
    gone: list[int] = []
    for kind, model in MODELS.items():
        query = select(Case.id).join(model, model.id == Case.object_id).where(Case.kind == kind)
        gone += session.scalars(
            query.where(Case.phase != "closed", model.state.in_(("withdrawn", "erased"))).limit(BATCH)
        )
    for reply in REPLIES:
        gone += gone_cases(session, reply, BATCH)
    cases = session.scalars(select(Case).where(Case.id.in_(gone)).order_by(Case.id).with_for_update()).all()
    for case in cases:
        case.phase, case.closed_at, case.waits_since, case.corrected_at = "closed", now, now, None
        case.version += 1
        mine = Contact.report_id.in_(select(Report.id).where(Report.case_id == case.id))
        session.execute(update(Contact).where(mine).values(until=now + KEEP_CONTACTS), execution_options=_PLAIN)
        record(session, "closed", "case", case.id, at=now, role="job", state=("open", "closed"))
        tell_reporters(session, case.id, f"gone-{case.version}", now)
    session.flush()
    return len(cases)


def _delete_contacts(session: Session, now: datetime) -> int:
    due = session.scalars(select(Contact.id).where(Contact.until <= now).order_by(Contact.until).limit(BATCH)).all()
    session.execute(delete(Contact).where(Contact.id.in_(due)), execution_options=_PLAIN)
    return len(due)
