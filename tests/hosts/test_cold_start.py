"""A shop starts without what it needs later: pages, mails and commands are imported by their first use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flask_trust.lazy import LazyFunction
from flask_trust.mails import mail_kinds
from flask_trust.routes import LINK_VIEWS, ROUTES
from flask_trust.tables import TABLES
from tests.support import smtp
from tests.test_floors import FILES, PACKAGE, ROOT
from tests.world import World

PROGRAM = """
import json, sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

def refuse():
    raise SystemExit("the database was asked for something")

app, db = Flask("shop"), SQLAlchemy(engine_options={"creator": refuse})
app.config.update(SECRET_KEY="a secret of tests", SQLALCHEMY_DATABASE_URI="sqlite://", TRUST_LOCALE="de")
db.init_app(app)
before = set(sys.modules)

from flask_trust import Shop, Trust

class Empty(Shop):
    def orders(self, ids): return {}
    def products(self, ids): return {}
    def people(self, ids): return {}

Trust(db, Empty()).init_app(app)
print(json.dumps(sorted(set(sys.modules) - before)))
"""

#: What one of our rooms draws in when it is used, and nobody needs before.
LATER = ("babel", "bleach", "celery", "flask_login", "smtplib", "tenacity", "wtforms", "sqlalchemy.dialects.postgresql")


def module_of(path: Path) -> str:
    return ".".join([PACKAGE, *path.relative_to(ROOT).with_suffix("").parts])


@pytest.fixture(scope="module")
def imported() -> list[str]:
    """What mounting imports in a fresh interpreter, without asking the database, beside Flask's own."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=smtp.ROOT, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_mounting_imports_no_library_that_a_later_use_needs(imported: list[str]) -> None:
    assert [name for name in imported if name.startswith(LATER)] == []


def test_mounting_imports_of_the_rooms_only_tables_rules_and_addresses(imported: list[str]) -> None:
    files = {
        path: module_of(path)
        for path in FILES
        if path.parent != ROOT and path.parent.name not in ("db", "web") and path.name != "__init__.py"
    }
    allowed = ("models.py", "rules.py", "routes.py", "group.py")
    assert [name for path, name in files.items() if name in imported and path.name not in allowed] == []


def test_every_table_is_known_from_the_start() -> None:
    named = {module.__name__ for module in TABLES}
    there = {module_of(path) for path in FILES if path.name == "models.py"}
    assert named == there


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "models.py"], ids=module_of)
def test_types_of_columns_are_no_texts_that_have_to_be_read(path: Path) -> None:
    assert "__future__" not in path.read_text(encoding="utf-8")


VIEWS: dict[str, Any] = {f"{view.__module__}.{view.__name__}": view for _, _, view, _ in ROUTES}


@pytest.mark.parametrize("name", VIEWS)
def test_every_address_leads_to_a_view_that_is_there(name: str) -> None:
    view = VIEWS[name]
    assert callable(view._function if isinstance(view, LazyFunction) else view)


def test_views_that_are_exempt_from_form_tokens_have_an_address() -> None:
    assert {f"{view.__module__}.{view.__name__}" for view in LINK_VIEWS} <= VIEWS.keys()


def test_the_kinds_of_mails_look_like_a_plain_mapping(world: World) -> None:
    mails = world.state.mails
    assert (set(mails), len(mails)) == (set(mail_kinds()), len(mail_kinds()))
    assert mails["request"] is mails["reminder"]
    assert "gossip" not in mails
