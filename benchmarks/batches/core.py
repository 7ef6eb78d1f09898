"""The limit of what walks over all rows: Core's bulk statements, each over the whole table in one transaction.

No batches, no locks but the statement's own, nothing that could be stopped and gone on with.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime
from typing import Any, TextIO

from sqlalchemy import (
    Connection,
    Engine,
    String,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy import Date as DateType

from flask_trust.db import Base
from flask_trust.mail.models import Outgoing
from flask_trust.reviews.models import Review
from flask_trust.reviews.votes.models import HelpfulVote
from flask_trust.scores import maths
from flask_trust.scores.models import Day, Subject

from ..seed import SHOP

_R: Any = Review.__table__.c
_S: Any = Subject.__table__.c
_D: Any = Day.__table__.c
_V: Any = HelpfulVote.__table__.c
_M: Any = Outgoing.__table__.c
LEVELS = [f"n{stars}" for stars in range(1, 6)]
WEIGHTS = [f"w{stars}" for stars in range(1, 6)]

Days = dict[int, dict[date, list[int]]]


def _day(connection: Connection, moment: Any) -> Any:
    if connection.dialect.name == "sqlite":
        return func.substr(moment, literal_column("1"), literal_column("10"), type_=String())
    return cast(func.timezone(literal_column("'UTC'"), moment), DateType)


def _votes(connection: Connection) -> Any:
    """Select what the newest vote of each person on each subject comes to, by subject, day and stars."""
    newest = (_R.shown_at.desc(), _R.id.desc())
    place = func.row_number().over(partition_by=(_R.subject_id, _R.person_id), order_by=newest)
    chosen = (_R.live.is_(True), _R.tallied.is_(True), _R.eligible.is_(True))
    ranked = select(_R.subject_id, _R.stars, _R.shown_at, place.label("place")).where(*chosen).subquery()
    by = (ranked.c.subject_id, _day(connection, ranked.c.shown_at).label("day"), ranked.c.stars)
    return select(*by, func.count()).where(ranked.c.place == 1).group_by(*by)


def recount(connection: Connection) -> Days:
    """Count all reviews by subject and day, and once more for the shop as a whole."""
    found: Days = defaultdict(lambda: defaultdict(lambda: [0] * 5))
    for subject, day, stars, number in connection.execute(_votes(connection)):
        found[subject][_as_date(day)][stars - 1] += number
    each = _votes(connection).subquery()
    whole = select(each.c.day, each.c.stars, func.sum(each.c[3])).group_by(each.c.day, each.c.stars)
    for day, stars, number in connection.execute(whole):
        found[SHOP][_as_date(day)][stars - 1] += int(number)
    return found


def _as_date(told: Any) -> date:
    return date.fromisoformat(told) if isinstance(told, str) else told


def check(engine: Engine) -> int:
    """Compare all totals and days with what is counted; return how many subjects differ."""
    with engine.connect() as connection:
        days = recount(connection)
        stored: Days = defaultdict(dict)
        for subject, day, *numbers in connection.execute(select(_D.subject_id, _D.day, *(_D[name] for name in LEVELS))):
            stored[subject][day] = numbers
        wrong = 0
        for subject, *numbers in connection.execute(select(_S.id, *(_S[name] for name in LEVELS))):
            wrong += numbers != _sums(days[subject]) or stored[subject] != days[subject]
    return wrong


def _sums(days: dict[date, list[int]]) -> list[int]:
    return [sum(levels[place] for levels in days.values()) for place in range(5)]


def repair(engine: Engine) -> None:
    """Write all totals and days anew from what is counted."""
    new: Any = {name: bindparam(f"new_{name}") for name in (*LEVELS, *WEIGHTS, "shown")} | {"version": _S.version + 1}
    with engine.begin() as connection:
        days = recount(connection)
        for subject in connection.scalars(select(_S.id)):
            days[subject]  # nothing where nobody has written
        rows = [_row(subject, levels) for subject, levels in days.items()]
        connection.execute(update(Subject).where(_S.id == bindparam("number")).values(new), rows)
        connection.execute(delete(Day))
        parts = (
            {"subject_id": subject, "day": day, **dict(zip(LEVELS, levels, strict=True))}
            for subject, each in days.items()
            for day, levels in each.items()
        )
        connection.execute(insert(Day), list(parts))


def _row(subject: int, days: dict[date, list[int]]) -> dict[str, Any]:
    counts, weights = _sums(days), [0.0] * 5
    for day, levels in days.items():
        weight = maths.weight(day, maths.HALF_LIFE["shop" if subject == SHOP else "product"])
        weights = [old + new * weight for old, new in zip(weights, levels, strict=True)]
    row = {"number": subject, "new_shown": sum(counts)}
    row |= {f"new_{name}": count for name, count in zip(LEVELS, counts, strict=True)}
    return row | {f"new_{name}": weight for name, weight in zip(WEIGHTS, weights, strict=True)}


def export(engine: Engine, file: TextIO) -> None:
    """Write every row of every table as a line of JSON."""
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(select(table), execution_options={"yield_per": 500})
            for row in rows.mappings():
                file.write(json.dumps({"table": table.name, "row": dict(row)}, ensure_ascii=False, default=str) + "\n")


def forget_visitors(engine: Engine, end: datetime) -> None:
    """Let old helpful votes be nobody's."""
    with engine.begin() as connection:
        connection.execute(update(HelpfulVote).where(_V.visitor.is_not(None), _V.at <= end).values(visitor=None))


def drop_mails(engine: Engine, end: datetime) -> None:
    """Delete the records of mails that are finished for long."""
    finished = _M.state.in_(("sent", "dropped", "held"))
    with engine.begin() as connection:
        connection.execute(delete(Outgoing).where(finished, func.coalesce(_M.sent_at, _M.created_at) <= end))


def spoil(engine: Engine) -> None:
    """Make every total wrong."""
    with engine.begin() as connection:
        connection.execute(update(Subject).values(n5=_S.n5 + 1, shown=_S.shown + 1))


def make_old(engine: Engine, at: datetime) -> None:
    """Let every helpful vote be one of long ago, of a browser that is known."""
    with engine.begin() as connection:
        known = case((_V.visitor.is_(None), cast(_V.id, String(64))), else_=_V.visitor)
        connection.execute(update(HelpfulVote).values(at=at, visitor=known))
