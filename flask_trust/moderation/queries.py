"""Reading cases, decisions, and the counts of what can be read and what cannot."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from ..db.types import MYSQL
from ..orders.models import Deal, Line
from ..people.models import Person
from ..people.queries import follow
from ..ratings.models import FormerRating
from ..reviews.models import Version
from ..scores.models import Subject
from ..verdicts.rules import WITHHELD, Kind, VoteKind
from ..web.places import Place
from .contents import GONE, MODELS, REPLIES, Content, number_in, reply_kind, vote_kind
from .models import Case, CaseWord, Contact, Decision, Report
from .replies.queries import reply_content
from .rules import PAGE, Phase

#: Characters of the words in the staff's list.
EXCERPT = 90


def find_public(session: Session, kind: Kind, public_id: str, now: datetime) -> Content | None:
    """Return a review or rating, or the reply to one, that everybody can read at this moment.

    One statement where there is none: how long it takes tells nobody whether something waits there, or was erased.
    """
    model, reply = MODELS[vote_kind(kind)], reply_kind(kind)
    query = select(model.id).where(model.public_id == public_id, model.live == true(), model.shown_at <= now)
    if reply:
        words = REPLIES[reply]
        query = query.join(words, number_in(words) == model.id).where(words.state == "shown", words.at <= now)
    number = session.scalar(query)
    content = content_of(session, kind, number) if number is not None else None
    return content if content is not None and content.public(now) else None


def content_of(session: Session, kind: Kind, number: int) -> Content:
    """Return what a case is about, in whatever state it is."""
    content, reply = _content_of(session, vote_kind(kind), number), reply_kind(kind)
    return reply_content(session, reply, content) if reply else content


def _content_of(session: Session, kind: VoteKind, number: int) -> Content:
    row = session.get_one(MODELS[kind], number)
    about = session.get_one(Line, row.line_id) if kind == "review" else row
    subject = session.get_one(Subject, about.subject_id)
    return Content(
        kind=kind,
        id=row.id,
        public_id=row.public_id,
        state=row.state,
        shown_at=row.shown_at,
        # Of a review the product: for which family that counts is settled under the lock of the totals.
        subject_id=subject.id,
        subject_key=subject.key,
        person_id=row.person_id,
        order_id=row.order_id if kind == "review" else session.get_one(Deal, row.deal_id).order_id,
        deal_id=row.deal_id,
        about=subject.title or subject.key,
        title=row.title if kind == "review" else "",
        text=row.text,
        lang=row.lang,
        former=_former_words(session, kind, number),
    )


def _former_words(session: Session, kind: VoteKind, number: int) -> list[str]:
    if kind == "review":
        older = select(Version).where(Version.review_id == number).order_by(Version.no.desc())
        return [f"{each.title}\n{each.text}".strip() for each in session.scalars(older)]
    query = select(FormerRating.text).where(FormerRating.rating_id == number).order_by(FormerRating.no.desc())
    return list(session.scalars(query))


def cases_about(session: Session, objects: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Case]:
    """Return the cases about some reviews, ratings and replies, by kind and number of each."""
    wanted = or_(*(and_(Case.kind == kind, Case.object_id == number) for kind, number in objects))
    return {(case.kind, case.object_id): case for case in session.scalars(select(Case).where(wanted))}


@dataclass(frozen=True, slots=True)
class File:
    """A case with all that belongs to it, each list oldest first."""

    case: Case
    content: Content
    reports: Sequence[Report]
    decisions: Sequence[Decision]
    words: Sequence[CaseWord]

    @property
    def last(self) -> Decision | None:
        """Return the newest decision."""
        return self.decisions[-1] if self.decisions else None

    @property
    def decided_by_author(self) -> bool:
        """Say whether whoever wrote it decided last."""
        return self.last is not None and self.last.actor_id == self.case.author_id


def file_of(session: Session, case_id: int) -> File | None:
    """Return a case with its content, reports, decisions and what both sides have said."""
    case = session.get(Case, case_id)
    if case is None:
        return None
    content = content_of(session, _kind(case), case.object_id)
    reports = session.scalars(select(Report).where(Report.case_id == case.id).order_by(Report.id)).all()
    return File(case, content, reports, decisions_in(session, case.id), words_in(session, case.id))


def is_author(session: Session, case: Case, number: int) -> bool:
    """Say whether a person is who wrote what a case is about now, and was not erased: a reply may be a colleague's."""
    one, author = (follow(session, session.get(Person, each)) for each in (number, case.author_id))
    return one is not None and author is not None and one.id == author.id and author.key is not None


