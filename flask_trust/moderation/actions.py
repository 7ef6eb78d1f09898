"""Reporting, deciding, appealing: each in one transaction of our own; totals move through the one function."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..db import announce, find_or_insert, insert_once, transaction
from ..journal.actions import Role, record
from ..links import secret_keys
from ..people.actions import make
from ..people.models import Person
from ..people.queries import are_one, follow
from ..signals import content_reported, decision_made
from ..state import State
from ..verdicts.actions import forbid, lift
from ..verdicts.rules import WITHHELD, Kind
from . import notices
from .contents import MODELS, Content, author_of, is_deleted, public_since, words_of
from .models import Case, CaseWord, Contact, Decision, Report
from .queries import decisions_in, file_of, find_public, phase_of, words_in
from .replies.actions import holding, readers_of
from .replies.queries import find_reply
from .rules import BECOMES, KEEP_CONTACTS, MOST_WORDS, Side, Step, may_appeal, may_decide_own, may_follow, phase_after


class Gone(Exception):
    """There is nothing (any more) that could be reported or decided about."""


class Overtaken(Exception):
    """Something was changed since the page was drawn, or the step is not possible."""


class TooMuch(Exception):
    """This side has said as much as it may in this case."""


_DONE = {"keep": "kept", "hide": "hidden", "remove": "removed", "restore": "restored"}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody reports, cleaned; name and address may be empty for abuse of children alone."""

    reason: str
    explanation: str
    name: str = ""
    email: str = ""
    lang: str = ""


def report(state: State, kind: Kind, public_id: str, said: Said) -> tuple[int, int]:
    """Note a report of something everybody can read, once however often it is sent; raises `Gone`.

    Returns our numbers of the case and of the report.
    """

    def work(session: Session) -> tuple[int, int]:
        now = state.clock()
        case = _open_case(session, kind, public_id, now)
        row = {"case_id": case.id, "reason": said.reason, "explanation": said.explanation, "at": now}
        mark = _mark(case, said)
        is_new = insert_once(session, Report, {**row, "mark": mark})
        number = session.scalars(select(Report.id).where(Report.mark == mark).with_for_update(read=True)).one()
        if not is_new:
            return case.id, number
        if said.email:
            session.add(Contact(report_id=number, name=said.name, email=said.email, lang=said.lang))
            session.flush()
            notices.thank(session, number, now)
        wait(session, case, "open", now)
        record(session, "reported", "case", case.id, at=now, role="reader", state=(None, case.phase))
        announce(session, content_reported, kind=kind, public_id=public_id)
        return case.id, number

    return transaction(state, work)


def _mark(case: Case, said: Said) -> str:
    told = [case.id, said.reason, said.explanation, said.name, said.email.casefold()]
    # Keyed, so that nobody finds out who it was by trying once the address is deleted.
    return hmac.new(secret_keys(current_app)[-1], json.dumps(told).encode(), hashlib.sha256).hexdigest()


def _open_case(session: Session, kind: Kind, public_id: str, now: datetime) -> Case:
    """Return the locked case about something that everybody can read, made when it is new."""
    content = find_public(session, kind, public_id, now)
    if content is None:
        raise Gone
    fresh = {"author_id": content.person_id, "phase": "closed", "opened_at": now, "waits_since": now, "version": 1}
    found = find_or_insert(session, Case, {"kind": kind, "object_id": content.id}, fresh)
    return lock_case(session, found.id)


def lock_case(session: Session, case_id: int) -> Case:
    """Return a case as it is now, locked."""
    query = select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


def wait(session: Session, case: Case, phase: str, now: datetime) -> None:
    """Let a case wait for staff (once more); one that waits already keeps its place, and an appeal stays one."""
    if case.phase == "closed" or (case.phase == "open" and phase == "appealed"):
        case.phase, case.waits_since, case.closed_at = phase, now, None
        _keep_contacts(session, case.id, until=None)
    case.version += 1
    session.flush()


def _keep_contacts(session: Session, case_id: int, *, until: datetime | None) -> None:
    mine = Contact.report_id.in_(select(Report.id).where(Report.case_id == case_id))
    session.execute(update(Contact).where(mine).values(until=until), execution_options={"synchronize_session": False})


def open_case(state: State, staff_key: str, kind: Kind, public_id: str) -> int:
    """Open a case on the staff's own initiative, about something everybody can read; raises `Gone`."""
    actor = _enrol(state, staff_key)

    def work(session: Session) -> int:
        now = state.clock()
        case = _open_case(session, kind, public_id, now)
        if case.phase == "closed":
            wait(session, case, "open", now)
            record(session, "opened", "case", case.id, at=now, role="staff", actor_id=actor, state=(None, "open"))
        return case.id

    return transaction(state, work)


