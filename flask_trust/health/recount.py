"""Counting again from the reviews and ratings themselves, independent of the code that moves the totals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from ..db.dialect import as_date, table_of, utc_date
from ..moderation.models import Case
from ..ratings.models import Rating
from ..reviews.models import Review
from ..scores import maths
from ..scores.models import Aspect, Day, Subject, Totals
from ..scores.queries import SHOP_RATINGS
from ..verdicts.rules import WITHHELD

#: Rows to a statement.
PIECE = 500
#: How many votes are counted in one go, where they are of several subjects.
VOTES = 20_000


@dataclass(slots=True)
class Truth:
    """What the totals of a subject should be; `miscounted` is how many votes say wrongly what they are counted among.

    `days` are the counts by UTC day, `aspects` number, sum and low ones of the answers by name; nothing stands for
    none.
    """

    counts: list[int] = field(default_factory=lambda: [0] * 5)
    sums: list[float] = field(default_factory=lambda: [0.0] * 5)
    shown: int = 0
    withheld: int = 0
    next_shown_at: datetime | None = None
    miscounted: int = 0
    days: dict[date, list[int]] = field(default_factory=dict)
    aspects: dict[str, list[int]] = field(default_factory=dict)


def count_subjects(session: Session, after: int) -> int:
    """Return how many things with totals come behind one of our numbers."""
    return session.scalar(select(func.count()).select_from(Subject).where(Subject.id > after)) or 0


def next_subjects(session: Session, after: int) -> dict[int, str]:
    """Return the next things with totals, in the order of our numbers, with their kinds: few with many votes."""
    wanted = select(Subject.id, Subject.kind, Subject.shown).where(Subject.id > after)
    found: dict[int, str] = {}
    votes = 0
    for number, kind, shown in session.execute(wanted.order_by(Subject.id).limit(PIECE)):
        votes += shown
        if found and votes > VOTES:
            break
        found[number] = kind
    return found


def subjects(session: Session, ids: Collection[int]) -> Sequence[Totals]:
    """Return some things with totals, as they stand now, in the order of our numbers; they are read only."""
    wanted = select(table_of(Subject)).where(_from_to(table_of(Subject).c.id, ids)).order_by(table_of(Subject).c.id)
    return [row for row in session.connection().execute(wanted) if row.id in ids]


def truths(session: Session, rows: Sequence[Totals]) -> dict[int, Truth]:
    """Recount subjects from their reviews or ratings, in as many statements for many as for one."""
    found = {row.id: Truth() for row in rows}
    connection = session.connection()
    for votes, ids in by_votes(rows).items():
        chosen = _from_to(votes.subject_id, ids)
        for sums in connection.execute(_sums(session, votes, chosen, each=True)):
            if sums[0] in found:
                _add(found[sums[0]], votes.aspects, sums)
        for key, moment in connection.execute(_waiting(votes, chosen).group_by(votes.subject_id)):
            if key in found:
                found[key].next_shown_at = moment
    for row in rows:
        if row.kind == "shop":
            votes = votes_of(row)
            for sums in connection.execute(_sums(session, votes, true(), each=False)):
                _add(found[row.id], votes.aspects, sums)
            found[row.id].next_shown_at = connection.execute(_waiting(votes, true())).one()[1]
        _add_up(found[row.id], row.kind)
    return found


def _from_to(column: Any, ids: Iterable[int]) -> Any:
    """Return the condition for numbers of one piece, and perhaps some between them: quicker than naming each."""
    ids = list(ids)
    return column.between(min(ids), max(ids))


def by_votes(rows: Iterable[Totals]) -> dict[Any, list[int]]:
    """Return our numbers of all but the shop's totals, by the class whose rows add up to them."""
    found: defaultdict[Any, list[int]] = defaultdict(list)
    for row in rows:
        if row.kind != "shop":
            found[votes_of(row)].append(row.id)
    return found


def votes_of(row: Totals) -> Any:
    """Return the class whose rows add up to this subject."""
    return Rating if row.kind == "seller" or (row.kind, row.key) == SHOP_RATINGS else Review


def _add(truth: Truth, aspects: Sequence[str], sums: Sequence[Any]) -> None:
    """Add what the votes of one UTC day with so many stars come to."""
    _, at, stars, counted, shown, withheld, wrong = sums[:7]
    truth.shown += int(shown)
    truth.withheld += int(withheld)
    truth.miscounted += int(wrong)
    if not counted:
        return
    day = as_date(at)
    levels = truth.days.get(day)
    if levels is None:
        levels = truth.days[day] = [0] * 5
    levels[stars - 1] += int(counted)
    for place, name in enumerate(aspects):
        three = [int(each) for each in sums[7 + 3 * place : 10 + 3 * place]]
        if three[0]:
            truth.aspects[name] = [a + b for a, b in zip(truth.aspects.get(name, (0, 0, 0)), three, strict=True)]


