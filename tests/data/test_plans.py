"""What the databases do for each public list: an index leads them to one page of rows, however many there are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from benchmarks.seed import seed
from benchmarks.shop import NOW, make_app
from flask_trust import links
from flask_trust.health.checks import check
from flask_trust.reviews.listing import PAGE, Place
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from flask_trust.state import state_of
from tests.support import databases
from tests.world import form_fields

#: Of one product; `TRUST_TEST_ROWS=1000000` looks at the plans of as many.
REVIEWS = int(os.environ.get("TRUST_TEST_ROWS", "8000"))
#: Values in one statement: SQLite's limit before 3.32, still set by some builds of later ones.
SMALLEST_LIMIT = 999
#: Five levels of stars with a page each and one row more to see whether it goes on.
MOST_ROWS = 5 * (PAGE + 1)
#: Thousands of SQLite's steps; a later page takes about five, the whole list more than fifty.
MOST_ROUNDS = 12

LISTS: list[dict[str, str]] = [
    *({"sort": sort} for sort in ("newest", "oldest", "highest", "lowest", "helpful")),
    *(
        {**chosen, "sort": sort}
        for chosen in ({"stars": "1"}, {"stars": "5"}, {"lang": "ja"}, {"variant": "large"}, {"variant": "none such"})
        for sort in ("newest", "oldest")
    ),
]


@dataclass
class Shop:
    """A shop with a product that has many reviews, and what its pages ask the database."""

    app: Flask
    db: SQLAlchemy
    orders: range = range(0)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def engine(self) -> sa.Engine:
        with self.app.app_context():
            return self.db.engine

    def ask(self, path: str, headers: Any = None, **form: str) -> None:
        """Open a page, or post a form, and note what it asks the database."""
        self.asked.clear()
        client = self.app.test_client(use_cookies=False)
        answer = client.post(path, data=form) if form else client.get(path, headers=headers)
        assert answer.status_code == (303 if form else 200), path

    def read_whole(self, path: str, **form: str) -> list[str]:
        """Open a page, or post a form, and return which large tables it has read from one end to the other."""
        self.ask(path, None, **form)
        selects = [each for each in self.asked if each[0].startswith("SELECT")]
        look = SCANS[self.engine.dialect.name]
        with self.engine.connect() as connection:
            return [table for statement, values in selects for table in look(connection, statement, values)]

    def complaints(self, path: str, headers: Any = None, **form: str) -> list[str]:
        """Open a page, or post a form, and return what is wrong with the plans of what it asked about reviews."""
        self.ask(path, headers, **form)
        statements = [each for each in self.asked if each[0].startswith("SELECT") and "FROM trust_review" in each[0]]
        assert statements, path
        look = LOOKS[self.engine.dialect.name]
        with self.engine.connect() as connection:
            found = [words for statement, values in statements for words in look(connection, statement, values)]
        return [f"{path}: {words}" for words in found]

    def place(self, share: float, value: str) -> Place:
        """Return the place of a review that has this share of its product's reviews before it."""
        with self.engine.connect() as connection:
            table: Any = Review.__table__
            rows = sa.select(table.c.id, table.c.shown_at, table.c.stars, table.c.helpful).order_by(table.c.id)
            row: Any = connection.execute(rows.offset(int(REVIEWS * share)).limit(1)).one()
        values = {"highest": row.stars, "lowest": row.stars, "helpful": row.helpful}
        return Place(values.get(value, 0), row.shown_at, row.id)


@pytest.fixture(scope="module")
def shop(database_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with databases.temporary(database_name, tmp_path_factory.mktemp("plans")) as url:
        made = Shop(*make_app(url))
        engine = made.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *given: made.asked.append((given[2], given[3])))
        made.orders = seed(made.app, made.db, {"lamp": REVIEWS, "bowl": 300}, {"lamp": 1})["lamp"]
        yield made
        engine.dispose()


