"""Many rows at once, the way each database takes them fastest: COPY for PostgreSQL, one INSERT for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from flask_trust.db import Base
from flask_trust.db.dialect import table_of

Row = Mapping[str, Any]


def put_in(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows that all name the same columns; others get the default that the model declares."""
    if not rows:
        return
    table, quote = table_of(model), connection.dialect.identifier_preparer.quote
    values, names = _values(connection, table, rows), ", ".join(quote(name) for name in _columns(table, rows[0]))
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    else:
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        marks = ", ".join(mark for _ in _columns(table, rows[0]))
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(values))
    cursor.close()


def _columns(table: Table, first: Row) -> dict[str, Any]:
    """Return the columns that are written, each with its default."""
    defaults = {column.name: getattr(column.default, "arg", None) for column in table.c}
    return {name: default for name, default in defaults.items() if name in first or default is not None}


def _values(connection: Connection, table: Table, rows: Sequence[Row]) -> Iterator[list[Any]]:
    columns = [(name, default, _adapted(connection, table, name)) for name, default in _columns(table, rows[0]).items()]
    for row in rows:
        yield [adapt(row.get(name, default)) for name, default, adapt in columns]


def _adapted(connection: Connection, table: Table, name: str) -> Callable[[Any], Any]:
    """Return what makes a value of a column into one that the driver takes."""
    dialect = connection.dialect
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
