"""Writing through the page behind the link: publish, preview, change, delete, and what goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import Person
from flask_trust.addresses import guest_id
from flask_trust.orders.models import Line, Order
from flask_trust.reviews.models import Review
from tests.web.deals import buyer_rates, deal
from tests.web.pages import Page, everything, open_page
from tests.world import World


@pytest.fixture
def ordered(world: World) -> World:
    """A world with one arrived order of three things."""
    world.order("o1", "bowl", "knife", "tea")
    world.deliver("o1")
    return world


def post(world: World, key: str, *, token: str = "", **fields: Any) -> Any:
    """Post fields to an order's page as they stand, with the right form token unless another is given."""
    path = world.rate_path(key)
    form = open_page(world, path).forms[-1].fields
    return world.client(use_cookies=False).post(
        path, data={**form, **({"form_token": token} if token else {}), **fields}
    )


def said(world: World) -> list[tuple[int | None, str, str]]:
    return [(review.stars, review.title, review.text) for review in world.all(Review) if review.state == "shown"]


def test_a_star_alone_is_enough_and_leads_back_to_the_page(ordered: World) -> None:
    answer = ordered.rate("o1", line_1_stars="4")
    assert answer.status_code == 303
    assert answer.location == f"{ordered.rate_path('o1')}?saved=published"
    assert said(ordered) == [(4, "", "")]
    page = open_page(ordered, answer.location)
    assert "Your rating is saved Thank you. What you wrote is public now. Nothing more is needed. If you" in page.text
    assert "How was your order?" not in page.text
    assert "Publish the rest" in page.text
    assert any(link["href"] == f"/trust/reviews/{ordered.one(Review).public_id}" for link in page.all("a"))
    ordered.rate("o1", line_0_stars="4", line_2_stars="4")
    assert "The same link brings you back if you want to change something." in open_page(ordered, answer.location).text


def test_several_lines_in_one_go_and_blank_ones_are_left_alone(ordered: World) -> None:
    answer = ordered.rate("o1", line_0_stars="5", line_2_stars="1", line_2_title="Stale", line_2_text="Old leaves")
    assert answer.status_code == 303
    assert said(ordered) == [(5, "", ""), (1, "Stale", "Old leaves")]


def test_rows_are_told_apart_by_their_line_and_not_by_their_number(ordered: World) -> None:
    post(ordered, "o1", **{"line-7-id": "tea", "line-7-stars": "2", "line-0-id": "bowl", "line-0-stars": "5"})
    products = {line.id: line.product_key for line in ordered.all(Line)}
    stars = {products[review.line_id]: review.stars for review in ordered.all(Review)}
    assert stars == {"bowl": 5, "tea": 2}


def test_lines_of_another_order_are_ignored(ordered: World) -> None:
    ordered.order("o2", "lamp")
    ordered.deliver("o2")
    answer = post(ordered, "o1", **{"line-0-id": "lamp", "line-0-stars": "1", "line-1-id": "bowl", "line-1-stars": "5"})
    assert answer.status_code == 303
    (review,) = ordered.all(Review)
    order = next(row for row in ordered.all(Order) if row.key == "o1")
    assert (review.order_id, review.stars) == (order.id, 5)


def test_one_row_s_error_does_not_lose_the_others(ordered: World) -> None:
    answer = ordered.rate(
        "o1", line_0_stars="5", line_0_text="Fine", line_1_title="No stars", line_2_stars="2", line_2_text="x" * 5001
    )
    assert answer.status_code == 422
    assert said(ordered) == [(5, "", "Fine")]
    page = Page(answer.text)
    assert page.rate.fields["line-1-title"] == "No stars"
    assert page.rate.fields["line-2-text"] == "x" * 5001
    assert page.chosen == {"line-0-stars": "5", "line-2-stars": "2"}
    assert "1 thing is saved. Please look at the rest." in page.text
    assert "Please choose 1 to 5 stars for this, so that your words can be shown." in page.text
    assert "at most 5000 characters, yours has 5001" in page.text


