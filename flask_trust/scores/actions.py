"""Moving the totals: one function for every path on which a vote comes, changes or goes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlalchemy import false, func, literal, select, true, union_all, update
from sqlalchemy.orm import Mapped, Session
from sqlalchemy.orm.attributes import flag_modified

from ..db import add_upsert, announce, lock_rows
from ..db.dialect import table_of
from ..signals import score_changed
from . import maths
from .models import Aspect, Day, Subject, VoteColumns
from .subjects.actions import shop_id

#: What a vote may move in the row of a subject.
_MOVING = ("shown", "version", "next_shown_at", "day", *(f"{kind}{stars}" for kind in "nwm" for stars in range(1, 6)))


class Vote(Protocol):
    """A mapped class with the columns of `scores.models.VoteColumns`."""

    id: Mapped[int]
    subject_id: Mapped[int]
    person_id: Mapped[int]
    stars: Mapped[int | None]
    live: Mapped[bool]
    shown_at: Mapped[datetime]
    eligible: Mapped[bool]
    counted: Mapped[bool]
    tallied: Mapped[bool]


def lock_total(session: Session, votes: Any) -> int:
    """Let nobody else move totals until the transaction ends, and return our number of the shop's."""
    shop = shop_id(session, votes.total_key)
    lock_rows(session, Subject, [shop])
    return shop


@contextmanager
def moving_totals(
    session: Session, votes: Any, subjects: Iterable[int], people: Sequence[int], now: datetime
) -> Iterator[Mapping[int, int]]:
    """Keep the totals right around a change to the votes of these people on these subjects.

    Yields for which subject a vote on each of them counts: for a product with a family, that is the family.

    Locks the shop's score row and then the others in the order of their ids, lets the block change votes, then picks
    the newest eligible vote of each person on each subject again and applies the difference. Use it as the first
    statement of a transaction, on every path: publish, edit, hide, restore, remove, merge, erase.
    """
    subjects = sorted(set(subjects))
    if not subjects:
        yield {}
        return
    shop = lock_total(session, votes)
    homes = _lock_with_families(session, subjects)
    subjects = sorted({*homes, *homes.values()})
    before = _standings(_votes(session, votes, subjects, people))
    yield homes
    session.flush()
    rows = _votes(session, votes, subjects, people)
    _choose(rows, now)
    _write_together(session, rows, ("tallied", "counted"))
    moves = _moves(subjects, before, _standings(rows))
    _apply(session, moves, shop, _waiting(session, votes, subjects, shop, now), now)


def _lock_with_families(session: Session, subjects: Sequence[int]) -> dict[int, int]:
    """Lock subjects, under the lock of the shop's total, and return the family of each, or itself where it has none."""
    table = table_of(Subject).c
    query = select(table.id, table.family_id).where(table.id.in_(subjects)).order_by(table.id)
    query = query.with_for_update(key_share=True)
    homes = {row.id: row.family_id or row.id for row in session.execute(query)}
    lock_rows(session, Subject, set(homes.values()) - set(homes))
    return homes


@dataclass
class Standing:
    """What some votes add to a total: counted (stars, day) and (aspect, answer) pairs, and how many are shown."""

    counted: Counter[tuple[int, date]] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    shown: int = 0
    #: As a difference: whether any of these votes can be read, or could be before. What waits leaves no trace.
    seen: bool = False

    @property
    def changes_something(self) -> bool:
        """Say whether, as a difference, it moves any number that readers see."""
        return bool(self.shown or any(self.counted.values()))

    def add(self, other: Standing, sign: int = 1) -> None:
        """Add what other votes add, or take it off again."""
        for pair, count in other.counted.items():
            self.counted[pair] += sign * count
        for answer, count in other.answers.items():
            self.answers[answer] += sign * count
        self.shown += sign * other.shown
        self.seen = self.seen or other.seen or other.shown > 0


