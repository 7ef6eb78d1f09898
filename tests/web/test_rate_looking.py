"""Opening the page behind the link: nothing changes, and nothing is chosen but what the mail's link says."""

from __future__ import annotations

import pytest

from flask_trust import Line, Product, links
from tests.web.pages import everything, open_page, star_link
from tests.world import World

QUERIES = (
    "",
    "?stars=4&line=1",
    "?stars=1&line=0&action=publish&line-0-stars=1&line-0-id=bowl",
    "?ask=arrival",
    "?ask=mine&action=not-mine",
    "?saved=published",
    "?saved=deleted&action=do-delete-0",
    "?action=not-arrived",
    "?action=allow&List-Unsubscribe=One-Click",
    "?stars=%00&line=%ff&ask=%F0%9F%98%80",
)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("query", QUERIES)
def test_looking_changes_nothing_whatever_the_query_string(world: World, method: str, query: str) -> None:
    world.review("old", 3)
    world.order("o1", "bowl", "knife")
    world.deliver("o1")
    with world.app.test_request_context():
        leave = f"/trust/unsubscribe/{links.sign('unsubscribe', world.person('buyer-o1').id)}"
    paths = [world.rate_path("o1"), world.rate_path("old"), leave, "/trust/", "/trust/products/bowl"]
    before = everything(world)
    for path in paths:
        answer = world.client().open(path + query, method=method)
        assert answer.status_code < 500
        assert method == "GET" or not answer.data
    assert everything(world) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(world: World, method: str) -> None:
    world.review("o1", 3)
    assert world.client().open(world.rate_path("o1"), method=method).status_code == 405


def test_five_real_buttons_a_line_and_nothing_chosen(world: World) -> None:
    world.order("o1", "bowl", "knife")
    world.deliver("o1")
    page = open_page(world, world.rate_path("o1"))
    radios = [tag for tag in page.all("input") if tag.get("type") == "radio"]
    assert [(tag["name"], tag["value"]) for tag in radios] == [
        (f"line-{line}-stars", str(value)) for line in (0, 1) for value in (1, 2, 3, 4, 5)
    ]
    assert page.chosen == {}
    assert page.rate.fields["public_name"] == ""
    assert [tag["placeholder"] for tag in page.all("input") if tag["name"] == "public_name"] == ["Confirmed buyer"]


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("?stars=4&line=1", {"line-1-stars": "4"}),
        ("?stars=1&line=0", {"line-0-stars": "1"}),
        ("?stars=5", {"line-0-stars": "5"}),
        ("?line=1", {}),
        *[(f"?stars={stars}&line=0", {}) for stars in ("0", "6", "-1", "4.5", "NaN", "", "%C2%B2", "4%00", "44")],
        *[(f"?stars=4&line={line}", {}) for line in ("2", "-1", "x", "", "%C2%B2", "9" * 5000, "1e0", "%D9%A1")],
    ],
)
def test_the_link_of_a_star_chooses_that_star_and_no_other(world: World, query: str, chosen: dict[str, str]) -> None:
    world.order("o1", "bowl", "knife")
    world.deliver("o1")
    assert open_page(world, world.rate_path("o1") + query).chosen == chosen


def test_the_link_of_a_star_still_means_the_same_thing_when_the_rest_has_arrived(world: World) -> None:
    world.order("o1", "bowl", "knife", "tea")
    world.deliver("o1", "knife", "tea")
    world.pass_days(8)
    (mail,) = world.mails()

    def chosen(line: int) -> str:
        page = open_page(world, star_link(mail, 4, line))
        (number,) = [name.split("-")[1] for name in page.chosen]
        return page.rate.fields[f"line-{number}-id"]

    assert [chosen(0), chosen(1)] == ["knife", "tea"]
    world.deliver("o1", "bowl")
    assert [chosen(0), chosen(1)] == ["knife", "tea"]


def test_the_page_says_what_becomes_public_and_where(world: World) -> None:
    world.order("o1", incentive="5 % off")
    world.deliver("o1")
    text = open_page(world, world.rate_path("o1")).text
    for words in (
        "Everybody can see: your stars, your words, this name and the month of purchase, on the product's review page",
        "Nobody can see: your address",
        "You can change or delete it: through the same link",
        "You were promised something for a review (5 % off)",
    ):
        assert words in text


def test_what_has_not_arrived_is_named_and_cannot_be_rated(world: World) -> None:
    world.order("o1", "bowl", "knife")
    world.deliver("o1", "bowl")
    page = open_page(world, world.rate_path("o1"))
    assert "Still on its way, to be rated later: Knife" in page.text
    assert not any(name.startswith("line-1") for name in page.rate.fields)


def test_pictures_come_from_this_site_or_not_at_all(world: World) -> None:
    pictures = {
        "a": "/static/a.svg",
        "b": "http://localhost/static/b.svg?size=2",
        "c": "https://cdn.example/c.svg",
        "d": "//cdn.example/d.svg",
        "e": "/\\cdn.example/e.svg",
        "f": "javascript:alert(1)",
        "g": "http://[broken",
        "h": None,
    }
    world.order("o1", lines=[Line(name, name) for name in pictures])
    for name, url in pictures.items():
        world.shop.add(Product(name, name, f"/products/{name}", image_url=url))
    world.deliver("o1")
    page = open_page(world, world.rate_path("o1"))
    assert [image["src"] for image in page.all("img")] == ["/static/a.svg", "/static/b.svg?size=2"]


def test_the_page_opens_though_the_shop_does_not_answer(world: World) -> None:
    world.order("o1")
    world.deliver("o1")
    world.shop.failing |= {"products", "orders", "people", "sellers"}
    assert "Bowl" in open_page(world, world.rate_path("o1")).text
    assert world.rate("o1", line_0_stars="4").status_code == 303