def test_every_error_is_tied_to_its_field_and_linked_from_the_top(ordered: World) -> None:
    answer = ordered.rate("o1", line_1_text="x" * 5001, line_1_title="y" * 121, public_name="anna@customer.example")
    page = Page(answer.text)
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    described = [attrs["aria-describedby"] for _, attrs in page.tags if "aria-describedby" in attrs]
    assert described == ["line-1-stars-error", "line-1-title-error", "line-1-text-error", "public_name-error"]
    assert set(described) <= ids
    assert [link["href"] for link in page.all("a") if link["href"].startswith("#")] == ["#line-1", "#public_name"]


def test_a_corrected_row_is_published_from_the_page_with_the_error(ordered: World) -> None:
    wrong = ordered.rate("o1", line_0_stars="5", line_1_text="No stars yet")
    fields = Page(wrong.text).rate.fields | {"line-1-stars": "3", "action": "publish"}
    answer = ordered.client(use_cookies=False).post(ordered.rate_path("o1"), data=fields)
    assert answer.status_code == 303
    assert said(ordered) == [(5, "", ""), (3, "", "No stars yet")]


def test_nothing_chosen_is_said_in_words(ordered: World) -> None:
    answer = ordered.rate("o1", public_name="Anna")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "Please choose 1 to 5 stars for at least one thing." in page.text
    assert page.rate.fields["public_name"] == "Anna"
    assert said(ordered) == []


def test_the_preview_shows_the_words_and_stores_nothing(ordered: World) -> None:
    before = everything(ordered)
    answer = ordered.rate(
        "o1",
        line_0_stars="2",
        line_0_title="So <b>so</b>",
        line_0_text="One\n\nTwo",
        public_name="Ann",
        action="preview",
    )
    assert answer.status_code == 200
    assert everything(ordered) == before
    page = Page(answer.text)
    for shown in ("This is how it will look", "2 of 5 stars", "So <b>so</b>", "One Two", "Ann", "bought in May 2027"):
        assert shown in page.text
    assert page.rate.fields["line-0-text"] == "One\n\nTwo"
    assert page.chosen == {"line-0-stars": "2"}
    assert "Nothing is published yet." in page.text
    assert [button for form in page.forms for button in form.buttons].count(("action", "publish")) == 1
    assert "open" not in page.all("details")[0]
    published = ordered.client().post(ordered.rate_path("o1"), data={**page.rate.fields, "action": "publish"})
    assert published.status_code == 303
    assert said(ordered) == [(2, "So <b>so</b>", "One\n\nTwo")]


def test_a_preview_of_nothing_shows_what_to_choose(ordered: World) -> None:
    page = Page(ordered.rate("o1", action="preview").text)
    assert "Nothing chosen yet." in page.text
    assert "open" in page.all("details")[0]


def test_a_change_is_visible_with_what_was_said_before(ordered: World) -> None:
    ordered.rate("o1", line_0_stars="2", line_0_title="Chipped", line_0_text="The rim & the foot")
    ordered.clock.advance(days=2)
    page = open_page(ordered, ordered.rate_path("o1"))
    assert page.rate.fields["line-0-text"] == "The rim & the foot"
    assert ordered.rate("o1", line_0_stars="4", line_0_title="Replaced").status_code == 303
    review = ordered.one(Review)
    shown = open_page(ordered, f"/trust/reviews/{review.public_id}").text
    for words in ("Replaced", "changed on 5 May 2027", "What it said before", "Chipped", "until 5 May 2027"):
        assert words in shown
    assert shown.index("Replaced") < shown.index("Chipped")