def _votes(session: Session, votes: Any, subjects: Sequence[int], people: Sequence[int]) -> Sequence[Any]:
    """Return all votes of these people on these subjects, the newest first."""
    # Locking reads see what others committed while we waited; MariaDB's plain reads see the moment of the first one.
    query = select(votes).where(votes.subject_id.in_(subjects), votes.person_id.in_(people)).with_for_update()
    query = query.order_by(votes.shown_at.desc(), votes.id.desc()).execution_options(populate_existing=True)
    return session.scalars(query).all()


def _standings(rows: Iterable[Any]) -> defaultdict[int, Standing]:
    """Return what votes add to the total of each subject."""
    standings: defaultdict[int, Standing] = defaultdict(Standing)
    for row in rows:
        standing = standings[row.subject_id]
        standing.shown += row.tallied
        if row.counted:
            standing.counted[row.stars, utc_day(row.shown_at)] += 1
            standing.answers.update(answers_of(row))
    return standings


def answers_of(vote: Any) -> list[tuple[str, int]]:
    """Return the further questions that a vote answers, each with its answer."""
    given = ((name, getattr(vote, name)) for name in vote.aspects)
    return [(name, answer) for name, answer in given if answer is not None]


def utc_day(moment: datetime) -> date:
    """Return the UTC day a moment lies in."""
    return moment.astimezone(UTC).date()


def _choose(newest_first: Iterable[Any], now: datetime) -> None:
    """Let the newest eligible vote of each person on a subject count, and no other; what is not public yet, nowhere."""
    seen: set[tuple[int, int]] = set()
    for row in newest_first:
        voter = (row.subject_id, row.person_id)
        row.tallied = row.live and row.shown_at <= now
        row.counted = row.tallied and row.eligible and voter not in seen
        if row.counted:
            seen.add(voter)


def _moves(
    subjects: Iterable[int], before: Mapping[int, Standing], after: Mapping[int, Standing]
) -> dict[int, Standing]:
    moves = {}
    for each in subjects:
        moves[each] = Standing()
        moves[each].add(after.get(each, Standing()))
        moves[each].add(before.get(each, Standing()), -1)
    return moves


def _waiting(session: Session, votes: Any, subjects: Sequence[int], shop: int, now: datetime) -> dict[int, Any]:
    """Return the moments from which a reader has to look for what became public since."""
    waits = select(func.min(votes.shown_at)).where(votes.live == true())
    later = waits.where(votes.subject_id == Subject.id, votes.shown_at > now).scalar_subquery()
    upcoming = select(Subject.id, later).where(Subject.id.in_(subjects))
    # By itself: few are overdue, and an index leads to them; how much a subject has in all does not matter.
    overdue = select(votes.subject_id, func.min(votes.shown_at)).where(votes.live == true(), votes.tallied == false())
    overdue = overdue.where(votes.shown_at <= now, votes.subject_id.in_(subjects)).group_by(votes.subject_id)
    of_shop = select(literal(shop), waits.where(votes.tallied == false()).scalar_subquery())
    moments: dict[int, Any] = {}
    for number, moment in session.execute(union_all(upcoming, overdue, of_shop)):
        known = moments.get(number)
        moments[number] = moment if known is None or (moment is not None and moment < known) else known
    return moments


def _apply(session: Session, moves: dict[int, Standing], shop: int, waiting: dict[int, Any], now: datetime) -> None:
    """Apply the difference to the row of each subject, and all of them together to the shop's."""
    together = Standing()
    for move in moves.values():
        together.add(move)
    rows = _subjects(session, [*moves, shop])
    for row in rows:
        _begin_day(row, utc_day(now))
        move = moves.get(row.id, together)
        _move(row, move)
        row.next_shown_at = waiting[row.id]
        if move.changes_something:
            announce(session, score_changed, kind=row.kind, subject_id=row.id, shop_key=row.key)
    _write_together(session, rows, _MOVING)
    everything = moves | {shop: together}
    add_upsert(session, Day, [row for each in sorted(everything) for row in _days(each, everything[each])])
    add_upsert(session, Aspect, [row for each in sorted(everything) for row in _aspects(each, everything[each])])


