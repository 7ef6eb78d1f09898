"""Whatever happens, in whatever order: page, data for search engines, badge, feed and public counts say the same."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flask_trust import Line, Person
from flask_trust.moderation.models import Decision
from flask_trust.reviews.models import Review
from tests.support import databases
from tests.web.cases import decided, tallies
from tests.web.pages import Page
from tests.world import World

BUYERS = ("anna", "bert", "cara")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["publish", "publish", "publish", "reward", "revise", "take back", "refund", "cancel", "hide", "restore",
             "remove", "erase", "merge", "vote", "wait"]
        ),
        st.sampled_from(BUYERS),
        st.integers(1, 5),
    ),
    min_size=4,
    max_size=10,
)  # fmt: skip


class Story:
    """A product whose buyers, shop and staff do this and that."""

    def __init__(self, world: World) -> None:
        databases.empty(world.app.config["SQLALCHEMY_DATABASE_URI"])
        self.world, self.orders, self.gone = world, list[tuple[str, str]](), set[str]()

    def tell(self, step: str, buyer: str, number: int) -> None:
        getattr(self, step.replace(" ", "_"))(buyer, number)

    def publish(self, buyer: str, stars: int, incentive: str | None = None) -> None:
        if buyer in self.gone:
            return
        key = f"o{len(self.orders)}"
        person = Person(buyer, buyer, f"{buyer}@customer.example")
        self.world.order(key, lines=[Line("1", "bowl", title="Bowl")], buyer=person, incentive=incentive)
        self.world.deliver(key)
        self.world.rate(key, line_0_stars=str(stars), line_0_text=f"Words of {key}")
        self.orders.append((key, buyer))

    def reward(self, buyer: str, stars: int) -> None:
        self.publish(buyer, stars, "5 % off")

    def order_of(self, buyer: str) -> str | None:
        return next((key for key, who in reversed(self.orders) if who == buyer and who not in self.gone), None)

    def revise(self, buyer: str, stars: int) -> None:
        if key := self.order_of(buyer):
            self.world.rate(key, line_0_stars=str(stars), line_0_text=f"Other words {stars} of {key}")

    def take_back(self, buyer: str, _: int) -> None:
        if key := self.order_of(buyer):
            self.world.rate(key, action="do-delete-0")

    def refund(self, buyer: str, _: int) -> None:
        if key := self.order_of(buyer):
            self.world.tell("order_returned", key, None, "too small")

    def cancel(self, buyer: str, _: int) -> None:
        if key := self.order_of(buyer):
            self.world.tell("order_cancelled", key)

    def decide(self, step: str, states: tuple[str, ...], number: int) -> None:
        rows = [row for row in self.world.all(Review) if row.state in states]
        if rows:
            decided(self.world, rows[number % len(rows)].public_id, step)

    def hide(self, _: str, number: int) -> None:
        self.decide("hide", ("shown",), number)

    def restore(self, _: str, number: int) -> None:
        self.decide("restore", ("hidden",), number)

    def remove(self, _: str, number: int) -> None:
        self.decide("remove", ("shown", "hidden"), number)

    def erase(self, buyer: str, _: int) -> None:
        if self.order_of(buyer):
            self.world.tell("person_erased", buyer)
            self.gone.add(buyer)

    def merge(self, buyer: str, number: int) -> None:
        other = BUYERS[number % len(BUYERS)]
        if self.order_of(buyer) and self.order_of(other) and buyer != other:
            self.world.tell("person_merged", buyer, other)
            self.gone.add(buyer)

    def vote(self, _: str, number: int) -> None:
        rows = [row for row in self.world.all(Review) if row.live]
        if rows:
            path = f"/trust/reviews/{rows[number % len(rows)].public_id}/helpful"
            self.world.client().post(path, data={"helpful": "on"})

    def wait(self, _: str, days: int) -> None:
        self.world.clock.advance(days=days * 20)

    def agree(self) -> None:
        """Compare everything that is public with a count of the rows by hand."""
        rows = [row for row in self.world.all(Review) if row.state == "shown"]
        newest: dict[int, Any] = {}
        for row in sorted(rows, key=lambda each: (each.shown_at, each.id)):
            if row.incentive is None:
                newest[row.person_id] = row
        stars = [row.stars for row in newest.values()]
        self.page_says(len(rows), stars)
        feed = ElementTree.fromstring(self.get("/trust/products/bowl/feed.atom"))
        assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == min(10, len(rows))
        public = tallies(self.world).reviews
        assert (public.received, public.shown) == (len(self.world.all(Review)), len(rows))
        assert f"Everybody can read {len(rows)} " in Page(self.get("/trust/how-reviews-work")).text
        self.log_says(len(self.world.all(Review)), len(rows))
        self.years_say()

    def years_say(self) -> None:
        """Read the reports of all years: together they hold every decision, and as many lines as the log."""
        told = [json.loads(self.get(f"/trust/log/{year}.json")) for year in range(2020, self.world.clock().year + 1)
                if self.world.client().get(f"/trust/log/{year}").status_code == 200]  # fmt: skip
        decisions = self.world.all(Decision)
        steps = Counter(row.step for row in decisions)
        assert Counter({step: sum(each["steps"][step] for each in told) for step in told[0]["steps"]}) == steps
        assert sum(steps[step] for step in ("hide", "remove", "restore")) == self.get("/trust/log").count(
            "<li><strong>"
        )
        withheld = sum(row.state in ("hidden", "removed") for row in self.world.all(Review))
        page = self.get(f"/trust/log/{self.world.clock().year}")
        label = "Hidden or taken down by the shop</th>"
        assert f"{label}<td>{withheld}</td>" in page.replace("\n", "")

    def log_says(self, received: int, shown: int) -> None:
        """Read the log's own table: its lines add up to what came in."""
        page = self.get("/trust/log").split("</table>")[0]
        told = [int(each) for each in re.findall(r"<td>(?:<strong>)?(\d+)<", page)]
        assert told[:2] == [received, shown]
        assert sum(told[1:]) == received

    def page_says(self, shown: int, stars: list[int]) -> None:
        html, badge = self.get("/trust/products/bowl"), self.get("/trust/badges/product/bowl.svg")
        block = re.search(r'application/ld\+json">(.*?)</script>', html, re.S)
        assert len(set(re.findall(r'id="review-(\w+)"', html))) == min(10, shown)
        if not stars:
            assert block is None
            assert "No ratings yet" in badge
            return
        assert block
        told = json.loads(block[1])["aggregateRating"]
        assert (told["ratingCount"], told["ratingValue"]) == (len(stars), round(sum(stars) / len(stars), 2))
        levels = [int(each) for each in re.findall(r'class="trust-count">(\d+)<', html)]
        drawn = (5, 4, 3, 2, 1) if len(stars) > 1 else ()  # one rating is no histogram
        assert levels == [stars.count(level) for level in drawn]
        assert f"{len(stars)} rating" in badge
        if len(stars) == shown >= 5:
            assert f"{shown} reviews" in html

    def get(self, path: str) -> str:
        answer = self.world.client(use_cookies=False).get(path)
        assert answer.status_code == 200, path
        return answer.text


@pytest.mark.machine
def test_all_that_is_public_agrees_after_every_step(world: World) -> None:
    @given(STEPS)
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    def run(steps: list[tuple[str, str, int]]) -> None:
        story = Story(world)
        story.publish("anna", 4)
        for step in steps:
            story.tell(*step)
            story.agree()

    run()