def _add_up(truth: Truth, kind: str) -> None:
    """Add the days up, each with its weight."""
    half_life, counts, sums = maths.HALF_LIFE[kind], truth.counts, truth.sums
    for day, levels in truth.days.items():
        weight = maths.weight(day, half_life)
        for place, number in enumerate(levels):
            if number:
                counts[place] += number
                sums[place] += number * weight


def _sums(session: Session, votes: Any, chosen: Any, *, each: bool) -> Select[Any]:
    """Select what votes come to by UTC day and stars, for `each` subject or for all of them together."""
    ranked = _ranked(votes, chosen)
    vote, counts = ranked.c, _counts(ranked)
    flag = case((vote.taken_down.is_(True), 1), else_=0)
    by: list[Any] = [utc_date(session, vote.shown_at), vote.stars]
    return select(
        vote.subject_id if each else func.max(vote.subject_id),
        *by,
        func.sum(counts),
        func.sum(case((and_(vote.live.is_(True), vote.tallied.is_(True)), 1), else_=0)),
        func.sum(case((vote.state.in_(WITHHELD), 1), else_=vote.left_down)),
        func.sum(case((or_(counts != case((vote.counted.is_(True), 1), else_=0), vote.left_down != flag), 1), else_=0)),
        *(number for name in votes.aspects for number in _answers(vote[name], counts)),
    ).group_by(*([vote.subject_id] if each else []), *by)


def _waiting(votes: Any, chosen: Any) -> Select[Any]:
    """Select when the next of some votes becomes public by itself, with the number of their subject."""
    moment = func.min(votes.shown_at)
    return select(func.max(votes.subject_id), moment).where(chosen, votes.live.is_(True), votes.tallied.is_(False))


def _answers(answer: Any, counts: Any) -> tuple[Any, Any, Any]:
    """Return number, sum and low ones of the answers to a further question."""
    given, low = and_(counts == 1, answer.is_not(None)), and_(counts == 1, answer.in_((1, 2)))
    whens = ((given, 1), (given, answer), (low, 1))
    one, total, few = (func.sum(case(when, else_=0)) for when in whens)
    return one, total, few


def _ranked(votes: Any, chosen: Any) -> Subquery:
    """Select votes, each with its `place` among all of one person on one subject: the newest that may count first."""
    may = case((and_(votes.live.is_(True), votes.tallied.is_(True), votes.eligible.is_(True)), 1), else_=0)
    place = func.row_number().over(
        partition_by=(votes.subject_id, votes.person_id), order_by=(may.desc(), votes.shown_at.desc(), votes.id.desc())
    )
    names = ("id", "subject_id", "stars", "state", "shown_at", "live", "tallied", "counted", "taken_down")
    columns = [getattr(votes, name) for name in (*names, *votes.aspects)]
    left_down = case((left_down_now(votes), 1), else_=0).label("left_down")
    return select(*columns, may.label("may"), place.label("place"), left_down).where(chosen).subquery()


def left_down_now(votes: Any) -> Any:
    """Hold of votes that staff had taken down when their authors were erased."""
    decided = and_(Case.kind == votes.__name__.lower(), Case.object_id == votes.id, Case.outcome == "removed")
    return and_(votes.state == "erased", exists().where(decided))


def _counts(ranked: Subquery) -> Any:
    """Return 1 for the newest eligible vote of each person on each subject, else 0."""
    return case((and_(ranked.c.place == 1, ranked.c.may == 1), 1), else_=0)


def parts_that_differ(session: Session, fresh: dict[int, Truth]) -> set[int]:
    """Return the subjects whose stored days or aspects are not those of the recount; rows of nothing do no harm."""
    if not fresh:
        return set()
    days = select(Day.subject_id, Day.day, Day.n1, Day.n2, Day.n3, Day.n4, Day.n5)
    aspects = select(Aspect.subject_id, Aspect.question, Aspect.n, Aspect.total, Aspect.low)
    stored = _stored(session, days.where(_from_to(Day.subject_id, fresh)))
    answers = _stored(session, aspects.where(_from_to(Aspect.subject_id, fresh)))
    return {
        number
        for number, truth in fresh.items()
        if stored.get(number, {}) != truth.days or answers.get(number, {}) != truth.aspects
    }


def _stored(session: Session, query: Any) -> dict[int, dict[Any, list[int]]]:
    found: defaultdict[int, dict[Any, list[int]]] = defaultdict(dict)
    for row in session.connection().execute(query):
        numbers = list(row[2:])
        if any(numbers):
            found[row[0]][row[1]] = numbers
    return found


def miscounted(session: Session, votes: Any, chosen: Any) -> Sequence[int]:
    """Return the votes that say wrongly whether they count."""
    ranked = _ranked(votes, chosen)
    wrong = _counts(ranked) != case((ranked.c.counted.is_(True), 1), else_=0)
    return session.scalars(select(ranked.c.id).where(wrong)).all()
