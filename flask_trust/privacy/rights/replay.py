"""Erasing again, after a backup was restored, what the list of erasures names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import Session

from ...db import transaction
from ...links import secret_keys
from ...people.models import Person
from ...state import State
from .actions import erase, erase_account, keep_away
from .erasures import marks_of, path_of, read_list
from .queries import known_people, orders_of
from .rules import Kind, Listed

BATCH = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: people erased again, of how many that are listed, and lines that could not be used."""

    erased: int
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
    done: Counter[str] = Counter()
    last = 0
    while rows := state.read(lambda session: known_people(session, last, BATCH)):  # noqa: B023 run at once
        for row in rows:
            line = state.read(lambda session: _line_about(session, row, by_mark))  # noqa: B023 run at once
            if line is not None:
                transaction(state, lambda session: _again(session, state, row.id, line))  # noqa: B023 run at once
                done["erased"] += 1
        last = rows[-1].id
    return Replayed(done["erased"], len(by_mark) - len(orders), found.broken, found.unknown)


def _line_about(session: Session, person: Person, by_mark: Mapping[str, Listed]) -> Listed | None:
    """Return a line that names a person: by our number, or by every order, told again since the backup came back."""
    by_number = _listed("person", person.id, by_mark)
    if by_number is not None:
        return by_number
    by_orders = [_listed("order", key, by_mark) for key in orders_of(session, person.id)]
    return by_orders[0] if by_orders and all(by_orders) else None


def _listed(kind: Kind, what: int | str, by_mark: Mapping[str, Listed]) -> Listed | None:
    return next((by_mark[mark] for mark in marks_of(kind, what) if mark in by_mark), None)


def _again(session: Session, state: State, number: int, line: Listed) -> None:
    person = session.get_one(Person, number)
    if line.kind == "account":
        erase_account(session, state, person, line.wish, state.clock(), listed=True)
    elif person.key is not None:
        erase(session, state, person, line.wish, listed=True)
