"""Databases of the tests' own on SQLite, PostgreSQL and MariaDB.

Each has a random name, so that runs beside each other and xdist's workers never meet. Environment:
TRUST_TEST_DATABASES limits the set ("sqlite,mariadb"); TRUST_TEST_POSTGRESQL and TRUST_TEST_MARIADB are
SQLAlchemy URLs of servers on which the user may create databases.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import cannot_run

NAMES = ("sqlite", "postgresql", "mariadb")
PREFIX = "trust_test_"
SERVERS = {
    "postgresql": ("TRUST_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"),
    "mariadb": ("TRUST_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}
CONNECT_SECONDS = 3
LOCK_SECONDS = 5  # a test that left a transaction open gets an error instead of a standstill


def chosen(name: str) -> bool:
    """Tell whether TRUST_TEST_DATABASES lets this database take part."""
    listed = os.environ.get("TRUST_TEST_DATABASES") or ",".join(NAMES)
    return name in listed.replace(" ", "").split(",")


@functools.cache
def available(name: str) -> str | None:
    """Return None if the database can be used, otherwise the reason why not."""
    if not chosen(name):
        return f"{name} is left out by TRUST_TEST_DATABASES"
    if name == "sqlite":
        return None
    return unreachable(name)


def unreachable(name: str) -> str | None:
    url = server(name)
    driver = url.get_driver_name()
    if importlib.util.find_spec(driver) is None:
        return f"{name} needs the package {driver}"
    try:
        with connected(url):
            return None
    except sa.exc.DBAPIError as error:
        return f"{name} does not answer at {url.host}:{url.port}: {error.orig}"


def require(name: str) -> None:
    """Skip the test where the database is missing; in CI fail it, unless left out by wish."""
    reason = available(name)
    if reason is None:
        return
    if chosen(name):
        cannot_run(reason)
    pytest.skip(reason)


def create(name: str, directory: Path) -> str:
    """Make an empty database and return its SQLAlchemy URL; ``directory`` takes SQLite's file."""
    database = PREFIX + secrets.token_hex(6)
    return CREATE[name](database, directory)


def drop(url: str) -> None:
    """Remove a database made by ``create``, whoever is still connected to it.

    Raises ValueError for any other database.
    """
    target = sa.make_url(url)
    if PREFIX not in str(target.database):
        raise ValueError(f"not a database of the tests: {target!r}")
    DROP[target.get_backend_name()](target)


@contextmanager
def temporary(name: str, directory: Path) -> Iterator[str]:
    """Lend the URL of an empty database and drop it afterwards."""
    require(name)
    url = create(name, directory)
    try:
        yield url
    finally:
        drop(url)


def empty(url: str) -> None:
    """Delete every row of every table; numbers given out so far are not given out again."""
    with connected(sa.make_url(url)) as connection, connection.begin():
        connection.exec_driver_sql(UNCHECKED[connection.dialect.name])
        for table in sa.inspect(connection).get_table_names():
            quoted = connection.dialect.identifier_preparer.quote(table)
            connection.exec_driver_sql(f"DELETE FROM {quoted}")


# Foreign keys would ask for the right order of tables. The connection ends there, so nothing is reset.
UNCHECKED = {
    "sqlite": "PRAGMA foreign_keys = OFF",
    "postgresql": "SET LOCAL session_replication_role = replica",
    "mysql": "SET SESSION foreign_key_checks = 0",
    "mariadb": "SET SESSION foreign_key_checks = 0",
}


def server(name: str) -> sa.URL:
    variable, default = SERVERS[name]
    return sa.make_url(os.environ.get(variable) or default)


@contextmanager
def connected(url: sa.URL, *, autocommit: bool = False) -> Iterator[sa.Connection]:
    """Lend a connection outside any pool; it gives up waiting for locks after a few seconds."""
    backend = url.get_backend_name()
    level = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=PATIENCE[backend], **level)
    with engine.connect() as connection:
        yield connection


PATIENCE: dict[str, dict[str, object]] = {
    "sqlite": {"timeout": LOCK_SECONDS},
    "postgresql": {"connect_timeout": CONNECT_SECONDS, "options": f"-c lock_timeout={LOCK_SECONDS}s"},
    "mysql": {
        "connect_timeout": CONNECT_SECONDS,
        "init_command": f"SET lock_wait_timeout = {LOCK_SECONDS}, innodb_lock_wait_timeout = {LOCK_SECONDS}",
    },
}
PATIENCE["mariadb"] = PATIENCE["mysql"]


def statements(name: str, *texts: str) -> None:
    with connected(server(name), autocommit=True) as connection:
        for text in texts:
            connection.exec_driver_sql(text)


def create_sqlite(database: str, directory: Path) -> str:
    path = directory / f"{database}.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # kept in the file; shops are advised to do it
    return f"sqlite:///{path}"


def create_postgresql(database: str, _directory: Path) -> str:
    statements(
        "postgresql",
        # Most shops sort by language; the byte order of a container would hide wrong sorting.
        f"CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
        f"ALTER DATABASE {database} SET synchronous_commit = off",  # nobody pulls the server's plug here
    )
    return text_of(server("postgresql").set(database=database))


def create_mariadb(database: str, _directory: Path) -> str:
    # The usual collation ignores case and accents: ids and tokens that rely on it are found out.
    statements("mariadb", f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    # On this machine alone; PyMySQL would read all certificates of the system for every connection.
    options = {"charset": "utf8mb4", "ssl_disabled": "true"}
    return text_of(server("mariadb").set(database=database).update_query_dict(options))


def text_of(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def drop_sqlite(url: sa.URL) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{url.database}{suffix}").unlink(missing_ok=True)


def drop_postgresql(url: sa.URL) -> None:
    statements("postgresql", f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")


def drop_mariadb(url: sa.URL) -> None:
    with connected(server("mariadb"), autocommit=True) as connection:
        # Left-over transactions hold locks that the removal would wait for.
        query = sa.text("SELECT id FROM information_schema.processlist WHERE db = :database")
        for (number,) in connection.execute(query, {"database": url.database}).all():
            connection.exec_driver_sql(f"KILL {int(number)}")
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {url.database}")


CREATE: dict[str, Callable[[str, Path], str]] = {
    "sqlite": create_sqlite,
    "postgresql": create_postgresql,
    "mariadb": create_mariadb,
}
DROP: dict[str, Callable[[sa.URL], None]] = {
    "sqlite": drop_sqlite,
    "postgresql": drop_postgresql,
    "mysql": drop_mariadb,
    "mariadb": drop_mariadb,
}
