"""What the owner's desk lists, asked of each database: in order, filtered, going on, and nothing that is private."""

from __future__ import annotations

from typing import Any

import pytest

from flask_trust import Person
from flask_trust.desk.owner import pages, queries
from flask_trust.desk.owner.rules import Queue
from flask_trust.reviews.models import Review
from tests.web.deals import buyer_rates, deal
from tests.world import World


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of two rows, looked for among three."""
    monkeypatch.setattr(queries, "PAGE", 2)
    monkeypatch.setattr(queries, "BLOCK", 3)


def walk(world: World, queue: Queue) -> list[int]:
    """Follow a list to its end and return our numbers of the reviews."""
    found: list[int] = []
    place = None
    while True:
        with world.app.app_context():
            rows, place = pages.queue_page(world.state, queue, place)
        found += [row.id for row in rows]
        if place is None:
            return found


@pytest.mark.usefixtures("small_pages")
def test_a_list_is_walked_to_its_end_in_order(any_world: World) -> None:
    for number in range(6):
        any_world.review(f"o{number}", 1 + number % 2, "bowl" if number < 4 else "cup")
        any_world.clock.advance(hours=number % 2)  # some at the same moment
    newest = [row.id for row in sorted(any_world.all(Review), key=lambda row: (row.shown_at, row.id), reverse=True)]
    assert walk(any_world, Queue()) == walk(any_world, Queue(unanswered=True)) == newest
    bowls = {row.id for row in any_world.all(Review)[:4]}
    assert walk(any_world, Queue(product="bowl")) == [each for each in newest if each in bowls]
    stars = {row.id: row.stars for row in any_world.all(Review)}
    assert walk(any_world, Queue(stars=2)) == [each for each in newest if stars[each] == 2]


@pytest.mark.usefixtures("small_pages")
def test_what_has_no_reply_is_found_by_its_seller(any_world: World) -> None:
    for number in range(4):
        any_world.review(f"o{number}")
    found: list[int] = []
    before = None
    while True:
        with any_world.app.app_context():
            due = pages.due_replies(any_world.state, ["shop", "nobody"], before)
        found += [row.id for row in due.reviews]
        if due.next_number is None:
            break
        before = due.next_number
    assert sorted(found) == [row.id for row in any_world.all(Review)]


@pytest.mark.usefixtures("small_pages")
def test_invitations_messages_and_mails_go_on(any_world: World) -> None:
    for number in range(5):
        any_world.order(f"o{number}")
        any_world.deliver(f"o{number}")
        any_world.rate(f"o{number}", action="not-arrived")
    any_world.pass_days(10)
    for find in (_asked, _told, _sent):
        assert len(_all(any_world, find)) == 5, find


def _asked(world: World, place: Any) -> tuple[list[Any], Any]:
    found = pages.invitations(world.state, "asked", place)
    return list(found.rows), found.next_number


def _told(world: World, place: Any) -> tuple[list[Any], Any]:
    return pages.not_arrived(world.state, place)


def _sent(world: World, place: Any) -> tuple[list[Any], Any]:
    return world.read(lambda session: queries.find_mails(session, ("sent",), place))


def _all(world: World, find: Any) -> set[int]:
    seen: set[int] = set()
    place = None
    while True:
        with world.app.app_context():
            rows, place = find(world, place)
        assert not seen & {row.id for row in rows}
        seen |= {row.id for row in rows}
        if place is None:
            return seen


def test_an_export_leaves_out_what_is_private_until_it_opens(any_world: World) -> None:
    deal(any_world)
    buyer_rates(any_world, stars=2, text="MARKER")
    any_world.review("o2", 3, buyer=Person("eve", "Eve", "eve@customer.example"))

    def exported(kind: str) -> list[dict[str, Any]]:
        now = any_world.clock()
        return [row for _, row in any_world.read(lambda session: queries.find_exported(session, kind, 0, now))]

    assert [row["seller"] for row in exported("review")] == ["shop"]
    assert exported("rating") == []
    any_world.clock.advance(days=31)  # by its time alone: no job has run
    assert [(row["text"], row["stars"]) for row in exported("rating")] == [("MARKER", 2)]
