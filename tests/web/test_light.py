"""From the mail to a posted star: two clicks, nothing typed, little to load."""

from __future__ import annotations

from typing import Any

from flask_trust import Line
from flask_trust.reviews.models import Review
from tests.web.pages import Page, star_link
from tests.world import World

LIMIT = 60_000  # bytes of HTML and CSS


def test_two_clicks_and_nothing_typed_from_the_mail_to_a_posted_star(world: World) -> None:
    world.order("o1", *(f"thing{number}" for number in range(10)))
    world.deliver("o1")
    world.pass_days(7)
    (mail,) = world.mails()
    client = world.client(use_cookies=False)
    first = client.get(star_link(mail, stars=4, line=2))
    form = Page(first.text).rate
    assert ("action", "publish") in form.buttons
    second = client.post(form.action, data={**form.fields, "action": "publish"})
    assert second.status_code == 303
    assert world.one(Review).stars == 4
    third = client.get(second.location)
    sheets = [link["href"] for link in Page(first.text).all("link") if link["rel"] == "stylesheet"]
    assert sheets == ["/trust/static/trust.css"]
    with client.get(sheets[0]) as style:
        assert style.mimetype == "text/css"
        assert len(first.data) + len(second.data) + len(third.data) + len(style.data) < LIMIT


def test_the_style_sheet_is_small_and_loads_nothing(world: World) -> None:
    with world.client().get("/trust/static/trust.css") as answer:
        style = answer.get_data(as_text=True)
    assert len(style.encode()) < 15_000
    for word in ("url(", "@import", "http:", "https:", "!important"):
        assert word not in style


PAGE_LIMIT = 40_000  # bytes of HTML
WORDS = "It arrived two days early and well packed; I use it every day, and there is not a scratch on it. "


def test_a_page_of_ten_reviews_with_everything_on_it_is_small(world: World) -> None:
    for number in range(14):
        world.order(f"o{number}", lines=[Line("1", "bowl", title="Bowl", variant="blue, large")])
        world.deliver(f"o{number}")
        said: Any = {"line_0_stars": str(number % 5 + 1), "line_0_title": "Just as I hoped", "public_name": "Anna K."}
        text = WORDS * 3 if number % 3 else "毎日使っています。" * 12
        assert world.rate(f"o{number}", line_0_text=text, **said).status_code == 303
        world.tell("order_returned", f"o{number}", None, "too small")
        world.clock.advance(days=20)
    client = world.client()
    for review in world.all(Review):
        client.post(f"/trust/reviews/{review.public_id}/helpful", data={"helpful": "on"})
    answer = client.get("/trust/products/bowl")
    for words in ("Criticism and praise", "sent back", "In English", "You found this helpful", "How was it lately?"):
        assert words in answer.text
    assert len(answer.data) < PAGE_LIMIT
    assert len(Page(answer.text).all("article")) == 12  # ten, and two that stand out
    sheets = [link["href"] for link in Page(answer.text).all("link") if link["rel"] == "stylesheet"]
    assert sheets == ["/trust/static/trust.css"]
