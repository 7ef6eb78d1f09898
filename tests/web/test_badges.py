"""Badges on other people's pages: the right score, words for those who cannot see it, and nothing that runs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from werkzeug.test import TestResponse

from flask_trust import Person, Product
from tests.web.deals import buyer_rates, deal
from tests.web.pages import Page, open_page
from tests.world import World

SVG = "{http://www.w3.org/2000/svg}"


def get(world: World, path: str) -> TestResponse:
    answer = world.client(use_cookies=False).get(path)
    assert answer.status_code == 200, path
    assert answer.mimetype == "image/svg+xml"
    return answer


def words(world: World, path: str) -> tuple[str, str]:
    """Return the title of a badge, and what is printed on it."""
    picture = ElementTree.fromstring(get(world, path).data)
    printed = [" ".join(" ".join(text.itertext()).split()) for text in picture.iter(f"{SVG}text")]
    return str(picture.findtext(f"{SVG}title")), " | ".join(printed)


def test_a_badge_says_the_score_of_its_product(world: World) -> None:
    for number in range(6):
        world.review(f"o{number}", 5 if number else 1)
    score = next(word for word in open_page(world, "/trust/products/bowl").words if word.startswith("3."))
    title, printed = words(world, "/trust/badges/product/bowl.svg")
    assert title == f"Bowl: {score} of 5 stars, 6 ratings"
    assert printed == f"{score} 6 ratings"
    large = words(world, "/trust/badges/product/bowl.svg?size=large&theme=dark")
    assert large == (title, f"Bowl | 6 ratings, confirmed orders only | {score}")


def test_few_ratings_are_said_to_be_few_and_none_to_be_none(world: World) -> None:
    world.review("o1", 4)
    world.shop.add(Product("vase", "A vase", "/products/vase"))
    assert words(world, "/trust/badges/product/bowl.svg") == ("Bowl: 4.0 of 5 stars, 1 rating", "4.0 1 rating")
    assert "Few ratings so far." in get(world, "/trust/badges/product/bowl.svg").text
    assert words(world, "/trust/badges/product/vase.svg") == ("A vase: No ratings yet", "No ratings yet")


def test_sellers_and_the_shop_have_theirs(world: World) -> None:
    deal(world)
    buyer_rates(world, stars=2)
    world.pass_days(31)
    world.review("o1", 4)
    assert words(world, "/trust/badges/seller/tom.svg")[0] == "Tom's Lamps: 2.0 of 5 stars, 1 rating"
    assert words(world, "/trust/badges/shop/shop.svg")[0] == "Corner Shop: 4.0 of 5 stars, 1 rating"


def test_names_are_words_and_never_code(world: World) -> None:
    world.review("o1", 4, buyer=Person("anna", "Anna", "anna@customer.example"))
    name = """<script>alert(1)</script>"' & onload="x" 鶴亀鶴亀鶴亀鶴亀鶴亀鶴亀"""
    world.shop.add(Product("bowl", name, "/products/bowl"))
    answer = get(world, "/trust/badges/product/bowl.svg?size=large")
    picture = ElementTree.fromstring(answer.data)
    assert str(picture.findtext(f"{SVG}title")).startswith(name)
    assert not [each for each in picture.iter() if each.tag in (f"{SVG}script", f"{SVG}style", f"{SVG}foreignObject")]
    assert not [name for each in picture.iter() for name in each.attrib if name.startswith("on") or name == "style"]
    assert "<script" not in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"


def test_a_badge_can_be_kept_for_minutes_and_shown_by_other_sites(world: World) -> None:
    world.review("o1", 4)
    answer = get(world, "/trust/badges/product/bowl.svg")
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["ETag"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["product/none", "seller/none", "shop/other", "buyer/x", "product/bowl.svg?theme=pink", "product/bowl?size=huge"],
)
def test_there_is_no_other_badge(world: World, path: str) -> None:
    world.review("o1", 4)
    name, _, query = path.partition("?")
    open_page(world, f"/trust/badges/{name.removesuffix('.svg')}.svg?{query}", 404)


@pytest.mark.parametrize(("path", "kind"), [("/trust/products/bowl", "product/bowl"), ("/trust/", "shop/shop")])
def test_the_page_has_a_line_to_copy_that_shows_the_badge(world: World, path: str, kind: str) -> None:
    world.review("o1", 4)
    world.shop.add(Product("bowl", 'A "big" <bowl>', "/products/bowl"))
    page = open_page(world, path)
    (line,) = [word for word in page.words if word.startswith("<a href=")]
    copied = Page(line)
    assert copied.all("a") == [{"href": f"http://localhost{path}"}]
    (picture,) = copied.all("img")
    assert picture["src"] == f"http://localhost/trust/badges/{kind}.svg"
    assert get(world, picture["src"].removeprefix("http://localhost")).text
