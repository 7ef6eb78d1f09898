"""Knowing the error of a database in which our tables were never made."""

from __future__ import annotations

import re

from sqlalchemy.exc import OperationalError, ProgrammingError

WORDS = (
    'The tables of flask_trust are missing: type "flask db migrate" and "flask db upgrade", '
    'or, in a shop without Flask-Migrate, "db.create_all()" in "flask shell".'
)

_POSTGRESQL = "42P01"
_MARIADB = 1146
_SQLITE = "no such table"
#: A table's name as the three print it; before a database's name, which may begin in the same way, MariaDB has a "'".
_OURS = re.compile(r'[\s."]trust_')


def tables_are_missing(error: BaseException) -> bool:
    """Say whether an error is about a table of ours that is not there; the shop's own tables are its own matter."""
    if not isinstance(error, OperationalError | ProgrammingError) or error.orig is None:
        return False
    said = str(error.orig)
    number = error.orig.args[0] if error.orig.args else None
    unknown = getattr(error.orig, "sqlstate", None) == _POSTGRESQL or number == _MARIADB or _SQLITE in said
    return unknown and _OURS.search(said) is not None
