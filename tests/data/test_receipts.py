"""Receipts: what authors get in hand, and that no stored letter or star can be changed without it showing."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust import Line, Person, Seller, links
from flask_trust.desk import actions as desk
from flask_trust.journal.actions import record
from flask_trust.journal.models import Entry
from flask_trust.ratings.models import BuyerRating, FormerRating, Rating
from flask_trust.ratings.queries import waiting_about
from flask_trust.ratings.receipts import Kind, command_for
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.reviews.models import Review
from flask_trust.scores.queries import find_subject_id
from tests.world import World

ANNA, TINA = Person("anna", "Anna", "anna@customer.example"), Person("tina", "Tina", "tina@lamps.example")
MODELS: dict[Kind, Any] = {"review": Review, "rating": Rating, "buyer_rating": BuyerRating}
HOSTILE = 'It\'s "5%" \\n \\\\ $(id) `id` <b>x</b> & two  blanks\nnext line ü 日本 €'
SAME = "The same as you wrote on 3 May 2027"
ALTERED = "This does not match: somebody changed it without you"


@pytest.fixture
def written(any_world: World) -> World:
    """Both sides have written, in two orders in which the other has not; the mails with the receipts have left."""
    any_world.shop.add(Seller("tom", "Tom's Lamps", people=["tina"]), TINA)
    any_world.shop.acting["tina"] = {"tom"}
    for key in ("o1", "o2"):
        any_world.order(key, lines=[Line("lamp", "lamp", seller_id="tom", title="Lamp")], buyer=ANNA)
        any_world.deliver(key)
    rate(any_world, "4")
    seller = any_world.read(lambda session: find_subject_id(session, "seller", "tom")) or 0
    with any_world.app.app_context():
        desk.answer(
            any_world.state, desk.Speaker("tina", seller), deal_of(any_world, "o2"), BuyerDraft(True, None, False), 0
        )
    any_world.clock.advance(minutes=2)
    any_world.run()
    return any_world


def rate(world: World, stars: str, text: str = HOSTILE) -> None:
    said: Any = {"line_0_stars": stars, "line_0_title": "Warm", "line_0_text": text}
    said |= {"seller_0_stars": stars, "seller_0_text": text, "seller_0_note": "For you only", "seller_0_service": "3"}
    answer = world.rate("o1", **{name.replace("seller_0_", "seller-0-"): value for name, value in said.items()})
    assert answer.status_code == 303, answer.text


def deal_of(world: World, key: str) -> int:
    from flask_trust.orders.models import Deal, Order

    wanted = sa.select(Deal.id).join(Order, Order.id == Deal.order_id).where(Order.key == key)
    return world.read(lambda session: session.scalars(wanted).one())


def mail_about(world: World, kind: Kind) -> str:
    """Return the text of the newest mail with the receipt of this kind."""
    subject = "What you said" if kind == "buyer_rating" else "What you wrote"
    texts = [world.text_of(mail) for mail in world.mails() if str(mail["Subject"]).startswith(subject)]
    return texts[-1].replace("\r\n", "\n")


def check_path(world: World, kind: Kind) -> str:
    with world.app.app_context():
        for path in re.findall(r"http://localhost(/trust/receipts/\S+)", mail_about(world, kind)):
            opened = links.read("receipt", path.rpartition("/")[2])
            if opened is not None and opened.extra.startswith(f"{kind}:"):
                return str(path)
    raise AssertionError(f"no receipt of a {kind}")


def verdict(world: World, path: str, status: int = 200) -> str:
    answer = world.client(use_cookies=False).get(path)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    heading = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert heading
    return html.unescape(heading[1])


def tamper(world: World, model: Any, **values: Any) -> None:
    """Change stored rows behind the code's back, as somebody with the database's password could."""
    with world.app.app_context(), world.state.session() as session:
        session.execute(sa.update(model).values(**values))
        session.commit()


def test_the_mail_holds_the_words_and_a_line_that_proves_them(written: World) -> None:
    if not (shutil.which("bash") and shutil.which("sha256sum")):
        pytest.skip("needs bash and sha256sum")
    for kind, count in (("rating", 2), ("buyer_rating", 1)):
        text = mail_about(written, kind)  # type: ignore[arg-type]
        digests = re.findall(r"^SHA-256:\s*(\w{64})$", text, re.M)
        commands = re.findall(r"^\(printf.*shasum -a 256\)$", text, re.M)
        assert len(digests) == len(commands) == count
        printed = [
            subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True) for line in commands
        ]
        assert [each.stdout.split()[0] for each in printed] == digests
        noted = {entry.commitment for entry in written.all(Entry)}
        assert set(digests) <= noted
    assert mail_about(written, "rating").count(HOSTILE) == 2
    assert "For you only" in mail_about(written, "rating")


def test_another_letter_gives_another_hash() -> None:
    if not shutil.which("bash"):
        pytest.skip("needs bash")
    nonce = "00ff" * 16
    lines = [command_for(nonce, f'{{"text":"{word}"}}') for word in ("blue", "blux", "blue")]
    one, two, again = [subprocess.run(["bash", "-c", each], capture_output=True, check=True).stdout for each in lines]
    assert one == again
    assert one != two


@pytest.mark.parametrize("kind", MODELS)
def test_what_nobody_touched_is_the_same_before_and_after_the_opening(written: World, kind: Kind) -> None:
    path = check_path(written, kind)
    assert verdict(written, path) == SAME
    written.pass_days(40)
    assert verdict(written, path) == SAME


@pytest.mark.parametrize("kind", MODELS)
def test_the_page_shows_no_words_and_no_stars(written: World, kind: Kind) -> None:
    page = html.unescape(written.client().get(check_path(written, kind)).text)
    assert not any(word in page for word in ("Warm", "two  blanks", "For you only", "of 5", "Lamp", "Anna"))


CHANGES: list[tuple[Kind, dict[str, Any]]] = [
    ("review", {"stars": 5}),
    ("review", {"text": HOSTILE.replace("x", "y")}),
    ("review", {"title": "warm"}),
    ("review", {"nonce": "0" * 64}),
    ("review", {"public_id": "a" * 16}),
    ("review", {"state": "withdrawn", "stars": None, "live": False, "text": "", "nonce": None}),
    ("review", {"state": "erased", "stars": None, "live": False, "text": "", "nonce": None}),
    ("review", {"live": False}),
    ("rating", {"stars": 5}),
    ("rating", {"live": False}),
    ("rating", {"text": "Good"}),
    ("rating", {"note": "For all"}),
    *[("rating", {name: 5}) for name in ("service", "delivery", "presentation", "price", "privacy")],
    ("rating", {"state": "withdrawn", "stars": None, "live": False, "nonce": None}),
    ("buyer_rating", {"live": False}),
    ("buyer_rating", {"paid": False}),
    ("buyer_rating", {"reachable": True}),
    ("buyer_rating", {"again": True}),
    ("buyer_rating", {"state": "erased", "live": False, "nonce": None}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change"), CHANGES, ids=str)
def test_every_change_behind_the_codes_back_shows(written: World, kind: Kind, change: dict[str, Any]) -> None:
    path = check_path(written, kind)
    tamper(written, MODELS[kind], **change)
    assert verdict(written, path) == ALTERED


@pytest.mark.parametrize("kind", MODELS)
def test_a_row_that_is_gone_and_a_journal_that_was_rewritten_show_too(written: World, kind: Kind) -> None:
    path = check_path(written, kind)
    with written.app.app_context(), written.state.session() as session:
        session.execute(sa.update(Entry).where(Entry.kind == kind).values(commitment="0" * 64))
        session.commit()
    assert verdict(written, path) == ALTERED
    with written.app.app_context(), written.state.session() as session:
        session.execute(sa.delete(MODELS[kind]))
        session.commit()
    assert verdict(written, path) == ALTERED


def test_what_the_author_changed_or_took_back_is_told_apart(written: World) -> None:
    old = check_path(written, "rating")
    written.clock.advance(days=1)
    rate(written, "2", "Other words")
    written.run()
    assert verdict(written, old) == "You changed it on 4 May 2027"
    assert verdict(written, check_path(written, "rating")) == "The same as you wrote on 4 May 2027"
    tamper(written, Rating, stars=5)
    assert verdict(written, old) == ALTERED
    tamper(written, Rating, stars=2)
    written.clock.advance(days=1)
    written.rate("o1", action="take-back-0")
    assert verdict(written, old) == "You took it back on 5 May 2027"
    rate(written, "3", "Third words")
    assert verdict(written, old) == "You changed it on 5 May 2027"


def revised(world: World) -> list[str]:
    """Change a rating that all can read; returns the paths of the older and the newer receipt."""
    old = check_path(world, "rating")
    world.pass_days(8)
    rate(world, "2", "They paid me back")
    world.clock.advance(minutes=2)
    world.run()
    return [old, check_path(world, "rating")]


def test_the_date_of_a_change_is_not_that_of_a_reply(written: World) -> None:
    paths = revised(written)
    rating = written.one(Rating)
    written.clock.advance(days=5)
    with written.app.app_context(), written.state.session() as session:
        record(session, "replied", "rating", rating.id, at=written.clock(), role="seller")
        session.commit()
    assert [verdict(written, path) for path in paths] == [
        "You changed it on 11 May 2027",
        "The same as you wrote on 11 May 2027",
    ]


FORMER: list[dict[str, Any]] = [
    {"stars": 5},
    {"text": "All was fine"},
    {"note": None},
    {"service": 5},
    {"privacy": 1},
    {"nonce": None},
]


@pytest.mark.parametrize("change", FORMER, ids=str)
def test_what_readers_see_as_the_former_words_is_covered_too(written: World, change: dict[str, Any]) -> None:
    paths = revised(written)
    assert ALTERED not in [verdict(written, path) for path in paths]
    tamper(written, FormerRating, **change)
    assert [verdict(written, path) for path in paths] == [ALTERED] * 2


def test_former_words_that_are_gone_or_made_up_show(written: World) -> None:
    path = check_path(written, "rating")
    rating = written.one(Rating)
    with written.app.app_context(), written.state.session() as session:
        session.add(FormerRating(rating_id=rating.id, no=7, stars=5, text="Good", until=written.clock()))
        session.commit()
    assert verdict(written, path) == ALTERED
    with written.app.app_context(), written.state.session() as session:
        session.execute(sa.delete(FormerRating))
        session.commit()
    paths = revised(written)
    with written.app.app_context(), written.state.session() as session:
        session.execute(sa.delete(FormerRating))
        session.commit()
    tamper(written, Rating, revised_at=None)
    assert [verdict(written, path) for path in paths] == [ALTERED] * 2


def test_what_was_erased_is_said_to_be(written: World) -> None:
    paths = [check_path(written, kind) for kind in MODELS]
    written.clock.advance(days=1)
    written.tell("person_erased", "anna")
    assert [verdict(written, path) for path in paths] == ["Erased on 4 May 2027"] * 3


def test_links_of_other_kinds_and_broken_ones_open_nothing(written: World) -> None:
    with written.app.app_context():
        tokens = [
            "x",
            links.sign("rate", 1),
            links.sign("receipt", 1, extra="person:" + "0" * 64),
            links.sign("receipt", 1),
        ]
    for token in tokens:
        assert written.client().get(f"/trust/receipts/{token}").status_code == 404
    path = check_path(written, "review")
    written.clock.now += timedelta(days=9 * 365)
    assert verdict(written, path) == SAME
    written.clock.now += timedelta(days=2 * 365)
    assert written.client().get(path).status_code == 410


def test_a_rated_person_learns_that_something_waits_and_when_it_opens(written: World) -> None:
    now, anna = written.clock(), written.person("anna").id
    opens = written.one(BuyerRating).shown_at
    assert written.read(lambda session: waiting_about(session, anna, now)) == [
        (written.one(BuyerRating).deal_id, opens)
    ]
    assert written.read(lambda session: waiting_about(session, anna, opens)) == []
    tina = written.person("tina").id
    assert written.read(lambda session: waiting_about(session, tina, now)) == []
