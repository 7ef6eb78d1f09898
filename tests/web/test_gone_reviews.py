"""What the address of a review says when the review cannot be read, or not any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_trust import Line, Person
from flask_trust.reviews.models import Review
from tests.data.test_visibility import keep_private
from tests.web.cases import PHONE, decided, written
from tests.web.pages import Page, counted
from tests.web.replies import KINDS, replied
from tests.world import World

ANNA = Person("anna", "Anna Secretname", "anna@customer.example")


def ask(world: World, public_id: str, **headers: str) -> tuple[int, str]:
    answer = world.client(use_cookies=False).get(f"/trust/reviews/{public_id}", headers=headers)
    return answer.status_code, Page(answer.text).text


def test_what_was_taken_down_says_so_as_the_log_does_and_not_whose_it_was(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA, stars=1)
    any_world.rate("o1", line_0_stars="1", line_0_text=PHONE, public_name="Zyxname")
    any_world.clock.advance(days=3)
    decided(any_world, public_id, "remove", ground="G8")
    day = any_world.clock()
    any_world.clock.advance(days=9)
    answer = any_world.client(use_cookies=False).get(f"/trust/reviews/{public_id}")
    page = Page(answer.text)
    assert answer.status_code == 410
    assert "This review was taken down" in page.text
    assert "Advertising Taken down" in page.text
    assert f"{day.day} {day:%B %Y}" in page.text
    assert f"{day.day} {day:%B %Y}" in Page(any_world.client().get("/trust/log").text).text
    assert not [each for each in ("Zyxname", "Call", "0170", "★", "1 of 5", "Bowl", "bowl") if each in answer.text]
    links = {each["href"] for each in page.all("a")}
    assert {"/trust/log", "/trust/how-reviews-work"} <= links


def test_nobody_keeps_or_lists_it(any_world: World) -> None:
    public_id = written(any_world)
    path = f"/trust/reviews/{public_id}"
    tag = any_world.client(use_cookies=False).get(path).headers["ETag"]
    decided(any_world, public_id, "remove")
    answer = any_world.client(use_cookies=False).get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 410
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert {"name": "robots", "content": "noindex"} in Page(answer.text).all("meta")
    for listed in ("/trust/", "/trust/products/bowl", "/trust/products/bowl/feed.atom", "/trust/sitemap-1.xml"):
        assert public_id not in any_world.client().get(listed).text
    assert any_world.client().head(path).status_code == 410


def test_it_is_back_where_it_was_once_staff_shows_it_again(any_world: World) -> None:
    public_id = written(any_world)
    decided(any_world, public_id, "remove")
    assert ask(any_world, public_id)[0] == 410
    decided(any_world, public_id, "restore")
    assert ask(any_world, public_id)[0] == 200


def test_what_is_hidden_is_not_gone_and_a_correction_tells_no_reason(any_world: World) -> None:
    public_id = written(any_world)
    decided(any_world, public_id, "hide")
    status, text = ask(any_world, public_id)
    assert (status, "This review is hidden while we check Personal data of somebody" in text) == (404, True)
    decided(any_world, public_id, "remove")
    any_world.rate("o1", line_0_stars="2", line_0_text="It arrived broken")
    status, text = ask(any_world, public_id)
    assert (status, "This review is hidden while we check" in text, "Personal data" in text) == (404, True, False)


def test_a_hidden_review_tells_no_reason_while_new_words_of_its_author_wait(any_world: World) -> None:
    public_id = written(any_world)
    decided(any_world, public_id, "hide")
    assert "Personal data" in ask(any_world, public_id)[1]
    any_world.clock.advance(days=2)
    any_world.rate("o1", line_0_stars="2", line_0_text="It arrived broken")
    status, text = ask(any_world, public_id)
    assert (status, "This review is hidden while we check" in text) == (404, True)
    assert "Personal data" not in text
    assert str(any_world.clock().year) not in text
    decided(any_world, public_id, "remove")
    assert "Personal data" in ask(any_world, public_id)[1], "staff has judged the new words"


def test_what_its_author_took_back_says_so_without_a_date(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "remove")
    any_world.rate("o1", action="do-delete-0")
    status, text = ask(any_world, public_id)
    assert (status, "Its author took this review back" in text) == (410, True)
    assert "Personal data" not in text
    assert str(any_world.clock().year) not in text


NEVER = "23456789abcdefgh"


@pytest.mark.parametrize("before", ["", "remove", "withdraw"])
def test_an_erased_author_leaves_no_trace_at_the_address(any_world: World, before: str) -> None:
    public_id = written(any_world, buyer=ANNA)
    if before == "remove":
        decided(any_world, public_id, "remove")
    elif before == "withdraw":
        any_world.rate("o1", action="do-delete-0")
    any_world.tell("person_erased", "anna")
    assert ask(any_world, public_id) == ask(any_world, NEVER)
    assert ask(any_world, NEVER)[0] == 404


@pytest.mark.parametrize("taken_back", [False, True])
def test_what_waits_for_its_moment_looks_as_if_it_had_never_been(any_world: World, taken_back: bool) -> None:
    any_world.order("o1", lines=[Line("bowl", "bowl")], buyer=ANNA)
    any_world.deliver("o1")
    any_world.rate("o1", line_0_stars="4")
    keep_private(any_world, 3)
    public_id = any_world.one(Review).public_id
    if taken_back:
        any_world.rate("o1", action="do-delete-0")
    seen = []
    for name in (public_id, NEVER):
        ask(any_world, name)
        with counted(any_world) as statements:
            answer = any_world.client(use_cookies=False).get(f"/trust/reviews/{name}")
        headers = {key: value for key, value in answer.headers.items() if key != "Content-Length"}
        seen.append((answer.status_code, answer.data, headers, [*statements]))
    assert seen[0] == seen[1]
    any_world.clock.advance(days=9)
    if taken_back:
        assert ask(any_world, public_id) == ask(any_world, NEVER), "nobody has ever read it"


def test_what_was_written_anew_under_a_verdict_waits_for_its_moment_like_all_else(any_world: World) -> None:
    public_id = written(any_world, buyer=ANNA)
    decided(any_world, public_id, "remove")
    any_world.rate("o1", action="do-delete-0")
    any_world.rate("o1", line_0_stars="2", line_0_text="It arrived broken")
    keep_private(any_world, 3)
    assert ask(any_world, public_id) == ask(any_world, NEVER)
    any_world.clock.advance(days=4)
    assert "This review is hidden while we check" in ask(any_world, public_id)[1]


def stranger_sees(world: World, path: str, public_id: str, method: str) -> tuple[int, str, list[str]]:
    """Return what a stranger can measure: status, page and statements."""
    client = world.client(use_cookies=False)
    with counted(world) as statements:
        answer = client.open(path.format(public_id), method=method)
    return answer.status_code, answer.text.replace(public_id, ""), [*statements]


FROM_SIGHT: dict[str, Callable[[World, str, str], Any]] = {
    "waits": lambda world, _kind, _public_id: world.clock.advance(days=-1),
    "erased": lambda world, _kind, _public_id: world.tell("person_erased", "rita"),
    "hidden": lambda world, kind, public_id: decided(world, public_id, "hide", kind.removeprefix("to_")),
    "reply hidden": lambda world, kind, public_id: decided(world, public_id, "hide", kind),
}


@pytest.mark.parametrize("why", FROM_SIGHT)
@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_a_report_tells_nothing_of_what_cannot_be_read(any_world: World, kind: str, why: str) -> None:
    public_id = replied(any_world, kind)
    paths = [f"/trust/{kind.removeprefix('to_')}s/{{}}{reply}/report" for reply in ("", "/reply")]
    assert [any_world.client().get(path.format(public_id)).status_code for path in paths] == [200, 200]
    FROM_SIGHT[why](any_world, kind, public_id)
    for path in paths[1:] if why == "reply hidden" else paths:
        for method in ("GET", "POST"):
            seen = stranger_sees(any_world, path, public_id, method)
            assert seen == stranger_sees(any_world, path, NEVER, method), path
            assert (seen[0], len(seen[2])) == (404, 1), path
