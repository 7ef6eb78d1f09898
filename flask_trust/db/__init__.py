"""The dialect helpers: everything that differs between SQLite, PostgreSQL and MariaDB."""

from .attach import attach
from .dialect import (
    add_upsert,
    as_it_is_now,
    begin_writing,
    claim,
    find_or_insert,
    insert_all,
    insert_once,
    lock_row,
    lock_rows,
    overwrite_deleted,
)
from .types import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from .unit import announce, around_commit, transaction

__all__ = [
    "NOT_PERSONAL",
    "Base",
    "BigId",
    "Key",
    "Moment",
    "add_upsert",
    "announce",
    "around_commit",
    "as_it_is_now",
    "attach",
    "begin_writing",
    "check",
    "claim",
    "find_or_insert",
    "insert_all",
    "insert_once",
    "lock_row",
    "lock_rows",
    "overwrite_deleted",
    "transaction",
    "unique",
]
