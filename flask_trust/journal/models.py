"""One append-only row for each thing that happened."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment
from ..inventory import personal, whose

_PROOF = personal("journal", "prove", "legitimate-interest", "journal", "author")


class Entry(Base):
    """What happened, when, by whom (our own number), and a commitment to the content; never changed or deleted.

    `commitment` is SHA-256(nonce ‖ content). The nonce lies with the content, so that erasing the content
    leaves a hash that nobody can match.
    """

    __tablename__ = "trust_journal"
    __table_args__ = (
        Index(conv("trust_journal_object"), "kind", "object_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, info=_PROOF)
    actor_id: Mapped[int | None] = mapped_column(BigId, info=whose("journal", "journal"))
    role: Mapped[str] = mapped_column(String(10), info=NOT_PERSONAL)
    event: Mapped[str] = mapped_column(String(30), info=NOT_PERSONAL)
    kind: Mapped[str] = mapped_column(String(20), info=NOT_PERSONAL)
    object_id: Mapped[int] = mapped_column(BigId)
    state_from: Mapped[str | None] = mapped_column(String(20), info=NOT_PERSONAL)
    state_to: Mapped[str | None] = mapped_column(String(20), info=NOT_PERSONAL)
    commitment: Mapped[str | None] = mapped_column(Key(64), info=_PROOF)
