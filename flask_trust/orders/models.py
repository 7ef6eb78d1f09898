"""Orders, their lines, and the deal: one order with one seller."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import personal, whose

#: As long as words about an order stand, their author has to be able to find and delete them.
_FOUND = personal("order", "find_orders", "contract", "until_withdrawn", "shop", "shop", also="order")
_ARRIVAL = personal("order_dates", "ask_review", "legitimate-interest", "order", "shop", "shop")
_RETURN = personal("returns", "count_returns", "legitimate-interest", "order", "shop", "shop")


class Order(Base):
    """An order of the shop, as far as asking and reviewing needs it."""

    __tablename__ = "trust_order"
    __table_args__ = (
        unique("trust_order_key", "key"),
        Index(conv("trust_order_buyer"), "buyer_id", "id"),
        Index(conv("trust_order_not_arrived"), "not_arrived_at", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(Key(64), info=_FOUND)
    buyer_id: Mapped[int] = mapped_column(BigId, info=whose("order", "until_withdrawn", also="order"))
    placed_at: Mapped[datetime] = mapped_column(
        Moment, info=personal("order_dates", "show_month", "legitimate-interest", "order", "public", "shop")
    )
    promised_at: Mapped[datetime | None] = mapped_column(Moment, info=_ARRIVAL)
    incentive: Mapped[str | None] = mapped_column(String(200), info=NOT_PERSONAL)
    paused_until: Mapped[datetime | None] = mapped_column(Moment, info=_ARRIVAL)
    not_arrived_at: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("order_dates", "late_parcel", "contract", "order", "shop", "person")
    )
    disowned_at: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("order", "wrong_person", "contract", "until_withdrawn", "shop", "person", also="order")
    )
    link_version: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Moment, info=_ARRIVAL)


_DATES = personal("order_dates", "take_turns", "contract", "order", "shop", "person")


class Deal(Base):
    """One order with one seller, and how far buyer and seller have come with rating each other.

    It opens when the first of its lines has arrived, or when it is clear that nothing will. `closes_at` is the moment
    from which nothing can be added, and from which all that waits can be read: until then it may come nearer, see
    `ratings.rules.closing`. `due` is when the job has to look: to open what never arrived, or to settle.
    """

    __tablename__ = "trust_deal"
    __table_args__ = (
        unique("trust_deal_order_seller", "order_id", "seller_id"),
        check("trust_deal_state", "state IN ('pending', 'open', 'revealed', 'empty')"),
        check("trust_deal_mode", "mode IN ('mutual', 'buyers', 'off')"),
        check("trust_deal_dates", "(state = 'pending') = (closes_at IS NULL)"),
        Index(conv("trust_deal_seller"), "seller_id", "id"),
        Index(conv("trust_deal_seller_open"), "seller_id", "state", "closes_at", "id"),
        Index(conv("trust_deal_seller_closed"), "seller_id", "closes_at", "id"),
        Index(conv("trust_deal_due"), "due", "id"),
        Index(conv("trust_deal_tell"), "tell_at", "seller_id"),
        Index(conv("trust_deal_told"), "seller_id", "told_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("trust_order.id"))
    #: The seller's score row (`trust_subject`), which also keeps the shop's own id of the seller.
    seller_id: Mapped[int] = mapped_column(BigId)
    #: Who rates whom, fixed when the deal is made: "mutual", "buyers" (only buyers rate), "off".
    mode: Mapped[str] = mapped_column(String(10), default="off", info=NOT_PERSONAL)
    state: Mapped[str] = mapped_column(String(10), default="pending", info=NOT_PERSONAL)
    opened_at: Mapped[datetime | None] = mapped_column(Moment, info=_DATES)
    #: "arrived", "overdue" or "cancelled".
    opened_by: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    window_ends_at: Mapped[datetime | None] = mapped_column(Moment, info=_DATES)
    closes_at: Mapped[datetime | None] = mapped_column(Moment, info=_DATES)
    #: When the buyer said the first thing, a product review or the rating: it starts the seller's 7 days.
    buyer_wrote_at: Mapped[datetime | None] = mapped_column(Moment, info=_DATES)
    buyer_rated_at: Mapped[datetime | None] = mapped_column(Moment, info=_DATES)
    seller_rated_at: Mapped[datetime | None] = mapped_column(Moment, info=_DATES)
    passed_at: Mapped[datetime | None] = mapped_column(Moment, info=_DATES)
    due: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)
    token: Mapped[str | None] = mapped_column(Key(32), info=NOT_PERSONAL)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    #: When the seller's people are to get a mail about what is new here; None where nothing is.
    tell_at: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)
    #: The moment of the mail that told them last.
    told_at: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)


class Line(Base):
    """One position of an order: what was bought, and when it arrived."""

    __tablename__ = "trust_line"
    __table_args__ = (
        unique("trust_line_order_key", "order_id", "key"),
        Index(conv("trust_line_deal"), "deal_id"),
        Index(conv("trust_line_expected"), "expected_at", "id"),
        Index(conv("trust_line_arrived"), "subject_id", "delivered_at", "id"),
        Index(conv("trust_line_returned"), "subject_id", "returned_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("trust_order.id"))
    # No foreign key where an index of ours begins with it: MariaDB would not let a migration drop that index.
    deal_id: Mapped[int] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(Key(64), info=_FOUND)
    #: The product's score row (`trust_subject`).
    subject_id: Mapped[int] = mapped_column(BigId)
    product_key: Mapped[str] = mapped_column(Key(64), info=NOT_PERSONAL)
    title: Mapped[str] = mapped_column(String(200), default="", info=NOT_PERSONAL)
    variant: Mapped[str | None] = mapped_column(String(80), info=NOT_PERSONAL)
    ask_after_days: Mapped[int | None] = mapped_column(Integer)
    shipped_at: Mapped[datetime | None] = mapped_column(Moment, info=_ARRIVAL)
    #: When it should be there where nobody tells; None once it is settled.
    expected_at: Mapped[datetime | None] = mapped_column(Moment, info=_ARRIVAL)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment, info=_ARRIVAL)
    #: "told", or the guess it rests on: "shipped", "promised", "placed".
    delivered_by: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    #: Whether it came by the promised day: kept when the dates go, None before and where that is not known.
    in_time: Mapped[bool | None] = mapped_column(info=NOT_PERSONAL)
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment, info=_ARRIVAL)
    cancelled_by: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    cancelled_paid: Mapped[bool] = mapped_column(default=False, info=NOT_PERSONAL)
    returned_at: Mapped[datetime | None] = mapped_column(Moment, info=_RETURN)
    return_reason: Mapped[str | None] = mapped_column(Text, info=_RETURN)
