"""The demonstration: a lived-through past, a clock that jumps for everybody, a mailbox, and the story."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from example_shop import create_app
from example_shop.demo import mailbox, story
from example_shop.demo.browser import Browser
from example_shop.demo.clock import MORNING, DemoClock, clock
from example_shop.demo.passing import pass_days
from example_shop.extensions import db
from example_shop.models import Order, Stage
from tests.example.conftest import close

Visit = Callable[[str], Browser]
ROOT = Path(__file__).parents[2]
LONGEST = 60  # seconds for a process to start or end, on a busy machine too


def test_the_past_has_orders_in_every_stage_and_of_every_kind(app: Flask) -> None:
    with app.app_context():
        orders = db.session.scalars(select(Order)).all()
        assert {order.stage for order in orders} == set(Stage)
        assert any(order.buyer is None for order in orders)
        assert any(len({line.product.seller_id for line in order.lines}) == 3 for order in orders)
        assert len({order.guest_email or order.buyer_id for order in orders}) >= 10


@pytest.mark.parametrize(
    ("product", "words"),
    [(1, "毎朝の一杯が楽しみに"), (6, "향이 정말 좋아요"), (9, "The awl alone is worth it"), (13, "Klar erklärt")],
)
def test_the_past_has_reviews_in_the_languages_of_its_buyers(app: Flask, product: int, words: str) -> None:
    assert words in Browser(app).open(f"/products/{product}")
    assert words in Browser(app).open(f"/trust/products/{product}")


def test_the_past_leaves_totals_that_are_right(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["trust", "check"])
    faults = [line for line in result.output.splitlines() if line.startswith("-")]
    assert [line for line in faults if "TRUST_BASE_URL begins with http:" not in line] == []


def test_whoever_asks_for_help_does_not_wait_for_the_shop_to_be_filled(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flask", "--app", "example_shop", "demo", "--help"]
    place = {**os.environ, "EXAMPLE_SHOP_INSTANCE": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=place, capture_output=True, text=True, timeout=LONGEST, check=True)
    assert "--no-serve" in done.stdout
    assert "filling" not in done.stderr
    assert not (tmp_path / "filled").exists()


def test_the_market_opens_in_the_morning_of_today(past: Path) -> None:
    now = DemoClock(past / "clock.json").now()
    assert abs(now - datetime.now(UTC)) < timedelta(days=1)
    assert now - now.replace(hour=0, minute=0, second=0, microsecond=0) >= MORNING


def test_a_second_start_fills_nothing(app: Flask, folder: Path, visit: Visit) -> None:
    anna = visit("Anna")
    anna.open("/products/3")
    anna.send()
    again = create_app(instance_path=str(folder))
    assert Browser(again).open("/")
    assert anna.path.rsplit("/", 1)[-1] in codes(again)
    close(again)


def codes(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(Order.code)))


@pytest.mark.parametrize("days", [1, 7, 14])
def test_a_jump_is_seen_by_other_processes(app: Flask, folder: Path, days: int) -> None:
    worker = DemoClock(folder / "clock.json")
    before = worker.now()
    answer = app.test_client().post("/demo/jump", data={"days": days, "back": "/products/2?x=1"})
    assert answer.location == "/products/2?x=1"
    assert days <= (worker.now() - before).days + 1
    assert worker.now() - before < timedelta(days=days + 1)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, timedelta(0)), (8 * 60 + 10, timedelta(hours=8, minutes=10)), (9 * 60, None), (23 * 60, None)],
)
def test_a_jump_ends_when_mails_may_go_out(tmp_path: Path, minutes: int, expected: timedelta | None) -> None:
    watch = DemoClock(tmp_path / "clock.json")
    midnight = datetime(2027, 5, 3, tzinfo=UTC)
    watch.set(midnight + timedelta(minutes=minutes))
    landed = watch.after(7) - midnight
    hour = landed - timedelta(days=landed.days)
    assert landed.days == (7 if expected is not None else 8)
    assert MORNING <= hour < timedelta(hours=9)


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        ({"days": "2"}, {}, 400),
        ({"days": "x"}, {}, 400),
        ({"days": "7"}, {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"days": "7"}, {"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_jump_is_refused(app: Flask, data: dict[str, str], headers: dict[str, str], status: int) -> None:
    before = seconds_ahead(app)
    assert app.test_client().post("/demo/jump", data=data, headers=headers).status_code == status
    assert seconds_ahead(app) == before


def test_impatient_clicks_jump_one_after_the_other(app: Flask) -> None:
    before = seconds_ahead(app)
    with ThreadPoolExecutor(4) as crowd:
        clicks = [crowd.submit(app.test_client().post, "/demo/jump", data={"days": 1}) for _ in range(4)]
        assert [click.result().status_code for click in clicks] == [303] * 4
    assert round((seconds_ahead(app) - before) / 86400) in (4, 5)


def seconds_ahead(app: Flask) -> float:
    with app.app_context():
        return clock().offset().total_seconds()


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_a_jump_never_leads_to_another_site(app: Flask, back: str) -> None:
    answer = app.test_client().post("/demo/jump", data={"days": 1, "back": back})
    assert answer.location == "/"


def test_the_mailbox_shows_new_mails_first_with_links_that_work(app: Flask, visit: Visit) -> None:
    before = mailbox.names(app)
    with app.app_context():
        pass_days(1)
    newest = mailbox.newest_first(app)[0]
    assert newest.name not in before
    assert newest.to == "eleni@mail.example"
    reader = Browser(app)
    html = reader.open("/demo/mailbox")
    assert html.index(newest.name) < min(html.index(name) for name in before)
    assert newest.subject in reader.open(f"/demo/mailbox/{newest.name}")
    assert newest.rate_link is not None
    assert "붓글씨 첫걸음 세트" in reader.open(newest.rate_link)


def test_links_in_a_mail_lead_to_where_the_reader_is(app: Flask) -> None:
    name = next(mail.name for mail in mailbox.newest_first(app) if mail.rate_link)
    answer = app.test_client().get(f"/demo/mailbox/{name}/html", base_url="http://shop.test:8080")
    assert 'href="http://shop.test:8080/trust/rate/' in answer.text
    assert app.config["TRUST_BASE_URL"] not in answer.text


def test_links_in_mails_from_a_run_on_another_port_lead_to_where_the_reader_is(app: Flask) -> None:
    mail = next(mail for mail in mailbox.newest_first(app) if mail.rate_link)
    assert (mail.rate_link or "").startswith("http://127.0.0.1:5000/")
    app.config["TRUST_BASE_URL"] = "http://127.0.0.1:50001"
    for page in (f"/demo/mailbox/{mail.name}", f"/demo/mailbox/{mail.name}/html"):
        text = app.test_client().get(page, base_url="http://127.0.0.1:50001").text
        assert 'href="http://127.0.0.1:50001/trust/rate/' in text
        assert "127.0.0.1:5000/trust/rate/" not in text


def test_a_mail_is_shown_without_any_power(app: Flask) -> None:
    evil = mailbox.folder(app) / "evil.eml"
    evil.write_bytes(
        b"From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?q?=3Cscript=3E?=\r\nDate: Mon, 03 May 2027 10:00:00"
        b" +0000\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>alert(1)</script>"
    )
    client = app.test_client()
    assert "<script>" not in client.get("/demo/mailbox").text
    assert "<script>" not in client.get("/demo/mailbox/evil.eml").text
    policy = client.get("/demo/mailbox/evil.eml/html").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    assert "allow-scripts" not in policy


@pytest.mark.parametrize("name", ["nothing.eml", "..%2Fsecret_key", "%2e%2e%2fclock.json", "secret_key"])
@pytest.mark.parametrize("ending", ["", "/html"])
def test_the_mailbox_opens_nothing_but_mails(app: Flask, name: str, ending: str) -> None:
    assert app.test_client().get(f"/demo/mailbox/{name}{ending}").status_code == 404


def test_the_demo_tells_the_whole_story(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "--no-serve", "--port", "5432"])
    assert result.exception is None, result.output
    for words in (
        "Anna Virtanen buys",
        "sends the parcel",
        "gets a mail",
        "gives 5 stars",
        "three questions",
        "Everybody can read it",
    ):
        assert words in result.output
    assert "http://" not in result.output  # nothing listens there
    assert "python dev.py demo" in result.output
    assert story.TITLE in Browser(app).open("/trust/products/9")


def test_the_demo_begins_afresh_each_time(app: Flask, visit: Visit) -> None:
    anna = visit("Anna")
    anna.open("/products/3")
    anna.send()
    orders = len(codes(app))
    assert app.test_cli_runner().invoke(args=["demo", "--no-serve"]).exit_code == 0
    assert len(codes(app)) == orders
    assert Browser(app).open("/trust/products/9").count(f">{story.TITLE}<") == 1


def test_a_port_in_use_is_told_before_anything_is_touched(app: Flask) -> None:
    before = codes(app)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = app.test_cli_runner().invoke(args=["demo", "--port", str(port)])
    assert result.exit_code == 1
    assert f"Port {port} is in use." in result.output
    assert codes(app) == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_running_demo_stops_with_its_worker(folder: Path, number: signal.Signals) -> None:
    environment = os.environ | {"EXAMPLE_SHOP_INSTANCE": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "flask", "--app", "example_shop", "demo", "--port", str(free_port())]
    # A shell lets what it starts in the background ignore Ctrl-C, and what that starts inherits it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        try:
            assert any("Ctrl-C stops it" in line for line in demo.stdout)
            log = folder / "worker.log"
            wait_until(lambda: log.exists() and b"Nothing was due." in log.read_bytes())
            worker = children(demo.pid)
            demo.send_signal(number)
            assert demo.wait(LONGEST) == 0
        finally:
            demo.kill()
    assert len(worker) == 1
    assert not Path("/proc", worker[0]).exists()


def children(pid: int) -> list[str]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("this system does not list the children of a process")
    return listed.read_text().split()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
        return port
