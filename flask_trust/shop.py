"""The border with the shop: what it tells us about orders, products and people.

A shop subclasses `Shop` and answers three questions in batches. Ids are opaque strings for us:
at most 64 bytes, without `/`, `@` and control characters. Integers are turned into strings here
and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from .clock import as_utc
from .errors import BadValue

ID_BYTES = 64
_LOCALE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,8})*")
#: '/' and '@', which an id has not in common with addresses of pages and people, and control characters.
_NEVER_IN_IDS = re.compile("[/@\x00-\x1f\x7f-\x9f]")
SHOP_SELLER = "shop"

EventKind = Literal["placed", "shipped", "delivered", "cancelled"]
EVENT_KINDS: tuple[EventKind, ...] = ("placed", "shipped", "delivered", "cancelled")


def clean_id(value: object) -> str:
    """Return an id of the shop as a string; raises `BadValue` when it cannot be one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadValue(f"an id must be a string or an integer, not {value!r}")
    text = str(value)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadValue("an id must be text that can be written as UTF-8") from None
    if not 1 <= size <= ID_BYTES:
        raise BadValue(f"an id must have 1 to {ID_BYTES} bytes: {text[:80]!r}")
    if _NEVER_IN_IDS.search(text):
        raise BadValue(f"an id may not hold '/', '@' or control characters: {text!r}")
    return text


def storable(text: str) -> str:
    """Return text as every database can keep it: without NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode(errors="ignore").decode()


def _words(value: object) -> str | None:
    return None if value is None else storable(str(value))


def _set(value: object, **fields: object) -> None:
    for name, field in fields.items():
        object.__setattr__(value, name, field)


def _moment(value: datetime | date | None) -> datetime | None:
    return None if value is None else as_utc(value)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as the shop knows them; name and address are used and never stored."""

    id: str
    name: str
    email: str | None
    locale: str | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        locale = self.locale if self.locale and _LOCALE.fullmatch(self.locale) else None
        _set(self, id=clean_id(self.id), name=storable(str(self.name or "")), locale=locale)
        _set(self, email=(self.email or "").strip() or None)


@dataclass(frozen=True, slots=True)
class Product:
    """A thing that is sold; products that differ only in colour or size share their reviews by the same `family`."""

    id: str
    name: str
    url: str
    image_url: str | None = None
    sku: str | None = None
    gtin: str | None = None
    brand: str | None = None
    family: str | None = None

    def __post_init__(self) -> None:
        family = None if self.family is None else clean_id(self.family)
        _set(self, id=clean_id(self.id), name=storable(str(self.name)), family=family)


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody who sells in this shop; the shop itself is the seller "shop".

    `people` are the ids of those who answer for this seller and get mails about its orders.
    """

    id: str
    name: str
    url: str | None = None
    people: Sequence[str] = ()

    def __post_init__(self) -> None:
        people = (self.people,) if isinstance(self.people, (str, int)) else self.people
        _set(self, id=clean_id(self.id), name=storable(str(self.name)))
        _set(self, people=tuple(dict.fromkeys(clean_id(each) for each in people)))


@dataclass(frozen=True, slots=True)
class Line:
    """One position of an order: what was bought from whom.

    `ask_after_days` overrides `TRUST_REQUEST_AFTER_DAYS` for things that are judged sooner or later.
    """

    id: str
    product_id: str
    seller_id: str = SHOP_SELLER
    title: str | None = None
    variant: str | None = None
    ask_after_days: int | None = None

    def __post_init__(self) -> None:
        _set(self, id=clean_id(self.id), product_id=clean_id(self.product_id), seller_id=clean_id(self.seller_id))
        _set(self, title=_words(self.title), variant=_words(self.variant))
        if self.ask_after_days is not None and not 0 <= self.ask_after_days <= 365:
            raise BadValue(f"ask_after_days must lie between 0 and 365, not {self.ask_after_days!r}")


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its lines; `incentive` is what was promised for a review, in words, or None.

    `number` is what the shop prints on it, where that is not the id.
    """

    id: str
    buyer: Person
    lines: Sequence[Line]
    placed_at: datetime
    promised_at: datetime | date | None = None
    incentive: str | None = None
    number: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.buyer, Person):
            raise BadValue(f"the buyer of order {self.id!r} must be a Person, not {self.buyer!r}")
        lines = tuple(self.lines)
        if len({line.id for line in lines}) != len(lines):
            raise BadValue(f"two lines of order {self.id!r} have the same id")
        _set(self, id=clean_id(self.id), lines=lines, incentive=_words(self.incentive))
        _set(self, placed_at=as_utc(self.placed_at), promised_at=_moment(self.promised_at))
        _set(self, number=_words(self.number) or "")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an order, for shops that are asked instead of telling us."""

    kind: EventKind
    order_id: str
    at: datetime
    line_ids: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.kind not in EVENT_KINDS:
            raise BadValue(f"an event is one of {', '.join(EVENT_KINDS)}, not {self.kind!r}")
        lines = None if self.line_ids is None else tuple(clean_id(line) for line in self.line_ids)
        _set(self, order_id=clean_id(self.order_id), at=as_utc(self.at), line_ids=lines)


class Shop:
    """What a shop answers: three look-ups in batches are needed, the rest has defaults.

    Every look-up gets a list of ids as strings and returns a dict from id to value; what the shop
    does not know is left out.
    """

    def orders(self, ids: Sequence[str]) -> Mapping[str, Order]:
        """Return the orders with these ids."""
        raise NotImplementedError("your Shop class needs a method orders(self, ids)")

    def products(self, ids: Sequence[str]) -> Mapping[str, Product]:
        """Return the products with these ids."""
        raise NotImplementedError("your Shop class needs a method products(self, ids)")

    def people(self, ids: Sequence[str]) -> Mapping[str, Person]:
        """Return the people with these ids."""
        raise NotImplementedError("your Shop class needs a method people(self, ids)")

    def sellers(self, ids: Sequence[str]) -> Mapping[str, Seller]:
        """Return the sellers with these ids; by default the shop itself is the only one."""
        from flask import current_app

        if SHOP_SELLER not in ids:
            return {}
        return {SHOP_SELLER: Seller(SHOP_SELLER, current_app.config.get("TRUST_SHOP_NAME") or "")}

    def viewer_id(self) -> str | None:
        """Return the id of the person who looks at the page; by default Flask-Login's user."""
        from .viewer import login_id

        return login_id()

    def acts_for(self, person_id: str) -> Iterable[str]:
        """Return the ids of the sellers this person may speak for; by default none."""
        return ()

    def is_staff(self, person_id: str) -> bool:
        """Say whether this person runs the shop; by default nobody does."""
        return False

    def may_mail(self, order_id: str) -> bool:
        """Say whether the checkout recorded that the buyer may be asked by mail; by default yes."""
        return True

    def find_people(self, email: str) -> Iterable[str]:
        """Return the ids of the people with this address; by default the guest of that address."""
        from .addresses import guest_id

        return (guest_id(email),)

    def events_since(self, when: datetime) -> Iterable[Event]:
        """Return what happened to orders since `when` (UTC); by default nothing is told this way."""
        return ()
