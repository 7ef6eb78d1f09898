"""Proving that every total equals a recount, and that nothing a shop needs is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from .. import links
from ..db import transaction
from ..errors import TrustError
from ..invitations.queries import tally
from ..mail.queries import count_by_state
from ..orders.queries import delivered_count
from ..scores.models import Subject
from ..scores.queries import counts_of, sums_of
from ..state import State
from .recount import Truth, all_subjects, repair_subject, truths

#: A running sum of floats may differ from a recount by rounding and by nothing more.
TOLERANCE = 1e-9

#: Addresses of the machine itself, where nobody can listen in.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, in plain words; `repairable` where --repair mends it."""

    words: str
    repairable: bool = False


def check(state: State, *, repair: bool = False) -> list[Finding]:
    """Return what is wrong, an empty list where all is well; with `repair`, totals are mended and re-checked."""
    found = [*_totals(state, repair=repair), *state.read(_requests), *state.read(_outbox), *_settings(state)]
    return found + list(_links())


def _totals(state: State, *, repair: bool) -> Iterator[Finding]:
    for subject_id in state.read(all_subjects):
        words = state.read(lambda session: _difference(session, subject_id))  # noqa: B023 run at once
        if words and repair:
            transaction(state, lambda session: repair_subject(session, subject_id, state.clock()))  # noqa: B023 run at once
            words = state.read(lambda session: _difference(session, subject_id))  # noqa: B023 run at once
        if words:
            yield Finding(words, repairable=True)


def _difference(session: Session, subject_id: int) -> str | None:
    row = session.get_one(Subject, subject_id)
    truth = truths(session, row)
    if _agrees(row, truth):
        return None
    return (
        f"The totals of {row.kind} {row.key!r} say {list(counts_of(row))} with {row.shown} shown, "
        f"a recount says {truth.counts} with {truth.shown} shown."
    )


def _agrees(row: Subject, truth: Truth) -> bool:
    same_sums = all(
        math.isclose(kept, fresh, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for kept, fresh in zip(sums_of(row), truth.sums, strict=True)
    )
    same_counts = list(counts_of(row)) == truth.counts and row.shown == truth.shown
    return same_sums and same_counts and row.next_shown_at == truth.next_shown_at and not truth.miscounted


def _requests(session: Session) -> list[Finding]:
    delivered, accounted = delivered_count(session), tally(session).total
    if delivered == accounted:
        return []
    return [Finding(f"{delivered} orders have arrived, but {accounted} are asked, waiting or skipped.")]


def _outbox(session: Session) -> list[Finding]:
    held = count_by_state(session).get("held", 0)
    return (
        [Finding(f"{held} mails are held: see 'flask trust mail list', then 'flask trust mail retry'.")] if held else []
    )


def _settings(state: State) -> Iterator[Finding]:
    settings = state.settings
    if not settings.mail_is_on:
        yield Finding("TRUST_MAIL_URL is not set: mails are planned and none is sent.")
    address = urlsplit(settings.base_url)
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        yield Finding("TRUST_BASE_URL begins with http: one-click unsubscribing (RFC 8058) needs https.")
    if not settings.shop_name:
        yield Finding("TRUST_SHOP_NAME is not set: readers are not told whose reviews these are.")


def _links() -> Iterator[Finding]:
    try:
        if links.read("rate", links.sign("rate", 1)) is None:
            yield Finding("A signed link could not be read back: check SECRET_KEY and SECRET_KEY_FALLBACKS.")
    except TrustError as error:
        yield Finding(str(error))
