"""Opting out works for mail programs (RFC 8058, RFC 2369) and for people, in every kind of host."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask_wtf import CSRFProtect
from werkzeug.test import TestResponse

from flask_trust import Person
from flask_trust.people.models import OptOut
from tests.mail.boxes import queue, unsubscribe_path
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def asked(world: World) -> World:
    """A world in which Anna has been asked about one order."""
    return ask(world)


def ask(world: World) -> World:
    queue(world, "1", buyer=ANNA)
    world.run()
    return world


def link_of(world: World) -> str:
    """Return the link as the mail's header has it."""
    (mail,) = world.mails()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<http://localhost(/trust/unsubscribe/[\w.~-]+)>", mail["List-Unsubscribe"].strip())
    assert found
    return found[1]


def click(world: World, path: str, **options: object) -> TestResponse:
    return world.client(use_cookies=False).post(path, data=ONE_CLICK, **options)


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_one_click_opts_out_without_cookies_and_without_a_redirect(any_world: World, kind: str) -> None:
    asked = ask(any_world)
    answer = click(asked, link_of(asked), content_type=kind)
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert asked.person("anna").mail_stop == "opted_out"


def test_an_empty_post_opts_out_too(asked: World) -> None:
    assert asked.client().post(link_of(asked)).status_code == 200
    assert asked.person("anna").mail_stop == "opted_out"


def test_opting_out_twice_is_opting_out(any_world: World) -> None:
    asked = ask(any_world)
    for _ in range(2):
        assert click(asked, link_of(asked)).status_code == 200
    assert len(asked.all(OptOut)) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("query", ["", "?List-Unsubscribe=One-Click", "?action=allow"])
def test_looking_changes_nothing(asked: World, method: str, query: str) -> None:
    assert asked.client().open(link_of(asked) + query, method=method).status_code == 200
    assert asked.person("anna").mail_stop is None
    assert asked.all(OptOut) == []


@pytest.mark.parametrize("token", ["x", "x" * 3000, "a.b.c", "%00", "ü"])
def test_a_broken_link_is_answered_with_200_all_the_same(asked: World, token: str) -> None:
    assert click(asked, f"/trust/unsubscribe/{token}").status_code == 200
    assert asked.all(OptOut) == []


def test_a_link_for_something_else_opts_nobody_out(asked: World) -> None:
    click(asked, asked.rate_path("1").replace("/rate/", "/unsubscribe/"))
    assert asked.person("anna").mail_stop is None


def test_a_link_works_for_years_and_through_a_new_key(asked: World) -> None:
    path = link_of(asked)
    asked.clock.advance(days=9 * 365)
    asked.app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["a secret of tests"])
    click(asked, path)
    assert asked.person("anna").mail_stop == "opted_out"


def test_the_page_leads_people_there_and_back(asked: World) -> None:
    client, path = asked.client(), link_of(asked)
    assert "No more mails, please" in client.get(path).text
    assert 'value="allow"' in client.post(path).text
    client.post(path, data={"action": "allow"})
    assert asked.person("anna").mail_stop is None
    assert asked.all(OptOut) == []


def test_nothing_about_the_person_is_on_the_page(asked: World) -> None:
    text = asked.client().get(link_of(asked)).text
    assert "anna" not in text.lower()
    assert "Bowl" not in text


def test_it_works_in_a_host_that_protects_every_form(make_world: Callable[..., World]) -> None:
    world = make_world()
    CSRFProtect(world.app)
    ask(world)
    assert click(world, link_of(world)).status_code == 200
    assert world.person("anna").mail_stop == "opted_out"


def test_the_host_protects_its_own_forms_as_before(make_world: Callable[..., World]) -> None:
    world = make_world()
    CSRFProtect(world.app)
    world.app.add_url_rule("/cart", view_func=lambda: "ok", methods=["POST"], endpoint="cart")
    ask(world)
    click(world, link_of(world))
    assert world.client().post("/cart").status_code == 400


def test_it_works_with_a_session_cookie_that_says_nothing(make_world: Callable[..., World]) -> None:
    world = make_world(SESSION_COOKIE_SAMESITE="Strict", SESSION_COOKIE_SECURE=True)
    answer = click(ask(world), link_of(world), headers={"Cookie": "session=broken"})
    assert answer.status_code == 200
    assert world.person("anna").mail_stop == "opted_out"


def test_the_link_is_told_to_nobody(asked: World) -> None:
    answer = asked.client().get(link_of(asked))
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_an_unsubscribe_of_one_person_leaves_others_alone(asked: World) -> None:
    asked.order("2", buyer=Person("bert", "Bert", "bert@customer.example"))
    asked.deliver("2")
    click(asked, unsubscribe_path(asked, "bert"))
    assert (asked.person("anna").mail_stop, asked.person("bert").mail_stop) == (None, "opted_out")
