"""A thousand delivered orders at once: their rows in bulk, and a shop that knows each of them by its id alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from flask_trust import Line, Order, Person, Product, Shop
from flask_trust.invitations.models import Request
from flask_trust.orders.models import Deal
from flask_trust.orders.models import Line as LineRow
from flask_trust.orders.models import Order as OrderRow
from flask_trust.people.models import Person as PersonRow
from flask_trust.scores.subjects.actions import subject_id

PLACED = datetime(2027, 4, 1, 12, tzinfo=UTC)
ARRIVED = PLACED + timedelta(days=3)
DUE = ARRIVED + timedelta(days=7)


def address(number: int) -> str:
    return f"buyer{number}@customer.example"


class CrowdShop(Shop):
    """Order "o7" was placed by the person "p7" and holds one bowl."""

    def orders(self, ids: Sequence[str]) -> dict[str, Order]:
        return {each: self._order(each) for each in ids}

    def _order(self, key: str) -> Order:
        number = int(key[1:])
        buyer = Person(f"p{number}", f"Buyer {number}", address(number))
        return Order(key, buyer, [Line(f"l{number}", "bowl", title="Bowl")], PLACED)

    def viewer_id(self) -> str | None:
        return None

    def products(self, ids: Sequence[str]) -> dict[str, Product]:
        return {each: Product(each, "Bowl", "/bowl") for each in ids}

    def people(self, ids: Sequence[str]) -> Mapping[str, Person]:
        return {each: Person(each, "Buyer", address(int(each[1:]))) for each in ids}

    def is_staff(self, person_id: str) -> bool:
        return person_id == "owner"


def fill(session: Session, count: int) -> None:
    """Write orders 1 to `count`, each arrived and due to be asked about at `DUE`, and commit."""
    product, seller = subject_id(session, "product", "bowl"), subject_id(session, "seller", "shop")
    numbers = range(1, count + 1)
    for model, rows in _rows(numbers, product, seller).items():
        session.execute(insert(model), rows)
    session.commit()


def _rows(numbers: range, product: int, seller: int) -> dict[Any, list[dict[str, Any]]]:
    return {
        PersonRow: [{"id": n, "key": f"p{n}", "public_name": "", "created_at": PLACED} for n in numbers],
        OrderRow: [
            {"id": n, "key": f"o{n}", "buyer_id": n, "placed_at": PLACED, "created_at": PLACED} for n in numbers
        ],
        Deal: [{"id": n, "order_id": n, "seller_id": seller, "opened_at": ARRIVED} for n in numbers],
        LineRow: [_line(n, product) for n in numbers],
        Request: [{"order_id": n, "buyer_id": n, "planned_for": DUE, "due": DUE} for n in numbers],
    }


def _order(number: int) -> dict[str, Any]:
    return {"id": number, "key": f"o{number}", "buyer_id": number, "placed_at": PLACED, "created_at": PLACED}


def _line(number: int, product: int) -> dict[str, Any]:
    return {
        "order_id": number,
        "deal_id": number,
        "key": f"l{number}",
        "subject_id": product,
        "product_key": "bowl",
        "title": "Bowl",
        "delivered_at": ARRIVED,
        "delivered_by": "told",
    }
