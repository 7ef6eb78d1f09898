"""Mending what a recount found wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, false, insert, select, true, update
from sqlalchemy.orm import Session

from ..db import lock_rows
from ..scores import maths
from ..scores.models import Aspect, Day, Subject
from .recount import PIECE, Truth, by_votes, left_down_now, miscounted, truths, votes_of

# Nothing that was read before is looked at again, so the session need not follow.
_PLAIN = {"synchronize_session": False}


def repair_subjects(session: Session, ids: Sequence[int]) -> None:
    """Set the totals of subjects to a fresh recount, under their locks; call it first in a transaction.

    The shop's own have to come alone: whoever writes takes their locks before the others. What is public by now and
    `tallied` nowhere stays so: in one total and not in the other, it would make the other wrong.
    """
    lock_rows(session, Subject, ids)
    wanted = select(Subject).where(Subject.id.in_(ids)).order_by(Subject.id)
    rows = session.scalars(wanted.execution_options(populate_existing=True)).all()
    chosen = [(votes_of(row), true()) for row in rows if row.kind == "shop"]
    chosen += [(votes, votes.subject_id.in_(numbers)) for votes, numbers in by_votes(rows).items()]
    for votes, scope in chosen:
        # No recount has what is hidden, whatever it says; the next move would take it off the total once more.
        mend = update(votes).where(scope, votes.live.is_(False), votes.tallied.is_(True)).values(tallied=false())
        session.execute(mend, execution_options=_PLAIN)
        for wrong, holds in ((False, left_down_now(votes)), (True, ~left_down_now(votes))):
            mend = update(votes).where(scope, votes.taken_down.is_(wrong), holds).values(taken_down=not wrong)
            session.execute(mend, execution_options=_PLAIN)
    fresh = truths(session, rows)
    if any(truth.miscounted for truth in fresh.values()):
        for votes, scope in chosen:
            _mend_flags(session, votes, miscounted(session, votes, scope))
    for row in rows:
        _set(row, fresh[row.id])
    _write_parts(session, fresh)


def _set(row: Subject, truth: Truth) -> None:
    for level in maths.LEVELS:
        setattr(row, f"n{level}", truth.counts[level - 1])
        setattr(row, f"w{level}", truth.sums[level - 1])
    row.shown, row.withheld, row.next_shown_at = truth.shown, truth.withheld, truth.next_shown_at
    row.version += 1


def _write_parts(session: Session, fresh: dict[int, Truth]) -> None:
    session.flush()
    for model in (Day, Aspect):
        session.execute(delete(model).where(model.subject_id.in_(list(fresh))), execution_options=_PLAIN)
    days = [
        {"subject_id": number, "day": day, **{f"n{level}": n for level, n in enumerate(levels, 1)}}
        for number, truth in fresh.items()
        for day, levels in truth.days.items()
    ]
    aspects = [
        {"subject_id": number, "question": name, "n": n, "total": total, "low": low}
        for number, truth in fresh.items()
        for name, (n, total, low) in truth.aspects.items()
    ]
    _put_in(session, Day, days)
    _put_in(session, Aspect, aspects)


def _put_in(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), PIECE):
        session.execute(insert(model.__table__), rows[start : start + PIECE])


def _mend_flags(session: Session, votes: Any, miscounted: Sequence[int]) -> None:
    # In pieces: PostgreSQL takes 65,535 values in one statement, some builds of SQLite no more than 999.
    for start in range(0, len(miscounted), PIECE):
        wrong = votes.id.in_(miscounted[start : start + PIECE])
        session.execute(update(votes).where(wrong).values(counted=~votes.counted), execution_options=_PLAIN)
