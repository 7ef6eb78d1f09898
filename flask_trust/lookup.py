"""Asking the shop's adapter, with its answers checked and its failures named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from .addresses import GUEST
from .blame import place_of, place_of_method
from .errors import AdapterError, BadValue, NotSetUp, UnknownOrder
from .shop import SHOP_SELLER, Event, Order, Person, Product, Seller, Shop, clean_id
from .state import current_state

log = logging.getLogger("flask_trust")

#: Answers of `viewer_id` for nobody. "None" is what str() makes of a session without an id: it would be one person for
#: everybody who is signed out.
NOBODY = (None, "", "None")

V = TypeVar("V", Order, Person, Product, Seller)


def _ask(method: Callable[..., Any], *arguments: Any, read: Callable[[Any], Any] = lambda answer: answer) -> Any:
    """Return the answer of the adapter as `read` takes it: what a generator yields fails only in the reading."""
    try:
        return read(method(*arguments))
    except NotSetUp as error:
        raise AdapterError(str(error)) from error  # a function of ours that the adapter calls; its words say what to do
    except Exception as error:
        if isinstance(error, NotImplementedError) and method.__qualname__.startswith(f"{Shop.__name__}."):
            raise AdapterError(f"{_owner(method)} has no method {method.__name__}(self, ids) yet: write it") from error
        place = place_of(error) or place_of_method(method)
        if isinstance(error, BadValue):
            words = _without_values(error)
            raise AdapterError(f"{method.__qualname__} made a value that cannot be used in {place}: {words}") from error
        # The message of a foreign error may hold an address or a name, so only its class and place are kept.
        raise AdapterError(f"{method.__qualname__} failed with {type(error).__name__} in {place}") from error


def _owner(method: Callable[..., Any]) -> str:
    """Return the name of the shop's own class, also where it only inherits a method."""
    return type(getattr(method, "__self__", method)).__qualname__


def _without_values(error: BadValue) -> str:
    """Return what is wrong without the value itself, which may be an address or a name."""
    rule = str(error).split(":")[0]
    return rule if rule.endswith("not None") else rule.split(", not ")[0]


def _fail(method: Callable[..., Any], words: str) -> AdapterError:
    """Return the error about an answer that cannot be used, with the place of the method that gave it."""
    return AdapterError(f"{method.__qualname__} {words} ({place_of_method(method)})")


def _batch(method: Callable[[Sequence[str]], Mapping[Any, V]], ids: Iterable[str], kind: type[V]) -> dict[str, V]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    answer = _ask(method, wanted)
    if not isinstance(answer, Mapping):
        raise _fail(method, f"must return a dict from id to {kind.__name__}")
    try:
        found = {clean_id(key): value for key, value in answer.items()}
    except BadValue as error:
        raise _fail(method, f"returned a wrong id: {error}") from error
    for value in found.values():
        if not isinstance(value, kind):
            other = f"{type(value).__module__}.{type(value).__qualname__}"
            raise _fail(method, f"must return flask_trust.{kind.__name__} values, not {other}")
    return found


def orders(shop: Shop, ids: Iterable[str]) -> dict[str, Order]:
    """Return the orders the shop knows; raises `AdapterError`."""
    found = _batch(shop.orders, ids, Order)
    mixed_up = next((key for key, value in found.items() if value.id != key), None)
    if mixed_up is not None:
        raise _fail(shop.orders, f"returned another order under the id {mixed_up!r}")
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
    """Return the sellers the shop knows, the shop itself among them even if it forgot that; raises `AdapterError`."""
    wanted = set(ids)
    found = _batch(shop.sellers, wanted, Seller)
    if SHOP_SELLER in wanted and SHOP_SELLER not in found:
        found |= {SHOP_SELLER: Seller(SHOP_SELLER, current_state().settings.shop_name)}
    return found


def people(shop: Shop, ids: Iterable[str]) -> dict[str, Person]:
    """Return the people the shop knows; raises `AdapterError`."""
    return _batch(shop.people, ids, Person)


