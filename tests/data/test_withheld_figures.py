"""How much staff keeps from being read stands on each page: as in the log, whoever leaves, at no cost that grows."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import Person, Product
from flask_trust.health.checks import check
from flask_trust.ratings.models import Rating
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.data.test_query_budget import cost
from tests.web.cases import decided, tallies, written
from tests.web.deals import buyer_rates, deal
from tests.web.pages import open_page
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
PRODUCT = "/trust/products/bowl"


def kept(world: World) -> dict[tuple[str, str], int]:
    """Return what the totals say, after a recount and the log were asked whether they agree."""
    with world.app.app_context():
        assert check(world.state) == []
    rows = {(row.kind, row.key): row.withheld for row in world.all(Subject)}
    assert rows["shop", "reviews"] == tallies(world).reviews.withheld
    assert rows["shop", "ratings"] == tallies(world).ratings.withheld
    return {place: number for place, number in rows.items() if number}


def of(number: int, key: str = "bowl") -> dict[tuple[str, str], int]:
    return {("product", key): number, ("shop", "reviews"): number} if number else {}


def line(number: int, of_what: str = "review") -> str:
    return f"{number} {of_what}{'s were' if number > 1 else ' was'} taken down or hidden by staff"


def test_each_step_moves_it_and_the_page_leads_to_the_log(any_world: World) -> None:
    first, second = (written(any_world, f"o{number}", number + 1, f"Words {number}") for number in range(2))
    assert "by staff" not in open_page(any_world, PRODUCT).text
    steps: list[tuple[str, Any, int]] = [
        *((first, "hide", 1), (second, "remove", 2), (first, "remove", 2), (first, "restore", 1)),
        (second, "restore", 0),
    ]
    for public_id, step, number in steps:
        decided(any_world, public_id, step)
        assert kept(any_world) == of(number)
        for path in (PRODUCT, "/trust/"):
            page = open_page(any_world, path)
            assert (line(number) in page.text) == bool(number)
            assert ({"href": "/trust/log"} in page.all("a")) == bool(number)


def test_a_page_with_nothing_else_says_it_too(any_world: World) -> None:
    decided(any_world, written(any_world), "remove")
    for path in (PRODUCT, "/trust/"):
        assert line(1) in open_page(any_world, path).text
    with any_world.app.test_request_context():
        helper = any_world.app.jinja_env.from_string("{{ trust.reviews('bowl') }}").render()
    assert line(1) in helper


def test_ratings_are_told_on_the_sellers_page(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, stars=4)
    any_world.pass_days(31)
    decided(any_world, any_world.one(Rating).public_id, "remove", "rating")
    assert line(1, "rating") in open_page(any_world, "/trust/sellers/tom").text
    assert kept(any_world) == {("seller", "tom"): 1, ("shop", "ratings"): 1}
    any_world.tell("person_erased", "anna")
    assert kept(any_world) == {("seller", "tom"): 1, ("shop", "ratings"): 1}


def test_erasure_keeps_what_was_taken_down_and_nothing_else(any_world: World) -> None:
    for number, step in enumerate(("remove", "hide", "remove")):
        person = Person(f"p{number}", "P", f"p{number}@customer.example")
        decided(any_world, written(any_world, f"o{number}", 2, f"Words {number}", buyer=person), step)
    any_world.rate("o2", line_0_stars="2", line_0_text="Other words")  # waits for another look
    assert kept(any_world) == of(3)
    for number, left in ((0, 3), (1, 2), (2, 1)):
        any_world.tell("person_erased", f"p{number}")
        assert kept(any_world) == of(left)
    assert [row.taken_down for row in any_world.all(Review)] == [True, False, False]
    assert line(1) in open_page(any_world, PRODUCT).text


def test_taking_it_back_is_the_authors_own_doing(any_world: World) -> None:
    decided(any_world, written(any_world, buyer=ANNA), "remove")
    tag = any_world.client(use_cookies=False).get(PRODUCT).headers["ETag"]
    any_world.rate("o1", action="do-delete-0")
    assert kept(any_world) == {}
    again = any_world.client(use_cookies=False).get(PRODUCT, headers={"If-None-Match": tag})
    assert again.status_code == 200
    any_world.rate("o1", line_0_stars="2", line_0_text="New words")
    assert kept(any_world) == of(1)


def test_a_product_takes_its_number_into_a_family_and_out_again(any_world: World) -> None:
    gone, stays = (Person(name, name, f"{name}@customer.example") for name in ("gone", "stays"))
    for number, person in enumerate((gone, stays)):
        decided(any_world, written(any_world, f"o{number}", 2, f"Words {number}", buyer=person), "remove")
    any_world.tell("person_erased", "gone")
    any_world.shop.add(Product("bowl", "Bowl", "/products/bowl", family="bowls"))
    any_world.run()
    assert kept(any_world) == {("family", "bowls"): 2, ("shop", "reviews"): 2}
    assert line(2) in open_page(any_world, PRODUCT).text
    any_world.shop.add(Product("bowl", "Bowl", "/products/bowl"))
    any_world.pass_days(1)
    assert kept(any_world) == of(2)


@pytest.mark.parametrize("path", [PRODUCT, "/trust/"])
def test_it_costs_the_page_no_statement_however_many_there_are(any_world: World, path: str) -> None:
    any_world.review("other")
    costs = [cost(any_world, path)]
    for number in range(4):
        decided(any_world, written(any_world, f"o{number}", 2, f"Words {number}"), "remove")
        costs.append(cost(any_world, path))
    assert len(set(costs)) == 1, costs


@pytest.mark.parametrize("what", ["total", "flag"])
def test_a_number_that_was_changed_is_found_and_mended(any_world: World, what: str) -> None:
    decided(any_world, written(any_world, buyer=ANNA), "remove")
    decided(any_world, written(any_world, "o2"), "remove")
    any_world.tell("person_erased", "anna")
    with any_world.app.app_context(), any_world.state.session() as session:
        for total in session.query(Subject) if what == "total" else ():
            total.withheld = 0
        for review in session.query(Review) if what == "flag" else ():
            review.taken_down = not review.taken_down
        session.commit()
    found = any_world.cli("check")
    assert found.exit_code == 1
    if what == "total":
        assert "product 'bowl' say that staff keeps 0 from being read, a recount says 2" in found.output
    assert any_world.cli("check", "--repair").exit_code == 0
    assert kept(any_world) == of(2)
    assert [row.taken_down for row in any_world.all(Review)] == [True, False]