def test_deleting_asks_first_and_then_forgets_words_and_history(ordered: World) -> None:
    ordered.rate("o1", line_0_stars="2", line_0_text="First words")
    ordered.rate("o1", line_0_stars="3", line_0_text="Second words")
    review, path = ordered.one(Review), ordered.rate_path("o1")
    asked = ordered.rate("o1", action="ask-delete-0")
    assert asked.status_code == 200
    assert said(ordered) != []
    page = Page(asked.text)
    assert "Delete your review?" in page.text
    assert "Second words" in page.text
    (form,) = page.forms
    answer = ordered.client().post(form.action, data={**form.fields, "action": form.buttons[0][1]})
    assert (answer.status_code, answer.location) == (303, f"{path}?saved=deleted")
    assert said(ordered) == []
    assert ordered.client().get(f"/trust/reviews/{review.public_id}").status_code == 410
    assert "words" not in str([rows for name, rows in everything(ordered).items() if name != "trust_person"])
    assert "There is no review to read here" in open_page(ordered, "/trust/products/bowl").text


@pytest.mark.parametrize("number", ["3", "-1", "x", "", "²", "٣", "9" * 5000, "0x0", " 0"])
def test_deleting_a_row_that_does_not_exist_is_a_clear_error(ordered: World, number: str) -> None:
    ordered.rate("o1", line_0_stars="2")
    assert ordered.rate("o1", action=f"do-delete-{number}").status_code == 400
    assert len(said(ordered)) == 1


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("", "Confirmed buyer"), ("  Anna \t K. ", "Anna K."), ("Zoë 🌿", "Zoë 🌿"), ("김민지", "김민지")],
)
def test_the_public_name_is_empty_unless_chosen(ordered: World, typed: str, shown: str) -> None:
    ordered.rate("o1", line_0_stars="5", public_name=typed)
    page = open_page(ordered, "/trust/products/bowl").text
    assert shown in page
    assert "buyer-o1" not in page


@pytest.mark.parametrize("name", ["anna@customer.example", "ask @ home", "anna＠customer.example", "n" * 41])
def test_a_name_that_should_not_be_public_is_refused_and_the_stars_are_not_lost(ordered: World, name: str) -> None:
    answer = ordered.rate("o1", line_0_stars="5", public_name=name)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.rate.fields["public_name"] == name
    assert "public_name-error" in answer.text
    assert said(ordered) == [(5, "", "")]
    assert ordered.person("buyer-o1").public_name == ""


def test_a_name_changes_beside_everything_this_buyer_wrote(ordered: World) -> None:
    ordered.rate("o1", line_0_stars="5", public_name="Anna")
    ordered.rate("o1", public_name="")
    assert "Anna" not in open_page(ordered, "/trust/products/bowl").text


def test_not_arrived_and_not_mine_and_back(ordered: World) -> None:
    assert post(ordered, "o1", action="not-arrived").location.endswith("?saved=not-arrived")
    assert ordered.one(Order).not_arrived_at == ordered.clock()
    answer = post(ordered, "o1", action="not-mine")
    page = open_page(ordered, answer.location)
    assert "We will not ask about this order again." in page.text
    assert "Not your order" in page.text
    assert "How was your order?" not in page.text
    assert not [form for form in page.forms if form.id == "rate"]
    assert post(ordered, "o1", action="publish").status_code == 409
    assert post(ordered, "o1", action="mine").location.endswith("?saved=mine")
    assert ordered.rate("o1", line_0_stars="5").status_code == 303


def test_who_did_not_buy_it_is_asked_before_what_was_written_is_deleted(ordered: World) -> None:
    ordered.rate("o1", line_0_stars="5")
    path = ordered.rate_path("o1")
    page = open_page(ordered, path)
    assert ("action", "not-mine") not in [button for form in page.forms for button in form.buttons]
    assert f"{path}?ask=mine" in [link["href"] for link in page.all("a")]
    assert "What was written about it through this link is deleted." in open_page(ordered, f"{path}?ask=mine").text
    assert post(ordered, "o1", action="not-mine").status_code == 303
    assert said(ordered) == []


