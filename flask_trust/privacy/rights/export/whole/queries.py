"""Every row of ours, for whoever moves or looks after a shop; a few at a time, however many there are."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Column, Date, Select, Table, and_, func, or_, select
from sqlalchemy.orm import Session

from .....db import Base

#: Rows that are in memory at one moment.
AT_ONCE = 500


def read_everything(
    session: Session, behind: tuple[str, Mapping[str, Any]] | None = None
) -> Generator[tuple[str, dict[str, Any]]]:
    """Yield the table and the columns of every row, table after table, in the order of their keys.

    With `behind`, a table and one of its rows as JSON keeps it, only what comes after that row. Raises KeyError where
    there is no such table or the row lacks its key.
    """
    for table, query in _queries(behind):
        names = table.columns.keys()
        with session.connection().execute(query, execution_options={"yield_per": AT_ONCE}) as rows:
            yield from ((table.name, dict(zip(names, row, strict=True))) for row in rows)


def count_everything(session: Session, behind: tuple[str, Mapping[str, Any]] | None = None) -> int:
    """Return how many rows `read_everything` would yield."""
    counts = (select(func.count()).select_from(query.order_by(None).subquery()) for _, query in _queries(behind))
    return sum(session.scalar(count) or 0 for count in counts)


def check_place(behind: tuple[str, Mapping[str, Any]]) -> None:
    """Raise KeyError or ValueError where something is not a table of ours with one of its rows."""
    _queries(behind)


def _queries(behind: tuple[str, Mapping[str, Any]] | None) -> list[tuple[Table, Select[Any]]]:
    tables = Base.metadata.sorted_tables
    if behind is None:
        return [(table, _ordered(table)) for table in tables]
    first = Base.metadata.tables[behind[0]]
    later = tables[tables.index(first) + 1 :]
    return [(first, _ordered(first).where(_after(first, behind[1]))), *((table, _ordered(table)) for table in later)]


def _ordered(table: Table) -> Select[Any]:
    return select(table).order_by(*table.primary_key.columns)


def _after(table: Table, row: Mapping[str, Any]) -> Any:
    """Return the condition for what comes behind a row; no row values, which MariaDB reads a whole table for."""
    key = [(column, _revived(column, row[column.name])) for column in table.primary_key.columns]
    return or_(
        *(
            and_(*(one == value for one, value in key[:place]), column > last)
            for place, (column, last) in enumerate(key)
        )
    )


def _revived(column: Column[Any], value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(column.type, Date) else value
