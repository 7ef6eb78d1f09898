"""What people call an order: what was bought, on which day, and the number that the shop prints on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from .. import lookup
from ..i18n import ngettext
from ..shop import Order as ShopOrder
from ..state import State
from ..text import plain

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Bought:
    """What we know of an order, or of one seller's part of it; `titles` are those of its lines."""

    order_key: str
    placed_at: datetime
    titles: Sequence[str]


@dataclass(frozen=True, slots=True)
class OrderName:
    """The words for an order: `number` is empty where the shop prints none, and its own id where nobody can say."""

    placed_at: datetime
    titles: Sequence[str]
    number: str

    @property
    def what(self) -> str:
        """Return the first thing that was bought and how many more there are, in the language of the moment."""
        first, more = self.titles[0], len(self.titles) - 1
        return ngettext("%(title)s and %(n)d more", "%(title)s and %(n)d more", more, title=first) if more else first


def name_of(bought: Bought, told: ShopOrder | None) -> OrderName:
    """Return the name of an order that the shop describes, or does not."""
    titles = [title for title in map(plain, bought.titles) if title] or [bought.order_key]
    return OrderName(bought.placed_at, titles, bought.order_key if told is None else plain(told.number))


def name_orders(state: State, found: Mapping[K, Bought]) -> dict[K, OrderName]:
    """Return the names of orders: the shop is asked once for all, and where it fails a page goes on without."""
    told = lookup.or_nothing(lookup.orders, state.shop, {each.order_key for each in found.values()})
    return {key: name_of(each, told.get(each.order_key)) for key, each in found.items()}
