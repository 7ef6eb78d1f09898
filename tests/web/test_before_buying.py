"""What a visitor learns before buying: how it was lately, praise beside criticism, their own language, plain advice."""

from __future__ import annotations

import re

import pytest

from flask_trust import Line, Person
from flask_trust.reviews.models import Review
from tests.web.deals import buyer_rates, deal
from tests.web.pages import Page, open_page
from tests.world import World

ADVICE = "Good to know before you buy"
PATH = "/trust/products/bowl"


def reviews(world: World, stars: str, *, first: int = 0, text: str = "") -> None:
    """Let one buyer after the other give these stars, a day apart."""
    for number, each in enumerate(stars, first):
        world.order(f"o{number}", "bowl")
        world.deliver(f"o{number}")
        assert world.rate(f"o{number}", line_0_stars=each, line_0_text=text and f"{text} {number}").status_code == 303
        world.clock.advance(days=1)


@pytest.mark.parametrize("path", [PATH, "/trust/"])
def test_a_product_and_the_shop_show_how_it_was_lately(any_world: World, path: str) -> None:
    reviews(any_world, "555")
    any_world.clock.advance(days=60)
    reviews(any_world, "14", first=3)
    page = open_page(any_world, path)
    assert "How was it lately?" in page.text
    assert "30 days 2 2.5 90 days 5 4.0 365 days 5 4.0 All 5 4.0" in page.text
    assert "Average month by month May 2027: 5.0 from 3; July 2027: 2.5 from 2" in page.text
    (picture,) = [each for each in page.all("svg") if each.get("role") == "img"]
    assert picture["aria-labelledby"] == "trust-trend-title trust-trend-desc"
    assert len([each for each in page.all("rect") if each.get("width") == "14"]) == 2


def test_few_ratings_get_no_figures_over_time(world: World) -> None:
    reviews(world, "5555")
    assert "How was it lately?" not in open_page(world, PATH).text


def test_a_fall_of_ratings_is_said_in_plain_words(any_world: World) -> None:
    reviews(any_world, "5555555555")
    any_world.clock.advance(days=90)
    reviews(any_world, "222222222", first=10)
    assert ADVICE not in open_page(any_world, PATH).text
    reviews(any_world, "2", first=19)
    for path in (PATH, "/trust/"):
        assert "Ratings fell in the last 90 days: 2.0 on average, 5.0 before." in open_page(any_world, path).text


def test_what_buyers_of_a_seller_were_unhappy_with_is_said(any_world: World) -> None:
    for number in range(10):
        person = Person(f"b{number}", "B", f"b{number}@customer.example")
        deal(any_world, f"d{number}", buyer=person)
        buyer_rates(any_world, f"d{number}", 4, delivery="2" if number < 4 else "5", service="5")
    assert ADVICE not in open_page(any_world, "/trust/sellers/tom").text  # nobody can read them yet
    any_world.clock.advance(days=31)
    told = "4 of 10 buyers were unhappy with delivery."
    assert told in open_page(any_world, "/trust/sellers/tom").text  # no job has run
    any_world.run()
    text = open_page(any_world, "/trust/sellers/tom").text
    assert told in text
    assert "unhappy with the service" not in text


def order_many(world: World, number: int) -> None:
    lines = [Line(str(each), "bowl", title="Bowl") for each in range(number)]
    world.order("many", lines=lines)
    world.deliver("many")


def test_why_things_were_sent_back_is_said_from_three_on(any_world: World) -> None:
    order_many(any_world, 40)
    reviews(any_world, "4")
    for line, reason in (("0", "Too small"), ("1", "too small "), ("2", None), ("3", "broken")):
        any_world.tell("order_returned", "many", [line], reason)
    assert ADVICE not in open_page(any_world, PATH).text
    any_world.tell("order_returned", "many", ["4"], "too small")
    any_world.tell("order_returned", "many", ["4"], "too small")
    # Databases that take both spellings for one group print either.
    assert "3 of the last 41 were sent back: “too small”." in open_page(any_world, PATH).text.casefold()
    any_world.tell("person_erased", "buyer-many")  # free words may name anybody, and go
    assert ADVICE not in open_page(any_world, PATH).text


def test_returns_are_counted_of_things_that_arrived_within_twelve_months(any_world: World) -> None:
    order_many(any_world, 4)
    any_world.tell("order_returned", "many", None, "too small")
    reviews(any_world, "4")
    assert "4 of the last 5 were sent back" in open_page(any_world, PATH).text
    any_world.clock.advance(days=366)
    assert "4 of the last 5" in open_page(any_world, PATH).text, "whole months"
    any_world.clock.advance(days=31)
    assert ADVICE not in open_page(any_world, PATH).text


