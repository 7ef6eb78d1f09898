"""Telling sellers' people what is new: one mail a day at most to each of them, with counts and nothing else."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from .. import lookup
from ..clock import zone
from ..db import lock_rows, transaction
from ..errors import AdapterError
from ..invitations.rules import in_daytime
from ..mail.actions import enqueue
from ..mail.queries import is_queued
from ..orders.models import Deal
from ..orders.queries import deals_now
from ..people.actions import enrol
from ..shop import Person as ShopPerson
from ..shop import Seller, Shop
from ..state import State
from .queries import deals_with_news, sellers_with_news

log = logging.getLogger("flask_trust")

BATCH = 100
#: Deals of one seller in one mail; more than that are told of the day after.
MOST_DEALS = 5000
ADAPTER_PAUSE = timedelta(hours=1)

V = TypeVar("V", Seller, ShopPerson)


def tell_sellers(state: State) -> Counter[str]:
    """Queue mails to the people of sellers with news; returns how many sellers were told, have nobody, or wait.

    Without mail settings nothing is touched, so all of it is told once there are some.
    """
    if not state.settings.mail_is_on:
        return Counter()
    news = state.read(lambda session: sellers_with_news(session, state.clock(), BATCH))
    sellers, broken = _ask_all(lookup.sellers, state.shop, news.values())
    wanted = {key for seller in sellers.values() for key in seller.people}
    people, missing = _ask_all(lookup.people, state.shop, wanted)
    done: Counter[str] = Counter()
    for seller_id, key in news.items():
        ids = sellers[key].people if key in sellers else ()
        if key in broken or missing.intersection(ids):
            done[_put_off(state, seller_id)] += 1
        else:
            readers = [people[each] for each in ids if each in people and people[each].email]
            done[_tell(state, seller_id, readers)] += 1
    return done


def _ask_all(
    question: Callable[[Shop, Iterable[str]], dict[str, V]], shop: Shop, keys: Iterable[str]
) -> tuple[dict[str, V], set[str]]:
    """Ask about all at once, or one by one where that fails; returns what was told and where the adapter fails."""
    wanted = sorted(set(keys))
    try:
        return question(shop, wanted), set()
    except AdapterError as error:
        log.warning("%s; each is asked about by itself", error)
    found: dict[str, V] = {}
    failed = set()
    for key in wanted:
        try:
            found |= question(shop, [key])
        except AdapterError:
            failed.add(key)
    return found, failed


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is to be told: our number, and when in their day."""

    person_id: int
    due: datetime


def _tell(state: State, seller_id: int, people: Sequence[ShopPerson]) -> str:
    now = state.clock()
    # Enrolled before any deal is locked: people come first on every path.
    readers = transaction(state, lambda session: [_reader(session, state, who, now) for who in people])
    ids = _ids(state, seller_id)
    return transaction(state, partial(_queue_all, seller_id=seller_id, deal_ids=ids, readers=readers, now=now))


def _reader(session: Session, state: State, who: ShopPerson, now: datetime) -> Reader:
    due = in_daytime(now, zone(who.timezone, state.settings.timezone))
    return Reader(enrol(session, who, now).id, due)


def _queue_all(
    session: Session, *, seller_id: int, deal_ids: Sequence[int], readers: Sequence[Reader], now: datetime
) -> str:
    """Queue a mail to each of a seller's people, or none where one of them had theirs for that day."""
    deals = _hold_news(session, deal_ids, now)
    if not deals:
        return "lost"
    mails = {f"seller_news-{seller_id}-{each.person_id}-{each.due:%Y-%m-%d}": each for each in readers}
    if any(is_queued(session, dedupe) for dedupe in mails):
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(0), now.tzinfo)
        _set(deals, tell_at=tomorrow)
        return "tomorrow"
    for dedupe, each in mails.items():
        number, due = each.person_id, each.due
        enqueue(session, dedupe, "seller_news", person_id=number, object_id=seller_id, now=now, due=due)
    _set(deals, tell_at=None)
    for deal in deals:
        deal.told_at = now
    return "sellers" if mails else "nobody"


def _put_off(state: State, seller_id: int) -> str:
    """Ask again later about a seller about whom the adapter fails."""
    now, ids = state.clock(), _ids(state, seller_id)
    transaction(state, lambda session: _set(_hold_news(session, ids, now), tell_at=now + ADAPTER_PAUSE))
    return "adapter"


def _ids(state: State, seller_id: int) -> Sequence[int]:
    return state.read(lambda session: deals_with_news(session, seller_id, state.clock(), MOST_DEALS))


def _hold_news(session: Session, ids: Sequence[int], now: datetime) -> Sequence[Deal]:
    """Return the deals that still have news, locked; none where another worker has told of them meanwhile."""
    lock_rows(session, Deal, ids)  # first in its transaction, see lock_rows
    return [deal for deal in deals_now(session, ids) if deal.tell_at is not None and deal.tell_at <= now]


def _set(deals: Iterable[Deal], *, tell_at: datetime | None) -> None:
    for deal in deals:
        deal.tell_at = tell_at