def phase_of(case: Case) -> Phase:
    """Return who waits for whom in a case."""
    return "open" if case.phase == "open" else "appealed" if case.phase == "appealed" else "closed"


def _kind(case: Case) -> Kind:
    return next(kind for kind in (*MODELS, *REPLIES) if kind == case.kind)


def decisions_in(session: Session, case_id: int, *, locked: bool = False) -> Sequence[Decision]:
    """Return the decisions of a case, oldest first; `locked` ones as they are now, even in an old transaction."""
    query = select(Decision).where(Decision.case_id == case_id).order_by(Decision.id)
    return session.scalars(query.with_for_update(read=True) if locked else query).all()


def words_in(session: Session, case_id: int) -> Sequence[CaseWord]:
    """Return what author and reporters have said in a case, oldest first."""
    return session.scalars(select(CaseWord).where(CaseWord.case_id == case_id).order_by(CaseWord.id)).all()


def contacts_in(session: Session, case_id: int) -> dict[int, Contact]:
    """Return who sent the reports of a case, by our number of the report; nothing where no address was left."""
    query = select(Contact).join(Report, Report.id == Contact.report_id).where(Report.case_id == case_id)
    return {row.report_id: row for row in session.scalars(query.order_by(Contact.report_id))}


def contact_of(session: Session, report_id: int) -> Contact | None:
    """Return who sent a report, None where they gave no address or it was deleted."""
    return session.scalar(select(Contact).where(Contact.report_id == report_id))


def cases_waiting(session: Session, phase: Phase, after: Place | None) -> tuple[list[Case], Place | None]:
    """Return one page of the cases that wait for staff in one way, those first that wait longest, and its end."""
    query = select(Case).where(Case.phase == phase)
    if after is not None:
        # Spelt out, because MariaDB does not use an index for (a, b) > (x, y).
        later = or_(Case.waits_since > after.at, Case.id > after.id)
        query = query.where(and_(Case.waits_since >= after.at, later))
    return _page(session, query.order_by(Case.waits_since, Case.id))


def cases_closed(session: Session, after: Place | None) -> tuple[list[Case], Place | None]:
    """Return one page of the closed cases, the newest first, and its end."""
    query = select(Case).where(Case.phase == "closed")
    if after is not None:
        earlier = or_(Case.waits_since < after.at, Case.id < after.id)
        query = query.where(and_(Case.waits_since <= after.at, earlier))
    return _page(session, query.order_by(Case.waits_since.desc(), Case.id.desc()))


def _page(session: Session, query: Any) -> tuple[list[Case], Place | None]:
    for name in MYSQL:
        # It would rather step over all that came before than begin in the middle.
        query = query.with_hint(Case, "FORCE INDEX (trust_case_list)", name)
    rows: Sequence[Case] = session.scalars(query.limit(PAGE + 1)).all()
    found = list(rows[:PAGE])
    return found, Place(found[-1].waits_since, found[-1].id) if len(rows) > PAGE else None


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the public log: what happened to a review, a rating or a reply, when, and why; not whose or what."""

    id: int
    kind: str
    at: datetime
    step: str
    ground: str | None
    on_appeal: bool


def log_page(session: Session, before: int | None) -> tuple[list[Logged], int | None]:
    """Return one page of the public log, the newest first, and the number of its last line where more follow."""
    query = select(Decision).where(Decision.public == true())
    if before is not None:
        query = query.where(Decision.id < before)
    for name in MYSQL:
        # By its statistics it may read all that is public, and sort it.
        query = query.with_hint(Decision, "FORCE INDEX (PRIMARY)", name)
    rows = session.scalars(query.order_by(Decision.id.desc()).limit(PAGE + 1)).all()
    # Not joined: MariaDB puts a small table first and then sorts all of the other.
    kinds = select(Case.id, Case.kind).where(Case.id.in_({row.case_id for row in rows}))
    kind_of = {row[0]: row[1] for row in session.execute(kinds)}
    found = [
        Logged(row.id, kind_of[row.case_id], row.at, row.step, row.decision_ground, row.on_appeal)
        for row in rows[:PAGE]
    ]
    return found, found[-1].id if len(rows) > PAGE else None


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the staff's list: what it is about, how it stands, and for which reasons it was reported."""

    case: Case
    about: str
    state: str
    excerpt: str
    reasons: Sequence[str]


