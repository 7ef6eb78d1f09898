"""What waits shows nowhere: not its words, not its stars, not by any difference between one star and five."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust import Line, Person
from flask_trust.desk import actions as desk
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal
from flask_trust.ratings.models import BuyerRating, Rating
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.reviews.models import Review
from flask_trust.scores.queries import find_subject_id
from tests.world import World

ANNA = Person("anna", "Anna", "anna@customer.example")
MARK = "zyxmarker"
PUBLIC = ["/trust/", "/trust/products/bowl", "/trust/products/bowl?sort=lowest", "/trust/products/bowl?stars=1",
          "/trust/products/bowl?stars=5", "/trust/sellers/mia"]  # fmt: skip
FOR_SELLERS = ["/trust/desk/deals?seller=mia", "/trust/orders/o2"]
VIEWERS = [None, "mia-1", "staff", "bert"]


@pytest.fixture
def deal(any_world: World) -> World:
    """An old public review, and a new order that waits."""
    any_world.order("o1", lines=[Line("a", "bowl")], buyer=Person("bert", "Bert", "bert@customer.example"))
    any_world.deliver("o1")
    any_world.rate("o1", line_0_stars="3", line_0_text="plain")
    any_world.order("o2", lines=[Line("a", "bowl", seller_id="mia")], buyer=ANNA)
    any_world.deliver("o2")
    return any_world


def write(world: World, stars: int) -> None:
    said = {"text": f"{MARK}text", "note": f"{MARK}note", "stars": str(stars), "service": str(stars)}
    fields: Any = {f"seller_0_{name}": value for name, value in said.items()}
    answer = world.rate(
        "o2", line_0_stars=str(stars), line_0_title=f"{MARK}title", line_0_text=f"{MARK}words", **fields
    )
    assert answer.status_code == 303, answer.text


def act_as(world: World, viewer: str | None) -> None:
    world.shop.viewer, world.shop.staff = viewer, {"staff"}
    world.shop.acting = {"mia-1": {"mia"}}


def pages(world: World) -> dict[tuple[str | None, str], tuple[int, str]]:
    """Return every page as each kind of viewer sees it, without what differs between two readings."""
    found = {}
    for viewer in VIEWERS:
        act_as(world, viewer)
        for path in [*PUBLIC, *FOR_SELLERS]:
            answer = world.client().get(path)
            found[viewer, path] = answer.status_code, re.sub(r'value="[0-9a-f]{64}"', "", answer.text)
    return found


def outside(world: World) -> str:
    """Return what leaves by other doors: the shell and the mails of others."""
    shell = "".join(world.cli(*command).output for command in (("stats",), ("stats", "--json"), ("check",)))
    shell = re.sub(r'(mails sent +|"sent": )\d+', "", shell)  # the author's own receipts, one for each change
    to_others = [mail for mail in world.mails() if "anna@" not in mail["To"]]
    return shell + "".join(world.text_of(mail) + str(mail["Subject"]) for mail in to_others)


def test_nobody_else_finds_the_marker(deal: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        write(deal, 1)
        deal.run()
        everything = json.dumps([list(each) for each in pages(deal).values()]) + outside(deal)
    assert MARK not in everything
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("sqlalchemy")]
    assert MARK not in "".join(ours)
    assert pages(deal)["mia-1", "/trust/desk/deals?seller=mia"][0] == 200
    assert pages(deal)["mia-1", "/trust/orders/o2"][0] == 200


def test_nothing_differs_between_one_star_and_five(deal: World) -> None:
    seen = []
    for stars in (1, 5):
        write(deal, stars)  # the second time it is a change, which the other side does not see either
        deal.run()
        seen.append((pages(deal), outside(deal)))
    assert seen[0] == seen[1]


def test_afterwards_everybody_finds_it(deal: World) -> None:
    """The test above would pass on empty pages too."""
    write(deal, 1)
    deal.pass_days(8)
    found = pages(deal)
    assert f"{MARK}words" in found[None, "/trust/products/bowl"][1]
    assert f"{MARK}text" in found[None, "/trust/sellers/mia"][1]
    assert f"{MARK}note" in found["mia-1", "/trust/orders/o2"][1]
    assert f"{MARK}note" not in "".join(text for (viewer, _), (_, text) in found.items() if viewer != "mia-1")


def test_the_buyer_does_not_find_what_the_seller_said(deal: World) -> None:
    seller = deal.read(lambda session: find_subject_id(session, "seller", "mia"))
    assert seller is not None
    seen, number = [], deal.all(Deal)[-1].id
    for again in (True, False):
        with deal.app.test_request_context():
            desk.answer(deal.state, desk.Speaker("mia-1", seller), number, BuyerDraft(again=again), 0 if again else 1)
        act_as(deal, "anna")
        page = deal.client().get("/trust/orders/o2")
        assert page.status_code == 200
        seen.append((deal.client().get(deal.rate_path("o2")).text, page.text))
    assert seen[0] == seen[1]


def short_texts() -> list[dict[str, Any]]:
    words = ["", "ok", "good", "bad", "Good", "Bad", "super", "nice", "thanks", "late", "broken", "never again", "top"]
    return [{"text": text, "stars": stars} for text in words for stars in range(1, 6)]


def test_a_dictionary_of_short_texts_does_not_match_the_journal(deal: World) -> None:
    deal.rate("o2", line_0_stars="5", line_0_text="good", seller_0_stars="5", seller_0_text="good")
    kept = {row.commitment for row in deal.all(Entry) if row.commitment}
    review, rating = deal.all(Review)[-1], deal.one(Rating)
    assert len(kept) >= 3
    tried = set()
    for said in short_texts():
        aspects = dict.fromkeys(("service", "delivery", "presentation", "price", "privacy"))
        for content in (
            {"id": review.public_id, "title": "", **said},
            {"id": rating.public_id, "note": "", **aspects, **said},
            said,
        ):
            canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            tried |= {hashlib.sha256(prefix + canonical.encode()).hexdigest() for prefix in (b"", b"\0" * 32)}
    assert not tried & kept


def test_after_an_erasure_no_nonce_is_left(deal: World) -> None:
    write(deal, 4)
    deal.tell("person_erased", "anna")
    assert [row.nonce for row in deal.all(Rating)] == [None]
    with deal.app.app_context(), deal.state.session() as session:
        for table in sa.inspect(session.connection()).get_table_names():
            for row in session.execute(sa.text(f"SELECT * FROM {table}")):
                assert MARK not in str(row), table
    assert deal.all(BuyerRating) == []
