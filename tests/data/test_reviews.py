"""Reviews and their totals on all three databases."""

from __future__ import annotations

from flask_trust import Person
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from tests.world import World


def totals(world: World, kind: str, key: str) -> tuple[list[int], int]:
    (row,) = [row for row in world.all(Subject) if (row.kind, row.key) == (kind, key)]
    return [row.n1, row.n2, row.n3, row.n4, row.n5], row.shown


def test_a_star_alone_is_published_at_once_and_counted_for_product_and_shop(any_world: World) -> None:
    any_world.review("o1", 4)
    assert totals(any_world, "product", "bowl") == ([0, 0, 0, 1, 0], 1)
    assert totals(any_world, "shop", "reviews") == ([0, 0, 0, 1, 0], 1)
    assert "4 of 5 stars" in any_world.client().get("/trust/products/bowl").text
    assert any_world.cli("check").exit_code == 0


def test_one_vote_for_each_buyer_and_product_counts_the_newest(any_world: World) -> None:
    anna = Person("anna", "Anna", "anna@customer.example")
    any_world.review("o1", 1, buyer=anna)
    any_world.clock.advance(days=1)
    any_world.review("o2", 5, buyer=anna)
    assert totals(any_world, "product", "bowl") == ([0, 0, 0, 0, 1], 2)
    assert [row.counted for row in any_world.all(Review)] == [False, True]


def test_taking_the_newest_back_lets_the_older_one_count_again(any_world: World) -> None:
    anna = Person("anna", "Anna", "anna@customer.example")
    any_world.review("o1", 1, buyer=anna)
    any_world.review("o2", 5, buyer=anna)
    assert any_world.rate("o2", action="do-delete-0").status_code == 303
    assert totals(any_world, "product", "bowl") == ([1, 0, 0, 0, 0], 1)
    assert any_world.cli("check").exit_code == 0


def test_a_change_moves_the_totals_and_keeps_what_was_said(any_world: World) -> None:
    any_world.review("o1", 2)
    assert any_world.rate("o1", line_0_stars="5", line_0_text="Better now").status_code == 303
    assert totals(any_world, "product", "bowl") == ([0, 0, 0, 0, 1], 1)
    review = any_world.one(Review)
    page = any_world.client().get(f"/trust/reviews/{review.public_id}").text
    assert "2 of 5 stars" in page
    assert "5 of 5 stars" in page


def test_a_rewarded_review_is_labelled_first_and_not_counted(any_world: World) -> None:
    any_world.review("o1", 5, incentive="5 % off")
    assert totals(any_world, "product", "bowl") == ([0, 0, 0, 0, 0], 1)
    page = any_world.client().get("/trust/products/bowl").text
    card = page[page.index("<article") :]
    assert card.index("5 % off") < card.index("★")
