"""The shop's tables, as they were before reviews came."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime

from flask_login import UserMixin
from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Integer, String, Text, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .extensions import Model


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets the zone, so it is given back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Stage(enum.Enum):
    """How far an order is; the value is what people read."""

    PLACED = "placed"
    SHIPPED = "on its way"
    PARTLY_ARRIVED = "partly arrived"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"


class Seller(Model):
    """A workshop that sells in this market."""

    __tablename__ = "seller"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    english_name: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(8))
    about: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(String(40))
    products: Mapped[list[Product]] = relationship(back_populates="seller", order_by="Product.id")
    people: Mapped[list[Person]] = relationship(back_populates="seller", order_by="Person.id")


class Person(UserMixin, Model):  # type: ignore[misc]  # Flask-Login ships no types
    """Somebody with an account: a customer, a seller or the shop's own people."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    place: Mapped[str] = mapped_column(String(80))
    locale: Mapped[str] = mapped_column(String(16))
    timezone: Mapped[str] = mapped_column(String(64))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("seller.id"))
    is_staff: Mapped[bool] = mapped_column(default=False)
    seller: Mapped[Seller | None] = relationship(back_populates="people")


class Product(Model):
    """A thing on the shelf; `options` are its variants in words, and may be empty."""

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), index=True)
    sku: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(8))
    caption: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    picture: Mapped[str] = mapped_column(String(40))
    price_cents: Mapped[int] = mapped_column(Integer)
    options: Mapped[list[str]] = mapped_column(JSON, default=list)
    #: The article of which this is another size; the same word for all its sizes.
    article: Mapped[str | None] = mapped_column(String(20))
    seller: Mapped[Seller] = relationship(back_populates="products")


class Order(Model):
    """A purchase by an account, or by a guest who left a name and an address."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    buyer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    guest_name: Mapped[str | None] = mapped_column(String(80))
    guest_email: Mapped[str | None] = mapped_column(String(254), index=True)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    promised_on: Mapped[date | None]
    buyer: Mapped[Person | None] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(back_populates="order", order_by="OrderLine.id")
    parcels: Mapped[list[Parcel]] = relationship(back_populates="order", order_by="Parcel.id")

    @property
    def buyer_name(self) -> str:
        """Return the name on the parcel."""
        return self.buyer.name if self.buyer else self.guest_name or "Guest"

    @property
    def stage(self) -> Stage:
        """Return how far the whole order is."""
        return stage_of(self.lines)


class OrderLine(Model):
    """One position of an order."""

    __tablename__ = "order_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    option: Mapped[str | None] = mapped_column(String(40))
    quantity: Mapped[int] = mapped_column(default=1)
    price_cents: Mapped[int]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
    parcel: Mapped[Parcel | None] = relationship(back_populates="lines")

    @property
    def total_cents(self) -> int:
        """Return the price of this position."""
        return self.price_cents * self.quantity

    @property
    def stage(self) -> Stage:
        """Return how far this position is."""
        if self.cancelled_at:
            return Stage.CANCELLED
        if self.parcel is None:
            return Stage.PLACED
        return Stage.ARRIVED if self.parcel.arrived_at else Stage.SHIPPED


class Parcel(Model):
    """What one seller sent in one box."""

    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(40))
    tracking: Mapped[str] = mapped_column(String(40))
    shipped_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    order: Mapped[Order] = relationship(back_populates="parcels")
    lines: Mapped[list[OrderLine]] = relationship(back_populates="parcel", order_by="OrderLine.id")


def stage_of(lines: list[OrderLine]) -> Stage:
    """Return how far these positions are when looked at together."""
    stages = {line.stage for line in lines} - {Stage.CANCELLED}
    if not stages:
        return Stage.CANCELLED
    if stages == {Stage.ARRIVED}:
        return Stage.ARRIVED
    if Stage.ARRIVED in stages:
        return Stage.PARTLY_ARRIVED
    return Stage.SHIPPED if Stage.SHIPPED in stages else Stage.PLACED


def by_seller(lines: list[OrderLine]) -> dict[Seller, list[OrderLine]]:
    """Group positions by who sells them, in the order in which they were bought."""
    groups: dict[Seller, list[OrderLine]] = {}
    for line in lines:
        groups.setdefault(line.product.seller, []).append(line)
    return groups
