"""The databases and the browser that the tests lean on do what the tests believe of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import flask
import pytest
import sqlalchemy as sa
from werkzeug.routing import BaseConverter, Map, UnicodeConverter

from tests.support import browser, databases
from tests.support.reuse import KeptRule, ReusingSQLAlchemy
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# --- databases


@pytest.fixture(params=databases.NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def on(url: str, *texts: str) -> list[sa.Row[tuple[object, ...]]]:
    """Run statements in one transaction and return the rows of the last."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        results = [connection.execute(sa.text(text)) for text in texts]
        return list(results[-1].all()) if results[-1].returns_rows else []


def tables(url: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return sa.inspect(engine).get_table_names()


def test_two_worlds_share_engine_and_copied_tables_until_a_test_adds_its_own(
    tmp_path: Path,
) -> None:
    first, second = (World("sqlite:///shared.db", tmp_path, db=ReusingSQLAlchemy()) for _ in range(2))
    engines = []
    for each in (first, second):
        with each.app.app_context():
            engines.append(each.db.engine)
    assert engines[0] is engines[1]
    assert first.db.metadata is second.db.metadata
    sa.Table("shoe", second.db.metadata)
    assert "shoe" not in ReusingSQLAlchemy().metadata.tables


def test_routes_of_two_apps_are_compiled_once_and_keep_their_own_converters_and_defaults() -> None:
    class Shouting(BaseConverter):
        def to_url(self, value: str) -> str:
            return value.upper()

    built = []
    for converter, default in ((UnicodeConverter, "red"), (Shouting, "blue")):
        routes = Map(
            [
                KeptRule("/things/<word:name>", endpoint="thing"),
                KeptRule("/colour", endpoint="colour", defaults={"c": default}),
            ],
            converters={"word": converter},
        )
        address = routes.bind("shop.example")
        built.append((address.build("thing", {"name": "jar"}), address.match("/colour")[1]))
    assert built == [("/things/jar", {"c": "red"}), ("/things/JAR", {"c": "blue"})]
    assert sum(key[0] == "/things/<word:name>" for key in KeptRule.known) == 2  # with a query and without


def test_database_starts_empty_and_takes_every_script(name: str, tmp_path: Path) -> None:
    with databases.temporary(name, tmp_path) as url:
        assert tables(url) == []
        words = "급行 ☕ 😀"
        on(url, "CREATE TABLE saying (words VARCHAR(40))", f"INSERT INTO saying VALUES ('{words}')")
        assert on(url, "SELECT words FROM saying") == [(words,)]


def test_two_databases_never_meet(name: str, tmp_path: Path) -> None:
    with databases.temporary(name, tmp_path) as one, databases.temporary(name, tmp_path) as other:
        on(one, "CREATE TABLE mine (id INTEGER)")
        assert tables(other) == []


def test_empty_deletes_rows_in_any_order_of_keys_and_keeps_tables(name: str, tmp_path: Path) -> None:
    with databases.temporary(name, tmp_path) as url:
        on(url, "CREATE TABLE a (id INTEGER PRIMARY KEY)")
        on(url, "CREATE TABLE z (id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a (id))")
        on(url, "INSERT INTO a VALUES (1)", "INSERT INTO z VALUES (1, 1)")
        databases.empty(url)
        assert tables(url) == ["a", "z"]
        assert on(url, "SELECT id FROM a UNION ALL SELECT id FROM z") == []


def test_drop_does_not_wait_for_a_transaction_that_was_left_open(name: str, tmp_path: Path) -> None:
    databases.require(name)
    url = databases.create(name, tmp_path)
    on(url, "CREATE TABLE a (id INTEGER)")
    engine = sa.create_engine(url)
    connection = engine.connect()
    connection.execute(sa.text("INSERT INTO a VALUES (1)"))
    databases.drop(url)
    connection.invalidate()
    connection.close()
    engine.dispose()
    assert left_of(url) == []


def left_of(url: str) -> list[str]:
    """Return the names under which the server or the folder still knows the database."""
    target = sa.make_url(url)
    if target.get_backend_name() == "sqlite":
        return [path.name for path in Path(str(target.database)).parent.iterdir()]
    name = "postgresql" if target.get_backend_name() == "postgresql" else "mariadb"
    engine = sa.create_engine(databases.server(name), poolclass=sa.NullPool)
    query = {"postgresql": "SELECT datname FROM pg_database", "mariadb": "SHOW DATABASES"}[name]
    with engine.connect() as connection:
        known = connection.execute(sa.text(query)).scalars().all()
    return [database for database in known if database == target.database]


def test_sqlite_file_is_in_the_mode_that_shops_are_advised_to_use(tmp_path: Path) -> None:
    with databases.temporary("sqlite", tmp_path) as url:
        assert on(url, "PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize(
    "url",
    ["sqlite:///shop.sqlite", "postgresql+psycopg://u@127.0.0.1/shop", "mysql+pymysql://u@127.0.0.1/shop"],
)
def test_drop_refuses_a_database_of_somebody_else(url: str) -> None:
    with pytest.raises(ValueError, match="not a database of the tests"):
        databases.drop(url)


@pytest.mark.parametrize(("set_", "wanted"), [("", "sqlite"), ("sqlite", "sqlite"), ("mariadb, sqlite", "sqlite")])
def test_listed_databases_take_part(monkeypatch: pytest.MonkeyPatch, set_: str, wanted: str) -> None:
    monkeypatch.setenv("TRUST_TEST_DATABASES", set_)
    assert databases.chosen(wanted)


def test_unlisted_database_is_skipped_even_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUST_TEST_DATABASES", "sqlite")
    monkeypatch.setenv("CI", "true")
    databases.available.cache_clear()
    with pytest.raises(pytest.skip.Exception, match="left out by TRUST_TEST_DATABASES"):
        databases.require("postgresql")
    databases.available.cache_clear()


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pytest.importorskip("psycopg", reason="the oldest versions are tested without servers")
    monkeypatch.delenv("TRUST_TEST_DATABASES", raising=False)
    monkeypatch.setenv("TRUST_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:1/postgres")
    databases.available.cache_clear()
    yield
    databases.available.cache_clear()


@pytest.mark.parametrize(("ci", "end"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
@pytest.mark.usefixtures("nobody_listens")
def test_missing_server_is_a_failure_in_ci_only(
    monkeypatch: pytest.MonkeyPatch, ci: str, end: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(end, match="postgresql does not answer"):
        databases.require("postgresql")


# --- browser


@pytest.fixture
def address() -> Iterator[str]:
    app = flask.Flask("looked_at")
    app.add_url_rule("/", view_func=lambda: PAGE)
    app.add_url_rule("/host", "host", view_func=lambda: flask.request.host)
    with browser.serving(app) as served:
        yield served


PAGE = """<!doctype html><html lang="en"><head><title>Cup</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>Cup</h1><img src="cup.png"><p id="width"></p></main>
<script>document.getElementById("width").textContent = innerWidth</script></body></html>"""


def test_phone_and_desktop_have_their_sizes(chromium: Browser, address: str) -> None:
    for lend, width in ((browser.phone, "360"), (browser.desktop, "1280")):
        with lend(chromium) as context:
            page = context.new_page()
            page.goto(address)
            assert page.text_content("#width") == width


def test_page_without_scripts(chromium: Browser, address: str) -> None:
    with browser.phone(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(address)
        assert page.text_content("#width") == ""


def test_names_under_test_lead_here_and_other_names_nowhere(chromium: Browser, address: str) -> None:
    from playwright.sync_api import Error

    port = address.rsplit(":", 1)[1]
    with browser.desktop(chromium) as context:
        page = context.new_page()
        page.goto(f"http://shop.test:{port}/host")
        assert page.inner_text("body") == f"shop.test:{port}"
        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
            page.goto("http://shop.example/")


def test_barriers_are_found(chromium: Browser, address: str) -> None:
    with browser.phone(chromium) as context:
        page = context.new_page()
        page.goto(address)
        found = browser.barriers(page)
    assert [line for line in found if line.startswith("image-alt")]


def test_left_out_browser_is_skipped_even_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUST_TEST_BROWSER", "off")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception, match="left out by TRUST_TEST_BROWSER"):
        browser.require()
