"""Flask-Migrate sees our tables like the shop's own: init, migrate, upgrade, downgrade, and a clean check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust.db import Base
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.web.cases import decided, written
from tests.web.replies import RUDE, replied_to_rating, replied_to_review
from tests.world import World

pytest.importorskip("flask_migrate")

HOST = """
import os, sqlalchemy as sa
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column
from flask_trust import Trust
from flask_trust.testing import FakeShop

app = Flask("host")
app.config.update(SECRET_KEY="x", SQLALCHEMY_DATABASE_URI=os.environ["HOST_DATABASE"])
naming = {naming!r}
db = SQLAlchemy(app, metadata=sa.MetaData(naming_convention=naming))

class Product(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))

Migrate(app, db)
Trust(db, FakeShop()).init_app(app)
"""

#: Runs commands as a shop owner types them, in one process to save time, and tells how each ended.
DRIVER = """
import json, sys
from host import app
told = []
for command in json.loads(sys.argv[1]):
    result = app.test_cli_runner().invoke(args=["db", *command])
    told.append([result.exit_code, result.output])
print(json.dumps(told))
"""

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Shop:
    """A shop in a folder of its own, driven from its shell."""

    def __init__(self, folder: Path, url: str, naming: dict[str, str]) -> None:
        self.folder, self.url = folder, url
        folder.mkdir()
        (folder / "host.py").write_text(HOST.format(naming=naming), encoding="utf-8")
        (folder / "driver.py").write_text(DRIVER, encoding="utf-8")

    def db(self, *commands: list[str]) -> list[tuple[int, str]]:
        done = subprocess.run(
            [sys.executable, "driver.py", json.dumps(commands)],
            cwd=self.folder,
            env={**os.environ, "HOST_DATABASE": self.url, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return [(code, output + done.stderr) for code, output in json.loads(done.stdout.splitlines()[-1])]

    def assert_clean(self) -> None:
        # In a process of its own: a `migrate` before it would leave its options behind in Flask-Migrate.
        ((code, output),) = self.db(["check"])
        assert code == 0, output

    def tables(self) -> set[str]:
        engine = sa.create_engine(self.url)
        names = set(sa.inspect(engine).get_table_names())
        engine.dispose()
        return names


@pytest.mark.parametrize("naming", [{}, CONVENTION], ids=["no convention", "naming convention"])
def test_upgrade_downgrade_and_check_are_clean(fresh_url: str, tmp_path: Path, naming: dict[str, str]) -> None:
    shop = Shop(tmp_path / "shop", fresh_url, naming)
    ours = set(Base.metadata.tables)
    first = shop.db(["init"], ["migrate", "-m", "first"], ["upgrade"])
    assert [code for code, _ in first] == [0, 0, 0], first
    shop.assert_clean()
    assert ours | {"product"} <= shop.tables()
    (script,) = (shop.folder / "migrations" / "versions").glob("*.py")
    assert "flask_trust" not in script.read_text(encoding="utf-8"), "a migration must not need this package"
    assert [code for code, _ in shop.db(["downgrade", "base"])] == [0]
    assert not ours & shop.tables()
    assert [code for code, _ in shop.db(["upgrade"])] == [0]
    shop.assert_clean()


def test_a_table_that_lacks_something_is_noticed(fresh_url: str, tmp_path: Path) -> None:
    """As after an update of this package that adds an index or a column."""
    shop = Shop(tmp_path / "shop", fresh_url, {})
    assert {code for code, _ in shop.db(["init"], ["migrate", "-m", "first"], ["upgrade"])} == {0}
    engine = sa.create_engine(fresh_url)
    with engine.begin() as connection:
        table = sa.Table("trust_review", sa.MetaData(), autoload_with=connection)
        (index,) = [each for each in table.indexes if each.name == "trust_review_all"]
        index.drop(connection)
    engine.dispose()
    ((code, output),) = shop.db(["check"])
    assert code != 0
    assert "trust_review_all" in output
    done = shop.db(["migrate", "-m", "second"], ["upgrade"])
    assert [code for code, _ in done] == [0, 0], done
    shop.assert_clean()


#: Both had no column `state` once.
REPLIES = ("trust_reply", "trust_review_reply")


def test_replies_of_an_older_version_can_be_read_after_the_upgrade(fresh_url: str, tmp_path: Path) -> None:
    """The older code goes on writing replies, too: it knows nothing of the column, the database has its default."""
    shop = Shop(tmp_path / "shop", fresh_url, {})
    assert {code for code, _ in shop.db(["init"], ["migrate", "-m", "first"], ["upgrade"])} == {0}
    world = World(fresh_url, tmp_path)
    replied_to_review(world)
    replied_to_rating(world)
    world.close()
    engine = sa.create_engine(fresh_url)
    with engine.begin() as connection:
        rows = {name: go_back(connection, name) for name in REPLIES}
    assert {code for code, _ in shop.db(["migrate", "-m", "second"], ["upgrade"])} == {0}
    shop.assert_clean()
    with engine.begin() as connection:
        for name, old in rows.items():
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            assert connection.execute(sa.select(table.c.text, table.c.state)).all() == [(RUDE, "shown")]
            connection.execute(sa.delete(table))
            connection.execute(sa.insert(table).values(old))
            assert connection.execute(sa.select(table.c.state)).scalar_one() == "shown"
    engine.dispose()


#: What says how much staff keeps from being read.
COUNTS = {"trust_subject": "withheld", "trust_review": "taken_down", "trust_rating": "taken_down"}


def test_what_an_older_version_took_down_is_counted_by_a_repair(fresh_url: str, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", fresh_url, {})
    assert {code for code, _ in shop.db(["init"], ["migrate", "-m", "first"], ["upgrade"])} == {0}
    world = World(fresh_url, tmp_path)
    for key in ("o1", "o2"):
        decided(world, written(world, key), "remove")
    world.tell("person_erased", "buyer-o1")
    with world.app.app_context(), world.db.engine.begin() as connection:
        for table, column in COUNTS.items():
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
    world.close()
    assert {code for code, _ in shop.db(["migrate", "-m", "second"], ["upgrade"])} == {0}
    shop.assert_clean()
    world = World(fresh_url, tmp_path)
    assert "staff keeps 0 from being read, a recount says 2" in world.cli("check").output
    assert world.cli("check", "--repair").exit_code == 0
    assert {row.key: row.withheld for row in world.all(Subject) if row.withheld} == {"bowl": 2, "reviews": 2}
    assert [row.taken_down for row in world.all(Review)] == [True, False]
    world.close()


def go_back(connection: sa.Connection, name: str) -> dict[str, Any]:
    """Let a table with one row be as it was before it had the column, and return the row."""
    now, before = sa.Table(name, sa.MetaData(), autoload_with=connection), sa.MetaData()
    for key in now.foreign_keys:
        key.column.table.to_metadata(before)
    columns = [
        sa.Column(each.name, each.type, primary_key=each.primary_key, nullable=each.nullable)
        for each in now.columns
        if each.name != "state"
    ]
    rules: list[Any] = []
    for each in now.constraints:
        if isinstance(each, sa.ForeignKeyConstraint):
            rules.append(sa.ForeignKeyConstraint(each.column_keys, [key.target_fullname for key in each.elements]))
        elif isinstance(each, sa.UniqueConstraint):
            rules.append(sa.UniqueConstraint(*[column.name for column in each.columns], name=each.name))
    rules += [sa.Index(each.name, *each.columns.keys(), unique=each.unique) for each in now.indexes]
    row = dict(connection.execute(sa.select(now)).mappings().one())
    del row["state"]
    now.drop(connection)
    older = sa.Table(name, before, *columns, *rules)
    older.create(connection)
    connection.execute(sa.insert(older).values(row))
    return row
