"""Whom a limit takes for one sender."""

from __future__ import annotations

import pytest

from flask_trust.limits.actions import sender_mark
from tests.world import World


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.3.4", "10.0.3.4", True),
        ("10.0.3.4", "10.0.3.5", False),
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::4", True),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", False),
        # As servers that listen on both kinds write IPv4.
        ("::ffff:10.0.3.4", "::ffff:10.1.3.4", False),
        ("::ffff:10.0.3.4", "10.0.3.4", True),
        ("unix:", "unix:", True),
    ],
)
def test_one_sender_is_one_address_or_one_customer_s_network(world: World, one: str, other: str, same: bool) -> None:
    with world.app.app_context():
        marks = [sender_mark(each, "report", world.clock()) for each in (one, other)]
    assert (marks[0] == marks[1]) is same
