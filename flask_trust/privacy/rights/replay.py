"""Erasing again, after a backup was restored, what the list of erasures names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import Session

from ...db import transaction
from ...links import secret_keys
from ...people.models import Person
from ...state import State
from .actions import erase, erase_account, erase_listed_reports, keep_away
from .erasures import marks_of, path_of, read_list
from .merging import merge
from .queries import known_people, orders_of
from .rules import Kind, Listed

BATCH = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: people erased again, and reports, of how many that are listed, and lines of no use."""

    erased: int
    reports: int
    listed: int
    broken: int
    unknown: int


def replay(state: State) -> Replayed:
    """Erase everybody the list names who is known here (again); each in a transaction of their own."""
    found = read_list(path_of(state.settings), secret_keys(current_app))
    # Of an account that was erased and then the whole person, the person counts.
    by_mark = {line.mark: line for line in sorted(found.lines, key=lambda line: line.kind == "person")}
    orders = [line.mark for line in found.lines if line.kind == "order"]
    transaction(state, lambda session: keep_away(session, orders, state.clock()))
    reported = {line.mark for line in found.lines if line.kind == "report"}
    reports = transaction(state, lambda session: erase_listed_reports(session, state, reported)) if reported else 0
    others = _numbers_of(state, {line.into for line in found.lines if line.into})
    done: Counter[str] = Counter()
    for row in _everybody(state):
        line = state.read(lambda session: _line_about(session, row, by_mark))  # noqa: B023 run at once
        if line is not None:
            transaction(state, lambda session: _again(session, state, row.id, line, others))  # noqa: B023 run at once
            done["erased"] += 1
    return Replayed(done["erased"], reports, len(by_mark) - len({*orders, *reported}), found.broken, found.unknown)


def _everybody(state: State) -> Iterator[Person]:
    last = 0
    while rows := state.read(lambda session: known_people(session, last, BATCH)):  # noqa: B023 run at once
        yield from rows
        last = rows[-1].id


def _numbers_of(state: State, marks: Collection[str]) -> dict[str, int]:
    """Return our numbers of the people with these marks, as far as they are known here."""
    if not marks:
        return {}
    return {mark: row.id for row in _everybody(state) for mark in marks_of("person", row.id) if mark in marks}


def _line_about(session: Session, person: Person, by_mark: Mapping[str, Listed]) -> Listed | None:
    """Return a line that names a person: by our number, or by every order, told again since the backup came back."""
    by_number = _listed("person", person.id, by_mark)
    if by_number is not None:
        return by_number
    by_orders = [_listed("order", key, by_mark) for key in orders_of(session, person.id)]
    return by_orders[0] if by_orders and all(by_orders) else None


def _listed(kind: Kind, what: int | str, by_mark: Mapping[str, Listed]) -> Listed | None:
    return next((by_mark[mark] for mark in marks_of(kind, what) if mark in by_mark), None)


def _again(session: Session, state: State, number: int, line: Listed, others: Mapping[str, int]) -> None:
    person = session.get_one(Person, number)
    if person.key is None:
        return
    other = session.get(Person, others.get(line.into, 0))
    if line.kind == "account" and person.merged_into is None and other is not None and other.key is not None:
        # The backup is older than the merge: what the account wrote belongs to the other, who can find it there.
        merge(session, person, other, state.clock())
    if line.kind == "account" and person.merged_into is not None:
        erase_account(session, state, person, line.wish, state.clock(), listed=True)
    else:
        # Whoever owned the words later is not here: under a number without a person nobody could ever delete them.
        erase(session, state, person, line.wish, listed=True)
