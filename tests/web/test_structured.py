"""What search engines and feed readers take from the public pages: the same numbers and words that people see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from flask_trust import Line, Person, Product
from flask_trust.reviews.models import Review
from tests.web.deals import buyer_rates, deal
from tests.web.pages import Page, open_page
from tests.world import World

BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.S)
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def blocks(page: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in BLOCK.findall(page)]


def get(world: World, path: str) -> str:
    answer = world.client(use_cookies=False).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_product_is_told_with_average_count_and_the_reviews_on_the_page(world: World) -> None:
    for number, stars in enumerate((5, 5, 4, 3)):
        world.review(f"o{number}", stars)
    world.order("o4", "bowl")
    world.shop.add(Product("bowl", "A bowl", "/shop/bowl", "/pictures/bowl.jpg", "B-1", "4006381333931", "Claymore"))
    world.deliver("o4")
    world.rate("o4", line_0_stars="1", line_0_title="Broke", line_0_text="It broke.", public_name="Anna K.")
    (told,) = blocks(get(world, "/trust/products/bowl"))
    assert told["@type"] == "Product"
    assert (told["name"], told["sku"], told["gtin"]) == ("A bowl", "B-1", "4006381333931")
    assert told["url"] == "http://localhost/shop/bowl"
    assert told["image"] == "http://localhost/pictures/bowl.jpg"
    assert told["brand"] == {"@type": "Brand", "name": "Claymore"}
    rating = {"@type": "AggregateRating", "ratingValue": 3.6, "ratingCount": 5, "bestRating": 5, "worstRating": 1}
    assert told["aggregateRating"] == rating
    assert [each["reviewRating"]["ratingValue"] for each in told["review"]] == [1, 3, 4, 5, 5]
    newest = told["review"][0]
    assert (newest["name"], newest["reviewBody"], newest["inLanguage"]) == ("Broke", "It broke.", "en")
    assert newest["author"] == {"@type": "Person", "name": "Anna K."}
    assert newest["datePublished"] == "2027-05-03"
    assert newest["url"].startswith("http://localhost/trust/reviews/")


def test_the_average_is_told_as_it_is_and_not_rounded_to_something_better(world: World) -> None:
    for number, stars in enumerate((5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 5)):
        world.review(f"o{number}", stars)
    (told,) = blocks(get(world, "/trust/products/bowl"))
    assert told["aggregateRating"]["ratingValue"] == 4.83


@pytest.mark.parametrize("path", ["/trust/", "/trust/sellers/tom"])
def test_nothing_is_told_about_the_shop_itself_or_its_sellers(world: World, path: str) -> None:
    world.review("o0", 5)
    deal(world)
    buyer_rates(world)
    world.pass_days(31)
    assert blocks(get(world, path)) == []


def test_nothing_is_told_where_nothing_counts(world: World) -> None:
    world.shop.add(Product("vase", "A vase", "/products/vase"))
    assert blocks(get(world, "/trust/products/vase")) == []
    world.review("o1", 5, incentive="5 % off")
    page = get(world, "/trust/products/bowl")
    assert "Rewarded review" in page
    assert blocks(page) == []


def test_what_was_rewarded_is_not_told_beside_what_counts(world: World) -> None:
    world.review("o1", 5, incentive="5 % off")
    world.review("o2", 2)
    (told,) = blocks(get(world, "/trust/products/bowl"))
    assert told["aggregateRating"]["ratingCount"] == len(told["review"]) == 1


@pytest.mark.parametrize("query", ["?stars=5", "?sort=oldest", "?lang=en"])
def test_a_part_of_the_list_tells_nothing(world: World, query: str) -> None:
    world.review("o1", 5)
    assert blocks(get(world, f"/trust/products/bowl{query}")) == []


def test_no_word_of_a_review_can_end_the_block(world: World) -> None:
    world.order("o1", "bowl")
    world.deliver("o1")
    words = "price</script ><script>alert(1)<!-- & 'quoted' \u2028 end"
    world.rate("o1", line_0_stars="4", line_0_text=words)
    page = get(world, "/trust/products/bowl")
    (told,) = blocks(page)
    assert told["review"][0]["reviewBody"] == world.one(Review).text
    assert "alert(1)" in told["review"][0]["reviewBody"]
    assert "<" not in BLOCK.findall(page)[0]
    assert page.count("<script") == 1


def test_the_shops_own_page_gets_the_same_block_without_reading_twice(world: World) -> None:
    world.review("o1", 4)
    source = "{{ trust.json_ld('bowl') }}{{ trust.reviews('bowl') }}{{ trust.json_ld(ids) }}"
    world.shop.asked.clear()
    with world.app.test_request_context():
        drawn = world.app.jinja_env.from_string(source).render(ids="bowl")
    assert blocks(drawn) == [*blocks(get(world, "/trust/products/bowl"))] * 2
    assert "4 of 5 stars" in drawn
    assert [name for name, _ in world.shop.asked].count("products") == 2  # one of them for our own page
    with world.app.test_request_context():
        assert world.app.jinja_env.from_string("{{ trust.json_ld('none') }}").render() == ""


def test_pages_say_their_one_address_and_the_language_of_foreign_words(world: World) -> None:
    world.order("o1", "bowl")
    world.deliver("o1")
    world.rate("o1", line_0_stars="4", line_0_text="とても良い")
    page = open_page(world, "/trust/products/bowl?sort=oldest")
    assert canonical(page) == ["http://localhost/trust/products/bowl"]
    assert [each["lang"] for each in page.all("div") if each.get("class") == "trust-words"] == ["ja"]


def canonical(page: Page) -> list[str]:
    return [link["href"] for link in page.all("link") if link["rel"] == "canonical"]


PAGES = ("/", "/products/bowl", "/sellers/tom", "/reviews/{id}", "/how-reviews-work", "/log", "/privacy")


def shown_at_two_hosts(make_world: Callable[..., World], **config: Any) -> list[list[str]]:
    """Return what pages call their one address, read at two names of the shop."""
    world = make_world(**config)
    deal(world)
    buyer_rates(world, stars=4)
    world.pass_days(31)
    world.review("o9")
    number = world.all(Review)[-1].public_id
    found = []
    for host in ("shop.example", "evil.example"):
        answers = [world.client().get(f"/trust{path.format(id=number)}", headers={"Host": host}) for path in PAGES]
        found.append([link.replace(number, "{id}") for each in answers for link in canonical(Page(each.text))])
    return found


def test_the_one_address_of_a_page_is_the_full_one_whatever_name_the_reader_used(
    make_world: Callable[..., World],
) -> None:
    full = [f"https://shop.example/trust{path}" for path in PAGES]
    assert shown_at_two_hosts(make_world, TRUST_BASE_URL="https://shop.example") == [full, full]


def test_without_a_known_address_the_one_address_of_a_page_names_no_host(make_world: Callable[..., World]) -> None:
    paths = [f"/trust{path}" for path in PAGES]
    assert shown_at_two_hosts(make_world, TRUST_BASE_URL=..., TRUST_MAIL_URL=...) == [paths, paths]


def test_a_products_feed_holds_its_newest_reviews(world: World) -> None:
    world.order("o1", lines=[Line("1", "bowl", title="Bowl"), Line("2", "bowl", title="Bowl")])
    world.deliver("o1")
    world.rate("o1", line_0_stars="2", line_0_title="<b>Meh</b> & so", line_0_text="One\n\nTwo", line_1_stars="5")
    answer = world.client(use_cookies=False).get("/trust/products/bowl/feed.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.data)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    texts = {entry.findtext(f"{ATOM}title"): entry.findtext(f"{ATOM}content") for entry in entries}
    assert texts == {"★★☆☆☆ <b>Meh</b> & so": "2 of 5 stars\n\nOne\n\nTwo", "★★★★★": "5 of 5 stars"}
    first = entries[0]
    assert first.findtext(f"{ATOM}updated") == feed.findtext(f"{ATOM}updated") == "2027-05-03T12:00:00+00:00"
    ids = {f"http://localhost/trust/reviews/{row.public_id}" for row in world.all(Review)}
    assert {entry.findtext(f"{ATOM}id") for entry in entries} == ids
    (link,) = [each for each in open_page(world, "/trust/products/bowl").all("link") if each["rel"] == "alternate"]
    assert link["href"] == "/trust/products/bowl/feed.atom"


def test_a_sellers_feed_holds_what_can_be_read_and_nothing_that_waits(world: World) -> None:
    deal(world)
    buyer_rates(world, stars=3, text="Slow but kind")
    path = "/trust/sellers/tom/feed.atom"
    assert "Slow but kind" not in get(world, path)
    world.pass_days(31)
    feed = ElementTree.fromstring(get(world, path))
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}content") == "3 of 5 stars\n\nSlow but kind"
    assert str(entry.findtext(f"{ATOM}id")).startswith("http://localhost/trust/sellers/tom#rating-")


@pytest.mark.parametrize("path", ["/trust/products/none/feed.atom", "/trust/sellers/none/feed.atom"])
def test_there_is_no_feed_of_what_nobody_knows(world: World, path: str) -> None:
    open_page(world, path, 404)


def addresses(world: World, path: str) -> list[str]:
    tree = ElementTree.fromstring(get(world, path))
    return [str(each.text) for each in tree.iter(f"{MAP}loc")]


def test_the_map_lists_what_has_been_rated_and_the_pages_about_it(any_world: World) -> None:
    any_world.review("o1", 4)
    any_world.order("o2", "cup", buyer=Person("ben", "Ben", "ben@customer.example"))  # nobody has rated it
    listed = addresses(any_world, "/trust/sitemap.xml")
    assert listed[0] == "http://localhost/trust/"
    assert "http://localhost/trust/products/bowl" in listed
    assert not [each for each in listed if "cup" in each or "sellers" in each]


def test_a_map_of_many_pages_comes_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        world.review(f"o{number}", 4, product=f"thing{number}")
    whole = addresses(world, "/trust/sitemap.xml")
    monkeypatch.setattr("flask_trust.reputation.outside.MAP_PART", 3)
    parts = addresses(world, "/trust/sitemap.xml")
    assert len(parts) > 1
    assert sorted(url for part in parts for url in addresses(world, part.removeprefix("http://localhost"))) == sorted(
        whole
    )
    open_page(world, "/trust/sitemap-999.xml", 404)


def test_a_number_that_no_database_can_hold_is_not_found(any_world: World) -> None:
    client, too_big = any_world.client(), ("9" * 19, "9" * 30, "9" * 5000)
    for number in ("184467440737095", "999999999999999", "9" * 18, *too_big):
        for path in ("sitemap-{}.xml", "log/{}", "log/{}.json", "log/{}.csv"):
            assert client.get(f"/trust/{path.format(number)}").status_code == 404, (path, number)
    for number in too_big:
        assert client.get(f"/trust/log?before={number}").status_code == 404, number
    assert client.get(f"/trust/log?before={'9' * 18}").status_code == 200, "a list goes on from any number of a row"
