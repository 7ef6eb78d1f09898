"""Erasing a person: one path for the person's own page, the shop's call, the shell, and a restored backup."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.orm import Session

from ...addresses import address_hashes
from ...db import announce, around_commit, insert_once, lock_rows, overwrite_deleted
from ...invitations import actions as invitations
from ...links import secret_keys
from ...mail.actions import drop_unsent
from ...mail.models import Outgoing
from ...mail.transports import Folder, open_transport
from ...moderation.upkeep.actions import forget_author, forget_reporter, forget_reports, reports_from_somebody
from ...orders import actions as orders
from ...orders.forgetting.actions import forget_orders
from ...people import actions as people
from ...people.actions import ROLES, Wish
from ...people.models import Person
from ...people.queries import address_hashes_of, follow, numbers_of
from ...ratings.actions import erase_ratings
from ...ratings.opening import end_all
from ...reviews.actions import erase_all
from ...signals import person_erased
from ...state import State
from ..dates.actions import blur_person
from .erasures import append, key_name, mark_of, marks_of, path_of
from .models import DataRequest, GoneOrder
from .rules import Kind, Listed, What


def erase(
    session: Session,
    state: State,
    person: Person,
    wish: Wish,
    *,
    email: str | None = None,
    listed: bool = False,
    leftover: bool = False,
) -> None:
    """Erase what a person has written and what ties our rows to them; totals follow.

    `email` finds reports of somebody who has never ordered. What is `listed` already is not listed once more. Where
    the list cannot be written, the commit fails with `CannotList`. `leftover` is for what is left of somebody of whom
    nothing should be there any more.
    """
    now = state.clock()
    overwrite_deleted(session)
    # The person first, as in publishing: what is being written at this moment is erased, or refused, and never missed.
    lock_rows(session, Person, [person.id])
    session.refresh(person, with_for_update={"key_share": True})
    if person.key is None and not leftover:
        return  # somebody else did it while we waited
    numbers = numbers_of(session, person)
    addresses = address_hashes_of(session, person) | set(address_hashes(email) if email else ())
    reports = forget_reporter(session, addresses)
    order_keys = _take_away(session, state, person, numbers, wish)
    gone = _keep_away(session, order_keys, now)
    key = person.key
    people.forget(session, person, now, wish)
    if key is not None:
        announce(session, person_erased, person_id=person.id, shop_key=key)
    lines = [_line("person", number, wish, now) for number in numbers]
    lines += [Listed(now.date(), "order", wish, _newest_key(), mark) for mark in gone]
    lines += [_line("report", mark, wish, now) for mark in reports]
    _when_committed(session, state, [] if listed else lines, Traces(addresses, order_keys))


def _take_away(session: Session, state: State, person: Person, numbers: Sequence[int], wish: Wish) -> list[str]:
    """Take away all that is in other tables, and return the shop's ids of the orders."""
    now = state.clock()
    orders.lock_deals_of(session, person.id)
    erase_all(session, person.id, now, ROLES[wish])
    erase_ratings(session, person.id, now, ROLES[wish])
    forget_author(session, person.id)
    end_all(session, person.id, now)
    invitations.stop_all(session, person.id, "erased")
    drop_unsent(session, Outgoing.person_id.in_(numbers), "erased")
    keys = forget_orders(session, person.id, ZoneInfo(state.settings.timezone))
    blur_person(session, person.id, numbers, now)
    return keys


def erase_leftover(session: Session, state: State, number: int) -> None:
    """Erase what stands under the number of somebody of whom nothing else is known."""
    person = session.get_one(Person, number)
    erase(session, state, person, "person" if person.erased_for == "person" else "shop", listed=True, leftover=True)


def erase_reports(session: Session, state: State, email: str, wish: Wish) -> bool:
    """Erase what somebody has reported of whom we know nothing else, and say whether there was anything."""
    overwrite_deleted(session)
    addresses, now = address_hashes(email), state.clock()
    marks = forget_reporter(session, addresses)
    if marks:
        lines = [_line("report", mark, wish, now) for mark in marks]
        _when_committed(session, state, lines, Traces(addresses, ()))
    return bool(marks)