def test_a_reason_of_a_return_is_shown_as_words(world: World) -> None:
    order_many(world, 3)
    world.tell("order_returned", "many", None, "<b onclick='x'>too & small</b>")
    reviews(world, "4")
    page = open_page(world, PATH)
    assert "“<b onclick='x'>too & small</b>”" in page.text
    assert page.all("b") == []


def vote(world: World, number: int, times: int) -> None:
    public_id = world.all(Review)[number].public_id
    for _ in range(times):
        world.client().post(f"/trust/reviews/{public_id}/helpful", data={"helpful": "on"})


def pair(world: World) -> list[str]:
    """Return the first words of criticism and praise, as they stand beside each other."""
    html = world.client().get(PATH).text
    if "Criticism and praise" not in html:
        return []
    return re.findall(r"<p>(Words \d+)</p>", html.split('class="trust-pair"')[1].split("trust-list-head")[0])


def test_the_most_helpful_criticism_stands_beside_the_most_helpful_praise(any_world: World) -> None:
    reviews(any_world, "5143253455", text="Words")
    assert pair(any_world) == []  # all of them are on one page
    reviews(any_world, "5", first=10)
    assert pair(any_world) == ["Words 6", "Words 9"]  # the newest praise has no words
    reviews(any_world, "5", first=11, text="Words")
    assert pair(any_world) == ["Words 6", "Words 11"]  # nobody has voted: the newest of each
    vote(any_world, 1, 2)
    vote(any_world, 4, 1)
    vote(any_world, 2, 1)
    assert pair(any_world) == ["Words 1", "Words 2"]


def test_where_there_is_no_criticism_praise_stands_alone_in_the_list(any_world: World) -> None:
    reviews(any_world, "5" * 11, text="Words")
    assert pair(any_world) == []


def test_a_rewarded_review_is_no_example_of_praise(any_world: World) -> None:
    reviews(any_world, "1" * 11, text="Words")
    any_world.order("paid", "bowl", incentive="5 % off")
    any_world.deliver("paid")
    any_world.rate("paid", line_0_stars="5", line_0_text="Words 99")
    assert pair(any_world) == []


def in_languages(world: World, languages: str) -> None:
    words = {"e": "English words", "j": "とても良いです", "k": "정말 좋아요"}
    for number, each in enumerate(languages):
        world.order(f"o{number}", "bowl")
        world.deliver(f"o{number}")
        world.rate(f"o{number}", line_0_stars=str(number % 5 + 1), line_0_text=f"{words[each]} {number}")
        world.clock.advance(hours=1)


def listed(world: World, language: str) -> list[int]:
    """Return the numbers of the reviews in the order of the list."""
    html = world.client().get(PATH, headers={"Accept-Language": language}).text
    return [int(each) for each in re.findall(r"<p>[^<]* (\d+)</p>", html.split('id="trust-list"')[1])]


def test_the_readers_language_comes_first_and_no_review_is_lost(any_world: World) -> None:
    in_languages(any_world, "ejjejkj")
    assert listed(any_world, "en") == [3, 0, 6, 5, 4, 2, 1]
    assert listed(any_world, "ja") == [6, 4, 2, 1, 5, 3, 0]
    assert listed(any_world, "de") == [6, 5, 4, 3, 2, 1, 0]
    assert "All reviews in" not in open_page(any_world, PATH).text  # they stand on this page
    score = open_page(any_world, PATH).text.split("How is this score made?")[0]
    assert "7 reviews" in score


def test_the_readers_language_is_fetched_from_further_down_a_long_list(any_world: World) -> None:
    in_languages(any_world, "eeeeeee" + "j" * 12)
    assert listed(any_world, "en") == [6, 5, 4, 3, 2, *range(18, 8, -1)]
    assert listed(any_world, "ja") == list(range(18, 8, -1))


def test_a_mixed_long_list_begins_with_five_in_the_readers_language(any_world: World) -> None:
    in_languages(any_world, "eeeeeee" + "j" * 11 + "e")
    assert listed(any_world, "en") == [18, 6, 5, 4, 3, *range(17, 8, -1)]
    page = Page(any_world.client().get(PATH).text)
    assert "All reviews in English" in page.text
    assert f"{PATH}?lang=en" in [link["href"] for link in page.all("a")]
