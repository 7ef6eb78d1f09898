"""What a page costs does not grow with the number of reviews, lines or products: statements are counted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust import Line, Person
from tests.web.deals import buyer_rates, deal
from tests.world import World, form_fields

SIZES = [1, 10, 30]


@contextmanager
def statements(world: World, *, with_values: bool = False) -> Iterator[list[str]]:
    """Collect every statement that reaches the database; BEGIN and COMMIT do not count."""
    seen: list[str] = []
    with world.app.app_context():
        engine = world.db.engine

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        seen.append(" ".join(statement.split()) + (f" {values}" if with_values else ""))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def calls(world: World, seen: list[str]) -> int:
    """Return how many statements were sent, as a server counts them.

    SQLite inserts row by row where it has to tell their numbers; it is no server, so that is no way to and fro.
    """
    with world.app.app_context():
        embedded = world.db.engine.dialect.name == "sqlite"
    again = sum(one == other and one.startswith("INSERT") for one, other in pairwise(seen))
    return len(seen) - again if embedded else len(seen)


def with_reviews(world: World, count: int, *, buyer: Person | None = None) -> None:
    for number in range(count):
        world.review(f"r{number}", number % 5 + 1, buyer=buyer)


def cost(world: World, path: str) -> int:
    world.client().get(path)  # whatever is done once, such as connecting, is not the page's
    with statements(world) as seen:
        assert world.client().get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("size", SIZES)
def test_a_product_page_takes_five_statements_at_most(any_world: World, size: int) -> None:
    with_reviews(any_world, size)
    assert cost(any_world, "/trust/products/bowl") <= 5


LISTS = ["sort=oldest", "sort=highest", "sort=lowest", "stars=5", "stars=1&sort=oldest", "lang=en", "variant=blue"]


def test_every_order_and_filter_costs_the_same_whatever_the_number_of_reviews(any_world: World) -> None:
    with_reviews(any_world, 2)
    few = {query: cost(any_world, f"/trust/products/bowl?{query}") for query in LISTS}
    for number in range(2, 25):
        any_world.review(f"r{number}", number % 5 + 1)
    many = {query: cost(any_world, f"/trust/products/bowl?{query}") for query in LISTS}
    assert many == few
    assert max(few.values()) <= 5


def test_a_later_page_costs_what_the_first_does(any_world: World) -> None:
    with_reviews(any_world, 30)
    first = any_world.client().get("/trust/products/bowl").text
    after = first.split("after=")[1].split('"')[0].split("&")[0]
    assert cost(any_world, f"/trust/products/bowl?after={after}") <= 5


@pytest.mark.parametrize("path", ["/trust/", "review"])
def test_the_other_public_pages_take_five_statements_at_most(any_world: World, path: str) -> None:
    with_reviews(any_world, 12)
    if path == "review":
        page = any_world.client().get("/trust/products/bowl").text
        path = "/trust/reviews/" + page.split("/trust/reviews/")[1].split('"')[0]
    assert cost(any_world, path) <= 5


@pytest.mark.parametrize("size", [1, 10, 50])
def test_the_scores_of_a_list_of_products_take_one_statement(any_world: World, size: int) -> None:
    names = [f"product{number}" for number in range(size)]
    any_world.order("o1", *names[:3])
    any_world.deliver("o1")
    any_world.rate("o1", line_0_stars="4")
    source = "{% set scores = trust.scores(ids) %}{% for id in ids %}{{ trust.stars(id, scores=scores) }}{% endfor %}"
    with any_world.app.test_request_context(), statements(any_world) as seen:
        any_world.app.jinja_env.from_string(source).render(ids=names)
    assert len(seen) == 1


def test_the_part_in_the_shops_own_page_takes_five_statements_at_most(any_world: World) -> None:
    with_reviews(any_world, 12)
    with any_world.app.test_request_context(), statements(any_world) as seen:
        any_world.app.jinja_env.from_string("{{ trust.head() }}{{ trust.reviews('bowl') }}").render()
    assert len(seen) <= 5


def test_a_page_asks_the_shop_once_for_products_however_many_are_on_it(any_world: World) -> None:
    for number in range(12):
        any_world.review(f"r{number}", 4, product=f"product{number}")
    any_world.shop.asked.clear()
    any_world.client().get("/trust/")
    assert [name for name, _ in any_world.shop.asked].count("products") <= 1


def open_order(world: World, lines: int) -> tuple[str, dict[str, str]]:
    """Let an order of many lines arrive and return its page's path and its form with every star chosen."""
    key = f"order-of-{lines}"
    world.order(key, lines=[Line(str(number), f"product{number}") for number in range(lines)])
    world.deliver(key)
    path = world.rate_path(key)
    stars = {f"line-{number}-stars": str(number % 5 + 1) for number in range(lines)}
    return path, {**form_fields(world.client().get(path).text), **stars, "action": "publish"}


def test_looking_at_an_order_page_costs_the_same_for_one_line_as_for_thirty(any_world: World) -> None:
    costs = {lines: cost(any_world, open_order(any_world, lines)[0]) for lines in SIZES}
    assert len(set(costs.values())) == 1, costs


def test_posting_an_order_page_costs_the_same_for_one_line_as_for_thirty(any_world: World) -> None:
    with_reviews(any_world, 1)  # the first makes the row of the shop
    costs = {}
    for lines in SIZES:
        path, form = open_order(any_world, lines)
        with statements(any_world) as seen:
            assert any_world.client(use_cookies=False).post(path, data=form).status_code == 303
        costs[lines] = calls(any_world, seen)
    # One more than for known products: these get the names that the shop has for them.
    assert set(costs.values()) == {10}, costs


