"""The outbox: a mail that is to leave is a row with a date. It holds ids; words and address come when it is sent."""

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import personal, whose

#: A mail in one of these states has still to leave.
OPEN = ("waiting", "sending", "unsure")

_MAIL = personal("mail_record", "send_mail", "legitimate-interest", "mail", "shop")


class Outgoing(Base):
    """One mail: waiting, sending, unsure (tried again after a worker died midway), sent, held or dropped.

    `due` is the next try and the end of a worker's lease in one; it is None when the row is finished or held.
    """

    __tablename__ = "trust_outbox"
    __table_args__ = (
        unique("trust_outbox_dedupe", "dedupe"),
        check("trust_outbox_state", "state IN ('waiting', 'sending', 'unsure', 'sent', 'held', 'dropped')"),
        Index(conv("trust_outbox_due"), "due", "id"),
        Index(conv("trust_outbox_state_id"), "state", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dedupe: Mapped[str] = mapped_column(Key(64), info=NOT_PERSONAL)
    kind: Mapped[str] = mapped_column(String(20), info=_MAIL)
    person_id: Mapped[int] = mapped_column(BigId, info=whose("mail_record", "mail"))
    object_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(10), default="waiting", info=NOT_PERSONAL)
    due: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)
    token: Mapped[str | None] = mapped_column(Key(32), info=NOT_PERSONAL)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error_code: Mapped[str | None] = mapped_column(String(30), info=_MAIL)
    created_at: Mapped[datetime] = mapped_column(Moment, info=_MAIL)
    sent_at: Mapped[datetime | None] = mapped_column(Moment, info=_MAIL)
