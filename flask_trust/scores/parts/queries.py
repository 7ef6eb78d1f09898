"""Reading what a total is made of: lately, month by month, and by question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from operator import add
from typing import Any, TypeAlias

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
    union_all,
)

from ...db.dialect import table_of
from .. import maths
from ..models import Aspect, Day, Reader

#: Days, today included, over which pages add up what was rated lately.
WINDOWS = (30, 90, 365)
#: Calendar months, the present one included, of which pages draw a picture.
MONTHS = 12
#: What lies between the first days of those.
STRETCHES = MONTHS + len(WINDOWS)

Part: TypeAlias = tuple[int, ...]


def find_parts(
    reader: Reader, subject_id: int, today: date, more: Select[Any] | None = None, **bound: object
) -> dict[str, Part]:
    """Return what a subject's totals are made of, by name, in one statement whatever the number of votes.

    The counts of each star in the last 30, 90 and 365 days ("30", …) and in each of the last 12 months ("202705", …);
    of each aspect the number of answers, their sum and how many are low. `more` selects names with five more numbers
    each, and may bind `since`, a year ago, and what is `bound`. 365 short rows at most are read for each name.
    """
    # Of who was erased the month is left: whole months hold the same rows before and after.
    since = datetime.combine((today - timedelta(days=WINDOWS[-1])).replace(day=1), time(), UTC)
    values = {"subject": subject_id, "today": today, "since": since}
    begins = _begins(today)
    values |= bound | {f"begin{number}": begin for number, begin in enumerate(begins)}
    rows = reader.execute(_parts_query(more), values)
    found = {row[0]: tuple(int(each or 0) for each in row[1:]) for row in rows}
    return _add_up(found, begins, today)


@cache
def _parts_query(more: Select[Any] | None) -> CompoundSelect[Any]:
    day, aspect = table_of(Day).c, table_of(Aspect).c
    mine = and_(day.subject_id == bindparam("subject"), day.day <= bindparam("today"))
    levels = [day[f"n{stars}"] for stars in maths.LEVELS]
    answers = (aspect.question, aspect.n, aspect.total, aspect.low, *([literal_column("0")] * 2))
    # The aspects come first: their column decides how every name in the answer is read.
    parts: list[Select[Any]] = [select(*answers).where(aspect.subject_id == bindparam("subject"))]
    # A new stretch begins with each month and each window, so that each day is read once.
    stretch = case(*((day.day >= bindparam(f"begin{n}"), literal_column(f"'{n}'", String)) for n in range(STRETCHES)))
    since: BindParameter[date] = bindparam(f"begin{STRETCHES - 1}")
    by_day = select(stretch.label("stretch"), *levels).where(mine, day.day >= since).subquery()
    sums = (func.sum(by_day.c[f"n{stars}"]) for stars in maths.LEVELS)
    parts.append(select(by_day.c.stretch, *sums).group_by(by_day.c.stretch))
    return union_all(*parts, *([] if more is None else [more]))


def _begins(today: date) -> list[date]:
    """Return the first days of all months and windows, the latest first; some may be the same."""
    months = [today.replace(day=1)]
    while len(months) < MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return sorted([*months, *(today - timedelta(days=days - 1) for days in WINDOWS)], reverse=True)


def _add_up(found: dict[str, Part], begins: Sequence[date], today: date) -> dict[str, Part]:
    """Return the counts of windows and months in the place of those of the stretches between them."""
    parts = {name: levels for name, levels in found.items() if not name.isdecimal()}
    parts |= {str(days): (0,) * len(maths.LEVELS) for days in WINDOWS}
    for number, begin in enumerate(begins):
        levels = found.get(str(number))
        if levels is not None:
            names = [str(days) for days in WINDOWS if begin > today - timedelta(days=days)]
            for name in (*names, f"{begin:%Y%m}"):
                parts[name] = tuple(map(add, parts.get(name, (0,) * len(levels)), levels))
    return parts
