"""Moving the totals: two functions for every path on which a vote comes, changes or goes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from sqlalchemy import (
    CompoundSelect,
    Row,
    Select,
    bindparam,
    false,
    func,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, Session
from sqlalchemy.orm.attributes import flag_modified

from ..db import BigId, add_upsert, announce, insert_all, lock_rows
from ..db.dialect import dialect_name, table_of
from ..db.types import MYSQL
from ..signals import score_changed
from .models import Aspect, Day, Subject, VoteColumns
from .rules import (
    Standing,
    Totals,
    aspects_of,
    choose,
    days_of,
    move,
    moves,
    next_moment,
    standings,
    utc_day,
    waiting_in,
)
from .subjects.actions import Beside, lock_subjects, read_subjects, shop_id, write_totals


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
    statement of a transaction, on every path: take back, hide, restore, remove, merge, erase; for new ones see
    `adding_votes`.
    """
    wanted = sorted(set(subjects))
    if not wanted:
        yield {}
        return
    locked = lock_subjects(session, votes.total_key, wanted)
    before = standings(_votes(session, votes, sorted(locked.rows), people))
    yield locked.homes
    session.flush()
    rows = _votes(session, votes, sorted(locked.rows), people)
    choose(rows, now)
    _write_together(session, rows, ("tallied", "counted"))
    # The block may have changed these rows too, such as their version.
    after = {row["id"]: row for row in read_subjects(session, [*locked.rows, locked.total["id"]])}
    for number, moment in _waiting(session, votes, sorted(locked.rows), locked.total["id"], now).items():
        after[number]["next_shown_at"] = moment
    _apply(session, after, locked.total["id"], moves(locked.rows, before, standings(rows)), now)


@dataclass
class Adding:
    """What one person says: `votes` are theirs as they stand now, to be changed, and new ones added behind them.

    `homes` tell for which subject each of them counts, `beside` is what was read with the locks.
    """

    homes: Mapping[int, int]
    votes: list[Any]
    beside: Row[Any]


@contextmanager
def adding_votes(
    session: Session, votes: Any, subjects: Iterable[int], person: int, now: datetime, beside: Beside
) -> Iterator[Adding]:
    """Keep the totals right while one person adds or changes votes, with as few statements as that takes.

    The caller has locked the person's row, and the block tells all that it does in `Adding.votes`: so what was read
    under the locks is still true after it, and new votes go in as they will stay. Locks what `moving_totals` locks.
    `beside` has a column `said_before`: whoever has never said anything has no votes to look for.
    """
    locked = lock_subjects(session, votes.total_key, sorted(set(subjects)), beside)
    assert locked.beside is not None
    known = _votes(session, votes, sorted(locked.rows), [person]) if locked.beside.said_before else []
    before, waited = standings(known), waiting_in(known)
    adding = Adding(locked.homes, list(known), locked.beside)
    yield adding
    choose(_newest_first(adding.votes), now)
    insert_all(session, adding.votes[len(known) :])
    session.flush()
    rows, total = {**locked.rows, locked.total["id"]: locked.total}, locked.total["id"]
    if not _set_next(rows, total, waited, waiting_in(adding.votes)):
        for number, moment in _waiting(session, votes, sorted(locked.rows), total, now).items():
            rows[number]["next_shown_at"] = moment
    _apply(session, rows, total, moves(locked.rows, before, standings(adding.votes)), now)


def _newest_first(votes: Sequence[Any]) -> list[Any]:
    """Return votes in the order of `_votes`; those without a number yet get theirs in this order, after all others."""
    places = {id(row): place for place, row in enumerate(votes)}
    return sorted(votes, key=lambda row: (row.shown_at, row.id or math.inf, places[id(row)]), reverse=True)


def _set_next(rows: Mapping[int, Totals], total: int, before: Mapping[int, set[datetime]], after: Any) -> bool:
    """Set when something becomes public next; say whether that is certain."""
    certain = True
    for number, row in rows.items():
        was, is_now = (set().union(*each.values()) if number == total else each[number] for each in (before, after))
        row["next_shown_at"], sure = next_moment(row["next_shown_at"], was, is_now)
        certain = certain and sure
    return certain


def _votes(session: Session, votes: Any, subjects: Sequence[int], people: Sequence[int]) -> Sequence[Any]:
    """Return all votes of these people on these subjects, the newest first."""
    return session.scalars(_votes_query(votes), {"subjects": subjects, "people": people}).all()