def test_posting_reviews_and_a_rating_costs_the_same_for_one_line_as_for_thirty(any_world: World) -> None:
    lamps = [[Line(f"lamp{number}", f"lamp{number}", seller_id="tom") for number in range(size)] for size in SIZES]
    deal(any_world, "first")
    any_world.rate("first", line_0_stars="5", seller_0_stars="5")  # what is asked once, such as the shop's row
    costs = {}
    for lines in lamps:
        key = f"lamps-{len(lines)}"
        deal(any_world, key, *lines)
        path, stars = any_world.rate_path(key), {f"line-{number}-stars": "4" for number in range(len(lines))}
        page = any_world.client().get(path).text
        form = {**form_fields(page), **stars, "seller-0-stars": "5", "action": "publish"}
        with statements(any_world) as seen:
            assert any_world.client(use_cookies=False).post(path, data=form).status_code == 303
        costs[len(lines)] = calls(any_world, seen)
    assert set(costs.values()) == {28}, costs


@pytest.mark.parametrize("size", SIZES)
def test_posting_one_review_costs_the_same_however_many_there_are(any_world: World, size: int) -> None:
    anna = Person("anna", "Anna", "anna@customer.example")
    with_reviews(any_world, size, buyer=anna)
    any_world.order("o1", "bowl", buyer=anna)
    any_world.deliver("o1")
    path = any_world.rate_path("o1")
    form = {**form_fields(any_world.client().get(path).text), "line-0-stars": "3", "action": "publish"}
    with statements(any_world) as seen:
        assert any_world.client(use_cookies=False).post(path, data=form).status_code == 303
    # Three more than for somebody's first: their other votes, what stands against them, and a vote that counts no more.
    assert len(seen) == 12


def test_no_page_view_writes(any_world: World) -> None:
    with_reviews(any_world, 3)
    any_world.order("o1")
    any_world.deliver("o1")
    with statements(any_world) as seen:
        for path in ("/trust/", "/trust/products/bowl", any_world.rate_path("o1")):
            any_world.client().get(path)
            any_world.client().head(path)
    assert seen
    assert [each for each in seen if not each.startswith("SELECT")] == []


def test_no_statement_skips_over_rows_it_has_read_before(any_world: World) -> None:
    with_reviews(any_world, 25)
    with statements(any_world, with_values=True) as seen:
        page = any_world.client().get("/trust/products/bowl").text
        any_world.client().get("/trust/products/bowl?after=" + page.split("after=")[1].split('"')[0].split("&")[0])
    # SQLAlchemy always writes one for SQLite, of nothing: the value of that place.
    assert [each for each in seen for skipped in offsets(each) if skipped] == []


def offsets(seen: str) -> list[Any]:
    """Return the value of each OFFSET in a statement with its values behind it."""
    statement, _, values = seen.rpartition(" (")
    places = [statement[: found.start()].count("?") for found in re.finditer(r"OFFSET \?", statement)]
    assert len(places) == statement.upper().count("OFFSET")
    return [ast.literal_eval(f"({values}")[place] for place in places]


def test_a_product_page_with_everything_on_it_takes_five_statements(any_world: World) -> None:
    """Many languages, more than a page, returns, votes, and a reader who is signed in and has voted before."""
    for number in range(14):
        any_world.order(f"r{number}", "bowl")
        any_world.deliver(f"r{number}")
        said: Any = {"line_0_stars": str(number % 5 + 1), "line_0_text": ("A bowl", "とても良い")[number % 2]}
        assert any_world.rate(f"r{number}", **said).status_code == 303
    for number in range(4):
        any_world.tell("order_returned", f"r{number}", None, "too small")
    any_world.clock.advance(days=1)
    client = any_world.client()
    page = client.get("/trust/products/bowl").text
    client.post(page.split('action="')[1].split('"')[0], data={"helpful": "on"})
    any_world.shop.viewer = "buyer-r1"
    client.get("/trust/products/bowl")
    with statements(any_world) as seen:
        page = client.get("/trust/products/bowl").text
    for words in ("Criticism and praise", "sent back", "In English", "You found this helpful", "How was it lately?"):
        assert words in page
    assert len(seen) == 5


def with_ratings(world: World, numbers: range) -> None:
    """Let many buyers rate a seller, so that all of it can be read."""
    for number in numbers:
        buyer = Person(f"rater{number}", "R", f"rater{number}@customer.example")
        deal(world, f"rated{number}", buyer=buyer)
        buyer_rates(world, f"rated{number}", number % 5 + 1, service="4")
    world.pass_days(31)


def test_a_sellers_page_takes_six_statements_at_most_whatever_the_number_of_ratings(any_world: World) -> None:
    with_ratings(any_world, range(12))
    page = any_world.client().get("/trust/sellers/tom?sort=highest").text
    after = page.split("after=")[1].split('"')[0].split("&")[0]
    queries = ["", "?sort=oldest", "?sort=highest", "?sort=lowest", "?stars=5", f"?sort=highest&after={after}"]
    few = {query: cost(any_world, f"/trust/sellers/tom{query}") for query in queries}
    with_ratings(any_world, range(12, 30))
    many = {query: cost(any_world, f"/trust/sellers/tom{query}") for query in queries}
    assert max(few.values()) <= 6
    assert [query for query in queries if many[query] > few[query]] == []


def test_a_sellers_page_takes_six_statements_where_ratings_opened_since_the_job_ran(any_world: World) -> None:
    with_ratings(any_world, range(3))
    deal(any_world, "late")
    buyer_rates(any_world, "late")
    any_world.clock.advance(days=8)
    assert cost(any_world, "/trust/sellers/tom") <= 6
