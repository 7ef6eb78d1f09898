"""Guests stay known when the shop changes its secret key."""

from __future__ import annotations

import pytest

from flask_trust import Person, guest_id
from flask_trust.people.models import Person as PersonRow
from flask_trust.reviews.models import Review
from tests.world import World


def guest(world: World, email: str = "guest@customer.example") -> Person:
    with world.app.app_context():
        return Person(guest_id(email), "Guest", email)


def rotate(world: World) -> None:
    old = world.app.config["SECRET_KEY"]
    world.app.config.update(SECRET_KEY="a newer secret", SECRET_KEY_FALLBACKS=[old])


def test_a_later_order_of_the_address_belongs_to_the_same_number(any_world: World) -> None:
    any_world.order("o1", buyer=guest(any_world))
    any_world.deliver("o1")
    rotate(any_world)
    any_world.order("o2", buyer=guest(any_world))
    any_world.deliver("o2")
    assert any_world.one(PersonRow).key == guest(any_world).id


@pytest.mark.parametrize("others", [0, 120])
def test_a_guest_is_erased_by_the_new_id_although_nothing_was_ordered_since(world: World, others: int) -> None:
    for number in range(others):
        world.order(f"other{number}", buyer=guest(world, f"other{number}@customer.example"))
        world.tell("order_placed", f"other{number}")
    world.review("o1", 1, buyer=guest(world))
    rotate(world)
    anew = guest(world)
    world.order("o1", buyer=anew)
    world.tell("person_erased", anew.id)
    assert world.one(Review).state == "erased"


def test_an_unknown_guest_is_no_error(world: World) -> None:
    rotate(world)
    world.tell("person_erased", guest(world).id)
    assert world.all(PersonRow) == []
