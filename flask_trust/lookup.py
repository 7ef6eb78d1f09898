"""Asking the shop's adapter, with its answers checked and its failures named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from .errors import AdapterError, BadValue, UnknownOrder
from .shop import Event, Order, Person, Product, Seller, Shop, clean_id
from .state import current_state

log = logging.getLogger("flask_trust")

V = TypeVar("V", Order, Person, Product, Seller)


def _ask(method: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return method(*arguments)
    except Exception as error:
        # The message of a foreign error may hold an address or a name, so only its class is kept.
        raise AdapterError(f"{method.__qualname__} failed with {type(error).__name__}") from error


def _batch(method: Callable[[Sequence[str]], Mapping[Any, V]], ids: Iterable[str], kind: type[V]) -> dict[str, V]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    answer = _ask(method, wanted)
    if not isinstance(answer, Mapping):
        raise AdapterError(f"{method.__qualname__} must return a dict from id to {kind.__name__}")
    try:
        found = {clean_id(key): value for key, value in answer.items()}
    except BadValue as error:
        raise AdapterError(f"{method.__qualname__} returned a wrong id: {error}") from error
    for value in found.values():
        if not isinstance(value, kind):
            raise AdapterError(f"{method.__qualname__} must return {kind.__name__} values, not {type(value).__name__}")
    return found


def orders(shop: Shop, ids: Iterable[str]) -> dict[str, Order]:
    """Return the orders the shop knows; raises `AdapterError`."""
    found = _batch(shop.orders, ids, Order)
    mixed_up = next((key for key, value in found.items() if value.id != key), None)
    if mixed_up is not None:
        raise AdapterError(f"{shop.orders.__qualname__} returned another order under the id {mixed_up!r}")
    return found


def orders_or_broken(shop: Shop, ids: Iterable[str]) -> tuple[dict[str, Order], set[str]]:
    """Return the orders the shop knows, and the ids about which the adapter fails.

    All are asked about at once, or one by one where that fails. Raises `AdapterError` where each of them fails.
    """
    wanted = sorted(set(ids))
    try:
        return orders(shop, wanted), set()
    except AdapterError as error:
        if len(wanted) < 2:
            raise
        log.warning("%s; each order is asked about by itself", error)
    found: dict[str, Order] = {}
    broken: dict[str, AdapterError] = {}
    for each in wanted:
        try:
            found |= orders(shop, [each])
        except AdapterError as error:
            broken[each] = error
    if len(broken) == len(wanted):
        raise broken[wanted[0]]
    return found, set(broken)


def order(shop: Shop, order_id: str) -> Order:
    """Return one order; raises `UnknownOrder` and `AdapterError`."""
    found = orders(shop, [order_id]).get(order_id)
    if found is None:
        raise UnknownOrder(f"the shop does not know the order {order_id!r}")
    return found


def products(shop: Shop, ids: Iterable[str]) -> dict[str, Product]:
    """Return the products the shop knows; raises `AdapterError`."""
    return _batch(shop.products, ids, Product)


def sellers(shop: Shop, ids: Iterable[str]) -> dict[str, Seller]:
    """Return the sellers the shop knows; raises `AdapterError`."""
    return _batch(shop.sellers, ids, Seller)


def may_mail(shop: Shop, order_id: str) -> bool:
    """Say whether the shop allows a mail about this order; raises `AdapterError`."""
    return bool(_ask(shop.may_mail, order_id))


def events_since(shop: Shop, when: datetime) -> list[Event]:
    """Return the events the shop tells, oldest first; raises `AdapterError`."""
    events = list(_ask(lambda: list(shop.events_since(when))))
    for event in events:
        if not isinstance(event, Event):
            raise AdapterError(f"events_since must return Event values, not {type(event).__name__}")
    return sorted(events, key=lambda event: event.at)


def works_for(shop: Shop, person_id: str, seller_id: str) -> bool:
    """Say whether a person speaks for a seller or runs the shop; raises `AdapterError`."""
    sellers = _ask(lambda: [clean_id(each) for each in shop.acts_for(person_id) or ()])
    return seller_id in sellers or bool(_ask(shop.is_staff, person_id))


def or_nothing(question: Callable[..., Mapping[str, V]], shop: Shop, ids: Iterable[str]) -> Mapping[str, V]:
    """Ask for something a page can do without: a failing adapter gives nothing and a line in the log."""
    try:
        return question(shop, ids)
    except AdapterError as error:
        log.warning("%s; the page is drawn from what is stored", error)
        if isinstance(error.__cause__, DBAPIError):
            # PostgreSQL answers nothing more in a transaction with a failed query, and the shop's page goes on.
            current_state().db.session.rollback()
        return {}