def _days(subject: int, move: Standing) -> list[dict[str, Any]]:
    """Return the rows to add to the days of a subject, without those in which nothing changed."""
    levels: defaultdict[date, list[int]] = defaultdict(lambda: [0] * 5)
    for (stars, day), change in move.counted.items():
        levels[day][stars - 1] += change
    return [
        {"subject_id": subject, "day": day} | {f"n{stars}": n for stars, n in zip(maths.LEVELS, changes, strict=True)}
        for day, changes in sorted(levels.items())
        if any(changes)
    ]


def _aspects(subject: int, move: Standing) -> list[dict[str, Any]]:
    changes: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (name, answer), change in move.answers.items():
        changes[name][0] += change
        changes[name][1] += change * answer
        changes[name][2] += change * (answer <= maths.LOW)
    return [
        {"subject_id": subject, "question": name, "n": n, "total": total, "low": low}
        for name, (n, total, low) in sorted(changes.items())
        if n or total or low
    ]


def touch(session: Session, votes: Any, subjects: Iterable[int]) -> None:
    """Give the pages of these subjects, and the shop's own, a new version: something beside the stars has changed.

    Call it where nothing of that kind is locked yet, or under the lock of the shop's total.
    """
    renew(session, {*subjects, lock_total(session, votes)})


def renew(session: Session, subjects: Iterable[int]) -> None:
    """Give these subjects' pages, and their families', a new version: a figure that is not of stars has changed.

    It waits for nobody but who writes about the same subject, so that an event in a long transaction of the shop stops
    no other reviews.
    """
    known = set(subjects)
    if not known:
        return
    families = select(Subject.family_id).where(Subject.id.in_(known), Subject.family_id.is_not(None))
    wanted = sorted(known.union(filter(None, session.scalars(families))))
    lock_rows(session, Subject, wanted)
    rise = update(Subject).where(Subject.id.in_(wanted)).values(version=Subject.version + 1)
    session.execute(rise, execution_options={"synchronize_session": False})


def touch_pages_of(session: Session, person_id: int) -> None:
    """Give every page that shows something this person has written a new version: their name has changed."""
    # Reviews come before ratings on every path that locks both totals.
    for votes in sorted(VoteColumns.__subclasses__(), key=lambda each: each.total_key, reverse=True):
        subjects = session.scalars(select(votes.subject_id).where(votes.person_id == person_id).distinct()).all()
        if subjects:
            touch(session, votes, subjects)


def _subjects(session: Session, ids: Sequence[int]) -> Sequence[Subject]:
    query = select(Subject).where(Subject.id.in_(ids)).order_by(Subject.id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _move(row: Subject, move: Standing) -> None:
    for (stars, day), change in move.counted.items():
        _add(row, stars, change, change * maths.weight(day, maths.HALF_LIFE[row.kind]))
    row.shown += move.shown
    row.version += move.seen


def _write_together(session: Session, rows: Iterable[Any], columns: Iterable[str]) -> None:
    """Write the same columns of every row, so that all of them go in one statement, however much each changed."""
    for row in rows:
        for name in columns:
            flag_modified(row, name)
    session.flush()


def _begin_day(row: Subject, today: date) -> None:
    """Keep the counts as they stood before the first change of the day."""
    if row.day is None or row.day < today:
        row.day = today
        row.m1, row.m2, row.m3, row.m4, row.m5 = row.n1, row.n2, row.n3, row.n4, row.n5


def _add(row: Subject, stars: int, change: int, weight: float) -> None:
    count = getattr(row, f"n{stars}") + change
    setattr(row, f"n{stars}", count)
    # An empty level is exactly nothing: no rest of a float subtraction may stay behind.
    setattr(row, f"w{stars}", getattr(row, f"w{stars}") + weight if count else 0.0)
