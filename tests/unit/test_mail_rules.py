"""When a mail that could not be handed over is tried again, and when it is left to a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flask_trust.mail.rules import BATCH, LEASE, LONGEST_PAUSE, PATIENCE, marked, next_try

START = datetime(2027, 5, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64), (8, 128), (9, 240), (10, 240), (10_000, 240)],
)
def test_pauses_double_from_a_minute_to_four_hours(attempts: int, minutes: int) -> None:
    assert next_try(START, attempts, START) == START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("waited", "tried"),
    [
        (timedelta(0), True),
        (timedelta(days=5) - timedelta(microseconds=1), True),
        (timedelta(days=5), False),
        (timedelta(days=50), False),
    ],
)
def test_after_five_days_a_mail_is_left_to_a_person(waited: timedelta, tried: bool) -> None:
    assert (next_try(START + waited, 3, START) is not None) is tried


def test_a_server_that_stays_down_is_tried_some_forty_times_and_no_more() -> None:
    now, attempts = START, 0
    while True:
        attempts += 1
        later = next_try(now, attempts, START)
        if later is None:
            break
        assert now < later <= now + LONGEST_PAUSE
        now = later
    assert 30 <= attempts <= 50
    assert PATIENCE <= now - START < PATIENCE + LONGEST_PAUSE


@pytest.mark.parametrize(
    ("state", "going_out"),
    [
        ("waiting", "sending"),
        ("sending", "unsure"),  # a worker died midway: once more under the same Message-ID
        ("unsure", None),  # and then a person decides
        ("sent", None),
        ("held", None),
        ("dropped", None),
    ],
)
def test_a_mail_leaves_at_most_twice(state: str, going_out: str | None) -> None:
    assert marked(state) == going_out


def test_the_slowest_talk_with_a_server_fits_into_a_lease() -> None:
    """The mark renews the lease for each mail, so nobody else may take it while its server thinks."""
    from flask_trust.mail.smtp import ANSWER_TIMEOUT, TIMEOUT

    steps = 12  # connect, greeting, two EHLO, STARTTLS, handshake, three of the login, MAIL, RCPT, DATA
    assert timedelta(seconds=steps * TIMEOUT + ANSWER_TIMEOUT) < LEASE
    assert BATCH > 0
