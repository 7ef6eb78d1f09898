"""Statements that each database spells in its own way."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    CursorResult,
    Date,
    Engine,
    Executable,
    Insert,
    Row,
    Select,
    String,
    Table,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, SessionTransaction

from .types import MYSQL, Base

M = TypeVar("M", bound=Base)

_DUPLICATE_ENTRY = 1062  # MariaDB and MySQL
_WRITING = "flask_trust_writing"


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


def insert_all(session: Session, rows: Sequence[Base]) -> None:
    """Insert new objects of one class, all with the same columns set, and tell each its number (`id`).

    One statement for all of them where the database can tell several numbers at once. They stay outside of the session.
    """
    if not rows:
        return
    table, connection = table_of(type(rows[0])), session.connection()
    values = [{name: value for name, value in vars(row).items() if name in table.c} for row in rows]
    if len(rows) > 1 and connection.dialect.insert_executemany_returning_sort_by_parameter_order:
        numbers = connection.execute(_insertion(table, returning=True), values).scalars().all()
    else:
        numbers = [_number_of(connection.execute(_insertion(table), each)) for each in values]
    for row, number in zip(rows, numbers, strict=True):
        row.id = number  # type: ignore[attr-defined]


def _number_of(result: CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    assert key is not None
    number: int = key[0]
    return number


@cache
def _insertion(table: Table, *, returning: bool = False) -> Insert:
    statement = insert(table)
    return statement.returning(table.c.id, sort_by_parameter_order=True) if returning else statement


def add_upsert(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of numbers, or add them to the rows with the same primary key; one statement for all of them.

    Each row names the same columns.
    """
    if rows:
        session.connection().execute(_adding(model, dialect_name(session), tuple(rows[0])), rows)


@cache
def _adding(model: type[Base], name: str, columns: tuple[str, ...]) -> Insert:
    table = table_of(model)
    numbers = [column for column in columns if column not in table.primary_key.columns]
    if name in MYSQL:
        from sqlalchemy.dialects import mysql

        add = mysql.insert(table)
        return add.on_duplicate_key_update({column: table.c[column] + add.inserted[column] for column in numbers})
    from sqlalchemy.dialects import postgresql, sqlite

    insertion: Any = (postgresql if name == "postgresql" else sqlite).insert(table)
    new = {column: table.c[column] + insertion.excluded[column] for column in numbers}
    upsert: Insert = insertion.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=new)
    return upsert


def lock_rows(session: Session, model: type[Base], ids: Iterable[int]) -> None:
    """Lock rows in the order of their ids until the transaction ends.

    SQLite has no row locks and SQLAlchemy drops FOR UPDATE there without a word: a write that changes
    nothing takes its one write lock instead, so this should be the first statement of the transaction. Whoever has
    that lock needs no other.

    PostgreSQL locks them FOR NO KEY UPDATE (`key_share`): whoever writes a row that points to them does not wait. The
    second change of such a row in a transaction looks at its foreign keys again, so that a decision about a review and
    the erasure of its author would else wait for each other's locks.
    """
    wanted = sorted(set(ids))
    if wanted and dialect_name(session) != "sqlite":
        session.connection().execute(_locking(model), {"wanted": wanted}).all()
    elif wanted:
        begin_writing(session, model, wanted)


def begin_writing(session: Session, model: type[Base], ids: Sequence[int]) -> None:
    """Take SQLite's write lock where this transaction has not; the other databases lock what they read FOR UPDATE."""
    if dialect_name(session) == "sqlite" and not _is_writing(session):
        session.connection().execute(_touching(model), {"wanted": ids})
        _note_writing(session)


def lock_row(session: Session, model: type[Base], number: int, *columns: str) -> Row[Any]:
    """Lock one row as `lock_rows` does, and return these columns of it as they stand now."""
    if dialect_name(session) != "sqlite" or _is_writing(session):
        return session.connection().execute(_locking(model, columns), {"wanted": [number]}).one()
    row = session.connection().execute(_touching(model, columns), {"wanted": [number]}).one()
    _note_writing(session)
    return row


@cache
def _locking(model: type[Base], columns: tuple[str, ...] = ("id",)) -> Executable:
    table = table_of(model)
    chosen = select(*(table.c[name] for name in columns)).where(table.c.id.in_(bindparam("wanted", expanding=True)))
    return chosen.order_by(table.c.id).with_for_update(key_share=True)


@cache
def _touching(model: type[Base], columns: tuple[str, ...] = ()) -> Executable:
    table = table_of(model)
    touch = update(table).where(table.c.id.in_(bindparam("wanted", expanding=True))).values(id=table.c.id)
    return touch.returning(*(table.c[name] for name in columns)) if columns else touch


def _innermost(session: Session) -> SessionTransaction | None:
    return session.get_nested_transaction() or session.get_transaction()


def _is_writing(session: Session) -> bool:
    """Say whether this very transaction or savepoint has taken SQLite's write lock.

    A savepoint may be all the transaction there is, as the driver begins none for it, so each takes the lock anew.
    """
    within = _innermost(session)
    return within is not None and session.info.get(_WRITING) is within


def _note_writing(session: Session) -> None:
    session.info[_WRITING] = _innermost(session)


def as_it_is_now(session: Session, query: Select[Any]) -> Select[Any]:
    """Let a query that decides something under locks see what others committed while those were waited for.

    MariaDB's plain reads see the moment of the transaction's first one, its locking reads do not. The others need no
    lock for that, and PostgreSQL allows none beside DISTINCT, GROUP BY and UNION.
    """
    return query.with_for_update(read=True) if dialect_name(session) in MYSQL else query


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
