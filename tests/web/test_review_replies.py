"""The page for replying to a review: its form, its warnings, its headers, and who finds nothing."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import links
from flask_trust.reviews.models import Review
from flask_trust.reviews.replies.models import ReviewReply
from tests.web.deals import form_with, look, press
from tests.web.pages import Page, everything, open_page
from tests.world import World


@pytest.fixture
def reviewed(world: World) -> World:
    """A shop run by Olga, with one review."""
    world.shop.staff.add("olga")
    world.review("o1", 2)
    return world


def path_of(world: World) -> str:
    return f"/trust/reviews/{world.one(Review).public_id}/reply"


def link_of(world: World) -> str:
    press(world, "olga", "publish", path_of(world), reply="First.")
    with world.app.test_request_context():
        return f"/trust/replies/{links.sign('reply', world.one(Review).id, extra=str(world.person('olga').id))}"


def post(world: World, path: str, **fields: str) -> Any:
    """Fill in the form behind a link as somebody without cookies."""
    form = form_with(open_page(world, path), "publish")
    return world.client(use_cookies=False).post(form.action, data={**form.fields, "action": "publish", **fields})


def test_opening_it_changes_nothing(reviewed: World) -> None:
    before = everything(reviewed)
    look(reviewed, "olga", path_of(reviewed))
    assert everything(reviewed) == before


def test_an_empty_or_too_long_reply_comes_back_with_its_words(reviewed: World) -> None:
    for text, words in (
        ("", "Please write your reply first."),
        ("x" * 1001, "at most 1000 characters, yours has 1001"),
    ):
        answer = press(reviewed, "olga", "publish", path_of(reviewed), reply=text)
        assert answer.status_code == 422
        assert words in Page(answer.text).text
        assert form_with(Page(answer.text), "publish").fields["reply"] == text
    assert reviewed.all(ReviewReply) == []


def test_a_reply_with_somebody_s_number_is_published_at_the_second_try(reviewed: World) -> None:
    words = "Please call 030 1234567."
    answer = press(reviewed, "olga", "publish", path_of(reviewed), reply=words)
    assert answer.status_code == 422
    assert "looks like a telephone number" in answer.text
    assert reviewed.all(ReviewReply) == []
    form = form_with(Page(answer.text), "publish")
    assert form.fields["reply"] == words
    other = {**form.fields, "action": "publish", "reply": "Call 030 7654321."}
    assert reviewed.client().post(form.action, data=other).status_code == 422
    assert reviewed.client().post(form.action, data={**form.fields, "action": "publish"}).status_code == 303
    assert reviewed.one(ReviewReply).text == words


def test_a_reply_can_be_changed_and_deleted_behind_the_link(reviewed: World) -> None:
    path = link_of(reviewed)
    reviewed.clock.advance(minutes=1)
    answer = post(reviewed, path, reply="Second.")
    assert answer.status_code == 303
    assert "Your reply can be read by everybody now." in open_page(reviewed, answer.location).text
    assert reviewed.one(ReviewReply).text == "Second."
    assert post(reviewed, path, action="delete").status_code == 303
    assert reviewed.all(ReviewReply) == []


def test_a_page_that_is_out_of_date_keeps_its_words(reviewed: World) -> None:
    path = link_of(reviewed)
    form = form_with(open_page(reviewed, path), "publish")
    reviewed.clock.advance(minutes=1)
    post(reviewed, path, reply="Somebody else's.")
    stale = {**form.fields, "action": "publish", "reply": "Mine."}
    answer = reviewed.client(use_cookies=False).post(path, data=stale)
    assert answer.status_code == 409
    assert form_with(Page(answer.text), "publish").fields["reply"] == "Mine."
    assert reviewed.one(ReviewReply).text == "Somebody else's."


def test_the_page_behind_the_link_is_kept_nowhere_and_sets_no_cookie(reviewed: World) -> None:
    answer = reviewed.client(use_cookies=False).get(link_of(reviewed))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_a_link_for_something_else_opens_nothing(reviewed: World) -> None:
    with reviewed.app.test_request_context():
        number, person = reviewed.one(Review).id, "7"
        tokens = [links.sign("rate", number, extra=person), links.sign("reply", number), "x"]
    for token in tokens:
        open_page(reviewed, f"/trust/replies/{token}", 404)
    with reviewed.app.test_request_context():
        stranger = links.sign("reply", number, extra=person)
    open_page(reviewed, f"/trust/replies/{stranger}", 410)


def test_a_form_without_its_token_does_nothing(reviewed: World) -> None:
    forged = {"action": "publish", "reply": "Forged.", "form_token": "0" * 64}
    assert reviewed.client(use_cookies=False).post(link_of(reviewed), data=forged).status_code == 422
    reviewed.shop.viewer = "olga"
    assert reviewed.client().post(path_of(reviewed), data=forged).status_code == 422
    assert reviewed.one(ReviewReply).text == "First."


def test_whoever_may_not_reply_finds_nothing(reviewed: World) -> None:
    for viewer in (None, "buyer-o1", "somebody"):
        look(reviewed, viewer, path_of(reviewed), 404)
    look(reviewed, "olga", "/trust/reviews/nothing/reply", 404)


def test_a_reply_in_another_language_says_so(reviewed: World) -> None:
    press(reviewed, "olga", "publish", path_of(reviewed), reply="ありがとうございます")
    page = open_page(reviewed, f"/trust/reviews/{reviewed.one(Review).public_id}")
    assert {"class": "trust-words", "lang": "ja", "dir": "auto"} in page.all("div")


def test_what_a_reply_says_is_text_and_never_markup(reviewed: World) -> None:
    press(reviewed, "olga", "publish", path_of(reviewed), reply="<script>alert(1)</script>")
    answer = reviewed.client(use_cookies=False).get("/trust/products/bowl")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
