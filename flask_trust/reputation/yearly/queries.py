"""Reading what a year's report is made from: reports, decisions, and objections out of the journal."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, select
from sqlalchemy.orm import Session

from ...journal.models import Entry
from ...moderation.contents import MODELS
from ...moderation.models import Case, Decision, Report
from ...scores.queries import SHOP_RATINGS, SHOP_REVIEWS, find_scores
from ...verdicts.rules import WITHHELD
from .rules import Done, Objection, Span, Told


def first_moment(session: Session) -> datetime | None:
    """Return when something was reported or decided for the first time."""
    first = (session.scalar(select(model.at).order_by(model.id).limit(1)) for model in (Report, Decision))
    return min((each for each in first if each is not None), default=None)


def find_reports(session: Session, year: Span) -> list[Told]:
    """Return the reports of a year, and those of other years in whose cases it brought a decision, oldest first."""
    cases = select(Decision.case_id).where(Decision.at >= year.start, Decision.at < year.end)
    query = select(Report.case_id, Report.reason, Report.at, Case.kind).join(Case, Case.id == Report.case_id)
    query = query.where((Report.at >= year.start) & (Report.at < year.end) | Report.case_id.in_(cases))
    return [Told(*row) for row in session.execute(query.order_by(Report.id))]


def find_decisions(session: Session, year: Span) -> list[Done]:
    """Return every decision of the cases in which something was decided in a year, oldest first."""
    cases = select(Decision.case_id).where(Decision.at >= year.start, Decision.at < year.end)
    names = (Decision.step, Decision.decision_ground, Decision.on_appeal, Decision.source_type)
    query = select(Decision.case_id, Decision.at, *names, Case.kind).join(Case, Case.id == Decision.case_id)
    query = query.where(Decision.case_id.in_(cases))
    return [Done(*row) for row in session.execute(query.order_by(Decision.id))]


def find_objections(session: Session, year: Span) -> list[Objection]:
    """Return the objections until the end of a year, oldest first: what was said in them may be deleted by now."""
    query = select(Entry.object_id, Entry.role, Entry.at)
    query = query.where(Entry.kind == "case", Entry.event == "appealed", Entry.at < year.end)
    return [Objection(*row) for row in session.execute(query.order_by(Entry.id))]


def find_stars(session: Session, now: datetime) -> list[tuple[int, int, int]]:
    """Return for 5 to 1 stars how many votes are counted, and how many are kept from being read."""
    counted, withheld = [0] * 5, Counter[int]()
    for kind, key in (SHOP_REVIEWS, SHOP_RATINGS):
        score = find_scores(session, kind, [key], now).get(key)
        counted = [a + b for a, b in zip(counted, score.counts if score else (0,) * 5, strict=True)]
    for model in MODELS.values():
        query: Any = select(model.stars, func.count()).where(model.live == false(), model.state.in_(WITHHELD))
        query = query.where(model.stars.is_not(None)).group_by(model.stars)
        withheld.update({row[0]: row[1] for row in session.execute(query)})
    return [(stars, counted[stars - 1], withheld[stars]) for stars in (5, 4, 3, 2, 1)]