def email_of(shop: Shop, person_id: str) -> str | None:
    """Return the address that the shop has of a person; raises `AdapterError`."""
    found = people(shop, [person_id]).get(person_id)
    return found.email if found else None


def email_for_erasure(shop: Shop, person_id: str) -> str | None:
    """Return the address that the shop has of a person; where the adapter fails, they are erased without it."""
    try:
        return email_of(shop, person_id)
    except AdapterError as error:
        # Nothing is rolled back here: the shop's own changes, the deleted account among them, are in this transaction.
        log.warning("%s; what was reported from an address that only the shop knows is not found", error)
        return None


def may_mail(shop: Shop, order_id: str) -> bool:
    """Say whether the shop allows a mail about this order; raises `AdapterError`."""
    return bool(_ask(shop.may_mail, order_id))


def events_since(shop: Shop, when: datetime) -> list[Event]:
    """Return the events the shop tells, oldest first; raises `AdapterError`."""
    events = _ask(shop.events_since, when, read=list)
    for event in events:
        if not isinstance(event, Event):
            raise _fail(shop.events_since, f"must return Event values, not {type(event).__name__}")
    return sorted(events, key=lambda event: event.at)


def viewer(shop: Shop) -> str | None:
    """Return the id of the person who looks at the page, None where nobody is signed in; raises `AdapterError`."""
    answer: str | None = _ask(shop.viewer_id, read=lambda found: None if found in NOBODY else clean_id(found))
    return answer


def sellers_spoken_for(shop: Shop, person_id: str) -> list[str]:
    """Return the ids of the sellers a person may speak for, each once; raises `AdapterError`."""
    found = _ask_about(shop.acts_for, person_id, read=lambda ids: [clean_id(each) for each in ids or ()], of_guests=())
    return sorted(set(found))


def _ask_about(method: Callable[[str], Any], person_id: str, *, read: Callable[[Any], Any], of_guests: Any) -> Any:
    """Return what the adapter says of a person; where it fails about a guest, `of_guests`.

    A guest has no account that could be staff's, and code that looks for one by number fails each time: what the guest
    has written would never be published.
    """
    try:
        return _ask(method, person_id, read=read)
    except AdapterError as error:
        if not person_id.startswith(GUEST):
            raise
        log.warning("%s; about a guest, who is taken for somebody who does not work here", error)
        return of_guests


def speaks_for(shop: Shop, person_id: str, seller_ids: Iterable[str]) -> set[str]:
    """Return for which of these sellers a person may speak; raises `AdapterError`.

    `acts_for` says so, or the seller's `people` do: whoever gets a seller's mails can do what they lead to.
    """
    wanted = set(seller_ids)
    mine = wanted & set(sellers_spoken_for(shop, person_id))
    # Without an answer about sellers, what `acts_for` says stands: a buyer's words must not wait for it.
    told = or_nothing(sellers, shop, wanted - mine)
    return mine | {key for key, seller in told.items() if person_id in seller.people}


def works_for(shop: Shop, person_id: str, seller_id: str) -> bool:
    """Say whether a person speaks for a seller or runs the shop; raises `AdapterError`."""
    return runs_shop(shop, person_id) or bool(speaks_for(shop, person_id, [seller_id]))


def people_with(shop: Shop, email: str) -> list[str]:
    """Return the ids of the people with an address, each once; raises `AdapterError`."""
    found = _ask(shop.find_people, email, read=lambda ids: [clean_id(each) for each in ids or ()])
    return sorted(set(found))


def runs_shop(shop: Shop, person_id: str) -> bool:
    """Say whether a person runs the shop; raises `AdapterError`."""
    return bool(_ask_about(shop.is_staff, person_id, read=bool, of_guests=False))


def seems_to_work_for(shop: Shop, person_id: str, seller_id: str) -> bool:
    """Say whether a person works for a seller, for a page: where the adapter fails, the POST will ask again."""
    try:
        return works_for(shop, person_id, seller_id)
    except AdapterError as error:
        log.warning("%s; the page is drawn as if nobody worked for the seller", error)
        return False


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