def rows_about(session: Session, cases: Sequence[Case], at: datetime) -> list[Row]:
    """Return the rows of a list of cases, in five statements at most whatever its length."""
    now: dict[tuple[str, int], tuple[str, str, str]] = {}
    kinds: tuple[Kind, ...] = (*MODELS, *REPLIES)
    for kind in kinds:
        numbers = [case.object_id for case in cases if case.kind == kind]
        for number, title, key, state, text, shown_at in session.execute(_listed(kind, numbers)) if numbers else ():
            excerpt = textwrap.shorten(text or "", EXCERPT, placeholder="…") if shown_at <= at else ""
            now[kind, number] = title or key, state or GONE, excerpt
    told: dict[int, list[str]] = {case.id: [] for case in cases}
    query = select(Report.case_id, Report.reason).where(Report.case_id.in_(told)).order_by(Report.id)
    for number, reason in session.execute(query):
        told[number].append(reason)
    return [Row(case, *now[case.kind, case.object_id], list(dict.fromkeys(told[case.id]))) for case in cases]


def _listed(kind: Kind, numbers: Sequence[int]) -> Any:
    """Select what a list says of some reviews, ratings or replies; of a reply that is gone, no state and no text."""
    votes = MODELS[vote_kind(kind)]
    reply = reply_kind(kind)
    words = REPLIES[reply] if reply else votes
    query = select(votes.id, Subject.title, Subject.key, words.state, words.text, votes.shown_at)
    if votes is MODELS["review"]:  # it may count for a family, and is about one product
        query = query.join(Line, Line.id == votes.line_id).join(Subject, Subject.id == Line.subject_id)
    else:
        query = query.join(Subject, Subject.id == votes.subject_id)
    if words is not votes:
        query = query.outerjoin(words, number_in(words) == votes.id)
    return query.where(votes.id.in_(numbers))


def counts_waiting(session: Session) -> dict[str, int]:
    """Return how many cases are open and how many were appealed."""
    query = select(Case.phase, func.count()).where(Case.phase.in_(("open", "appealed"))).group_by(Case.phase)
    return {row[0]: row[1] for row in session.execute(query)}


def file_of_report(session: Session, report_id: int) -> File | None:
    """Return the case that a report belongs to."""
    found = session.get(Report, report_id)
    return file_of(session, found.case_id) if found else None


def decided_orders(session: Session, decision_ids: Sequence[int]) -> list[int]:
    """Return our numbers of the orders that these decisions about reviews and ratings are about."""
    query = select(Case).join(Decision, Decision.case_id == Case.id).where(Decision.id.in_(decision_ids))
    return [content_of(session, _kind(case), case.object_id).order_id for case in session.scalars(query)]


def hidden_by_nobody(session: Session, kind: VoteKind) -> int:
    """Return how many reviews or ratings with words nobody can read although no decision says so."""
    model = MODELS[kind]
    decided = select(Case.id).where(Case.kind == kind, Case.object_id == model.id, Case.outcome.in_(WITHHELD))
    # Whoever hides by hand leaves the state alone, or leaves no decision behind.
    by_hand = or_(model.state == "shown", and_(model.state.in_(WITHHELD), ~decided.exists()))
    return session.scalar(select(func.count()).where(model.live == false(), by_hand)) or 0
