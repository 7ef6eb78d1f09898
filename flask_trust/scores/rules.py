"""What votes add to the totals, and which of them count: rows and values in, differences out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from . import maths

#: A row of totals under the lock of its subject, by column.
Totals = MutableMapping[str, Any]


@dataclass
class Standing:
    """What some votes add to a total: counted (stars, day) and (aspect, answer) pairs, and how many are shown.

    `withheld` is how many of them staff keeps from being read.
    """

    counted: Counter[tuple[int, date]] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    shown: int = 0
    withheld: int = 0
    #: As a difference: whether any of these votes is in a number that readers see, or was. What waits leaves no trace.
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
        self.withheld += sign * other.withheld
        self.seen = self.seen or other.seen or other.shown > 0 or other.withheld > 0


def standings(rows: Iterable[Any]) -> defaultdict[int, Standing]:
    """Return what votes add to the total of each subject."""
    found: defaultdict[int, Standing] = defaultdict(Standing)
    for row in rows:
        standing = found[row.subject_id]
        standing.shown += row.tallied
        standing.withheld += row.withheld
        if row.counted:
            standing.counted[row.stars, utc_day(row.shown_at)] += 1
            standing.answers.update(answers_of(row))
    return found


def answers_of(vote: Any) -> list[tuple[str, int]]:
    """Return the further questions that a vote answers, each with its answer."""
    given = ((name, getattr(vote, name)) for name in vote.aspects)
    return [(name, answer) for name, answer in given if answer is not None]


def utc_day(moment: datetime) -> date:
    """Return the UTC day a moment lies in."""
    return moment.astimezone(UTC).date()


def choose(newest_first: Iterable[Any], now: datetime) -> None:
    """Let the newest eligible vote of each person on a subject count, and no other; what is not public yet, nowhere."""
    seen: set[tuple[int, int]] = set()
    for row in newest_first:
        voter = (row.subject_id, row.person_id)
        row.tallied = row.live and row.shown_at <= now
        row.counted = row.tallied and row.eligible and voter not in seen
        if row.counted:
            seen.add(voter)


def moves(
    subjects: Iterable[int], before: Mapping[int, Standing], after: Mapping[int, Standing]
) -> dict[int, Standing]:
    """Return by how much what votes add has changed, for each subject."""
    found = {}
    for each in subjects:
        found[each] = Standing()
        found[each].add(after.get(each, Standing()))
        found[each].add(before.get(each, Standing()), -1)
    return found


def days_of(subject: int, move: Standing) -> list[dict[str, Any]]:
    """Return the rows to add to the days of a subject, without those in which nothing changed."""
    levels: defaultdict[date, list[int]] = defaultdict(lambda: [0] * 5)
    for (stars, day), change in move.counted.items():
        levels[day][stars - 1] += change
    return [
        {"subject_id": subject, "day": day} | {f"n{stars}": n for stars, n in zip(maths.LEVELS, changes, strict=True)}
        for day, changes in sorted(levels.items())
        if any(changes)
    ]


def aspects_of(subject: int, move: Standing) -> list[dict[str, Any]]:
    """Return the rows to add to the aspects of a subject, without those in which nothing changed."""
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


def move(row: Totals, change: Standing, today: date) -> None:
    """Apply a difference to the row of a subject."""
    _begin_day(row, today)
    for (stars, day), count in change.counted.items():
        _add(row, stars, count, count * maths.weight(day, maths.HALF_LIFE[row["kind"]]))
    row["shown"] += change.shown
    row["withheld"] += change.withheld
    row["version"] += change.seen


def _begin_day(row: Totals, today: date) -> None:
    """Keep the counts as they stood before the first change of the day."""
    if row["day"] is None or row["day"] < today:
        row["day"] = today
        for stars in maths.LEVELS:
            row[f"m{stars}"] = row[f"n{stars}"]


def _add(row: Totals, stars: int, change: int, weight: float) -> None:
    count = row[f"n{stars}"] = row[f"n{stars}"] + change
    # An empty level is exactly nothing: no rest of a float subtraction may stay behind.
    row[f"w{stars}"] = row[f"w{stars}"] + weight if count else 0.0


def waiting_in(votes: Iterable[Any]) -> defaultdict[int, set[datetime]]:
    """Return by subject the moments for which votes wait, or which have come although no total has them yet."""
    moments: defaultdict[int, set[datetime]] = defaultdict(set)
    for row in votes:
        if row.live and not row.tallied:
            moments[row.subject_id].add(row.shown_at)
    return moments


def next_moment(known: datetime | None, before: set[datetime], after: set[datetime]) -> tuple[datetime | None, bool]:
    """Return when the next vote becomes public, from what was `known` and what some votes waited for before and after.

    It is not certain (False) where one of these votes was the next and is no more: others have to be asked.
    """
    first = min([*after, *([known] if known else [])], default=None)
    return first, known is None or known not in before or known in after
