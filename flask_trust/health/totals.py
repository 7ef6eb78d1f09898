"""Comparing all totals with a recount, many at a time; it can be stopped anywhere and goes on from there."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ..db import lock_rows, transaction
from ..db.dialect import see_one_moment
from ..i18n import _
from ..scores.actions import moving_totals
from ..scores.late.queries import find_unmoved
from ..scores.models import Subject, Totals
from ..scores.score import counts_of, sums_of
from ..state import State
from .actions import repair_subjects
from .recount import Truth, count_subjects, next_subjects, parts_that_differ, subjects, truths

#: A running sum of floats may differ from a recount by rounding and by nothing more.
TOLERANCE = 1e-9


@dataclass(slots=True)
class Place:
    """How far a check has come: everything with totals up to our number `after` is done.

    `moved` is told after each step how many were done in it, and how many there are in all.
    """

    after: int = 0
    moved: Callable[[int, int], None] = lambda _done, _all: None


def differences(state: State, place: Place, *, repair: bool) -> Iterator[str]:
    """Yield in words which totals behind a place are not what a recount says; with `repair`, what is left of it."""
    number = state.read(lambda session: count_subjects(session, place.after))
    while kinds := state.read(lambda session: next_subjects(session, place.after)):
        wrong = _suspects(state, kinds)
        if wrong and repair:
            _repair(state, kinds, wrong)
            wrong = _suspects(state, {number: kinds[number] for number in wrong})
        yield from _certain(state, kinds, wrong).values()
        place.after = max(kinds)
        place.moved(len(kinds), number)


def _repair(state: State, kinds: Mapping[int, str], wrong: Collection[int]) -> None:
    """Set some totals to a recount of what they have, then move what they lack, which moves the shop's with them."""
    for ids in _apart(kinds, wrong):
        transaction(state, lambda session: repair_subjects(session, ids))  # noqa: B023 run at once
    now = state.clock()
    for votes, moved, people in state.read(lambda session: find_unmoved(session, wrong, now)):
        transaction(state, lambda session: _move(session, votes, moved, people, now))  # noqa: B023 run at once


def _move(session: Session, votes: Any, moved: Collection[int], people: Sequence[int], now: datetime) -> None:
    with moving_totals(session, votes, moved, people, now):
        pass


def _apart(kinds: Mapping[int, str], ids: Iterable[int]) -> list[list[int]]:
    """Return the same numbers, the shop's own totals each by itself: whoever writes locks them before the others."""
    shop = [[number] for number in ids if kinds[number] == "shop"]
    others = [number for number in ids if kinds[number] != "shop"]
    return [others, *shop] if others else shop


def _suspects(state: State, kinds: Mapping[int, str]) -> dict[int, str]:
    """Return in words which of some totals look wrong, without keeping anybody waiting."""
    with state.session() as session:
        see_one_moment(session)
        return _compare(session, list(kinds))


def _certain(state: State, kinds: Mapping[int, str], suspects: Iterable[int]) -> dict[int, str]:
    """Return those that still look wrong when nobody can write."""
    found: dict[int, str] = {}
    for ids in _apart(kinds, suspects):
        found |= transaction(state, lambda session: _compare_locked(session, ids))  # noqa: B023 run at once
    return dict(sorted(found.items()))


def _compare_locked(session: Session, ids: Sequence[int]) -> dict[int, str]:
    lock_rows(session, Subject, ids)
    return _compare(session, ids)


def _compare(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = subjects(session, ids)
    fresh = truths(session, rows)
    parts = parts_that_differ(session, fresh)
    told = {row.id: _difference(row, fresh[row.id], row.id in parts) for row in rows}
    return {number: words for number, words in told.items() if words}


def _difference(row: Totals, truth: Truth, parts_differ: bool) -> str | None:
    if row.withheld != truth.withheld:
        return _(
            "The totals of %(what)s say that staff keeps %(kept)s from being read, a recount says %(fresh)s.",
            what=_name_of(row),
            kept=row.withheld,
            fresh=truth.withheld,
        )
    if not _agrees(row, truth):
        return _(
            "The totals of %(what)s say %(kept)s with %(shown)s shown, a recount says %(fresh)s with %(truth)s shown.",
            what=_name_of(row),
            kept=list(counts_of(row)),
            shown=row.shown,
            fresh=truth.counts,
            truth=truth.shown,
        )
    if parts_differ:
        return _("The counts by day or by question of %(what)s differ from what a recount says.", what=_name_of(row))
    return None


def _name_of(row: Totals) -> str:
    names = {"product": _("product"), "family": _("family"), "seller": _("seller"), "shop": _("shop")}
    return f"{names[row.kind]} {row.key!r}"


def _agrees(row: Totals, truth: Truth) -> bool:
    kept = sums_of(row)
    same_sums = list(kept) == truth.sums or all(
        math.isclose(each, fresh, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for each, fresh in zip(kept, truth.sums, strict=True)
    )
    same_counts = list(counts_of(row)) == truth.counts and row.shown == truth.shown
    return same_sums and same_counts and row.next_shown_at == truth.next_shown_at and not truth.miscounted
