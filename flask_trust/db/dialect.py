"""Statements that each database spells in its own way."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Date, Engine, String, Table, cast, func, insert, literal_column, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from .types import MYSQL, Base

M = TypeVar("M", bound=Base)

_DUPLICATE_ENTRY = 1062  # MariaDB and MySQL


def dialect_name(session: Session) -> str:
    """Return the dialect's name, such as "sqlite" or "postgresql"."""
    return session.get_bind().dialect.name


def table_of(model: type[Base]) -> Table:
    """Return the table of a mapped class."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_once(session: Session, model: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless a unique key of its table has it already; say whether it went in."""
    name = dialect_name(session)
    if name in MYSQL:
        return _insert_or_duplicate(session, model, values)
    # Not at the top: with the drivers they draw in, the two take a quarter of the time this package needs to start.
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if name == "postgresql" else sqlite
    statement = dialect.insert(table_of(model)).values(values).on_conflict_do_nothing()
    # PostgreSQL reports rowcount -1 here whether or not the row went in, so the row itself is asked for.
    return session.execute(statement.returning(table_of(model).primary_key.columns[0])).first() is not None


def _insert_or_duplicate(session: Session, model: type[Base], values: dict[str, Any]) -> bool:
    # INSERT IGNORE would hide other errors too; a refused statement does not end the transaction here.
    try:
        session.execute(insert(table_of(model)).values(values))
    except IntegrityError as error:
        if error.orig is not None and error.orig.args[:1] == (_DUPLICATE_ENTRY,):
            return False
        raise
    return True


def find_or_insert(session: Session, model: type[M], keys: dict[str, Any], values: dict[str, Any] | None = None) -> M:
    """Return the row with these unique keys, inserting it (with `values` too) where it is missing."""
    wanted = select(model).filter_by(**keys)
    row = session.scalar(wanted)
    if row is None:
        insert_once(session, model, {**keys, **(values or {})})
        # A locking read: MariaDB's plain reads would not see a row that another transaction has just committed.
        row = session.scalars(wanted.with_for_update(read=True).execution_options(populate_existing=True)).one()
    return row


def add_upsert(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of numbers, or add them to the rows with the same primary key; one statement for all of them.

    Each row names the same columns.
    """
    if not rows:
        return
    table, name = table_of(model), dialect_name(session)
    numbers = [column for column in rows[0] if column not in table.primary_key.columns]
    if name in MYSQL:
        from sqlalchemy.dialects import mysql

        add = mysql.insert(table)
        sums = {column: table.c[column] + add.inserted[column] for column in numbers}
        session.execute(add.on_duplicate_key_update(sums), rows)
        return
    from sqlalchemy.dialects import postgresql, sqlite

    insertion = (postgresql if name == "postgresql" else sqlite).insert(table)
    new = {column: table.c[column] + insertion.excluded[column] for column in numbers}
    keys = list(table.primary_key.columns)
    session.execute(insertion.on_conflict_do_update(index_elements=keys, set_=new), rows)


def lock_rows(session: Session, model: type[Base], ids: Iterable[int]) -> None:
    """Lock rows in the order of their ids until the transaction ends.

    SQLite has no row locks and SQLAlchemy drops FOR UPDATE there without a word: a write that changes
    nothing takes its one write lock instead, so this should be the first statement of the transaction.

    PostgreSQL locks them FOR NO KEY UPDATE (`key_share`): whoever writes a row that points to them does not wait. The
    second change of such a row in a transaction looks at its foreign keys again, so that a decision about a review and
    the erasure of its author would else wait for each other's locks.
    """
    key = table_of(model).c.id
    wanted = sorted(set(ids))
    if not wanted:
        return
    if dialect_name(session) == "sqlite":
        session.execute(update(table_of(model)).where(key.in_(wanted)).values(id=key))
    else:
        session.execute(select(key).where(key.in_(wanted)).order_by(key).with_for_update(key_share=True)).all()


def claim(
    session: Session, model: type[Base], *, now: datetime, lease: timedelta, limit: int
) -> tuple[str, Sequence[int]]:
    """Take due rows for this worker alone and return its token and their ids, earliest first.

    The table has `due` (None when finished), `token` and `attempts`. A claim moves `due` to the end of the lease,
    so a worker that dies gives its rows back by itself. Call it first in a transaction of its own.
    """
    table, token = table_of(model), uuid.uuid4().hex
    pick = select(table.c.id).where(table.c.due <= now).order_by(table.c.due, table.c.id).limit(limit)
    new = {"token": token, "due": now + lease, "attempts": table.c.attempts + 1}
    if dialect_name(session) == "sqlite":
        # The write comes first: SQLite takes its lock there and waits, where a read before it would fail at once.
        done = session.execute(update(table).where(table.c.id.in_(pick)).values(new).returning(table.c.id))
        return token, sorted(done.scalars().all())
    ids = session.execute(pick.with_for_update(skip_locked=True)).scalars().all()
    if ids:
        session.execute(update(table).where(table.c.id.in_(ids)).values(new))
    return token, ids


def utc_date(session: Session, moment: Any) -> Any:
    """Return the UTC day of a column of moments as an expression; `as_date` makes a day of what comes back."""
    name = dialect_name(session)
    # No bound values: PostgreSQL would take the same day, in what is selected and in what is grouped by, for two.
    if name == "sqlite":
        return func.substr(moment, literal_column("1"), literal_column("10"), type_=String())  # UTC in letters
    if name == "postgresql":
        return cast(func.timezone(literal_column("'UTC'"), moment), Date)
    return func.date(moment, type_=Date())


def as_date(told: date | str) -> date:
    """Return a day as `utc_date` brings it back."""
    return date.fromisoformat(told) if isinstance(told, str) else told


def see_one_moment(session: Session) -> None:
    """Let a session see the database as it is now, whatever others write meanwhile; call it first in a transaction."""
    if dialect_name(session) != "sqlite":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return
    connection = session.connection()
    driver: Any = connection.connection.dbapi_connection
    if not driver.in_transaction:  # Python's driver begins one with the first write only
        connection.exec_driver_sql("BEGIN")


def overwrite_deleted(session: Session) -> None:
    """Let SQLite write zeros over what this connection deletes; the others tidy up by themselves."""
    if dialect_name(session) == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete = ON").close()


def rebuild_file(engine: Engine) -> bool:
    """Rebuild an SQLite file, so that no deleted word is left in it or beside it; say whether that was done.

    Whoever writes waits meanwhile. A file that is in use is left for another time.
    """
    if engine.dialect.name != "sqlite":
        return False
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.exec_driver_sql("VACUUM")
            return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
        except OperationalError:
            return False