@cache
def _votes_query(votes: Any) -> Select[Any]:
    theirs = votes.person_id.in_(bindparam("people", expanding=True))
    query = select(votes).where(votes.subject_id.in_(bindparam("subjects", expanding=True)), theirs)
    # Locking reads see what others committed while we waited; MariaDB's plain reads see the moment of the first one.
    query = query.with_for_update().order_by(votes.shown_at.desc(), votes.id.desc())
    return query.execution_options(populate_existing=True)


def _waiting(session: Session, votes: Any, subjects: Sequence[int], shop: int, now: datetime) -> dict[int, Any]:
    """Return the moments from which a reader has to look for what became public since."""
    moments: dict[int, Any] = dict.fromkeys([*subjects, shop])
    wanted = {"subjects": subjects, "shop": shop, "now": now}
    query = _waiting_query_now(votes) if dialect_name(session) in MYSQL else _waiting_query(votes)
    for number, moment in session.connection().execute(query, wanted):
        known = moments.get(number)
        moments[number] = moment if known is None or (moment is not None and moment < known) else known
    return moments


@cache
def _waiting_query(votes: Any) -> CompoundSelect[Any]:
    vote, subject = table_of(votes).c, table_of(Subject).c
    now: Any = bindparam("now")
    subjects: Any = bindparam("subjects", expanding=True)
    waits = select(func.min(vote.shown_at)).where(vote.live == true())
    later = waits.where(vote.subject_id == subject.id, vote.shown_at > now).scalar_subquery()
    upcoming = select(subject.id, later).where(subject.id.in_(subjects))
    # By itself: few are overdue, and an index leads to them; how much a subject has in all does not matter.
    overdue = select(vote.subject_id, func.min(vote.shown_at)).where(vote.live == true(), vote.tallied == false())
    overdue = overdue.where(vote.shown_at <= now, vote.subject_id.in_(subjects)).group_by(vote.subject_id)
    of_shop = select(bindparam("shop", type_=BigId), waits.where(vote.tallied == false()).scalar_subquery())
    return union_all(upcoming, overdue, of_shop)


@cache
def _waiting_query_now(votes: Any) -> CompoundSelect[Any]:
    """Return the same for MariaDB, whose plain reads may be older than the locks of the totals.

    Whoever changes what is read here holds the shop's total. What waits and the shop's next are read, and so locked, in
    an index alone: nobody waits for it who locks a vote by its number before the totals.
    """
    vote = table_of(votes).c
    now: Any = bindparam("now")
    mine = vote.subject_id.in_(bindparam("subjects", expanding=True))
    first = select(vote.subject_id, func.min(vote.shown_at)).where(vote.live == true(), mine).group_by(vote.subject_id)
    upcoming = first.where(vote.shown_at > now)
    overdue = first.where(vote.tallied == false(), vote.shown_at <= now)
    of_shop = select(bindparam("shop", type_=BigId).label("shop"), vote.shown_at)
    of_shop = of_shop.where(vote.live == true(), vote.tallied == false()).order_by(vote.shown_at).limit(1)
    # Each within brackets of its own: the clause that locks would else stand where no UNION may follow.
    each = (query.with_for_update(read=True).subquery() for query in (upcoming, overdue, of_shop))
    return union_all(*(select(query) for query in each))


def _apply(
    session: Session, rows: Mapping[int, Totals], shop: int, changes: dict[int, Standing], now: datetime
) -> None:
    """Apply the difference to the row of each subject, and all of them together to the shop's."""
    together = Standing()
    for change in changes.values():
        together.add(change)
    everything = changes | {shop: together}
    for number, row in sorted(rows.items()):
        move(row, everything[number], utc_day(now))
        if everything[number].changes_something:
            announce(session, score_changed, kind=row["kind"], subject_id=number, shop_key=row["key"])
    write_totals(session, [row for _, row in sorted(rows.items())])
    add_upsert(session, Day, [row for each in sorted(everything) for row in days_of(each, everything[each])])
    add_upsert(session, Aspect, [row for each in sorted(everything) for row in aspects_of(each, everything[each])])


def _write_together(session: Session, rows: Iterable[Any], columns: Iterable[str]) -> None:
    """Write the same columns of every row, so that all of them go in one statement, however much each changed."""
    for row in rows:
        for name in columns:
            flag_modified(row, name)
    session.flush()


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
