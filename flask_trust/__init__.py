"""Reviews, ratings and reputation for a Flask shop that is already there."""

from .addresses import guest_id
from .errors import TrustError, UnknownOrder
from .extension import Trust
from .shop import Event, Line, Order, Person, Product, Seller, Shop

__all__ = [
    "Event",
    "Line",
    "Order",
    "Person",
    "Product",
    "Seller",
    "Shop",
    "Trust",
    "TrustError",
    "UnknownOrder",
    "guest_id",
]