def test_where_the_shop_cannot_say_who_writes_nothing_is_published_and_no_word_lost(
    ordered: World, caplog: pytest.LogCaptureFixture
) -> None:
    ordered.shop.failing.add("acts_for")
    answer = ordered.rate("o1", line_0_stars="5", line_0_text="Kept")
    assert answer.status_code == 503
    page = Page(answer.text)
    assert "The shop could not be asked just now. Nothing you typed is lost" in page.text
    assert page.rate.fields["line-0-text"] == "Kept"
    assert said(ordered) == []
    assert "could not be published, and stays in their form" in caplog.text


def test_a_guest_writes_where_the_adapter_knows_nothing_but_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(world.shop, "is_staff", lambda person_id: int(person_id) == 1)
    monkeypatch.setattr(world.shop, "acts_for", lambda person_id: [str(int(person_id))])
    with world.app.app_context():
        guest = Person(guest_id("guest@customer.example"), "Anna", "guest@customer.example")
    world.order("o1", "bowl", buyer=guest)
    world.deliver("o1")
    assert world.rate("o1", line_0_stars="5", line_0_text="Kept").status_code == 303
    assert said(world) == [(5, "", "Kept")]
    assert "about a guest, who is taken for somebody who does not work here" in caplog.text


@pytest.mark.parametrize("action", ["not-arrived", "not-mine", "mine", "preview", "publish"])
def test_every_button_works_before_anything_has_arrived(world: World, action: str) -> None:
    world.order("o1")
    world.tell("order_placed", "o1")
    assert post(world, "o1", action=action).status_code in (200, 303, 422)


def test_the_buttons_of_the_mail_ask_before_they_act(ordered: World) -> None:
    for ask, action in (("arrival", "not-arrived"), ("mine", "not-mine")):
        page = open_page(ordered, f"{ordered.rate_path('o1')}?ask={ask}")
        assert page.forms[0].buttons == [("action", action)]


def test_an_unknown_action_is_refused(ordered: World) -> None:
    assert post(ordered, "o1", action="drop").status_code == 400


def test_new_reviews_until_180_days_and_changes_until_the_link_ends(world: World) -> None:
    for key in ("written", "silent"):
        world.order(key)
        world.deliver(key)
    links = {key: world.rate_path(key) for key in ("written", "silent")}
    world.rate("written", line_0_stars="2")
    world.clock.advance(days=180)
    assert open_page(world, links["silent"]).rate.buttons
    world.clock.advance(seconds=1)
    late = open_page(world, links["silent"])
    assert "This could be reviewed for 180 days after it had arrived." in late.text
    assert ("action", "publish") not in late.rate.buttons
    fields = {**late.rate.fields, "line-0-stars": "5", "action": "publish"}
    assert world.client().post(links["silent"], data=fields).status_code == 422
    assert world.rate("written", line_0_stars="4").status_code == 303
    world.clock.advance(days=730 - 180, seconds=-1)
    assert world.client().get(links["written"]).status_code == 200
    fields = {**open_page(world, links["written"]).rate.fields, "action": "do-delete-0"}
    assert world.client().post(links["written"], data=fields).status_code == 303
    assert said(world) == []
    world.clock.advance(seconds=2)
    for method in ("GET", "POST"):
        answer = world.client().open(links["written"], method=method, data=fields if method == "POST" else None)
        assert answer.status_code == 410
        assert "This link is no longer valid" in answer.text


def test_who_rated_nothing_but_the_seller_is_asked_before_that_is_deleted(world: World) -> None:
    deal(world)
    buyer_rates(world)
    path = world.rate_path("o1")
    page = open_page(world, path)
    assert ("action", "not-mine") not in [button for form in page.forms for button in form.buttons]
    assert "What was written about it through this link is deleted." in open_page(world, f"{path}?ask=mine").text
