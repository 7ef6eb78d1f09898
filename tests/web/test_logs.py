"""Secrets of links and what people have written stay out of logs: the server's, and our own."""

from __future__ import annotations

import logging
import threading
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from werkzeug.serving import make_server

from flask_trust import Person
from flask_trust.links import Purpose, sign
from flask_trust.logs import MARK, SECRET, TokenFilter
from flask_trust.routes import ROUTES
from tests.world import World


@pytest.fixture
def access_log(caplog: pytest.LogCaptureFixture) -> Iterator[logging.Logger]:
    """The logger of werkzeug's own server, with the filter."""
    logger, shipped = logging.getLogger("werkzeug"), TokenFilter()
    logger.addFilter(shipped)
    with caplog.at_level(logging.INFO, "werkzeug"):
        yield logger
    logger.removeFilter(shipped)


def test_every_address_with_a_secret_is_known_to_the_filter() -> None:
    rules = [rule for rule, *_ in ROUTES if "<token>" in rule]
    assert rules
    assert {rule.split("/")[1] for rule in rules} <= set(SECRET)


def test_no_secret_and_no_query_reaches_the_log_of_a_real_server(
    world: World, access_log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    world.order("o1")
    world.deliver("o1")
    with world.app.test_request_context():
        purposes: dict[str, Purpose] = {"rate": "rate", "cases": "case", "unsubscribe": "unsubscribe"}
        tokens = {name: sign(purpose, 1) for name, purpose in purposes.items()}
    server = make_server("127.0.0.1", 0, world.app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for name, token in tokens.items():
            ask(f"http://127.0.0.1:{server.port}/trust/{name}/{token}?stars=4")
        ask(f"http://127.0.0.1:{server.port}/trust/rate/{tokens['rate'][:-1]}")  # a mail program cut it short
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    lines = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
    assert len([line for line in lines if MARK in line]) == len(tokens) + 1
    assert not any(token[:12] in line or "stars=4" in line for token in tokens.values() for line in lines)
    assert any(f"GET /trust/rate/{MARK} HTTP/1.1" in line for line in lines)


def ask(url: str) -> None:
    try:
        urllib.request.urlopen(url).close()
    except HTTPError as error:
        error.close()


class Atoms(dict[str, str]):
    """As gunicorn hands them over: a key that is not there is a dash."""

    def __missing__(self, key: str) -> str:
        return "-"


TOKEN = "WzEsMF0.ZjQ4.q3Jx_-7abcdefghij"


@pytest.mark.parametrize(
    ("message", "arguments", "line"),
    [
        ('"%s" %s', (f"GET /trust/rate/{TOKEN} HTTP/1.1", 200), f'"GET /trust/rate/{MARK} HTTP/1.1" 200'),
        ('"%(r)s" %({x}i)s', (Atoms(r=f"POST /trust/me/{TOKEN}/erase"),), f'"POST /trust/me/{MARK}/erase" -'),
        (f"GET /en/trust/cases/{TOKEN}?a=b&c=d", (), f"GET /en/trust/cases/{MARK}"),
        (f'"https://shop.example/trust/replies/{TOKEN}"', (), f'"https://shop.example/trust/replies/{MARK}"'),
        (f"GET /login?next=%2Ftrust%2Frate%2F{TOKEN}", (), f"GET /login?next=%2Ftrust%2Frate%2F{MARK}"),
        (f"GET /trust/rate/%57{TOKEN} 200", (), f"GET /trust/rate/{MARK} 200"),
        (f"GET /trust/rate//{TOKEN} 308", (), f"GET /trust/rate//{MARK} 308"),
        (f"GET /trust/%72a%74e/{TOKEN}%2Eab 200", (), f"GET /trust/%72a%74e/{MARK} 200"),
        ("GET /trust/products/bowl?stars=4 200", (), "GET /trust/products/bowl 200"),
        ("GET /products/bowl?size=4 200", (), "GET /products/bowl?size=4 200"),
        ("GET /trust/how-reviews-work", (), "GET /trust/how-reviews-work"),
    ],
)  # fmt: skip
def test_a_line_keeps_everything_but_the_secret(message: str, arguments: tuple[object, ...], line: str) -> None:
    record = logging.LogRecord("gunicorn.access", logging.INFO, "", 0, message, arguments, None)
    assert TokenFilter().filter(record)
    assert record.getMessage() == line


def test_prefix_and_further_addresses_can_be_told() -> None:
    cleaner = TokenFilter("/reviews", more=["reset"])
    record = logging.LogRecord("x", logging.INFO, "", 0, f"/reset/{TOKEN} /reviews/log?before=9", (), None)
    cleaner.filter(record)
    assert record.getMessage() == f"/reset/{MARK} /reviews/log"


def test_arguments_of_the_server_itself_stay_as_they_were() -> None:
    given = Atoms(r=f"/rate/{TOKEN}")
    TokenFilter().filter(logging.LogRecord("x", logging.INFO, "", 0, "%(r)s", (given,), None))
    assert given["r"].endswith(TOKEN)


FAILING = ("sellers", "orders", "products", "viewer_id", "acts_for", "is_staff")


def test_our_own_lines_name_the_place_of_a_failure_and_not_its_message(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the shop's code says when it fails may hold an address."""
    marker = "anna.marker@customer.example"

    def fail(*_: object) -> None:
        raise RuntimeError(f"no row for {marker}")

    anna = world.shop.viewer = "anna"
    world.review("o1", 2, buyer=Person(anna, "Anna Marker", marker))
    for number, method in enumerate(FAILING):
        world.order(f"more{number}", buyer=Person(anna, "Anna Marker", marker))
        world.deliver(f"more{number}")
        caplog.clear()
        with monkeypatch.context() as broken, caplog.at_level(logging.DEBUG, "flask_trust"):
            broken.setattr(world.shop, method, fail)
            world.pass_days(9)
            for path in ("", "products/bowl", "me", "desk/", "orders/o1"):
                world.client().get(f"/trust/{path}")
        ours = [record for record in caplog.records if record.name.startswith("flask_trust")]
        assert any("failed with RuntimeError" in each.getMessage() for each in ours), method
        assert not [each for each in ours if "marker" in f"{each.getMessage()} {each.exc_info}".lower()]
