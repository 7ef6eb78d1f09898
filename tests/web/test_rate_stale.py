"""Old and repeated POSTs: a mail scanner, a second window or a double click must not undo what was said later."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import Person
from flask_trust.reviews.models import Review
from tests.web.deals import deal, form_with
from tests.web.pages import Page, everything, open_page
from tests.world import World


class Window:
    """A page that was opened some time ago and can be posted at any time."""

    def __init__(self, world: World, key: str, **fields: str) -> None:
        self.world, self.path = world, world.rate_path(key)
        self.fields = {**open_page(world, self.path).rate.fields, "action": "publish"}
        self.fields |= {name.replace("_", "-", 2): value for name, value in fields.items() if name.startswith("line_")}
        self.fields |= {name: value for name, value in fields.items() if not name.startswith("line_")}

    def post(self) -> Any:
        return self.world.client(use_cookies=False).post(self.path, data=self.fields)


@pytest.fixture
def ordered(world: World) -> World:
    world.order("o1", "bowl", "knife")
    world.deliver("o1")
    return world


def test_the_same_post_again_changes_nothing(ordered: World) -> None:
    window = Window(ordered, "o1", line_0_stars="4", line_0_text="Good", public_name="Anna")
    assert window.post().status_code == 303
    before = everything(ordered)
    for _ in range(3):
        assert window.post().status_code == 303
    assert everything(ordered) == before


def test_an_old_post_does_not_undo_a_change(ordered: World) -> None:
    window = Window(ordered, "o1", line_0_stars="1", line_0_text="Angry words")
    assert window.post().status_code == 303
    ordered.rate("o1", line_0_stars="5", line_0_text="All is well")
    before = everything(ordered)
    answer = window.post()
    assert answer.status_code == 409
    assert everything(ordered) == before
    page = Page(answer.text)
    assert "changed in another window" in page.text
    assert page.rate.fields["line-0-text"] == "Angry words"
    assert page.chosen == {"line-0-stars": "1"}


def test_an_old_post_does_not_bring_a_deleted_review_back(ordered: World) -> None:
    window = Window(ordered, "o1", line_0_stars="1", line_0_text="Angry words")
    window.post()
    assert ordered.rate("o1", action="do-delete-0").status_code == 303
    before = everything(ordered)
    answer = window.post()
    assert answer.status_code == 409
    assert everything(ordered) == before
    assert Page(answer.text).rate.fields["line-0-text"] == "Angry words"


def test_after_the_warning_the_writer_may_insist(ordered: World) -> None:
    window = Window(ordered, "o1", line_0_stars="1")
    window.post()
    ordered.rate("o1", line_0_stars="5")
    window.fields = {**Page(window.post().text).rate.fields, "action": "publish"}
    assert window.post().status_code == 303
    assert ordered.one(Review).stars == 1


def test_an_old_post_with_an_error_in_one_row_does_not_undo_another_row(ordered: World) -> None:
    window = Window(ordered, "o1", line_0_stars="1", line_1_text="No stars here")
    assert window.post().status_code == 422
    ordered.rate("o1", line_0_stars="5")
    before = everything(ordered)
    answer = window.post()
    assert answer.status_code == 409
    assert everything(ordered) == before
    assert Page(answer.text).rate.fields["line-1-text"] == "No stars here"


def test_an_old_page_may_still_say_something_about_another_line(ordered: World) -> None:
    first, second = Window(ordered, "o1", line_0_stars="4"), Window(ordered, "o1", line_1_stars="2")
    assert first.post().status_code == 303
    assert second.post().status_code == 303
    assert [review.stars for review in ordered.all(Review)] == [4, 2]


def test_an_old_post_does_not_bring_a_removed_name_back(ordered: World) -> None:
    window = Window(ordered, "o1", line_0_stars="4", public_name="Anna Example")
    assert window.post().status_code == 303
    assert ordered.rate("o1", public_name="").status_code == 303
    assert window.post().status_code == 409
    assert ordered.person("buyer-o1").public_name == ""


def test_a_page_left_open_does_not_undo_the_name_chosen_for_another_order(world: World) -> None:
    anna = Person("anna", "Anna", "anna@customer.example")
    for key in ("o1", "o2"):
        world.order(key, buyer=anna)
        world.deliver(key)
    left_open = Window(world, "o2", line_0_stars="3")
    world.rate("o1", line_0_stars="5", public_name="Anna")
    assert left_open.post().status_code == 303
    assert world.person("anna").public_name == "Anna"
    assert world.rate("o2", public_name="").status_code == 303
    assert world.person("anna").public_name == ""


def test_an_old_delete_does_not_delete_what_was_written_later(ordered: World) -> None:
    ordered.rate("o1", line_0_stars="1")
    window = Window(ordered, "o1", action="do-delete-0")
    assert window.post().status_code == 303
    assert window.post().status_code == 303  # already gone: nothing to do
    ordered.rate("o1", line_0_stars="5", line_0_text="Second thoughts")
    answer = window.post()
    assert answer.status_code == 409
    assert "Open the link again" in answer.text
    assert ordered.one(Review).text == "Second thoughts"


def test_an_old_not_mine_does_not_delete_what_was_written_later(ordered: World) -> None:
    path = ordered.rate_path("o1")
    old = {**open_page(ordered, f"{path}?ask=mine").forms[0].fields, "action": "not-mine"}
    client = ordered.client(use_cookies=False)
    for _ in range(2):
        assert client.post(path, data=old).status_code == 303
    back = {**open_page(ordered, path).forms[0].fields, "action": "mine"}
    for _ in range(2):
        assert client.post(path, data=back).status_code == 303
    assert client.post(path, data=old).status_code == 409  # even though nothing was written yet
    ordered.rate("o1", line_0_stars="4")
    assert client.post(path, data=old).status_code == 409
    assert ordered.one(Review).state == "shown"
    assert ordered.rate("o1", action="not-mine").status_code == 303
    assert client.post(path, data=back).status_code == 409
    assert ordered.one(Review).state == "withdrawn"


def test_an_old_button_does_not_open_or_close_a_page_of_one_s_own(world: World) -> None:
    deal(world)
    path, client = world.rate_path("o1"), world.client(use_cookies=False)
    opening = {**form_with(open_page(world, path), "page-on").fields, "action": "page-on"}
    for _ in range(2):
        assert client.post(path, data=opening).status_code == 303
    closing = {**form_with(open_page(world, path), "page-off").fields, "action": "page-off"}
    for _ in range(2):
        assert client.post(path, data=closing).status_code == 303
    assert client.post(path, data=opening).status_code == 409
    assert world.person("anna").page_id is None
    assert world.rate("o1", action="page-on").status_code == 303
    assert client.post(path, data=closing).status_code == 409
    assert world.person("anna").page_id
