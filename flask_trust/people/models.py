"""People as our own random numbers, and the opt-outs that outlive an order."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, unique
from ..inventory import personal, whose


class Person(Base):
    """A person by our own number; `key` is the shop's id, and erasure takes it away."""

    __tablename__ = "trust_person"
    __table_args__ = (
        unique("trust_person_key", "key"),
        unique("trust_person_page", "page_id"),
        Index(conv("trust_person_address"), "address_hash"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    key: Mapped[str | None] = mapped_column(
        Key(64), info=personal("account", "find_orders", "contract", "until_erased", "nobody", "shop")
    )
    address_hash: Mapped[str | None] = mapped_column(
        Key(64),
        info=personal("address_hash", "know_guest", "legitimate-interest", "until_erased", "nobody"),
    )
    public_name: Mapped[str] = mapped_column(
        String(80),
        default="",
        info=personal("public_name", "show_name", "consent", "until_changed", "public", "person"),
    )
    mail_stop: Mapped[str | None] = mapped_column(
        String(20),
        info=personal("opt_out", "stop_mail", "legal-duty", "for_ever", "shop", "person"),
    )
    mail_stopped_at: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("opt_out", "stop_mail", "legal-duty", "for_ever", "shop")
    )
    #: In the address of the public page, random and new each time it is opened; None where there is no page.
    page_id: Mapped[str | None] = mapped_column(
        Key(20), info=personal("own_page", "own_page", "consent", "until_closed", "public")
    )
    page_since: Mapped[datetime | None] = mapped_column(
        Moment, info=personal("own_page", "own_page", "consent", "until_closed", "nobody")
    )
    merged_into: Mapped[int | None] = mapped_column(
        BigId, info=personal("account", "follow_merge", "legitimate-interest", "until_erased", "nobody")
    )
    created_at: Mapped[datetime] = mapped_column(Moment, info=whose("account"))
    #: What is left of somebody who was erased: when, and by whose wish ("person" or "shop").
    erased_at: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)
    erased_for: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)


class OptOut(Base):
    """An address, as a keyed hash, that wants no mails; it holds for every later order of that address."""

    __tablename__ = "trust_optout"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(
        Key(64), info=personal("opt_out", "stop_mail", "legal-duty", "for_ever", "nobody")
    )
    at: Mapped[datetime] = mapped_column(
        Moment, info=personal("opt_out", "stop_mail", "legal-duty", "for_ever", "nobody")
    )

    __table_args__ = (unique("trust_optout_address", "address_hash"), Base.__table_args__)