def sqlite_complaints(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
        if row.detail.startswith("SCAN trust_review") or "TEMP B-TREE" in row.detail:
            yield row.detail
    if "trust_review.id <" not in statement and "trust_review.id >" not in statement:
        return
    # Its plans do not tell how far an index is read to get to a page.
    rounds: list[int] = []
    driver: Any = connection.connection.dbapi_connection
    driver.set_progress_handler(lambda: rounds.append(1), 1_000)
    connection.exec_driver_sql(statement, values).all()
    driver.set_progress_handler(None, 0)
    if len(rounds) > MOST_ROUNDS:
        yield f"{len(rounds)},000 steps"


def postgresql_complaints(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    told = connection.exec_driver_sql(explain, values).scalar_one()
    if whole_tables(told) and "trust_review" not in whole_tables(told):
        # Votes and replies are few here, and quicker read whole than looked up; what counts is what more of them do.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        told = connection.exec_driver_sql(explain, values).scalar_one()
        connection.rollback()
    for node in nodes(json.loads(told) if isinstance(told, str) else told):
        if "Node Type" not in node:
            continue
        removed = sum(amount for name, amount in node.items() if name.startswith("Rows Removed"))
        rows = (node["Actual Rows"] + removed) * node["Actual Loops"]
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "trust_review":
            yield "reads all reviews"
        elif rows > MOST_ROWS:
            yield f"{node['Node Type']} of {rows} rows"


def whole_tables(told: Any) -> set[str]:
    """Return the tables that PostgreSQL says it reads from one end to the other."""
    found = nodes(json.loads(told) if isinstance(told, str) else told)
    return {node["Relation Name"] for node in found if node.get("Node Type") == "Seq Scan"}


def mariadb_complaints(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    told = connection.exec_driver_sql(f"ANALYZE FORMAT=JSON {statement}", values).scalar_one()
    for node in nodes(json.loads(told)):
        if "table_name" not in node:
            continue
        rows = (node.get("r_rows") or 0) * (node.get("r_loops") or 0)
        if rows > MOST_ROWS:
            yield f"{node['access_type']} on {node['table_name']} of {rows:.0f} rows"


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a tree of JSON."""
    if isinstance(tree, dict):
        yield tree
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(each)


LARGE = ("trust_review", "trust_line", "trust_order", "trust_deal", "trust_person")


def sqlite_scans(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
        yield from (table for table in LARGE if row.detail in (f"SCAN {table}", f"SCAN TABLE {table}"))


def postgresql_scans(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
    for node in nodes(json.loads(told) if isinstance(told, str) else told):
        if node.get("Node Type") == "Seq Scan" and node.get("Relation Name") in LARGE:
            yield node["Relation Name"]


def mariadb_scans(connection: sa.Connection, statement: str, values: Any) -> Iterator[str]:
    told = connection.exec_driver_sql(f"EXPLAIN FORMAT=JSON {statement}", values).scalar_one()
    for node in nodes(json.loads(told)):
        if node.get("table_name") in LARGE and node.get("access_type") in ("ALL", "index"):
            yield node["table_name"]


SCANS: dict[str, Callable[[sa.Connection, str, Any], Iterator[str]]] = {
    "sqlite": sqlite_scans,
    "postgresql": postgresql_scans,
    "mysql": mariadb_scans,
    "mariadb": mariadb_scans,
}

LOOKS: dict[str, Callable[[sa.Connection, str, Any], Iterator[str]]] = {
    "sqlite": sqlite_complaints,
    "postgresql": postgresql_complaints,
    "mysql": mariadb_complaints,
    "mariadb": mariadb_complaints,
}


def test_a_repair_of_many_reviews_asks_in_pieces_that_every_database_takes(shop: Shop) -> None:
    with shop.engine.begin() as connection:
        connection.execute(sa.update(Review).values(counted=False))
    shop.asked.clear()
    with shop.app.app_context():
        assert [found.words for found in check(state_of(shop.app), repair=True) if found.repairable] == []
    carried = [len(values) for statement, values in shop.asked if statement.startswith("UPDATE trust_review")]
    assert sum(carried) >= REVIEWS
    assert max(carried) < SMALLEST_LIMIT


def test_first_pages_are_led_by_an_index(shop: Shop) -> None:
    paths = [f"/trust/products/lamp?{urlencode(query)}" for query in LISTS]
    assert [words for path in [*paths, "/trust/"] for words in shop.complaints(path)] == []


@pytest.mark.parametrize("share", [0.01, 0.6, 0.999])
def test_pages_far_down_cost_no_more_than_the_first(shop: Shop, share: float) -> None:
    found = []
    for query in LISTS:
        after = str(shop.place(share, query["sort"]))
        found += shop.complaints(f"/trust/products/lamp?{urlencode({**query, 'after': after})}")
    assert found + shop.complaints(f"/trust/?after={shop.place(share, 'newest')}") == []


def test_page_about_reviews_counts_without_reading_them_all(shop: Shop) -> None:
    assert shop.read_whole("/trust/how-reviews-work") == []


def test_what_became_public_by_itself_is_found_without_reading_the_rest(shop: Shop) -> None:
    review, subject = Review.__table__, Subject.__table__
    with shop.engine.begin() as connection:
        waiting = sa.update(Review).where(review.c.id.in_((7, 70, 700)))
        connection.execute(waiting.values(tallied=False, shown_at=NOW - timedelta(minutes=1)))
        connection.execute(sa.update(Subject).where(subject.c.kind != "seller").values(next_shown_at=NOW))
    assert shop.complaints("/trust/products/lamp") + shop.complaints("/trust/") == []


def test_posting_a_review_reads_no_others(shop: Shop) -> None:
    with shop.app.app_context():
        path = f"/trust/rate/{links.sign('rate', shop.orders[0])}"
    fields = form_fields(shop.app.test_client().get(path).text)
    assert shop.complaints(path, None, **{**fields, "line-0-stars": "4", "action": "publish"}) == []


WHOLE = ["/trust/products/lamp", "/trust/products/lamp/feed.atom", "/trust/"]


def test_what_stands_beside_a_list_is_led_by_an_index_too(shop: Shop) -> None:
    """Windows, months, reasons of returns, praise beside criticism, the reader's language, the reader's votes."""
    assert [words for path in WHOLE for words in shop.complaints(path, headers={"Accept-Language": "ja"})] == []
    with shop.app.app_context():
        cookie = f"trust_visitor={links.sign('visitor', 0, extra='0' * 32)}"
    assert shop.complaints("/trust/products/lamp", headers={"Cookie": cookie}) == []
    for path in [*WHOLE, "/trust/sitemap.xml", "/trust/badges/product/lamp.svg"]:
        assert shop.read_whole(path) == [], path


def test_a_vote_reads_no_other_reviews(shop: Shop) -> None:
    page = shop.app.test_client().get("/trust/products/lamp").text
    path = page.split('action="')[1].split('"')[0]
    assert path.endswith("/helpful")
    assert shop.complaints(path, helpful="on") == []
    assert shop.read_whole(path, helpful="on") == []