def _enrol(state: State, key: str) -> int:
    """Return our number of a person, made when they are new, before anything is locked."""
    return transaction(state, lambda session: make(session, key, state.clock()).id)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What staff decides and why; `seen` is the version of the case that the page showed."""

    step: Step
    seen: int
    ground: str | None = None
    law: str = ""
    explanation: str = ""
    facts: str = ""


def decide(state: State, staff_key: str, case_id: int, ruling: Ruling) -> None:
    """Take one step about words, with its reasons; the same step sent twice is taken once.

    Raises `Overtaken` where the page was older than the case, the step is not possible, or the words are the staff's
    own.
    """
    actor = _enrol(state, staff_key)
    found = state.read(lambda session: file_of(session, case_id))
    if found is None:
        raise Gone
    content = found.content
    readers = readers_of(state, content) if content.reply else []

    def work(session: Session) -> None:
        now = state.clock()
        with holding(session, content, now):
            # Totals first, then the case, on every path: an author's correction comes with the totals locked.
            case, row = lock_case(session, case_id), _content_now(session, content)
            if not _is_done(session, case, ruling, actor):
                _refuse(session, case, row, ruling, actor, now)
                decision = _apply(session, case, content, row, ruling, actor, now)
                notices.tell(session, case, decision, now, readers=[author_of(row), *readers])

    transaction(state, work)


def _content_now(session: Session, content: Content) -> Any:
    if content.reply is not None:
        row = find_reply(session, content.reply, content.id, locked=True)
    else:
        row = session.get_one(MODELS[content.of], content.id, populate_existing=True, with_for_update=True)
    # Deleted just now, or merged: the totals that are locked are those of another person.
    if row is None or author_of(row) != content.person_id:
        raise Overtaken
    return row


def _is_done(session: Session, case: Case, ruling: Ruling, actor: int) -> bool:
    """Say whether this very decision was made from the same page already, as after a second click."""
    last = next(reversed(decisions_in(session, case.id, locked=True)), None)
    if last is None or ruling.seen != case.version - 1:
        return False
    said = (last.step, last.decision_ground, last.decision_facts, last.actor_id)
    return said == (ruling.step, ruling.ground, ruling.facts, actor)


def _refuse(session: Session, case: Case, row: Any, ruling: Ruling, actor: int, now: datetime) -> None:
    if ruling.seen != case.version or public_since(row) > now or not may_follow(ruling.step, row.state, phase_of(case)):
        raise Overtaken
    if ruling.step == "restore" and is_deleted(row):
        raise Overtaken
    author, person = follow(session, session.get(Person, author_of(row))), session.get_one(Person, actor)
    own = author is not None and are_one(author, person)
    if own and not may_decide_own(ruling.step, reply=case.kind not in MODELS):
        raise Overtaken  # the page says so before


def _apply(
    session: Session, case: Case, content: Content, row: Any, ruling: Ruling, actor: int, now: datetime
) -> Decision:
    before, after = row.state, BECOMES[ruling.step]
    _turn(content, row, after)
    if after in WITHHELD:
        # Hidden while we check: nobody has decided yet that others may not say it.
        place = content.place_for(ruling.ground) if after == "removed" else None
        forbid(session, content.kind, content.id, author_of(row), words_of(row), now, place=place)
    elif before in WITHHELD:
        lift(session, content.kind, content.id, words_of(row), place=content.place)
    decision = _decision(session, case, ruling, actor, now, public=after in WITHHELD or before in WITHHELD)
    done, state = _DONE[ruling.step], (before, after)
    record(session, done, content.kind, content.id, at=now, role="staff", actor_id=actor, state=state)
    _settle(session, case, ruling, now)
    announce(session, decision_made, kind=content.kind, public_id=content.public_id, step=ruling.step)
    return decision


def _turn(content: Content, row: Any, after: str) -> None:
    """Give what was decided about its new state."""
    if row.state == after:
        return
    row.state = after
    if content.reply is None:  # a reply counts for nothing, so that its state is all there is
        row.live = after == "shown"
        row.version += 1


def _decision(session: Session, case: Case, ruling: Ruling, actor: int, now: datetime, *, public: bool) -> Decision:
    reported = session.scalar(select(Report.id).where(Report.case_id == case.id).limit(1))
    decision = Decision(
        case_id=case.id,
        at=now,
        step=ruling.step,
        public=public,
        on_appeal=case.phase == "appealed",
        decision_ground=ruling.ground,
        illegal_content_legal_ground=ruling.law,
        explanation=ruling.explanation,
        decision_facts=ruling.facts,
        source_type="SOURCE_VOLUNTARY" if reported is None else "SOURCE_ARTICLE_16",
        actor_id=actor,
    )
    session.add(decision)
    session.flush()
    return decision


def _settle(session: Session, case: Case, ruling: Ruling, now: datetime) -> None:
    withheld = BECOMES[ruling.step] in WITHHELD
    case.outcome, case.ground = BECOMES[ruling.step], ruling.ground if withheld else None
    case.phase, case.corrected_at, case.waits_since = phase_after(ruling.step), None, now
    case.closed_at = now if case.phase == "closed" else None
    case.version += 1
    _keep_contacts(session, case.id, until=now + KEEP_CONTACTS if case.closed_at else None)
    session.flush()


def say(state: State, case_id: int, side: Side, report_id: int | None, text: str) -> bool:
    """Note what a side says, as an appeal where it may appeal; says whether it was one.

    The same words twice are noted once. Raises `Overtaken` where the case is closed for that side, and `TooMuch`.
    """

    def work(session: Session) -> bool:
        now, case = state.clock(), lock_case(session, case_id)
        known = [each for each in words_in(session, case.id) if (each.side, each.report_id) == (side, report_id)]
        if known and known[-1].text == text:
            return known[-1].appeal
        last = next(reversed(decisions_in(session, case.id)), None)
        appeal = may_appeal(last, side, phase_of(case), now)
        if not appeal and case.phase == "closed":
            raise Overtaken
        if len(known) >= MOST_WORDS:
            raise TooMuch
        session.add(CaseWord(case_id=case.id, side=side, report_id=report_id, appeal=appeal, text=text, at=now))
        wait(session, case, "appealed" if appeal else "open", now)
        role: Role = "reader" if side == "reporter" else "buyer" if case.kind in MODELS else "seller"
        actor = case.author_id if side == "author" else None
        done = "appealed" if appeal else "answered"
        record(session, done, "case", case.id, at=now, role=role, actor_id=actor, state=(None, case.phase))
        return appeal

    return transaction(state, work)
