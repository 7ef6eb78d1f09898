"""People as our own random numbers, and the opt-outs that outlive an order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import Base, BigId, Key, Moment, unique
from ..inventory import personal


class Person(Base):
    """A person by our own number; `key` is the shop's id, and erasure takes it away."""

    __tablename__ = "trust_person"
    __table_args__ = (
        unique("trust_person_key", "key"),
        Index(conv("trust_person_address"), "address_hash"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    key: Mapped[str | None] = mapped_column(
        Key(64), info=personal("find your orders at the shop", "contract", "until you are erased", "nobody", "shop")
    )
    address_hash: Mapped[str | None] = mapped_column(
        Key(64),
        info=personal(
            "know a guest again without keeping the address", "legitimate-interest", "until you are erased", "nobody"
        ),
    )
    public_name: Mapped[str] = mapped_column(
        String(80),
        default="",
        info=personal("show it beside your reviews", "consent", "until you change it", "public", "person"),
    )
    mail_stop: Mapped[str | None] = mapped_column(
        String(20),
        info=personal("write no more mails to you", "legal-duty", "as long as the opt-out holds", "shop", "person"),
    )
    mail_stopped_at: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("prove when you opted out", "legal-duty", "as long as the opt-out holds", "shop")
    )
    merged_into: Mapped[int | None] = mapped_column(
        BigId, info=personal("follow a merged account", "legitimate-interest", "until you are erased", "nobody")
    )
    created_at: Mapped[datetime] = mapped_column(Moment)


class OptOut(Base):
    """An address, as a keyed hash, that wants no mails; it holds for every later order of that address."""

    __tablename__ = "trust_optout"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(
        Key(64), info=personal("write no more mails to you", "legal-duty", "as long as the opt-out holds", "nobody")
    )
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (unique("trust_optout_address", "address_hash"), Base.__table_args__)
