"""The page behind the link in hosts of many kinds, and the headers it always has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request, session
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

from flask_trust import links
from flask_trust.people.models import Person
from flask_trust.reviews.models import Review
from tests.web.pages import open_page
from tests.world import World

MakeWorld = Callable[..., World]


def login(app: Flask) -> None:
    LoginManager(app).user_loader(lambda _key: None)


def busy_session(app: Flask) -> None:
    @app.get("/shop")
    def shop() -> str:
        session["cart"] = ["bowl"]
        return "a shop's page"


HOSTS: dict[str, tuple[Callable[[Flask], object], Callable[[Flask], object], dict[str, Any]]] = {
    "plain": (lambda app: None, lambda app: None, {}),
    "CSRFProtect before": (CSRFProtect, lambda app: None, {}),
    "CSRFProtect after": (lambda app: None, CSRFProtect, {}),
    "another field name": (CSRFProtect, lambda app: None, {"WTF_CSRF_FIELD_NAME": "shop_token"}),
    "a field name like ours": (CSRFProtect, lambda app: None, {"WTF_CSRF_FIELD_NAME": "form_token"}),
    "CSRF switched off": (CSRFProtect, lambda app: None, {"WTF_CSRF_ENABLED": False}),
    "strict cookies": (CSRFProtect, lambda app: None, {"SESSION_COOKIE_SAMESITE": "Strict"}),
    "server name": (CSRFProtect, lambda app: None, {"SERVER_NAME": "shop.test"}),
    "a folder": (CSRFProtect, lambda app: None, {"APPLICATION_ROOT": "/store", "TRUST_URL_PREFIX": "/opinions"}),
    "Flask-Login": (login, lambda app: None, {}),
    "LoginManager without a loader": (LoginManager, lambda app: None, {}),
    "small requests": (lambda app: None, lambda app: None, {"MAX_CONTENT_LENGTH": 100_000}),
    "a session": (busy_session, lambda app: None, {}),
}


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    before, after, config = HOSTS[request.param]
    world = make_world(prepare=before, **config)
    after(world.app)
    world.order("o1", "bowl")
    world.deliver("o1")
    return world


def path_of(world: World) -> str:
    return world.rate_path("o1").replace("/trust/", world.state.settings.url_prefix + "/", 1)


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "cookies refused"])
def test_the_star_of_the_mail_is_published_in_every_host(host: World, cookies: bool) -> None:
    client, path = host.client(use_cookies=cookies), path_of(host)
    page = open_page(host, path + "?stars=4")
    answer = client.post(path, data={**page.rate.fields, "action": "publish"})
    assert answer.status_code == 303
    assert host.one(Review).stars == 4
    assert client.get(answer.location.removeprefix("/store")).status_code == 200


def test_leaving_needs_neither_cookie_nor_token_in_any_host(host: World) -> None:
    with host.app.test_request_context():
        token = links.sign("unsubscribe", host.one(Person).id)
    path = f"{host.state.settings.url_prefix}/unsubscribe/{token}"
    answer = host.client(use_cookies=False).post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert host.one(Person).mail_stop == "opted_out"


def test_no_page_of_ours_sets_a_cookie_and_none_behind_a_link_looks_at_one(host: World) -> None:
    client, path = host.client(), path_of(host)
    fields = {**open_page(host, path).rate.fields, "line-0-stars": "5"}
    prefix = host.state.settings.url_prefix
    private = [
        client.get(path),
        client.post(path, data={}),
        client.post(path, data={**fields, "action": "preview"}),
        client.post(path, data=fields),
        client.get(prefix + "/rate/none"),
    ]
    # Public pages are whole for whoever has a cookie, so that nobody gets another visitor's frame.
    public = [client.get(prefix + each) for each in ("/", "/products/bowl", "/products/none", "/reviews/x")]
    assert [answer for answer in [*private, *public] if "Set-Cookie" in answer.headers] == []
    for answer in private:
        # Flask-Login looks into the session after every request, whatever the page.
        assert hasattr(host.app, "login_manager") or "Cookie" not in answer.headers.get("Vary", "")


def test_the_shop_s_own_forms_stay_protected(make_world: MakeWorld) -> None:
    world = make_world(prepare=CSRFProtect)
    world.app.add_url_rule("/buy", "buy", lambda: "bought", methods=["POST"])
    world.order("o1")
    world.deliver("o1")
    assert world.rate("o1", line_0_stars="5").status_code == 303
    assert world.client().post("/buy").status_code == 400


def test_pages_behind_a_link_always_have_strict_headers(make_world: MakeWorld) -> None:
    world = make_world()
    world.order("o1")
    world.deliver("o1")
    path = world.rate_path("o1")
    fields = {**open_page(world, path).rate.fields, "line-0-stars": "5"}
    with world.app.test_request_context():
        leave = f"/trust/unsubscribe/{links.sign('unsubscribe', world.one(Person).id)}"
    client = world.client()
    answers = {
        "look": client.get(path),
        "head": client.head(path),
        "ask": client.post(path, data={**fields, "action": "ask-delete-0"}),
        "error": client.post(path, data={**fields, "action": "drop"}),
        "token": client.post(path, data={}),
        "post": client.post(path, data=fields),
        "large": client.post(path, data={**fields, "line-0-text": "x" * 6_000_000}),
        "unknown": client.get("/trust/rate/x"),
        "leave": client.get(leave),
        "left": client.post(leave),
        "no leave": client.get("/trust/unsubscribe/x"),
    }
    for name, answer in answers.items():
        assert answer.headers["Cache-Control"] == "no-store", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow", name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Content-Security-Policy"].split("; ") == [
            "default-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        ], name


def test_pages_behind_a_link_never_stand_in_the_shop_s_frame(make_world: MakeWorld) -> None:
    """The shop's analytics must not see the link, and its context processors may count on a login."""
    from jinja2 import DictLoader

    def prepare(app: Flask) -> None:
        app.jinja_loader = DictLoader({"trust/base.html": "<script src=//stats.example></script>"})
        app.context_processor(lambda: {"seen": request.headers["X-Missing"]} if request.path != "/" else {})

    world = make_world(prepare=prepare)
    world.order("o1")
    world.deliver("o1")
    for path, status in ((world.rate_path("o1"), 200), ("/trust/rate/x", 404), ("/trust/unsubscribe/x", 200)):
        assert "stats.example" not in open_page(world, path, status).text
        assert open_page(world, path, status).all("script") == []
