"""Reading what became public by itself since the totals were last moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import and_, false, or_, select, true

from ...db.dialect import table_of
from ..models import TOTALS, Reader, Totals, VoteColumns

#: Votes whose totals are moved in one go.
AT_ONCE = 500


@dataclass(slots=True)
class Due:
    """What became public since the totals were last moved: changes by (stars, day), by (aspect, answer), and how many
    more are shown.
    """

    votes: Counter[tuple[int, date]] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    shown: int = 0

    def add(self, vote: Mapping[str, Any], aspects: Iterable[str], sign: int = 1) -> None:
        """Add what a vote counts for, or take it off again."""
        self.votes[vote["stars"], vote["shown_at"].astimezone(UTC).date()] += sign
        for name in aspects:
            if vote[name] is not None:
                self.answers[name, vote[name]] += sign


def find_due(session: Reader, rows: Sequence[Totals], now: datetime) -> dict[int, Due]:
    """Return what is public and not in the totals of these rows yet, by our number of the row."""
    found = {row.id: Due() for row in rows}
    for votes in {id(each): each for row in rows for each in _votes_of(row)}.values():
        shop = next((row.id for row in rows if row.kind == "shop" and row.key == votes.total_key), None)
        subjects = None if shop is not None else [row.id for row in rows]
        for vote, replaced, counts in _due_of(session, votes, subjects, now):
            for number in found.keys() & {vote["subject_id"], shop or vote["subject_id"]}:
                found[number].shown += 1
                if counts:
                    found[number].add(vote, votes.aspects)
                if counts and replaced is not None:
                    found[number].add(replaced, votes.aspects, -1)
    return found


def find_unmoved(session: Reader, ids: Collection[int], now: datetime) -> list[tuple[Any, set[int], list[int]]]:
    """Return the votes on some subjects that are public and in no total, or in one before their time.

    As `moving_totals` wants them: their class, subjects and people, with the rows of `AT_ONCE` votes in each.
    """
    found: list[tuple[Any, set[int], list[int]]] = []
    classes: list[Any] = VoteColumns.__subclasses__()
    for votes in classes:
        vote = table_of(votes).c
        wrong = or_(
            and_(vote.tallied == false(), vote.shown_at <= now), and_(vote.tallied == true(), vote.shown_at > now)
        )
        query = select(vote.subject_id, vote.person_id).where(vote.live == true(), wrong, vote.subject_id.in_(ids))
        rows = session.execute(query.order_by(vote.id)).all()
        for start in range(0, len(rows), AT_ONCE):
            subjects, people = zip(*rows[start : start + AT_ONCE], strict=True)
            found.append((votes, set(subjects), sorted(set(people))))
    return found


def _votes_of(row: Totals) -> list[Any]:
    keys = {row.key} if row.kind == "shop" else {TOTALS.get(row.kind)}
    return [votes for votes in VoteColumns.__subclasses__() if votes.total_key in keys]


def _due_of(
    rows: Reader, votes: Any, subjects: Sequence[int] | None, now: datetime
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any] | None, bool]]:
    """Yield each due vote, the older one of the same person that it replaces, and whether it counts."""
    vote, older = table_of(votes), table_of(votes).alias()
    same = and_(
        older.c.subject_id == vote.c.subject_id, older.c.person_id == vote.c.person_id, older.c.counted == true()
    )
    names = ("stars", "shown_at", *votes.aspects)
    new = (vote.c[name] for name in ("subject_id", "person_id", "eligible", *names))
    query = select(*new, *(older.c[name].label(f"older_{name}") for name in names)).outerjoin(older, same)
    # Not "IS true", for which MariaDB uses no index.
    query = query.where(vote.c.live == true(), vote.c.tallied == false(), vote.c.shown_at <= now)
    if subjects is not None:
        query = query.where(vote.c.subject_id.in_(subjects))
    seen: set[tuple[int, int]] = set()
    for row in rows.execute(query.order_by(vote.c.shown_at.desc(), vote.c.id.desc())).mappings():
        voter = row["subject_id"], row["person_id"]
        counts = row["eligible"] and voter not in seen
        if counts:
            seen.add(voter)
        replaced = {name: row[f"older_{name}"] for name in names}
        yield {**row}, replaced if replaced["shown_at"] else None, counts
