"""Whatever happens in whatever order: the sum of the asking holds, and nobody is written to too often or too late."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flask_trust import Event, Line, Order, Person, guest_id, links
from flask_trust.health.checks import check
from flask_trust.invitations.models import Request
from flask_trust.invitations.queries import tally
from flask_trust.orders.models import Line as LineRow
from flask_trust.orders.models import Order as OrderRow
from tests.support import databases
from tests.world import World

EVENTS = ["order_placed", "order_shipped", "order_delivered", "order_cancelled", "order_paused", "order_returned"]
BUYERS = ["anna", "bert", "guest"]


class Asking(RuleBasedStateMachine):
    """A shop in which anything may happen to orders, people, the adapter and the mail server."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.world = World(databases.create("sqlite", self.place), self.place)
        with self.world.app.app_context():
            self.world.db.create_all()
            guest = guest_id("guest@customer.example")
        self.ids = {"anna": "anna", "bert": "bert", "guest": guest}
        self.orders = 0
        self.opted_out: dict[str, datetime] = {}
        self.read_mails: dict[str, tuple[str, datetime, int]] = {}

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.place)

    def known(self, number: int) -> str:
        return f"o{number % self.orders}"

    def stored(self, key: str) -> OrderRow | None:
        return self.world.read(lambda session: session.scalar(sa.select(OrderRow).where(OrderRow.key == key)))

    @initialize(
        first=st.lists(st.tuples(st.sampled_from(BUYERS), st.booleans(), st.integers(0, 4)), min_size=2, max_size=5)
    )
    def start(self, first: list[tuple[str, bool, int]]) -> None:
        """Some orders of few buyers within few days: that is where mails get into each other's way."""
        for buyer, delivered, days in first:
            self.order(buyer=buyer, lines=1, promised=None, delivered=delivered)
            self.world.clock.advance(days=days)

    @rule(
        buyer=st.sampled_from(BUYERS),
        lines=st.integers(1, 3),
        promised=st.none() | st.integers(1, 20),
        delivered=st.booleans(),
    )
    def order(self, buyer: str, lines: int, promised: int | None, delivered: bool) -> None:
        person = Person(self.ids[buyer], buyer, f"{buyer}@customer.example")
        now = self.world.clock()
        promise = None if promised is None else now + timedelta(days=promised)
        several = [Line(str(number), f"product{number}") for number in range(lines)]
        self.world.shop.add(Order(f"o{self.orders}", person, several, now, promised_at=promise))
        self.world.tell("order_delivered" if delivered else "order_placed", f"o{self.orders}")
        self.orders += 1

    @precondition(lambda self: self.orders)
    @rule(event=st.sampled_from(EVENTS), number=st.integers(0, 50), line=st.none() | st.just(["0"]))
    def tell(self, event: str, number: int, line: list[str] | None) -> None:
        key = self.known(number)
        if event == "order_paused":
            self.world.tell(event, key, self.world.clock() + timedelta(days=number))
        elif event == "order_placed":
            self.world.tell(event, key)
        else:
            self.world.tell(event, key, line)

    @precondition(lambda self: self.orders)
    @rule(
        kind=st.sampled_from(["placed", "shipped", "delivered", "cancelled"]),
        number=st.integers(0, 50),
        ago=st.integers(0, 40),
    )
    def show(self, kind: str, number: int, ago: int) -> None:
        """The shop will tell of this when it is asked."""
        at = self.world.clock() - timedelta(days=ago)
        self.world.shop.add(Event(kind, self.known(number), at))  # type: ignore[arg-type]

    @rule(hours=st.integers(1, 40))
    def work_later(self, hours: int) -> None:
        self.world.clock.advance(hours=hours)
        self.world.run()

    @rule(days=st.integers(3, 12))
    def work_for_days(self, days: int) -> None:
        for _ in range(days):
            self.world.clock.advance(hours=24)
            self.world.run()

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 50), action=st.sampled_from(["", "", "allow"]))
    def use_the_unsubscribe_link(self, number: int, action: str) -> None:
        row = self.stored(self.known(number))
        if row is None:
            return
        email = self.world.shop.all_orders[row.key].buyer.email or ""
        with self.world.app.test_request_context():
            token = links.sign("unsubscribe", row.buyer_id)
        self.world.client().post(f"/trust/unsubscribe/{token}", data={"action": action})
        if action != "allow":
            self.opted_out.setdefault(email, self.world.clock())
        else:
            self.opted_out.clear()  # after merges one link may speak for several addresses

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 50), action=st.sampled_from(["publish", "not-arrived", "not-mine", "mine"]))
    def use_the_rate_link(self, number: int, action: str) -> None:
        key = self.known(number)
        if self.stored(key) is not None and self.world.client().get(self.world.rate_path(key)).status_code == 200:
            self.world.rate(key, line_0_stars="4", action=action)

    @rule(
        event=st.sampled_from(["person_merged", "person_erased", "mail_bounced"]),
        who=st.sampled_from(BUYERS),
        other=st.sampled_from(BUYERS),
    )
    def about_a_person(self, event: str, who: str, other: str) -> None:
        others = [self.ids[other]] if event == "person_merged" else []
        self.world.tell(event, self.ids[who], *others)

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 50))
    def change_permission(self, number: int) -> None:
        self.world.shop.no_mail ^= {self.known(number)}

    @rule(question=st.sampled_from(["orders", "events_since", "may_mail", "products"]))
    def break_or_mend_the_adapter(self, question: str) -> None:
        """It is mended before the shop itself calls again, which would be told of the failure at once."""
        self.world.shop.failing.add(question)
        self.world.run()
        self.world.shop.failing.clear()

    @rule(days=st.integers(0, 8))
    def mail_server_away(self, days: int) -> None:
        aside = self.place / "aside"
        if self.world.folder.exists():
            self.world.folder.rename(aside)
        self.world.folder.write_text("a file where the folder should be")
        for _ in range(days + 1):
            self.world.run()
            self.world.clock.advance(hours=23)
        self.world.folder.unlink()
        if aside.exists():
            aside.rename(self.world.folder)
        assert self.world.cli("mail", "retry").exit_code == 0

    @invariant()
    def delivered_is_asked_and_waiting_and_skipped(self) -> None:
        requests, lines = self.world.all(Request), self.world.all(LineRow)
        delivered = {line.order_id for line in lines if line.delivered_at is not None}
        assert sorted(row.order_id for row in requests) == sorted(delivered)
        assert all((row.state == "skipped") == (row.reason is not None) for row in requests)
        counted = self.world.read(tally)
        assert counted.asked + counted.waiting + sum(counted.skipped.values()) == len(delivered)

    @invariant()
    def check_finds_nothing(self) -> None:
        with self.world.app.app_context():
            found = [each.words for each in check(self.world.state)]
        assert [words for words in found if "given up" not in words] == []

    @invariant()
    def waiting_has_a_next_step(self) -> None:
        for row in self.world.all(Request):
            if row.state == "waiting":
                assert row.due is not None or row.queued_as is not None

    @invariant()
    def nobody_is_written_to_too_often(self) -> None:
        self.look_at_new_mails()
        by_order: dict[int, int] = defaultdict(int)
        by_address: dict[str, list[datetime]] = defaultdict(list)
        for address, at, order in self.read_mails.values():
            by_order[order] += 1
            by_address[address].append(at)
        assert all(count <= 2 for count in by_order.values())
        for moments in by_address.values():
            assert all(later - earlier >= timedelta(days=7) for earlier, later in pairwise(sorted(moments)))

    def look_at_new_mails(self) -> None:
        for path in self.world.folder.glob("*.eml"):
            if path.name not in self.read_mails:
                self.read_mails[path.name] = self.noted(path.read_bytes())

    def noted(self, content: bytes) -> tuple[str, datetime, int]:
        """Note a mail that left since the last look; it must not have left at night or against a wish."""
        head, text = content.decode().split("\r\n\r\n", 1)
        address = re.findall(r"^To: (.*)\r$", head, re.M)[0]
        at = parsedate_to_datetime(re.findall(r"^Date: (.*)\r$", head, re.M)[0]).astimezone(UTC)
        token = re.findall(r"/trust/rate/([^\s?&\"]+)", text.replace("=\r\n", "").replace("=3D", "="))[0]
        with self.world.app.test_request_context():
            opened = links.read("rate", token)
        assert opened is not None
        assert 10 <= at.hour < 18
        assert address not in self.opted_out or at < self.opted_out[address]
        return address, at, opened.number


@pytest.mark.machine
def test_the_sum_and_the_limits_hold_whatever_happens() -> None:
    run_state_machine_as_test(
        Asking,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
