"""Who is asked, when, and why not: one row for each order of which something has arrived."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import personal, whose

_ASKING = personal("asking", "ask_rarely", "legitimate-interest", "order", "shop")


class Request(Base):
    """The asking about one order: waiting, asked or skipped, and nothing else.

    `due` is when this row needs attention next (None when it is finished); `queued_as` says that a mail about it lies
    in the outbox right now.
    """

    __tablename__ = "trust_request"
    __table_args__ = (
        unique("trust_request_order", "order_id"),
        check("trust_request_state", "state IN ('waiting', 'asked', 'skipped')"),
        check("trust_request_reason", "(state = 'skipped') = (reason IS NOT NULL)"),
        Index(conv("trust_request_due"), "due", "id"),
        Index(conv("trust_request_buyer"), "buyer_id", "id"),
        Index(conv("trust_request_state_id"), "state", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("trust_order.id"))
    buyer_id: Mapped[int] = mapped_column(BigId, info=whose("asking", "until_withdrawn", also="order"))
    state: Mapped[str] = mapped_column(String(10), default="waiting", info=NOT_PERSONAL)
    reason: Mapped[str | None] = mapped_column(String(20), info=_ASKING)
    #: Why a waiting row waits longer than planned, for the owner.
    held_up_by: Mapped[str | None] = mapped_column(String(20), info=NOT_PERSONAL)
    planned_for: Mapped[datetime] = mapped_column(Moment, info=_ASKING)
    due: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)
    token: Mapped[str | None] = mapped_column(Key(32), info=NOT_PERSONAL)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    queued_as: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    queued_at: Mapped[datetime | None] = mapped_column(Moment, info=_ASKING)
    asked_at: Mapped[datetime | None] = mapped_column(Moment, info=_ASKING)
    reminded_at: Mapped[datetime | None] = mapped_column(Moment, info=_ASKING)
    answered_at: Mapped[datetime | None] = mapped_column(Moment, info=_ASKING)
