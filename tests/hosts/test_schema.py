"""A shop whose tables live in a schema of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from flask_trust import Trust
from flask_trust.errors import SettingsError
from flask_trust.reviews.models import Review
from flask_trust.testing import FakeShop
from tests.support import databases
from tests.world import World

RECIPE = {"execution_options": {"schema_translate_map": {None: "shop"}}}


def db_in_schema() -> SQLAlchemy:
    return SQLAlchemy(metadata=sa.MetaData(schema="shop"))


@pytest.mark.parametrize(
    "options",
    [
        None,
        {},
        {"pool_pre_ping": True},
        {"execution_options": {}},
        {"execution_options": None},
        {"execution_options": {"schema_translate_map": None}},
        {"execution_options": {"schema_translate_map": {None: "another"}}},
    ],
    ids=repr,
)
def test_a_default_schema_without_the_recipe_stops_the_start_with_the_line_to_add(options: object) -> None:
    db, app = db_in_schema(), Flask("host")
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", SQLALCHEMY_ENGINE_OPTIONS=options or {})
    db.init_app(app)
    with pytest.raises(SettingsError) as refused:
        Trust(db, FakeShop()).init_app(app)
    assert 'SQLALCHEMY_ENGINE_OPTIONS = {"execution_options": {"schema_translate_map": {None: \'shop\'}}}' in str(
        refused.value
    )


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    with databases.temporary("postgresql", tmp_path) as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema("shop"))
        engine.dispose()
        yield url


def test_with_the_recipe_everything_works_and_all_tables_lie_in_the_schema(postgresql: str, tmp_path: Path) -> None:
    db = db_in_schema()

    class Product(db.Model):  # type: ignore[name-defined,misc]
        id: Mapped[int] = mapped_column(primary_key=True)

    host = World(postgresql, tmp_path, db=db, SQLALCHEMY_ENGINE_OPTIONS=RECIPE)
    with host.app.app_context():
        db.create_all()
        db.session.add(Product(id=7))
        db.session.commit()
        inspector = sa.inspect(db.engine)
        assert inspector.get_table_names(schema="public") == []
        assert {"product", "trust_review", "trust_order"} <= set(inspector.get_table_names(schema="shop"))
    host.review("o1", 4)
    host.order("o2")
    host.deliver("o2")
    host.pass_days(7)
    assert len(host.mails()) == 1
    assert host.one(Review).stars == 4
    assert "4 of 5 stars" in host.client().get("/trust/products/bowl").text
    assert host.cli("check").exit_code == 0
    host.close()
