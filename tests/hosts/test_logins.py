"""Hosts with Flask-Login, half of it, or none: who looks at a page, and pages that never need to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, session
from flask_login import LoginManager, UserMixin, login_user

from flask_trust import Shop, lookup
from tests.world import World

MakeWorld = Callable[..., World]


class User(UserMixin):  # type: ignore[misc]  # it ships no types
    def __init__(self, key: Any) -> None:
        self.id = key


def no_login(app: Flask) -> None:
    """A shop that has never heard of Flask-Login."""


def login_manager_never_given_the_app(app: Flask) -> None:
    LoginManager()


def login_manager_without_a_loader(app: Flask) -> None:
    LoginManager(app)


def login_manager(app: Flask) -> None:
    manager = LoginManager(app)
    manager.user_loader(User)
    app.add_url_rule("/login/<key>", "login", lambda key: str(login_user(User(key))))


def failing_loader(app: Flask) -> None:
    """The loader asks a database that is away."""

    def load(key: str) -> User:
        raise RuntimeError(f"cannot load {key}")

    LoginManager(app).user_loader(load)


def plain_session(app: Flask) -> None:
    def login(key: str) -> str:
        session["user_id"] = key
        return "in"

    app.add_url_rule("/login/<key>", "login", login)


HOSTS = [
    no_login,
    login_manager_never_given_the_app,
    login_manager_without_a_loader,
    login_manager,
    failing_loader,
    plain_session,
]


def words_of(prepare: Callable[[Flask], None]) -> str:
    return prepare.__name__.replace("_", " ")


@pytest.mark.parametrize("prepare", HOSTS, ids=words_of)
def test_every_public_page_answers_in_every_host(make_world: MakeWorld, prepare: Callable[[Flask], None]) -> None:
    world = make_world(prepare=prepare)
    world.review("o1", 4)
    world.order("o2")
    world.deliver("o2")
    client = world.client()
    for path in ("/trust/", "/trust/products/bowl", world.rate_path("o2")):
        assert client.get(path).status_code == 200, path
    assert client.get("/trust/products/nothing").status_code == 404


@pytest.mark.parametrize("prepare", HOSTS, ids=words_of)
def test_a_mail_is_written_in_every_host(make_world: MakeWorld, prepare: Callable[[Flask], None]) -> None:
    world = make_world(prepare=prepare)
    world.order("o1")
    world.deliver("o1")
    world.pass_days(7)
    assert len(world.mails()) == 1


def viewer(world: World, login: str | None) -> str | None:
    """Return who the default adapter says is looking."""
    seen: list[str | None] = []

    def who() -> str:
        seen.append(Shop.viewer_id(world.shop))
        return "noted"

    world.app.add_url_rule("/who", "who", who)
    client = world.client()
    if login:
        client.get(f"/login/{login}")
    client.get("/who")
    (found,) = seen
    return found


@pytest.mark.parametrize("prepare", [no_login, login_manager_never_given_the_app, login_manager_without_a_loader])
def test_nobody_looks_where_no_login_is_set_up(make_world: MakeWorld, prepare: Callable[[Flask], None]) -> None:
    assert viewer(make_world(prepare=prepare), None) is None


def test_flask_logins_user_is_the_viewer_by_default(make_world: MakeWorld) -> None:
    assert viewer(make_world(prepare=login_manager), "42") == "42"


def test_an_anonymous_visitor_is_nobody(make_world: MakeWorld) -> None:
    assert viewer(make_world(prepare=login_manager), None) is None


def test_a_shop_with_plain_sessions_answers_the_question_itself(make_world: MakeWorld) -> None:
    world = make_world(prepare=plain_session)
    assert viewer(world, "42") is None  # the default knows nothing of this shop's sessions

    class PlainShop(Shop):
        def viewer_id(self) -> str | None:
            return session.get("user_id")

    with world.app.test_request_context():
        session["user_id"] = "42"
        assert PlainShop().viewer_id() == "42"


def test_outside_of_a_request_nobody_looks(make_world: MakeWorld) -> None:
    world = make_world(prepare=login_manager)
    with world.app.app_context():
        assert Shop.viewer_id(world.shop) is None


def test_a_public_page_of_ours_leaves_the_session_alone(make_world: MakeWorld) -> None:
    """It differs for who has a cookie, as the shop's frame may, and can be kept for who has none."""
    world = make_world(prepare=plain_session)
    world.review("o1")
    answer = world.client().get("/trust/products/bowl")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["ETag"]


@pytest.mark.parametrize(("told", "viewer"), [(None, None), ("", None), ("None", None), ("anna", "anna")])
def test_what_a_session_without_an_id_gives_is_nobody(world: World, told: str | None, viewer: str | None) -> None:
    world.shop.viewer = told
    with world.app.test_request_context():
        assert lookup.viewer(world.shop) == viewer
