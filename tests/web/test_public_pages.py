"""The public pages: what a visitor reads of a product, of the shop and of one review."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flask_trust import Person, Product
from flask_trust.reviews.models import Review
from tests.web.pages import Page, counted, open_page
from tests.world import World


def test_a_review_is_shown_with_all_that_a_reader_needs(world: World) -> None:
    world.order("o1", placed_at=datetime(2027, 4, 28, tzinfo=UTC))
    world.deliver("o1")
    world.rate("o1", line_0_stars="4", line_0_title="Sturdy", line_0_text="One\nTwo\n\nThree", public_name="Anna K.")
    review = world.one(Review)
    for path in ("/trust/products/bowl", "/trust/", f"/trust/reviews/{review.public_id}"):
        page = open_page(world, path)
        for words in (
            "4 of 5 stars",
            "Sturdy",
            "One Two Three",
            "Anna K.",
            "Confirmed buyer",
            "bought in April 2027",
            "published on 3 May 2027",
        ):
            assert words in page.text, (path, words)
        assert "28 April" not in page.text


def test_few_ratings_say_so_and_more_show_a_score_with_its_range(world: World) -> None:
    for number in range(4):
        world.review(f"o{number}", 5)
    assert "5.0 from 4 ratings: few so far" in open_page(world, "/trust/products/bowl").text
    world.review("o4", 4)
    text = open_page(world, "/trust/products/bowl").text
    assert "few so far" not in text
    assert "most likely between" in text
    assert "plain average 4.8" in text
    assert "How is this score made? This score uses ratings from confirmed orders only." in text


def test_the_histogram_is_a_table_with_numbers(world: World) -> None:
    for number, stars in enumerate((5, 5, 4, 1)):
        world.review(f"o{number}", stars)
    page = open_page(world, "/trust/products/bowl")
    assert len(page.all("table")) == 1
    assert "Stars Share Ratings 5 stars 50 % 2 4 stars 25 % 1 3 stars 0 % 0 2 stars 0 % 0 1 star 25 % 1" in page.text
    links = [link["href"] for link in page.all("a") if "?stars=" in link["href"]]
    assert links == [f"/trust/products/bowl?stars={stars}" for stars in (5, 4, 1)]


def test_what_is_not_counted_says_why_before_anything_else(world: World) -> None:
    world.shop.acting["insider"] = {"shop"}
    world.review("o1", 5, buyer=Person("insider", "Ina", "ina@customer.example"))
    world.review("o2", 5, incentive="5 % off")
    page = open_page(world, "/trust/products/bowl")
    assert page.text.count("not counted") == 2
    assert "Rewarded review (5 % off): not counted" in page.text
    assert "The writer works for the seller: not counted" in page.text
    assert "2 reviews, 0 counted" in page.text


@pytest.mark.parametrize("path", ["/trust/products/nothing", "/trust/reviews/nothing", "/trust/products/a@b"])
def test_what_nobody_knows_is_not_found(world: World, path: str) -> None:
    assert "Nothing is here" in open_page(world, path, 404).text


def test_a_product_without_reviews_says_that_everybody_will_be_asked(world: World) -> None:
    world.shop.add(Product("vase", "A vase", "/products/vase"))
    page = open_page(world, "/trust/products/vase")
    assert "A vase" in page.text
    assert "There is no review to read here yet. Buyers are asked" in page.text
    assert page.all("table") == []
    assert "There is no review to read here yet." in open_page(world, "/trust/").text


@pytest.mark.parametrize("failing", ["products", "orders", "people", "sellers"])
def test_the_pages_are_drawn_from_our_own_rows_where_the_shop_fails(world: World, failing: str) -> None:
    world.review("o1")
    review = world.one(Review)
    world.shop.failing.add(failing)
    for path in ("/trust/products/bowl", "/trust/", f"/trust/reviews/{review.public_id}"):
        assert "Bowl" in open_page(world, path).text
    if failing == "products":
        open_page(world, "/trust/products/unknown", 404)


def test_a_product_that_left_the_shop_keeps_its_page(world: World) -> None:
    world.review("o1")
    del world.shop.all_products["bowl"]
    page = open_page(world, "/trust/products/bowl")
    assert "Reviews of Bowl" in page.text
    assert "Back to the product" not in page.text


def test_a_page_asks_the_shop_once_and_us_a_fixed_number_of_times(world: World) -> None:
    for number in range(3):
        world.review(f"o{number}", product=f"thing{number}")
    costs = {}
    for path in ("/trust/", "/trust/products/thing0"):
        world.shop.asked.clear()
        with counted(world) as statements:
            open_page(world, path)
        costs[path] = len([each for each in statements if not each.startswith(("PRAGMA", "SAVEPOINT"))])
        assert [name for name, _ in world.shop.asked] == ["products"]
    for number in range(12):
        world.review(f"more{number}", product=f"thing{number}")
    for path, cost in costs.items():
        assert cost <= 5
        with counted(world) as statements:
            open_page(world, path)
        assert len(statements) == cost


def test_filtered_and_later_pages_stay_out_of_search_engines(world: World) -> None:
    for number in range(11):
        world.review(f"o{number}")
    first = open_page(world, "/trust/products/bowl")
    after = next(link["href"] for link in first.all("a") if link.get("rel") == "next")
    assert not [meta for meta in first.all("meta") if meta.get("name") == "robots"]
    for path in (after, "/trust/products/bowl?stars=5", "/trust/products/bowl?sort=oldest"):
        page = open_page(world, path)
        assert [meta["content"] for meta in page.all("meta") if meta.get("name") == "robots"] == ["noindex, follow"]
        links = [link["href"] for link in page.all("link") if link.get("rel") == "canonical"]
        assert links == ["http://localhost/trust/products/bowl"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_public_pages_cannot_be_written_to(world: World, method: str) -> None:
    world.review("o1")
    for path in ("/trust/", "/trust/products/bowl", f"/trust/reviews/{world.one(Review).public_id}"):
        assert world.client().open(path, method=method).status_code == 405


JARGON = ("seal", "reveal", "envelope", " deal", " held", "insider", "journal", "ground", "token", "stale", "None")


def test_no_page_speaks_jargon(world: World) -> None:
    world.shop.acting["buyer-o2"] = {"shop"}
    world.review("o1", 4, incentive="a voucher")
    world.review("o2", 2)
    world.rate("o2", line_0_stars="3")
    world.order("o3", "bowl", "knife")
    world.deliver("o3", "bowl")
    answers = [
        *(world.client().get(path) for path in ("/trust/", "/trust/products/bowl", "/trust/none", "/trust/rate/x")),
        *(world.client().get(f"/trust/reviews/{review.public_id}") for review in world.all(Review)),
        *(world.client().get(world.rate_path(key)) for key in ("o1", "o2", "o3")),
        world.rate("o3", line_0_text="No stars", public_name="a@b"),
        world.rate("o3", form_token="x"),
        world.rate("o2", action="ask-delete-0"),
    ]
    for answer in answers:
        text = Page(answer.text).text
        assert not [word for word in JARGON if word in text], text


def test_one_rating_is_no_histogram(world: World) -> None:
    world.review("o1", 4)
    assert "trust-histogram" not in world.client().get("/trust/products/bowl").text
    world.review("o2", 4)
    assert "trust-histogram" in world.client().get("/trust/products/bowl").text
