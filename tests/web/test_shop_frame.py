"""Our pages in the shop's frame, our pieces in the shop's pages, and our own frame under a strict content policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, render_template, session
from jinja2 import DictLoader

from flask_trust import Person, Product, links
from flask_trust.reviews.models import Review
from tests.web.pages import Page, counted, open_page
from tests.world import World

MakeWorld = Callable[..., World]

FRAME = """<!doctype html><html lang="en"><head><title>{% block trust_title %}{% endblock %} at {{ page.name }}</title>
{% block trust_head %}{% endblock %}</head><body>
<p>{{ _("hello") }} {{ t["cart"] }} {{ user }} {{ view_of(user) }} {{ items|length }} {{ config.TRUST_SHOP_NAME }}</p>
<main>{% block trust_content %}{% endblock %}</main></body></html>"""

NAMES: dict[str, Any] = {
    "_": str.upper,
    "t": {"cart": "three things"},
    "page": {"name": "the Corner"},
    "user": "Ben",
    "items": [1, 2, 3, 4],
    "view_of": lambda user: f"{user}'s view",
}
OWN = "HELLO three things Ben Ben's view 4 Corner Shop"


def framed(templates: dict[str, str]) -> Callable[[Flask], None]:
    def prepare(app: Flask) -> None:
        app.jinja_loader = DictLoader(templates)
        app.context_processor(lambda: NAMES)

    return prepare


def test_public_pages_and_their_errors_stand_in_the_shop_s_frame_and_leave_its_names_alone(
    make_world: MakeWorld,
) -> None:
    world = make_world(prepare=framed({"trust/base.html": FRAME}))
    world.review("o1")
    review = world.one(Review)
    world.shop.add(Product("vase", "A vase", "/products/vase"))
    for path, status in (
        ("/trust/", 200),
        ("/trust/products/bowl", 200),
        ("/trust/products/bowl?stars=1", 200),
        ("/trust/products/vase", 200),
        (f"/trust/reviews/{review.public_id}", 200),
        ("/trust/products/none", 404),
        ("/trust/reviews/none", 404),
    ):
        page = open_page(world, path, status)
        assert OWN in page.text, path
        assert "at the Corner" in page.text
        assert [link["href"] for link in page.all("link") if link["rel"] == "stylesheet"] == ["/trust/static/trust.css"]


def test_in_the_shop_s_frame_the_shop_s_headers_stand(make_world: MakeWorld) -> None:
    world = make_world(prepare=framed({"trust/base.html": FRAME}))

    @world.app.after_request
    def own_policy(response: Any) -> Any:
        response.headers.setdefault("Content-Security-Policy", "default-src shop.example")
        return response

    answer = world.client().get("/trust/")
    assert answer.headers["Content-Security-Policy"] == "default-src shop.example"


def test_a_single_template_may_be_the_shop_s_own(make_world: MakeWorld) -> None:
    own = (
        "{% extends 'trust/base.html' %}{% block trust_content %}<h1>{{ user }}: {{ view.it.title }}</h1>{% endblock %}"
    )
    world = make_world(prepare=framed({"trust/reputation/product.html": own}))
    world.review("o1")
    assert "Ben: Bowl" in open_page(world, "/trust/products/bowl").text
    assert "Reviews of Corner Shop" in open_page(world, "/trust/").text


PIECES = """<!doctype html><html lang="en"><head><title>x</title>{{ trust.head() }}</head><body>
{% set known = trust.scores(ids) %}
{% for id in ids %}<p>{{ known[id].count }} {{ trust.stars(id, known) }}</p>{% endfor %}
{{ trust.stars(one) }}{{ trust.reviews(one) }}</body></html>"""


@pytest.fixture
def shop_page(make_world: MakeWorld) -> World:
    """A world whose shop numbers its products and shows our pieces on a page of its own."""
    world = make_world(prepare=framed({"shop.html": PIECES}))

    @world.app.get("/list/<int:count>")
    def listing(count: int) -> str:
        session.get("cart")
        return render_template("shop.html", ids=range(1, count + 1), one=7)

    return world


def test_stars_and_reviews_are_drawn_for_whole_numbers_and_strings(shop_page: World) -> None:
    shop_page.review("o1", 4, product="7")
    shop_page.review("o2", 5, product="8")
    page = open_page(shop_page, "/list/8")
    assert page.text.count("4.0 4.0 of 5 stars (1 rating)") == 2
    assert "5.0 5.0 of 5 stars (1 rating)" in page.text
    assert page.text.count("No ratings yet") == 6
    assert "4.0 from 1 rating: few so far" in page.text
    links = {link["href"] for link in page.all("a")}
    assert {"/trust/products/7", "/trust/products/8"} <= links
    with shop_page.app.test_request_context():
        helpers = shop_page.app.jinja_env.globals["trust"]
        scores = helpers.scores([7, "7", 8, "none"])  # type: ignore[attr-defined]
        assert [(key, score.count) for key, score in scores.items()] == [(7, 1), ("7", 1), (8, 1), ("none", 0)]
        assert helpers.stars(7) == helpers.stars("7")  # type: ignore[attr-defined]
        assert helpers.reviews(7) == helpers.reviews("7")  # type: ignore[attr-defined]
        assert helpers.reviews("never seen") == ""  # type: ignore[attr-defined]


def test_the_stars_of_fifty_products_cost_one_query(shop_page: World) -> None:
    shop_page.review("o1", 4, product="7")
    with counted(shop_page) as few:
        open_page(shop_page, "/list/1")
    with counted(shop_page) as many:
        open_page(shop_page, "/list/50")
    assert len(many) == len(few)
    with counted(shop_page) as one, shop_page.app.test_request_context():
        scores = shop_page.app.jinja_env.globals["trust"].scores(range(50))  # type: ignore[attr-defined]
    assert len(scores) == 50
    assert len(one) == 1


def test_our_pieces_flush_nothing_of_the_shop_s(shop_page: World) -> None:
    shop_page.review("o1", 4, product="7")
    with shop_page.app.test_request_context():
        pending = Review()  # would break at once if it were written
        shop_page.db.session.add(pending)
        helpers = shop_page.app.jinja_env.globals["trust"]
        assert "4 of 5 stars" in helpers.reviews(7)  # type: ignore[attr-defined]
        assert "4.0" in helpers.stars(7)  # type: ignore[attr-defined]
        assert pending in shop_page.db.session.new
        shop_page.db.session.rollback()


def test_a_piece_asks_for_nothing_that_a_strict_policy_refuses(shop_page: World) -> None:
    shop_page.review("o1", 4, product="7")
    refuse_nothing(open_page(shop_page, "/list/8"))


def refuse_nothing(page: Page) -> None:
    """Check that `default-src 'self'` has nothing to refuse on this page."""
    for tag, attrs in page.tags:
        if attrs == {"type": "application/ld+json"}:
            continue  # data for search engines, which no policy refuses
        assert tag not in ("script", "style", "iframe", "object", "embed", "base"), tag
        for name, value in attrs.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("style", "srcset", "formaction"), (tag, name)
            if name in ("src", "action", "data") or (name == "href" and tag == "link" and attrs["rel"] != "canonical"):
                assert not urlsplit(value).netloc, (tag, value)
            assert not value.strip().lower().startswith(("javascript:", "data:")), (tag, value)


def test_our_own_frame_keeps_a_strict_policy(make_world: MakeWorld) -> None:
    world = make_world()
    world.shop.acting["insider"] = {"shop"}
    for number in range(12):
        world.review(f"o{number}", 1 + number % 5, incentive="5 % off" if number == 3 else None)
    world.review("in", 5, buyer=Person("insider", "Ina", "ina@customer.example"))
    world.rate("o1", line_0_stars="5", line_0_text="Changed")
    world.order("new", "bowl", "knife")
    world.deliver("new", "bowl")
    with world.app.test_request_context():
        leave = f"/trust/unsubscribe/{links.sign('unsubscribe', world.person('insider').id)}"
    client = world.client()
    answers = [
        client.get("/trust/"),
        client.get("/trust/products/bowl"),
        client.get("/trust/products/bowl?stars=5"),
        client.get("/trust/products/none"),
        *(client.get(f"/trust/reviews/{review.public_id}") for review in world.all(Review)),
        *(client.get(world.rate_path(key)) for key in ("new", "o1")),
        client.get(world.rate_path("new") + "?ask=mine"),
        client.get("/trust/rate/x"),
        client.get(leave),
        client.post(leave),
        world.rate("new", line_0_stars="3", action="preview"),
        world.rate("new", line_0_text="No stars"),
        world.rate("o1", action="ask-delete-0"),
    ]
    for answer in answers:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; base-uri 'none';")
        refuse_nothing(Page(answer.text))


def test_a_shop_whose_layout_links_our_style_sheet_itself_gets_it_once(make_world: MakeWorld) -> None:
    frame = FRAME.replace("{% block trust_head %}", "{{ trust.head() }}{% block trust_head %}")
    world = make_world(prepare=framed({"trust/base.html": frame}))
    world.review("o1")
    for path, status in (
        ("/trust/", 200),
        ("/trust/products/bowl", 200),
        ("/trust/link", 200),
        ("/trust/products/no", 404),
    ):
        page = open_page(world, path, status)
        sheets = [link["href"] for link in page.all("link") if link["rel"] == "stylesheet"]
        assert sheets.count("/trust/static/trust.css") == 1, path
