"""Short words for replies of the shop and of Tom, for tests of what becomes of them."""

from __future__ import annotations

from typing import Any

from flask_trust import Person, Seller
from flask_trust.ratings.models import Rating, Reply
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from tests.web.deals import buyer_rates, deal, press
from tests.world import World

RUDE = "Bob Miller is a thief, everybody knows."
CALM = "We are sorry that it broke."
BUYER = Person("rita", "Rita", "rita@customer.example")

#: The kinds of a reply, and where each can be read.
KINDS = ("to_review", "to_rating")


def replied_to_review(world: World, text: str = RUDE, key: str = "r1") -> str:
    """Let Olga reply for the shop to Rita's review of a vase, and return the public id of the review."""
    world.shop.staff.add("olga")
    people = [Person(each.casefold(), each, f"{each.casefold()}@shop.example") for each in ("Olga", "Otto")]
    world.shop.add(Seller("shop", "Corner Shop", people=["olga", "otto"]), *people)
    world.review(key, 2, "vase", buyer=BUYER)
    public_id = world.all(Review)[-1].public_id
    assert reply_to(world, "to_review", public_id, text).status_code == 303
    return public_id


def replied_to_rating(world: World, text: str = RUDE, key: str = "r2") -> str:
    """Let Tina reply for Tom to Rita's rating, and return the public id of the rating."""
    deal(world, key, buyer=BUYER)
    people = [Person(each.casefold(), each, f"{each.casefold()}@tom.example") for each in ("Tina", "Theo")]
    world.shop.add(Seller("tom", "Tom's Lamps", people=["tina", "theo"]), *people)
    assert press(world, "tina", "pass", f"/trust/orders/{key}").status_code == 303
    buyer_rates(world, key, stars=2, text="It came late")
    public_id = world.all(Rating)[-1].public_id
    assert reply_to(world, "to_rating", public_id, text, key=key).status_code == 303
    return public_id


def replied(world: World, kind: str, text: str = RUDE) -> str:
    """Let the seller's side reply to something, and return the public id of what it answers."""
    return replied_to_review(world, text) if kind == "to_review" else replied_to_rating(world, text)


def path_of(kind: str, public_id: str, key: str = "r2") -> str:
    """Return the page on which the seller's side replies."""
    return f"/trust/reviews/{public_id}/reply" if kind == "to_review" else f"/trust/orders/{key}"


def reply_to(world: World, kind: str, public_id: str, text: str, who: str = "", key: str = "r2") -> Any:
    """Write or change a reply as one of the seller's people; returns the answer."""
    action, usual = ("publish", "olga") if kind == "to_review" else ("reply", "tina")
    return press(world, who or usual, action, path_of(kind, public_id, key), reply=text)


def delete_reply(world: World, kind: str, public_id: str) -> Any:
    """Delete a reply as the one who wrote it; returns the answer."""
    action, who = ("delete", "olga") if kind == "to_review" else ("delete-reply", "tina")
    return press(world, who, action, path_of(kind, public_id))


def reply_row(world: World, kind: str) -> Any:
    """Return the row of the only reply of its kind."""
    model: Any = ReviewReply if kind == "to_review" else Reply
    return world.one(model)


def public_page(kind: str) -> str:
    """Return the address of a page on which replies of a kind stand."""
    return "/trust/products/vase" if kind == "to_review" else "/trust/sellers/tom"
