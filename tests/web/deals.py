"""Short words for both sides of an order with Tom's lamps, for tests of the seller's pages."""

from __future__ import annotations

from typing import Any

from flask_trust import Line, Person, Seller
from flask_trust.orders.models import Deal
from tests.web.pages import Form, Page
from tests.world import World, form_fields

TOM = Line("lamp", "lamp", seller_id="tom", title="Lamp")
ANNA = Person("anna", "Anna", "anna@customer.example")


def deal(
    world: World, key: str = "o1", *lines: Line, buyer: Person = ANNA, arrives: bool = True, number: str = ""
) -> None:
    """Let Anna buy from Tom, for whom "tina" and "theo" speak."""
    world.shop.add(Seller("tom", "Tom's Lamps"), Seller("una", "Una & Sons"))
    world.shop.acting.setdefault("tina", set()).add("tom")
    world.shop.acting.setdefault("theo", set()).add("tom")
    world.order(key, lines=list(lines) or [TOM], buyer=buyer, number=number)
    if arrives:
        world.deliver(key)


def buyer_rates(world: World, key: str = "o1", stars: int = 4, seller: str = "tom", **fields: str) -> None:
    """Let the buyer rate the seller through the link."""
    client, path = world.client(use_cookies=False), world.rate_path(key)
    said = {"id": seller, "stars": str(stars), **fields}
    posted = {**form_fields(client.get(path).text), "action": "publish"}
    posted = {name: value for name, value in posted.items() if not name.startswith("seller-")}
    answer = client.post(path, data=posted | {f"seller-0-{name}": value for name, value in said.items()})
    assert answer.status_code == 303, answer.text


def look(world: World, viewer: str | None, path: str = "/trust/orders/o1", status: int = 200, **options: Any) -> Page:
    """Open a page as this person."""
    world.shop.viewer = viewer
    answer = world.client().get(path, **options)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def form_with(page: Page, action: str) -> Form:
    """Return the form that has this button."""
    return next(form for form in page.forms if ("action", action) in form.buttons)


def press(world: World, viewer: str, action: str, path: str = "/trust/orders/o1", **fields: Any) -> Any:
    """Open a page as this person, fill its form in and press a button; returns the answer."""
    form = form_with(look(world, viewer, path), action)
    return world.client().post(form.action, data={**form.fields, "action": action, **fields})


def state_of(world: World) -> Deal:
    return world.one(Deal)