def erase_listed_reports(session: Session, state: State, marks: Set[str]) -> int:
    """Erase the reports that the list of erasures names by these marks; returns how many there were."""
    found = [row for row in reports_from_somebody(session) if marks & set(marks_of("report", row.mark))]
    overwrite_deleted(session)
    forget_reports(session, [row.id for row in found])
    addresses = {each for row in found for each in address_hashes(row.email)}
    _when_committed(session, state, [], Traces(addresses, ()))
    return len(found)


def erase_account(
    session: Session, state: State, account: Person, wish: Wish, now: datetime, *, listed: bool = False
) -> None:
    """Erase the traces of an account that became part of another; what it wrote belongs to the other now."""
    overwrite_deleted(session)
    key, other = secret_keys(current_app)[-1], follow(session, account)
    people.forget_merged(session, account)
    line = _line("account", account.id, wish, now)
    line = replace(line, into=mark_of("person", other.id, key) if other else "")
    _when_committed(session, state, [] if listed else [line], Traces(set(), ()))


def _keep_away(session: Session, order_keys: Collection[str], now: datetime) -> list[str]:
    """Note that orders are not to be noted again, and return their marks."""
    marks = [mark_of("order", each, secret_keys(current_app)[-1]) for each in order_keys]
    keep_away(session, marks, now)
    return marks


def keep_away(session: Session, marks: Collection[str], now: datetime) -> None:
    """Note the marks of orders that are not to be noted again when the shop tells of them."""
    for mark in sorted(marks):
        insert_once(session, GoneOrder, {"mark": mark, "day": now.date()})


def _newest_key() -> str:
    return key_name(secret_keys(current_app)[-1])


def _line(kind: Kind, what: int | str, wish: Wish, now: datetime) -> Listed:
    return Listed(now.date(), kind, wish, _newest_key(), mark_of(kind, what, secret_keys(current_app)[-1]))


def _when_committed(session: Session, state: State, lines: list[Listed], traces: Traces) -> None:
    path = path_of(state.settings)

    def list_them() -> None:
        if lines:
            append(path, lines)

    around_commit(session, list_them, lambda: _delete_files(state, traces))


@dataclass(frozen=True, slots=True)
class Traces:
    """By what mails in a folder are known as somebody's: hashes of addresses, and the shop's ids of orders."""

    addresses: Collection[str]
    orders: Collection[str]

    def are_in(self, address: str, text: str) -> bool:
        """Say whether a mail went to this person, or tells a seller of one of their orders."""
        if set(address_hashes(address)) & set(self.addresses):
            return True
        return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text) for each in self.orders)


def _delete_files(state: State, traces: Traces) -> None:
    """Delete the mails with traces of somebody that lie in a folder for trying out."""
    if state.settings.mail_url.startswith("folder:"):
        folder = open_transport(state.settings, current_app)
        assert isinstance(folder, Folder)
        folder.delete(traces.are_in)


def note_request(
    session: Session, person_id: int | None, what: What, now: datetime, *, reference: str = "", answered: bool = True
) -> None:
    """Note what somebody asked for: on their own page, where it is `answered` at once, or by a letter to the shop."""
    at, how = (now, "page") if answered else (None, "staff")
    row = {"person_id": person_id, "what": what, "reference": reference, "asked_at": now, "how": how}
    session.add(DataRequest(**row, acknowledged_at=at, answered_at=at))
    session.flush()


def settle_request(session: Session, number: int, now: datetime, *, answered: bool) -> None:
    """Note that staff has acknowledged a request, or answered it; doing it again changes nothing."""
    request = session.get(DataRequest, number, with_for_update=True)
    if request is not None:
        request.acknowledged_at = request.acknowledged_at or now
        if answered:
            request.answered_at = request.answered_at or now
