"""What the link opens, and what does not open it."""

from __future__ import annotations

import pytest

from flask_trust import links
from flask_trust.db import transaction
from flask_trust.orders.models import Order
from flask_trust.reviews.models import Review
from tests.web.pages import everything, open_page
from tests.world import World


@pytest.fixture
def ordered(world: World) -> World:
    world.order("o1")
    world.deliver("o1")
    return world


def sign(world: World, purpose: links.Purpose, number: int, version: int = 0) -> str:
    with world.app.test_request_context():
        return links.sign(purpose, number, version)


def test_the_token_holds_numbers_and_neither_name_nor_address(ordered: World) -> None:
    path = ordered.rate_path("o1")
    assert "buyer" not in path
    assert len(path) < 100


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "%00",
        "%FF%FE",
        "%ED%A0%80",
        "😀",
        "." * 100,
        "A" * 5000,
        "WzEsMF0",
        "eyJhIjoxfQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_token_opens_nothing(ordered: World, token: str, method: str) -> None:
    answer = ordered.client().open(f"/trust/rate/{token}", method=method)
    assert answer.status_code == 404
    assert "Links from mails must be copied whole." in answer.text


def test_a_token_that_was_touched_opens_nothing(ordered: World) -> None:
    path = ordered.rate_path("o1")
    token = path.rpartition("/")[2]
    # The last letter holds bits that belong to no byte, so a change there may mean the same token.
    for index in range(len(token) - 1):
        other = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        assert ordered.client().get(f"/trust/rate/{other}").status_code == 404, index
    for other in (token.lower(), token.upper(), token[:-1], token + "A", token + "%0A", f" {token}"):
        assert ordered.client().get(f"/trust/rate/{other}").status_code == 404, other


def test_a_token_of_another_purpose_opens_nothing(ordered: World) -> None:
    order, person = ordered.one(Order), ordered.person("buyer-o1")
    for number in (order.id, person.id):
        assert ordered.client().get(f"/trust/rate/{sign(ordered, 'unsubscribe', number)}").status_code == 404
    ordered.client().post(f"/trust/unsubscribe/{sign(ordered, 'rate', person.id)}")
    assert ordered.person("buyer-o1").mail_stop is None


@pytest.mark.parametrize("number", [10**6, 0, -1, 2**62])
def test_a_right_token_for_an_order_that_is_not_there_is_gone(ordered: World, number: int) -> None:
    assert ordered.client().get(f"/trust/rate/{sign(ordered, 'rate', number)}").status_code == 410


def test_raising_the_version_of_an_order_kills_its_links(ordered: World) -> None:
    path = ordered.rate_path("o1")
    fields = {**open_page(ordered, path).rate.fields, "line-0-stars": "5"}

    with ordered.app.app_context():
        transaction(ordered.state, lambda session: session.query(Order).update({"link_version": 1}))
    before = everything(ordered)
    assert ordered.client().get(path).status_code == 410
    assert ordered.client().post(path, data=fields).status_code == 410
    assert everything(ordered) == before
    assert ordered.client().get(ordered.rate_path("o1")).status_code == 200


def test_an_erased_buyer_s_link_is_gone(ordered: World) -> None:
    path = ordered.rate_path("o1")
    ordered.tell("person_erased", "buyer-o1")
    assert ordered.client().get(path).status_code == 410


def test_links_and_open_pages_survive_a_new_secret_key(ordered: World) -> None:
    path = ordered.rate_path("o1")
    fields = {**open_page(ordered, path).rate.fields, "line-0-stars": "5"}
    ordered.app.config.update(SECRET_KEY_FALLBACKS=[ordered.app.secret_key], SECRET_KEY="a newer secret")
    assert ordered.client().post(path, data=fields).status_code == 303
    ordered.app.config.update(SECRET_KEY_FALLBACKS=[])
    assert ordered.client().get(path).status_code == 404


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "é", "\0"])
def test_without_the_form_s_own_token_nothing_is_published_and_no_word_is_lost(ordered: World, token: str) -> None:
    answer = ordered.rate("o1", form_token=token, line_0_stars="5", line_0_text="Kept")
    assert answer.status_code == 422
    assert "Nothing is lost: please send it again." in answer.text
    assert "Kept" in answer.text
    assert ordered.all(Review) == []


def test_the_form_token_of_another_link_does_not_fit(ordered: World) -> None:
    ordered.order("o2")
    ordered.deliver("o2")
    other = open_page(ordered, ordered.rate_path("o2")).rate.fields["form_token"]
    assert ordered.rate("o1", form_token=other, line_0_stars="5").status_code == 422
