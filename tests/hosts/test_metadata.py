"""Our tables in the shop's metadata: with every base, convention and name a shop may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    Mapped,
    MappedAsDataclass,
    foreign,
    mapped_column,
    relationship,
)

from flask_trust import Trust
from flask_trust.db import Base, attach
from flask_trust.reviews.models import Review
from flask_trust.testing import FakeShop
from tests.hosts.conftest import MakeHost
from tests.world import World

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Plain(DeclarativeBase):
    pass


class NoMeta(DeclarativeBaseNoMeta):
    pass


def with_convention() -> SQLAlchemy:
    return SQLAlchemy(metadata=sa.MetaData(naming_convention=CONVENTION))


def of_dataclasses() -> SQLAlchemy:
    class Data(DeclarativeBase, MappedAsDataclass):
        pass

    return SQLAlchemy(model_class=Data)


HOSTS: list[Any] = [
    pytest.param(SQLAlchemy, id="legacy base"),
    pytest.param(lambda: SQLAlchemy(model_class=Plain), id="2.x base"),
    pytest.param(lambda: SQLAlchemy(model_class=NoMeta, disable_autonaming=True), id="2.x base without metaclass"),
    pytest.param(with_convention, id="naming convention"),
    pytest.param(
        of_dataclasses,
        id="dataclasses",
        marks=pytest.mark.skipif(
            sa.__version__ >= "2.1", reason="Flask-SQLAlchemy 3.1 itself cannot do it with SQLAlchemy 2.1 (its #1420)"
        ),
    ),
]


@pytest.mark.parametrize("make_db", HOSTS)
def test_the_main_job_works_with_every_kind_of_base(make_host: MakeHost, make_db: Callable[[], SQLAlchemy]) -> None:
    host = make_host(db=make_db())
    host.review("o1", 4)
    assert host.one(Review).stars == 4
    assert host.cli("check").exit_code == 0


def names_in(url_engine: sa.Engine) -> dict[str, set[str]]:
    """Return the names of the unique keys, checks and indexes that stand in the database, by table."""
    inspector, found = sa.inspect(url_engine), {}
    for table in Base.metadata.tables:
        unique = {str(each["name"]) for each in inspector.get_unique_constraints(table)}
        checks = {str(each["name"]) for each in inspector.get_check_constraints(table)}
        found[table] = unique | checks | {str(each["name"]) for each in inspector.get_indexes(table)}
    return found


def declared_names() -> dict[str, set[str]]:
    kinds = sa.UniqueConstraint | sa.CheckConstraint
    return {
        name: {str(each.name) for each in table.constraints if isinstance(each, kinds)}
        | {str(each.name) for each in table.indexes}
        for name, table in Base.metadata.tables.items()
    }


@pytest.mark.parametrize("make_db", [SQLAlchemy, with_convention], ids=["no convention", "naming convention"])
def test_unique_keys_checks_and_indexes_have_the_same_names_in_every_shop(
    make_host: MakeHost, make_db: Callable[[], SQLAlchemy]
) -> None:
    host = make_host(db=make_db())
    with host.app.app_context():
        found = names_in(host.db.engine)
    declared = declared_names()
    # MariaDB makes an index for each foreign key that has none, and tells of unique keys as indexes too.
    assert {table: declared[table] - found[table] for table in declared} == {table: set() for table in declared}
    invented = {name for table in found for name in found[table] - declared[table]}
    assert {name for name in invented if name.startswith(("uq_", "ck_", "ix_"))} == set()


def test_a_host_that_drops_everything_drops_ours_too(make_host: MakeHost) -> None:
    host = make_host()
    with host.app.app_context():
        host.db.drop_all()
        assert set(sa.inspect(host.db.engine).get_table_names()) & set(Base.metadata.tables) == set()


def test_attaching_twice_changes_nothing() -> None:
    db = SQLAlchemy()
    Trust(db, FakeShop())
    before = dict(db.metadata.tables)
    Trust(db, FakeShop())
    attach(db.metadata)
    assert dict(db.metadata.tables) == before
    assert set(before) == set(Base.metadata.tables)


def test_the_shops_classes_stay_its_own() -> None:
    """No class of ours can be meant by a name in the shop's relationships, and none of its columns gets to us."""
    db = SQLAlchemy()
    Trust(db, FakeShop())
    registry: Any = db.Model
    assert [mapper.class_ for mapper in registry.registry.mappers] == []
    assert not any(table.metadata is db.metadata for table in Base.metadata.tables.values())


def test_no_column_type_brings_a_nameless_constraint() -> None:
    types = [column.type for table in Base.metadata.tables.values() for column in table.columns]
    assert not [each for each in types if isinstance(each, sa.Enum)]
    assert not [each for each in types if getattr(each, "create_constraint", False)]


class OwnReviews:
    """A shop that has reviews of its own already, under every name that could clash."""

    def __init__(self) -> None:
        self.db = SQLAlchemy()

        class Review(self.db.Model):  # type: ignore[name-defined,misc]
            id: Mapped[int] = mapped_column(primary_key=True)
            stars: Mapped[int]

        class Person(self.db.Model):  # type: ignore[name-defined,misc]
            __tablename__ = "person"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Order(self.db.Model):  # type: ignore[name-defined,misc]
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)

        self.Review = Review

    def prepare(self, app: Flask) -> None:
        pages = Blueprint("reviews", __name__, url_prefix="/reviews")
        pages.add_url_rule("/", "home", lambda: "our own reviews")
        app.register_blueprint(pages)


def test_a_shop_with_its_own_review_class_table_and_blueprint_keeps_them(make_host: MakeHost) -> None:
    own = OwnReviews()
    host = make_host(db=own.db, prepare=own.prepare)
    with host.app.app_context():
        own.db.session.add(own.Review(stars=2))
        own.db.session.commit()
    host.review("o1", 5)
    with host.app.app_context():
        assert [row.stars for row in own.db.session.scalars(sa.select(own.Review))] == [2]
    assert [row.stars for row in host.all(Review)] == [5]
    client = host.client()
    assert client.get("/reviews/").text == "our own reviews"
    assert "5 of 5 stars" in client.get("/trust/products/bowl").text


def test_a_shop_may_relate_a_table_of_its_own_to_ours(make_host: MakeHost) -> None:
    """Its foreign key points at the copy, so the join has to be written out, as the documentation shows."""
    db = SQLAlchemy()
    trust_first = Trust(db, FakeShop())
    assert trust_first is not None

    class Pinned(db.Model):  # type: ignore[name-defined,misc]
        id: Mapped[int] = mapped_column(primary_key=True)
        review_id: Mapped[int] = mapped_column(sa.ForeignKey("trust_review.id"))
        review = relationship(Review, primaryjoin=lambda: foreign(Pinned.review_id) == Review.id)

    host = make_host(db=db)
    host.review("o1", 5)
    with host.app.app_context():
        db.session.add(Pinned(review=db.session.scalars(sa.select(Review)).one()))
        db.session.commit()
        assert db.session.scalars(sa.select(Pinned)).one().review.stars == 5


def test_our_rows_can_be_read_in_the_shops_own_session_beside_its_own(world: World) -> None:
    world.review("o1", 3)
    with world.app.app_context():
        assert [row.stars for row in world.db.session.scalars(sa.select(Review))] == [3]
        assert world.db.paginate(sa.select(Review)).total == 1
        assert world.db.get_or_404(Review, world.one(Review).id).stars == 3
