"""Moving the totals: one function for every path on which a vote comes, changes or goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Mapped, Session

from ..db import announce, find_or_insert, lock_rows
from ..signals import score_changed
from . import maths
from .models import Subject

TITLE_LENGTH = 200


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


def subject_id(session: Session, kind: str, key: str, title: str = "") -> int:
    """Return our number of a product, seller or shop, making its row when it is new."""
    return find_or_insert(session, Subject, {"kind": kind, "key": key}, {"title": title[:TITLE_LENGTH]}).id


def shop_id(session: Session, total_key: str = "reviews") -> int:
    """Return our number of the shop's total over all product reviews, or over all ratings of sellers."""
    return subject_id(session, "shop", total_key)


@contextmanager
def moving_totals(
    session: Session, votes: Any, subjects: Iterable[int], people: Sequence[int], now: datetime
) -> Iterator[None]:
    """Keep the totals right around a change to the votes of these people on these subjects.

    Locks the score rows in the order of their ids, lets the block change votes, then picks the newest eligible
    vote of each person on each subject again and applies the difference. Use it as the first statement of a
    transaction, on every path: publish, edit, hide, restore, remove, merge, erase.
    """
    subjects, shop = sorted(set(subjects)), shop_id(session, votes.total_key)
    lock_rows(session, Subject, [*subjects, shop])
    before = {each: _standing(session, votes, each, people) for each in subjects}
    yield
    session.flush()
    for each in subjects:
        _choose(session, votes, each, people, now)
        _apply(session, (each, shop), before[each], _standing(session, votes, each, people), now)
        _note_waiting(session, votes, each, shop, now)


Standing = tuple[Counter[tuple[int, date]], int]


def _votes_on(votes: Any, subject: int, people: Sequence[int]) -> Select[Any]:
    # Locking reads see what others committed while we waited; MariaDB's plain reads see the moment of the first one.
    return select(votes).where(votes.subject_id == subject, votes.person_id.in_(people)).with_for_update()


def _standing(session: Session, votes: Any, subject: int, people: Sequence[int]) -> Standing:
    """Return what these people's votes add to the totals: counted (stars, day) pairs, and how many are shown."""
    rows = session.scalars(_votes_on(votes, subject, people).execution_options(populate_existing=True)).all()
    counted = Counter((row.stars, utc_day(row.shown_at)) for row in rows if row.counted)
    return counted, sum(1 for row in rows if row.tallied)


def utc_day(moment: datetime) -> date:
    """Return the UTC day a moment lies in."""
    return moment.astimezone(UTC).date()


def _choose(session: Session, votes: Any, subject: int, people: Sequence[int], now: datetime) -> None:
    """Let the newest eligible vote of each person count, and no other; what is not public yet counts nowhere."""
    newest_first = _votes_on(votes, subject, people).order_by(votes.shown_at.desc(), votes.id.desc())
    seen: set[int] = set()
    for row in session.scalars(newest_first):
        row.tallied = row.live and row.shown_at <= now
        row.counted = row.tallied and row.eligible and row.person_id not in seen
        if row.counted:
            seen.add(row.person_id)
    session.flush()


def _apply(session: Session, totals: tuple[int, int], before: Standing, after: Standing, now: datetime) -> None:
    moved: Counter[tuple[int, date]] = Counter(after[0])
    moved.subtract(before[0])
    for each in totals:
        row = session.get_one(Subject, each, populate_existing=True, with_for_update=True)
        _begin_day(row, utc_day(now))
        for (stars, day), change in moved.items():
            _add(row, stars, change, change * maths.weight(day, maths.HALF_LIFE[row.kind]))
        row.shown += after[1] - before[1]
        row.version += 1
        announce(session, score_changed, kind=row.kind, subject_id=row.id, shop_key=row.key)
    session.flush()


def _note_waiting(session: Session, votes: Any, subject: int, shop: int, now: datetime) -> None:
    """Keep the moment from which a reader has to look for what became public since."""
    waits = select(func.min(votes.shown_at)).where(votes.live.is_(True))
    overdue = waits.where(votes.tallied.is_(False), votes.shown_at <= now)
    on_subject = votes.subject_id == subject
    later = session.scalar(waits.where(on_subject, votes.shown_at > now))
    session.get_one(Subject, subject).next_shown_at = session.scalar(overdue.where(on_subject)) or later
    session.get_one(Subject, shop).next_shown_at = session.scalar(waits.where(votes.tallied.is_(False)))
    session.flush()


def retitle(session: Session, titles: Mapping[int, str]) -> None:
    """Keep the names that the shop gives its products now, for pages that have to do without the shop."""
    for number, title in titles.items():
        row = session.get_one(Subject, number)
        if title and row.title != title[:TITLE_LENGTH]:
            row.title = title[:TITLE_LENGTH]


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
