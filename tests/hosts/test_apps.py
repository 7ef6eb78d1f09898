"""Several apps and several databases in one process, and what is said when something is set up wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_trust import Person, Product, Trust, UnknownOrder, guest_id
from flask_trust.errors import NotSetUp, SettingsError
from flask_trust.orders.models import Order
from flask_trust.reviews.models import Review
from flask_trust.testing import FakeShop
from tests.hosts.conftest import MakeHost
from tests.support import databases
from tests.world import World


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two shops with a database, settings and pages of their own, in one process."""
    shops = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        world = World(
            databases.create("sqlite", folder),
            folder,
            TRUST_SHOP_NAME=f"Shop {name}",
            TRUST_URL_PREFIX=f"/{name}",
            SECRET_KEY=f"key of {name}",
        )
        with world.app.app_context():
            world.db.create_all()
        shops.append(world)
    yield shops[0], shops[1]
    for world in shops:
        world.close()


def test_two_apps_with_two_databases_never_mix(pair: tuple[World, World]) -> None:
    one, two = pair
    one.order("o1", buyer=Person("anna", "Anna", "anna@customer.example"))
    two.order("o1", buyer=Person("bert", "Bert", "bert@customer.example"))
    for world in pair:
        world.deliver("o1")
        world.pass_days(7)
    assert [mail["To"] for mail in one.mails()] == ["anna@customer.example"]
    assert [mail["To"] for mail in two.mails()] == ["bert@customer.example"]
    assert "Shop one" in one.text_of(one.mails()[0])
    assert "Shop two" in two.text_of(two.mails()[0])
    assert one.client().get("/one/").status_code == two.client().get("/two/").status_code == 200


def test_two_databases_keep_apart_even_when_their_contexts_lie_inside_each_other(pair: tuple[World, World]) -> None:
    one, two = pair
    one.order("only-in-one", "bowl")
    two.order("only-in-two", "cup")
    with one.app.app_context():
        one.trust.order_delivered("only-in-one")
        with two.app.app_context():
            two.trust.order_delivered("only-in-two")
            with pytest.raises(UnknownOrder):
                two.trust.order_delivered("only-in-one")
            two.db.session.commit()
        one.db.session.commit()
    assert [row.key for row in one.all(Order)] == ["only-in-one"]
    assert [row.key for row in two.all(Order)] == ["only-in-two"]


def test_the_trust_of_one_shop_refuses_to_work_in_the_app_of_another(pair: tuple[World, World]) -> None:
    one, two = pair
    one.order("o1")
    two.order("o1")
    with two.app.app_context(), pytest.raises((NotSetUp, RuntimeError)):
        one.trust.order_delivered("o1")
    assert one.all(Order) == two.all(Order) == []


def test_a_link_or_a_guest_of_one_shop_means_nothing_in_another(pair: tuple[World, World]) -> None:
    one, two = pair
    for world in pair:
        world.order("o1")
        world.deliver("o1")
    token = one.rate_path("o1").rpartition("/")[2]
    assert one.client().get(f"/one/rate/{token}").status_code == 200
    assert two.client().get(f"/two/rate/{token}").status_code == 404
    with one.app.app_context():
        guest = guest_id("guest@customer.example")
    with two.app.app_context():
        assert guest_id("guest@customer.example") != guest


def test_pages_settings_and_template_helpers_belong_to_their_app(pair: tuple[World, World]) -> None:
    for world, name in zip(pair, ("one", "two"), strict=True):
        world.shop.add(Product("bowl", f"Bowl of {name}", "/bowl"))
        client = world.client()
        assert f"Bowl of {name}" in client.get(f"/{name}/products/bowl").text
        assert f"Shop {name}" in client.get(f"/{name}/").text
        assert client.get("/trust/").status_code == 404
        with world.app.test_request_context():
            drawn = world.app.jinja_env.from_string("{{ trust.head() }}").render()
        assert f"/{name}/static/" in drawn


def test_two_apps_may_share_one_database_object(make_host: MakeHost) -> None:
    """As in a shop with an app for customers and one for its staff."""
    db = SQLAlchemy()
    one = make_host(db=db)
    two = make_host(db=db, tables=False, SECRET_KEY="a secret of tests")
    one.review("o1", 4)
    two.review("o2", 5)
    assert [row.stars for row in one.all(Review)] == [row.stars for row in two.all(Review)] == [4, 5]
    assert one.cli("check").exit_code == two.cli("check").exit_code == 0


def bare_app(folder: Path, name: str = "host", **config: object) -> Flask:
    app = Flask(name)
    url = databases.create("sqlite", folder)
    app.config.update({"SECRET_KEY": "x", "SQLALCHEMY_DATABASE_URI": url, "TESTING": True, **config})
    return app


def answers(app: Flask, db: SQLAlchemy) -> bool:
    with app.app_context():
        db.create_all()
    works = app.test_client().get("/trust/").status_code == 200
    with app.app_context():
        db.engine.dispose()
    return works


def test_one_trust_object_may_serve_several_apps(tmp_path: Path) -> None:
    db = SQLAlchemy()
    trust = Trust(db, FakeShop())
    apps = [bare_app(tmp_path, "one"), bare_app(tmp_path, "two")]
    for app in apps:
        db.init_app(app)
        trust.init_app(app)
    assert all(answers(app, db) for app in apps)


def test_trust_may_be_made_before_the_database_meets_the_app(tmp_path: Path) -> None:
    db, app = SQLAlchemy(), bare_app(tmp_path)
    Trust(db, FakeShop()).init_app(app)
    db.init_app(app)
    assert answers(app, db)


def test_trust_may_be_made_after_the_database_met_the_app(tmp_path: Path) -> None:
    app = bare_app(tmp_path)
    db = SQLAlchemy(app)
    Trust(db, FakeShop()).init_app(app)
    assert answers(app, db)


def test_init_app_twice_is_refused_in_words(world: World) -> None:
    with pytest.raises(SettingsError, match="called twice"):
        world.trust.init_app(world.app)
    with pytest.raises(SettingsError, match="called twice"):
        Trust(SQLAlchemy(), FakeShop()).init_app(world.app)


def test_a_wrong_setting_leaves_nothing_behind_in_the_app(tmp_path: Path) -> None:
    app = bare_app(tmp_path, TRUST_TIMEZONE="Mars/Olympus")
    db = SQLAlchemy(app)
    trust = Trust(db, FakeShop())
    with pytest.raises(SettingsError, match="TRUST_TIMEZONE"):
        trust.init_app(app)
    assert "trust" not in app.blueprints
    app.config["TRUST_TIMEZONE"] = "UTC"
    trust.init_app(app)
    assert answers(app, db)


def test_a_call_outside_of_an_app_says_what_to_write() -> None:
    with pytest.raises(NotSetUp, match=r"with app\.app_context\(\)"):
        Trust(SQLAlchemy(), FakeShop()).run_due()


def test_a_call_in_an_app_that_was_forgotten_says_so(world: World, tmp_path: Path) -> None:
    forgotten = bare_app(tmp_path, "forgotten")
    world.db.init_app(forgotten)
    with forgotten.app_context(), pytest.raises(NotSetUp, match=r"forget trust\.init_app\(app\)"):
        world.trust.order_delivered("o1")


def test_an_app_without_a_secret_key_is_told_so_when_a_link_is_needed(make_host: MakeHost) -> None:
    host = make_host(SECRET_KEY=None)
    assert host.client().get("/trust/").status_code == 200
    with host.app.app_context(), pytest.raises(NotSetUp, match="SECRET_KEY"):
        guest_id("guest@customer.example")
