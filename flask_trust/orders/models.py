"""Orders, their lines, and the deal: one order with one seller."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, unique
from ..inventory import WHOSE, personal

_UNTIL_ERASED = "until the order's reviews are gone or you are erased"


class Order(Base):
    """An order of the shop, as far as asking and reviewing needs it."""

    __tablename__ = "trust_order"
    __table_args__ = (
        unique("trust_order_key", "key"),
        Index(conv("trust_order_buyer"), "buyer_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(
        Key(64), info=personal("find the order at the shop", "contract", _UNTIL_ERASED, "shop", "shop")
    )
    buyer_id: Mapped[int] = mapped_column(BigId, info=WHOSE)
    placed_at: Mapped[datetime] = mapped_column(
        Moment, info=personal("show the month of purchase", "legitimate-interest", _UNTIL_ERASED, "public", "shop")
    )
    promised_at: Mapped[datetime | None] = mapped_column(Moment)
    incentive: Mapped[str | None] = mapped_column(String(200), info=NOT_PERSONAL)
    paused_until: Mapped[datetime | None] = mapped_column(Moment)
    not_arrived_at: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("tell the seller that it has not arrived", "contract", _UNTIL_ERASED, "shop", "person")
    )
    disowned_at: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("stop asking the wrong person", "contract", _UNTIL_ERASED, "shop", "person")
    )
    link_version: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Deal(Base):
    """One order with one seller; it opens when the first of its lines has arrived."""

    __tablename__ = "trust_deal"
    __table_args__ = (
        unique("trust_deal_order_seller", "order_id", "seller_id"),
        Index(conv("trust_deal_seller"), "seller_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("trust_order.id"))
    #: The seller's score row (`trust_subject`), which also keeps the shop's own id of the seller.
    seller_id: Mapped[int] = mapped_column(BigId)
    opened_at: Mapped[datetime | None] = mapped_column(Moment)


class Line(Base):
    """One position of an order: what was bought, and when it arrived."""

    __tablename__ = "trust_line"
    __table_args__ = (
        unique("trust_line_order_key", "order_id", "key"),
        Index(conv("trust_line_deal"), "deal_id"),
        Index(conv("trust_line_expected"), "expected_at", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("trust_order.id"))
    # No foreign key where an index of ours begins with it: MariaDB would not let a migration drop that index.
    deal_id: Mapped[int] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(
        Key(64), info=personal("find the line at the shop", "contract", _UNTIL_ERASED, "shop", "shop")
    )
    #: The product's score row (`trust_subject`).
    subject_id: Mapped[int] = mapped_column(BigId)
    product_key: Mapped[str] = mapped_column(Key(64), info=NOT_PERSONAL)
    title: Mapped[str] = mapped_column(String(200), default="", info=NOT_PERSONAL)
    variant: Mapped[str | None] = mapped_column(String(80), info=NOT_PERSONAL)
    ask_after_days: Mapped[int | None] = mapped_column(Integer)
    shipped_at: Mapped[datetime | None] = mapped_column(Moment)
    #: When it should be there where nobody tells; None once it is settled.
    expected_at: Mapped[datetime | None] = mapped_column(Moment)
    delivered_at: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("ask you after it has arrived", "legitimate-interest", _UNTIL_ERASED, "shop", "shop")
    )
    #: "told", or the guess it rests on: "shipped", "promised", "placed".
    delivered_by: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment)
    cancelled_by: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    cancelled_paid: Mapped[bool] = mapped_column(default=False)
    returned_at: Mapped[datetime | None] = mapped_column(Moment)
    return_reason: Mapped[str | None] = mapped_column(
        Text, info=personal("count why things are sent back", "legitimate-interest", _UNTIL_ERASED, "shop", "shop")
    )
