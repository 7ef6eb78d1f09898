"""The benchmark compares like with like, and what makes pages cheap does not change what they say."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for

from benchmarks import hot, pairs, report
from benchmarks.__main__ import main
from benchmarks.measure import Side, get
from benchmarks.pairs import Pair, Unfair
from benchmarks.seed import seed
from benchmarks.shop import make_app
from flask_trust.health.checks import check
from flask_trust.i18n import speaking
from flask_trust.reviews.replies.models import ReviewReply
from flask_trust.reviews.votes.models import HelpfulVote
from flask_trust.scores.models import Day
from flask_trust.state import state_of
from flask_trust.web import urls
from flask_trust.web.frame import paragraphs
from flask_trust.web.urls import Addresses, own_url
from tests.support import databases
from tests.world import World

#: What a shop pays for only when it is used: a form, a date, a retry, somebody's login, text with a "<".
LATE = ("babel", "bleach", "flask_login", "tenacity", "wtforms")
START = """
import sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_trust import Shop, Trust
db, app = SQLAlchemy(), Flask("shop")
app.config.update(SECRET_KEY="a secret", SQLALCHEMY_DATABASE_URI="sqlite://")
db.init_app(app)
Trust(db, Shop()).init_app(app)
print(" ".join({name.split(".")[0] for name in sys.modules}))
"""
IDS = ["bowl", "blue bowl", "50%", "a&b?c#d;e", "schüssel", "茶碗", "a+b=c:d,e", "an-id", "'\"<>"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_both_sides_show_the_same_and_ours_asks_as_much_for_few_reviews_as_for_many(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    databases.require(database)
    written = tmp_path / "performance.md"
    small = ["--parts", "pages", "--databases", database, "--sizes", "400,1200", "--rounds", "1", "--requests", "4"]
    code = main([*small, "--out", str(written)])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    document = written.read_text(encoding="utf-8")
    assert printed.out.strip() in document
    for row in ("first page", "304 answer", "posting a review"):
        assert document.count(f"| {database} | {row} |") == 2
    assert document.count(f"| {database} | stars of 50 products |") == 1
    assert socket.gethostname() not in document


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_the_benchmark_puts_in_is_what_a_recount_says(database: str, tmp_path: Path) -> None:
    with databases.temporary(database, tmp_path) as url:
        app, db = make_app(url)
        seed(app, db, {"lamp": 60, "bowl": 5}, {"lamp": 2})
        with app.app_context():
            assert [found.words for found in check(state_of(app)) if found.repairable] == []
            with db.engine.connect() as connection:
                tables = (HelpfulVote, ReviewReply, Day)
                assert all(connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables)
        with app.app_context():  # the one before gives the session's connection back at its end
            db.engine.dispose()


def compared(*pages: str | int) -> Pair:
    """Return the comparison of two shops that answer with these pages, or these numbers."""
    engine, apps = sa.create_engine("sqlite://"), [Flask("shop"), Flask("shop")]
    for app, page in zip(apps, pages, strict=True):
        app.add_url_rule("/", "page", lambda page=page: page if isinstance(page, str) else ("", page))
    ours, ideal = (Side(app, engine, get("/")) for app in apps)
    return Pair("a page", 0, ours, ideal)


LONG = " ".join(f"word{number}" for number in range(200))


@pytest.mark.parametrize(
    ("ours", "ideal", "complaint"),
    [
        (LONG, LONG[:1000], "letters are not equal content"),
        (LONG, LONG.upper(), "200 words differ"),
        (f"<p title='one'>{LONG}</p>", f"<p title='two'>{LONG}</p>", None),
        (LONG, 304, "the answers are 200 and 304"),
    ],
)
def test_pages_that_do_not_say_the_same_are_not_compared(ours: str, ideal: str | int, complaint: str | None) -> None:
    with pytest.raises(Unfair, match=complaint) if complaint else nullcontext():
        pairs.check([compared(ours, ideal)])


def test_a_row_says_which_of_its_targets_is_missed() -> None:
    good, slow = compared(LONG, LONG), compared(LONG, LONG)
    slow.reviews = 1_000
    for pair, times in ((good, 1.2), (slow, 1.6)):
        for side in pair.sides:
            side.cpu, side.wall = [times if side is pair.ours else 1.0], [1.0]
    first, second = report.table([report.Result("sqlite", [good, slow])]).splitlines()[2:]
    assert " 1.20 | 1.5 |  |  | met " in first
    assert " 1.60 | 1.5 | 1.33 | 1.3 | **ratio missed**; **growth missed** " in second


def test_starting_a_shop_imports_nothing_that_is_needed_later() -> None:
    run = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "flask_trust" in loaded
    assert loaded.isdisjoint(LATE)


@pytest.mark.parametrize("key", IDS)
@pytest.mark.parametrize("prefix", ["/trust", "/shop/reviews-of/an-id"])
def test_an_address_made_from_another_is_the_one_that_flask_makes(key: str, prefix: str) -> None:
    app = Flask("shop")
    app.add_url_rule(f"{prefix}/products/<product_id>", "trust.product")
    with app.test_request_context(base_url="https://shop.example/under/"):
        assert Addresses("product", "product_id")(key) == url_for("trust.product", product_id=key)


def test_an_address_keeps_what_the_shop_adds_to_all_of_its_addresses() -> None:
    app = Flask("shop")
    app.add_url_rule("/products/<product_id>", "trust.product")
    app.url_defaults(lambda _endpoint, values: values.setdefault("lang", "an-idea"))
    with app.test_request_context():
        assert Addresses("product", "product_id")("blue bowl") == "/products/blue%20bowl?lang=an-idea"
        assert Addresses("product", "product_id").pattern % "abc" == "/products/abc?lang=an-idea"


def test_an_address_that_is_kept_is_that_of_the_root_and_of_the_app() -> None:
    apps = [Flask("shop"), Flask("other")]
    for prefix, app in zip(("/trust", "/50%-off"), apps, strict=True):
        app.add_url_rule(f"{prefix}/reviews/<public_id>", "trust.review")
    for root in ("/", "/under/", "/"):
        for app in apps:
            with app.test_request_context(base_url=f"https://shop.example{root}"):
                made = url_for("trust.review", public_id="abc")
                assert own_url("review", public_id="abc") == Addresses("review", "public_id").pattern % "abc" == made


def test_addresses_are_built_anew_where_the_shop_changes_them_with_each_request() -> None:
    said = iter("abcdefgh")

    class OwnFlask(Flask):
        def url_for(self, endpoint: str, **values: Any) -> str:
            return f"{super().url_for(endpoint, **values)}#{next(said)}"

    app, own, hosts = Flask("shop"), OwnFlask("own"), Flask("hosts", host_matching=True, static_host="shop.example")
    app.url_defaults(lambda _endpoint, values: values.setdefault("lang", next(said)))
    for each in (app, own):
        each.add_url_rule("/trust/", "trust.home")
        with each.test_request_context():
            assert own_url("home") != own_url("home")
    hosts.add_url_rule("/trust/", "trust.home", host="shop.example")
    made = []
    for host in ("shop", "other"):
        with hosts.test_request_context(base_url=f"https://{host}.example"):
            made.append(own_url("home"))
    assert made == ["/trust/", "https://shop.example/trust/"]


def test_only_so_many_addresses_are_kept() -> None:
    app = Flask("shop")
    app.add_url_rule("/trust/", "trust.home")
    for number in range(urls.MOST_KEPT + 2):
        with app.test_request_context(base_url=f"https://shop.example/{number}"):
            assert own_url("home") == f"/{number}/trust/"
    assert len(urls._kept[app]) <= urls.MOST_KEPT


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("one", "<p>one</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("<p>\n\n</p> & <br>", "<p>&lt;p&gt;</p><p>&lt;/p&gt; &amp; &lt;br&gt;</p>"),
    ],
)
def test_lines_and_paragraphs_stay_and_nothing_else_is_markup(text: str, drawn: str) -> None:
    assert paragraphs(text) == drawn


def test_stars_drawn_twice_in_one_request_speak_the_language_of_the_moment(world: World) -> None:
    draw = world.app.jinja_env.from_string("{{ trust.stars('bowl') }}")
    with world.app.test_request_context():
        assert "No ratings yet" in draw.render()
        with speaking("ja"):
            assert "No ratings yet" not in draw.render()
        assert "No ratings yet" in draw.render()


@pytest.mark.slow
def test_posts_beside_jobs_on_one_product_are_all_taken_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert hot.main(["--databases", "sqlite", "--posts", "3"]) == 0
    assert "6 of 6 posts taken" in capsys.readouterr().out
