"""What caches may keep: a page nobody is named on, until anything on it changes; and never another visitor's frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, redirect, request, session
from jinja2 import DictLoader
from werkzeug.test import TestResponse

from flask_trust import Person, Product, Seller
from flask_trust.reviews.models import Review
from tests.web.deals import buyer_rates, deal, press
from tests.web.pages import counted, open_page
from tests.world import World

MakeWorld = Callable[..., World]

FRAME = """<!doctype html><title>{% block trust_title %}{% endblock %}</title>{% block trust_head %}{% endblock %}
{{ "Hello " ~ session["name"] if "name" in session else "Sign in" }}; {{ session.basket|default(0) }} in your basket
{% block trust_content %}{% endblock %}"""


def ask(world: World, path: str, known: str | None = None, **options: Any) -> TestResponse:
    headers = {"If-None-Match": known} if known else {}
    return world.client(use_cookies=False).get(path, headers={**headers, **options.pop("headers", {})}, **options)


@pytest.fixture
def rated(any_world: World) -> World:
    for number in range(3):
        any_world.review(f"o{number}", 3 + number % 3)
    deal(any_world, "d1")
    buyer_rates(any_world, "d1")
    any_world.pass_days(31)
    any_world.clock.advance(minutes=1)
    return any_world


PATHS = [
    "/trust/",
    "/trust/products/bowl",
    "/trust/products/bowl?sort=highest",
    "/trust/sellers/tom",
    "/trust/badges/product/bowl.svg",
    "/trust/badges/seller/tom.svg",
    "/trust/badges/shop/shop.svg",
    "/trust/products/bowl/feed.atom",
    "/trust/sellers/tom/feed.atom",
]


def test_a_page_that_has_not_changed_is_answered_with_304_in_one_statement(rated: World) -> None:
    for path in PATHS:
        tag = ask(rated, path).headers["ETag"]
        with counted(rated) as seen:
            answer = ask(rated, path, tag)
        assert (answer.status_code, answer.data, len(seen)) == (304, b"", 1), path
        assert answer.headers["ETag"] == tag
        assert "Set-Cookie" not in answer.headers


def test_a_browser_may_name_several_pages_it_has(rated: World) -> None:
    tag = ask(rated, "/trust/products/bowl").headers["ETag"]
    for told in (f'"another", {tag}', tag.removeprefix("W/"), "*"):
        assert ask(rated, "/trust/products/bowl", told).status_code == 304, told
    assert ask(rated, "/trust/products/bowl", '"another"').status_code == 200


def test_what_is_the_same_for_everybody_does_not_go_by_cookies(rated: World) -> None:
    for path in PATHS[4:]:
        tag = ask(rated, path).headers["ETag"]
        for answer in (ask(rated, path), ask(rated, path, tag)):
            assert answer.headers["Vary"] == "Accept-Language", path


def test_a_single_review_is_answered_with_304_until_it_changes_or_goes(rated: World) -> None:
    path = f"/trust/reviews/{rated.all(Review)[0].public_id}"
    tag = ask(rated, path).headers["ETag"]
    with counted(rated) as seen:
        assert ask(rated, path, tag).status_code == 304
    assert len(seen) == 1
    find_helpful(rated)
    assert ask(rated, path, tag).status_code == 200
    tag = ask(rated, path).headers["ETag"]
    rated.rate("o0", action="do-delete-0")
    assert ask(rated, path, tag).status_code == 410


def test_replies_go_with_their_writer_from_pages_that_are_asked_about(rated: World) -> None:
    rated.shop.viewer = "tina"
    press(rated, "tina", "reply", "/trust/orders/d1", reply="So glad.")
    rated.shop.viewer = None
    tag = ask(rated, "/trust/sellers/tom").headers["ETag"]
    rated.tell("person_erased", "tina")
    answer = ask(rated, "/trust/sellers/tom", tag)
    assert answer.status_code == 200
    assert "So glad." not in answer.text


def change_stars(world: World) -> None:
    world.rate("o0", line_0_stars="1")


def rename(world: World) -> None:
    world.rate("o0", public_name="Zoe")


def erase(world: World) -> None:
    world.tell("person_erased", "buyer-o1")


def take_back(world: World) -> None:
    world.rate("o2", action="do-delete-0")


def find_helpful(world: World) -> None:
    public_id = world.all(Review)[0].public_id
    assert world.client().post(f"/trust/reviews/{public_id}/helpful", data={"helpful": "on"}).status_code == 303


def next_day(world: World) -> None:
    world.clock.advance(days=1)


CHANGES = [change_stars, rename, erase, take_back, find_helpful, next_day]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_changes_a_page_makes_it_another_one(rated: World, change: Callable[[World], None]) -> None:
    paths = ["/trust/", "/trust/products/bowl"]
    before = {path: ask(rated, path) for path in paths}
    change(rated)
    for path in paths:
        answer = ask(rated, path, before[path].headers["ETag"])
        assert answer.status_code == 200, path
        assert answer.headers["ETag"] != before[path].headers["ETag"]


def test_a_reply_makes_the_sellers_page_another_one(rated: World) -> None:
    tag = ask(rated, "/trust/sellers/tom").headers["ETag"]
    press(rated, "tina", "reply", "/trust/orders/d1", reply="Thank you, Anna's order was a pleasure.")
    rated.shop.viewer = None
    answer = ask(rated, "/trust/sellers/tom", tag)
    assert answer.status_code == 200
    assert "was a pleasure" in answer.text


def test_the_shops_new_name_of_a_product_is_shown_at_once(rated: World) -> None:
    tag = ask(rated, "/trust/products/bowl").headers["ETag"]
    rated.shop.add(Product("bowl", "A better bowl", "/products/bowl"))
    assert "A better bowl" in ask(rated, "/trust/products/bowl", tag).text
    seller = ask(rated, "/trust/sellers/tom").headers["ETag"]
    rated.shop.add(Seller("tom", "Tom & Daughters"))
    assert ask(rated, "/trust/sellers/tom", seller).status_code == 200


def test_another_language_setting_or_query_is_another_page(rated: World, make_world: MakeWorld) -> None:
    tag = ask(rated, "/trust/products/bowl").headers["ETag"]
    assert ask(rated, "/trust/products/bowl", tag, headers={"Accept-Language": "de"}).status_code == 200
    assert ask(rated, "/trust/products/bowl?sort=lowest", tag).status_code == 200
    others = [make_world(TRUST_SHOP_NAME=name) for name in ("Corner Shop", "Other Shop")]
    assert len({ask(each, "/trust/").headers["ETag"] for each in others}) == 2


def test_the_tag_does_not_depend_on_the_way_to_the_mail_server(make_world: MakeWorld) -> None:
    urls = ["smtp://user:secret@mail.example:587", "smtp://user:other@mail.example:587"]
    assert len({ask(make_world(TRUST_MAIL_URL=url), "/trust/").headers["ETag"] for url in urls}) == 1


def test_what_becomes_public_by_itself_is_not_hidden_by_a_304(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, stars=2, text="Late and loud")
    path = "/trust/sellers/tom"
    tag = ask(any_world, path).headers.get("ETag")
    any_world.clock.now = any_world.clock.now.replace(hour=12)
    any_world.clock.advance(days=31)
    assert "Late and loud" in ask(any_world, path, tag).text  # no job has run
    assert "ETag" not in ask(any_world, path).headers


def test_a_page_may_be_kept_and_has_to_be_asked_about_each_time(world: World) -> None:
    world.review("o1")
    for path in ("/trust/", "/trust/products/bowl"):
        answer = ask(world, path)
        assert answer.headers["Cache-Control"] == "no-cache"
        assert {"Accept-Language", "Cookie"} <= set(answer.vary)
        assert "Set-Cookie" not in answer.headers


def test_whoever_brings_a_cookie_or_a_name_gets_the_whole_page_and_nobody_keeps_it(world: World) -> None:
    world.review("o1")
    tag = ask(world, "/trust/products/bowl").headers["ETag"]
    for headers in ({"Cookie": "basket=3"}, {"Authorization": "Bearer x"}):
        answer = ask(world, "/trust/products/bowl", tag, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "ETag" not in answer.headers


def with_a_basket(app: Flask) -> None:
    app.jinja_loader = DictLoader({"trust/base.html": FRAME})

    @app.post("/login")
    def login() -> Any:
        session["name"] = request.form["name"]
        return redirect("/")

    @app.post("/basket")
    def basket() -> Any:
        session["basket"] = session.get("basket", 0) + 1
        return redirect("/")


def test_signed_in_with_a_full_basket_and_out_again_never_another_frame(make_world: MakeWorld) -> None:
    world = make_world(prepare=with_a_basket)
    world.review("o1")
    path, client = "/trust/products/bowl", world.client()
    first = client.get(path)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert "Sign in; 0 in your basket" in first.text
    assert client.get(path, headers=tag).status_code == 304
    client.post("/login", data={"name": "Anna"})
    client.post("/basket")
    back = client.get(path, headers=tag)
    assert back.status_code == 200
    assert "Hello Anna; 1 in your basket" in back.text
    client.post("/basket")
    again = client.get(path, headers=tag)
    assert "Hello Anna; 2 in your basket" in again.text
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in again.headers
    stranger = world.client().get(path, headers=tag)
    assert stranger.status_code == 304


def test_a_frame_that_begins_a_session_is_kept_by_nobody(make_world: MakeWorld) -> None:
    def prepare(app: Flask) -> None:
        app.jinja_loader = DictLoader({"trust/base.html": FRAME})
        app.context_processor(lambda: session.update(seen=1) or {})

    world = make_world(prepare=prepare)
    world.review("o1")
    answer = ask(world, "/trust/products/bowl")
    assert "Set-Cookie" in answer.headers  # the shop's own
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in answer.headers


def test_pages_render_while_the_shops_adapter_fails(world: World) -> None:
    world.order("o1", "bowl", buyer=Person("anna", "Anna", "anna@customer.example"))
    world.deliver("o1")
    world.rate("o1", line_0_stars="4")
    deal(world, "d1")
    buyer_rates(world, "d1")
    world.pass_days(31)
    world.shop.failing |= {"products", "sellers", "people", "acts_for"}
    for path in [*PATHS, "/trust/sitemap.xml"]:
        assert ask(world, path).status_code == 200, path
    page = open_page(world, "/trust/products/bowl", headers={"Cookie": "session=x"})
    assert "Bowl" in page.text
