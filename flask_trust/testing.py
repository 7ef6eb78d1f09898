"""For the tests of a shop: a clock that can be set, and a shop that lives in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from .shop import Event, Order, Person, Product, Seller, Shop

V = TypeVar("V")


class SettableClock:
    """A clock that stands still until it is moved: `Trust(db, shop, clock=SettableClock())`."""

    def __init__(self, now: datetime = datetime(2027, 5, 3, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment it is set to."""
        return self.now

    def advance(self, **span: float) -> datetime:
        """Move on by a span as `timedelta` takes it, such as `days=7`; returns the new moment."""
        self.now += timedelta(**span)
        return self.now


class FakeShop(Shop):
    """A shop whose orders, products, people, sellers and events are dicts and lists to fill.

    `asked` notes every look-up as (name, ids); names in `failing` raise when they are asked.
    """

    def __init__(self) -> None:
        self.all_orders: dict[str, Order] = {}
        self.all_products: dict[str, Product] = {}
        self.all_people: dict[str, Person] = {}
        self.all_sellers: dict[str, Seller] = {}
        self.all_events: list[Event] = []
        self.no_mail: set[str] = set()
        self.acting: dict[str, set[str]] = {}
        self.staff: set[str] = set()
        self.viewer: str | None = None
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.failing: set[str] = set()

    def add(self, *values: Order | Product | Person | Seller | Event) -> None:
        """Put values where the look-ups find them; an order brings its buyer along."""
        for value in values:
            match value:
                case Order():
                    self.all_orders[value.id] = value
                    self.all_people[value.buyer.id] = value.buyer
                case Product():
                    self.all_products[value.id] = value
                case Person():
                    self.all_people[value.id] = value
                case Seller():
                    self.all_sellers[value.id] = value
                case Event():
                    self.all_events.append(value)

    def _look_up(self, name: str, known: Mapping[str, V], ids: Sequence[str]) -> dict[str, V]:
        self._note(name, ids)
        return {each: known[each] for each in ids if each in known}

    def _note(self, name: str, ids: Sequence[str] = ()) -> None:
        self.asked.append((name, tuple(ids)))
        if name in self.failing:
            raise RuntimeError(f"the shop's {name} failed for somebody@customer.example")

    def orders(self, ids: Sequence[str]) -> dict[str, Order]:
        """Return the orders with these ids."""
        return self._look_up("orders", self.all_orders, ids)

    def products(self, ids: Sequence[str]) -> dict[str, Product]:
        """Return the products with these ids."""
        return self._look_up("products", self.all_products, ids)

    def people(self, ids: Sequence[str]) -> dict[str, Person]:
        """Return the people with these ids."""
        return self._look_up("people", self.all_people, ids)

    def sellers(self, ids: Sequence[str]) -> Mapping[str, Seller]:
        """Return the sellers with these ids."""
        self._note("sellers", ids)
        return {**super().sellers(ids), **{each: self.all_sellers[each] for each in ids if each in self.all_sellers}}

    def viewer_id(self) -> str | None:
        """Return the id that was set as the viewer's."""
        return self.viewer

    def acts_for(self, person_id: str) -> Iterable[str]:
        """Return the sellers this person was said to act for."""
        self._note("acts_for", [person_id])
        return self.acting.get(person_id, ())

    def is_staff(self, person_id: str) -> bool:
        """Say whether this person was said to run the shop."""
        return person_id in self.staff

    def may_mail(self, order_id: str) -> bool:
        """Say yes, but for orders in `no_mail`."""
        self._note("may_mail", [order_id])
        return order_id not in self.no_mail

    def events_since(self, when: datetime) -> list[Event]:
        """Return the events from that moment on."""
        self._note("events_since")
        return [event for event in self.all_events if event.at >= when]
