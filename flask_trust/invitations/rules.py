"""Who is asked when, and who is not and why: pure rules, the same for every buyer.

No rule here knows stars, satisfaction, refunds or money: asking only the happy would be a lie to readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Reason = Literal[
    "too_old",
    "too_late",
    "asked_recently",
    "opted_out",
    "bounced",
    "erased",
    "no_consent",
    "no_address",
    "cancelled",
    "answered",
    "not_mine",
    "unknown_order",
    "refused",
]

REASONS: dict[str, str] = {
    "too_old": "had arrived more than 14 days before we heard of it",
    "too_late": "the mail could not leave within 14 days of the planned day",
    "asked_recently": "the buyer gets one mail in 7 days at most, and 21 days have passed",
    "opted_out": "the buyer wants no such mails",
    "bounced": "the buyer's address does not exist",
    "erased": "the buyer's data was erased",
    "no_consent": "the checkout recorded no permission to write",
    "no_address": "the shop has no usable address",
    "cancelled": "nothing of the order is left to review",
    "answered": "the buyer has written already",
    "not_mine": "the reader of the mail did not buy this",
    "unknown_order": "the shop no longer knows the order",
    "refused": "the mail server refused the mail for good",
}

OLD_AFTER = timedelta(days=14)
LATE_AFTER = timedelta(days=14)
SPREAD = timedelta(days=14)
ONE_MAIL_IN = timedelta(days=7)
CAP_PATIENCE = timedelta(days=21)
LONGEST_PAUSE = timedelta(days=14)
SNOOZE = timedelta(days=7)
DAY_STARTS, DAY_ENDS = time(10), time(18)


def in_daytime(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment from `moment` on that lies between 10:00 and 18:00 in the zone."""
    local = moment.astimezone(zone)
    if DAY_STARTS <= local.time() < DAY_ENDS:
        return moment
    day = local.date() if local.time() < DAY_STARTS else local.date() + timedelta(days=1)
    return datetime.combine(day, DAY_STARTS, zone).astimezone(moment.tzinfo)


def planned_moment(arrivals: Sequence[tuple[datetime, int | None]], ask_after_days: int, zone: ZoneInfo) -> datetime:
    """Return when to ask about an order whose lines arrived at these moments, each with its own delay or None.

    The last parcel decides, but nothing waits more than 14 days longer than the first parcel alone would.
    """
    ready = [at + timedelta(days=ask_after_days if own is None else own) for at, own in arrivals]
    return in_daytime(min(max(ready), min(ready) + SPREAD), zone)


def reminder_moment(asked_at: datetime, request_days: int, remind_days: int | None, zone: ZoneInfo) -> datetime | None:
    """Return when to remind, counted from the first mail, or None where the shop sends no reminder."""
    if remind_days is None:
        return None
    return in_daytime(asked_at + timedelta(days=remind_days - request_days), zone)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision rests on; moments in UTC."""

    now: datetime
    planned_for: datetime
    zone: ZoneInfo
    reminder: bool = False
    known_to_shop: bool = True
    mail_stop: str | None = None
    disowned: bool = False
    open_lines: int = 1
    answered: bool = False
    has_address: bool = True
    may_mail: bool = True
    paused_until: datetime | None = None
    last_mail_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Send the mail now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until`; `why` is a word for the owner."""

    until: datetime
    why: Literal["paused", "cap", "night"]


@dataclass(frozen=True, slots=True)
class Skip:
    """Never ask; `reason` is recorded."""

    reason: Reason


Verdict = Ask | Wait | Skip


def decide(facts: Facts) -> Verdict:
    """Decide whether the mail about an order leaves now, later or never."""
    reason = never(facts)
    if reason is not None:
        return Skip(reason)
    return later(facts) or Ask()


def later(facts: Facts) -> Wait | None:
    """Return how long a mail that may leave has to wait, or None when it may leave now."""
    until, why = _earliest(facts)
    return Wait(until, why) if until > facts.now else None


def never(facts: Facts) -> Reason | None:
    """Return why this mail must never leave, or None."""
    stops: dict[str, Reason] = {"opted_out": "opted_out", "bounced": "bounced", "erased": "erased"}
    checks: list[tuple[bool, Reason]] = [
        (facts.mail_stop is not None, stops.get(facts.mail_stop or "", "opted_out")),
        (not facts.known_to_shop, "unknown_order"),
        (facts.disowned, "not_mine"),
        (facts.open_lines == 0, "cancelled"),
        (facts.answered, "answered"),
        (not facts.has_address, "no_address"),
        (not facts.may_mail, "no_consent"),
        (_capped_for_too_long(facts), "asked_recently"),
        (_too_late(facts), "too_late"),
    ]
    return next((reason for applies, reason in checks if applies), None)


def _pause_end(facts: Facts) -> datetime | None:
    # A pause postpones and never cancels, however often the shop asks for one.
    return min(facts.paused_until, facts.planned_for + LONGEST_PAUSE) if facts.paused_until else None


def _cap_end(facts: Facts) -> datetime | None:
    return facts.last_mail_at + ONE_MAIL_IN if facts.last_mail_at else None


def _capped_for_too_long(facts: Facts) -> bool:
    end = _cap_end(facts)
    return end is not None and end > facts.now and end > facts.planned_for + CAP_PATIENCE


def _too_late(facts: Facts) -> bool:
    latest = max(filter(None, [facts.planned_for, _pause_end(facts), _cap_end(facts)]))
    return facts.now > latest + LATE_AFTER


def _earliest(facts: Facts) -> tuple[datetime, Literal["paused", "cap", "night"]]:
    moment, why = facts.now, "night"
    for end, name in ((_pause_end(facts), "paused"), (_cap_end(facts), "cap")):
        if end is not None and end > moment:
            moment, why = end, name
    return in_daytime(moment, facts.zone), why  # type: ignore[return-value]
