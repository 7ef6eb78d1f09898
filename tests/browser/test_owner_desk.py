"""The owner's pages, the form for a reply and the page about reviews in a browser: widths, axe, keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from flask_trust import Person, links
from flask_trust.mail.models import Outgoing
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from tests.support import browser as support
from tests.web.deals import buyer_rates, deal, press
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "W" * 40
DESK = ("", "reviews", "replies", "invitations?state=asked", "invitations?state=skipped", "arrivals", "mails", "health")


def filled(world: World) -> list[tuple[str | None, str]]:
    """Fill the world with something for every list and return who opens which page."""
    world.shop.staff.add("olga")
    world.review("o1", 2)
    world.rate("o1", line_0_stars="1", line_0_title=LONG[:119], line_0_text=LONG)
    (review,) = world.all(Review)
    reply = f"/trust/reviews/{review.public_id}/reply"
    press(world, "olga", "publish", reply, reply=LONG)
    world.order("x" * 64, buyer=Person("eve", "Eve", "eve@customer.example"))
    world.deliver("x" * 64)
    world.rate("x" * 64, action="not-arrived")
    deal(world, "mutual")
    buyer_rates(world, "mutual", 2, text=LONG)
    world.pass_days(40)
    with world.app.app_context(), world.state.session() as session:
        session.execute(sa.update(Outgoing).values(state="held", error_code="login_not_offered", due=None))
        session.commit()
    with world.app.test_request_context():
        token = links.sign("reply", review.id, extra=str(world.person("olga").id))
    owner = [("olga", f"/trust/desk/{page}") for page in DESK]
    seller = [("tina", "/trust/desk/"), ("tina", "/trust/desk/replies")]
    public = ["/trust/how-reviews-work", f"/trust/replies/{token}", f"/trust/reviews/{review.public_id}"]
    return [*owner, ("olga", reply), *seller, *((None, path) for path in public)]


@pytest.mark.parametrize(("size", "scheme"), support.VIEWS)
def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing(
    world: World, site: str, chromium: Browser, size: tuple[int, int], scheme: str
) -> None:
    pages = filled(world)
    with support.sized(chromium, size, scheme) as context:
        page = context.new_page()
        assert support.wrong_on_all(page, site, world.shop, pages) == {}


def test_the_owner_replies_by_keyboard_without_scripts(world: World, site: str, chromium: Browser) -> None:
    world.shop.staff.add("olga")
    world.review("o1", 2)
    world.shop.viewer = "olga"
    with support.desktop(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{site}/trust/desk/replies")
        page.get_by_role("link", name="Reply to the review of Bowl").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Your reply, for everybody to read").focus()
        page.keyboard.type("Write to anna@customer.example")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert world.all(ReviewReply) == []
        page.get_by_label("Your reply, for everybody to read").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("We are sorry, and have sent a new one.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("status").wait_for()
    assert world.one(ReviewReply).text == "We are sorry, and have sent a new one."
