"""Helpful votes: one voice for each reader, revocable, in no score, and always as many as the review says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect

from flask_trust import Person
from flask_trust.db import transaction
from flask_trust.health.checks import check
from flask_trust.reputation.votes import MOST
from flask_trust.reviews.models import Review
from flask_trust.reviews.votes.actions import Voter, vote
from flask_trust.reviews.votes.models import HelpfulVote
from flask_trust.scores.models import Subject
from tests.data.test_concurrency import together
from tests.web.pages import Page, everything, open_page
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
BEN = Person("ben", "Ben", "ben@customer.example")


def public_id(world: World, number: int = 0) -> str:
    return world.all(Review)[number].public_id


def press(world: World, told: str = "on", client: FlaskClient | None = None, **options: Any) -> Any:
    client = client or world.client()
    number = options.pop("number", 0)
    path = f"/trust/reviews/{public_id(world, number)}/helpful"
    return client.post(path, data={"helpful": told}, **options)


def helpful(world: World) -> list[int]:
    """Return what each review says, after a recount has agreed."""
    with world.app.app_context():
        assert [each.words for each in check(world.state) if each.repairable] == []
    return [row.helpful for row in world.all(Review)]


@pytest.fixture
def written(any_world: World) -> World:
    any_world.review("o1", 2, buyer=ANNA)
    any_world.review("o2", 5)
    return any_world


def test_a_reader_says_so_once_however_often_the_button_is_pressed(written: World) -> None:
    client = written.client()
    for _ in range(3):
        assert press(written, client=client).status_code == 303
    assert helpful(written) == [1, 0]
    press(written)
    assert helpful(written) == [2, 0]
    for _ in range(2):
        assert press(written, "off", client).status_code == 303
    assert helpful(written) == [1, 0]


def test_who_takes_back_what_they_never_said_changes_nothing_and_gets_no_cookie(written: World) -> None:
    before = everything(written)
    answer = press(written, "off")
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    after = everything(written)
    assert {name for name in after if after[name] != before[name]} <= {"trust_sender"}


def test_somebody_who_is_signed_in_has_one_voice_in_every_browser(written: World) -> None:
    stranger = written.client()
    press(written, client=stranger)  # before signing in
    written.shop.viewer = "ben"
    for client in (stranger, written.client(), written.client()):
        answer = press(written, client=client)
        assert "trust_visitor" not in answer.headers.get("Set-Cookie", "")
    assert helpful(written) == [1, 0]
    press(written, "off")
    press(written, "off", stranger)
    assert helpful(written) == [0, 0]


def test_a_vote_moves_no_score(written: World) -> None:
    def numbers() -> list[Any]:
        kept = [column.name for column in Subject.__table__.columns if column.name != "version"]
        return [[getattr(row, name) for name in kept] for row in written.all(Subject)]

    before = numbers()
    press(written)
    assert numbers() == before


@pytest.mark.parametrize("who", ["the author", "the seller's people", "the shop"])
def test_nobody_praises_their_own(written: World, who: str) -> None:
    written.shop.viewer = {"the author": "anna", "the seller's people": "sally", "the shop": "boss"}[who]
    written.shop.acting["sally"] = {"shop"}
    written.shop.staff.add("boss")
    answer = press(written)
    assert answer.status_code == 403
    assert "Other readers say what helps" in answer.text
    assert helpful(written) == [0, 0]


def test_a_request_from_another_site_is_refused(written: World) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert press(written, headers=headers).status_code == 403
    assert helpful(written) == [0, 0]


def test_a_flood_is_told_to_wait(written: World) -> None:
    codes = [press(written).status_code for _ in range(MOST + 1)]
    assert codes == [303] * MOST + [429]
    assert "That was a lot at once" in press(written).text
    written.clock.advance(hours=1)
    assert press(written).status_code == 303


@pytest.mark.parametrize("told", ["toggle", "", "ON"])
def test_only_on_and_off_are_understood(written: World, told: str) -> None:
    assert press(written, told).status_code == 422
    assert helpful(written) == [0, 0]


@pytest.mark.parametrize("name", ["none", "é", "a%00b"])
def test_there_is_nothing_to_say_about_what_cannot_be_read(written: World, name: str) -> None:
    assert written.client().post(f"/trust/reviews/{name}/helpful", data={"helpful": "on"}).status_code == 404
    gone = public_id(written, 1)
    written.rate("o2", action="do-delete-0")
    assert written.client().post(f"/trust/reviews/{gone}/helpful", data={"helpful": "on"}).status_code == 404
    assert written.client().get(f"/trust/reviews/{public_id(written)}/helpful").status_code == 405


def test_looking_sets_no_cookie_and_voting_sets_one_for_our_pages_alone(written: World) -> None:
    client = written.client()
    for path in ("/trust/", "/trust/products/bowl", f"/trust/reviews/{public_id(written)}"):
        assert "Set-Cookie" not in client.get(path).headers
    cookie = press(written, client=client).headers["Set-Cookie"]
    assert cookie.startswith("trust_visitor=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/trust"} <= set(cookie.split("; "))
    token = cookie.split("=")[1].split(";")[0]
    assert token not in repr(everything(written))
    (vote,) = written.all(HelpfulVote)
    assert vote.person_id is None
    assert vote.visitor
    assert len(vote.visitor) == 64


def test_a_made_up_token_is_no_visitor(written: World) -> None:
    client = written.client()
    client.set_cookie("trust_visitor", "made-up", path="/trust")
    press(written, client=client)
    press(written, client=client)
    assert helpful(written) == [1, 0]


def test_the_page_shows_how_many_and_offers_to_take_it_back(written: World) -> None:
    client, path = written.client(), "/trust/products/bowl"
    press(written)
    assert "1 reader found this helpful" in open_page(written, path).text
    answer = press(written, client=client, headers={"Referer": f"http://localhost{path}?sort=lowest"})
    assert answer.location == f"{path}?sort=lowest#review-{public_id(written)}"
    page = Page(client.get(path).text)
    assert "You and 1 other reader found this helpful" in page.text
    assert "Not helpful after all" in page.text
    assert {"id": f"review-{public_id(written)}"}.items() <= page.all("article")[1].items()
    assert "2 readers found this helpful" in open_page(written, path).text
    written.shop.viewer = "ben"
    signed_in = written.client()
    signed_in.set_cookie("session", "x")
    press(written, client=signed_in)
    assert "You and 2 other readers found this helpful" in Page(signed_in.get(path).text).text


@pytest.mark.parametrize("referrer", ["https://evil.example/x", "//evil.example", "javascript:alert(1)", ""])
def test_the_way_back_never_leads_elsewhere(written: World, referrer: str) -> None:
    name = public_id(written)
    assert press(written, headers={"Referer": referrer}).location == f"/trust/reviews/{name}#review-{name}"


def test_most_helpful_first_is_offered_and_right(written: World) -> None:
    press(written)
    assert "/trust/products/bowl?sort=helpful" in [
        link["href"] for link in open_page(written, "/trust/products/bowl").all("a")
    ]
    stars = [word for word in open_page(written, "/trust/products/bowl?sort=helpful").words if "of 5 stars" in word]
    assert stars == ["2 of 5 stars", "5 of 5 stars"]


def test_who_is_erased_takes_their_votes_along(written: World) -> None:
    written.shop.viewer = "ben"
    press(written)
    press(written, number=1)
    written.shop.viewer = None
    press(written)
    assert helpful(written) == [2, 1]
    written.tell("person_erased", "ben")
    assert helpful(written) == [1, 0]
    assert [row.person_id for row in written.all(HelpfulVote)] == [None]


def test_two_accounts_that_become_one_have_one_voice_and_none_for_their_own(written: World) -> None:
    for viewer, number in (("ben", 0), ("ben", 1), ("bea", 1), ("buyer-o2", 0)):
        written.shop.viewer = viewer
        press(written, number=number)
    assert helpful(written) == [2, 2]
    written.tell("person_merged", "bea", "ben")
    assert helpful(written) == [2, 1]
    written.tell("person_merged", "ben", "anna")  # who wrote the first review
    assert helpful(written) == [1, 1]


def test_words_that_are_gone_take_the_votes_along(written: World) -> None:
    press(written, number=1)
    written.rate("o2", action="do-delete-0")
    assert helpful(written) == [0, 0]
    assert written.all(HelpfulVote) == []
    written.rate("o2", line_0_stars="5")
    assert helpful(written) == [0, 0]


@pytest.mark.parametrize(
    "statement", [sa.update(Review).values(helpful=7), sa.delete(HelpfulVote)], ids=["a number", "votes that are gone"]
)
def test_a_wrong_number_is_found_and_mended(written: World, statement: Any) -> None:
    press(written)
    with written.app.app_context(), written.state.session() as session:
        session.execute(statement)
        session.commit()
    found = written.cli("check")
    assert found.exit_code == 1
    assert "another number of helpful votes" in found.output
    assert written.cli("check", "--repair").exit_code == 0
    assert helpful(written) in ([1, 0], [0, 0])


def test_a_shop_that_checks_all_its_forms_lets_votes_through(make_world: Callable[..., World]) -> None:
    world = make_world(prepare=CSRFProtect)
    world.review("o1")
    assert press(world).status_code == 303
    assert world.one(Review).helpful == 1


def test_a_vote_that_comes_while_the_words_go_is_not_counted(written: World) -> None:
    review = written.all(Review)[1]
    written.rate("o2", action="do-delete-0")
    with written.app.app_context():
        voter = Voter(visitor="0" * 64)
        transaction(written.state, lambda session: vote(session, review, voter, written.clock(), helpful=True))
    assert written.all(HelpfulVote) == []
    assert helpful(written) == [0, 0]


@pytest.mark.parametrize("signed_in", [False, True], ids=["eight readers", "one reader in eight browsers"])
def test_eight_votes_at_once_are_counted_right(written: World, signed_in: bool) -> None:
    written.shop.viewer = "ben" if signed_in else None
    assert set(together(lambda _: press(written).status_code)) == {303}
    assert helpful(written) == [1 if signed_in else 8, 0]


def test_nobody_can_say_what_helped_while_the_shop_cannot_tell_who_is_there(written: World) -> None:
    written.shop.viewer = "ben"
    written.shop.failing.add("acts_for")
    assert press(written).status_code == 503
    assert helpful(written) == [0, 0]
