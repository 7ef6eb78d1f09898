"""The dialect helpers: everything that differs between SQLite, PostgreSQL and MariaDB."""

from .attach import attach
from .dialect import claim, find_or_insert, insert_once, lock_rows
from .types import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from .unit import announce, transaction

__all__ = [
    "NOT_PERSONAL",
    "Base",
    "BigId",
    "Key",
    "Moment",
    "announce",
    "attach",
    "check",
    "claim",
    "find_or_insert",
    "insert_once",
    "lock_rows",
    "transaction",
    "unique",
]
