"""What people asked for about their data, and what keeps erased orders from coming back."""

from datetime import date, datetime

from sqlalchemy import Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ...db import NOT_PERSONAL, Base, BigId, Key, Moment, check
from ...inventory import personal, whose

_ANSWER = personal("data_request", "answer_requests", "legal-duty", "data_request", "shop", "person")

_GONE = personal("gone_order", "stay_erased", "legal-duty", "for_ever", "nobody")


class DataRequest(Base):
    """One request of a person about their data; what people do by themselves on their page is answered at once."""

    __tablename__ = "trust_data_request"
    __table_args__ = (
        check("trust_data_request_what", "what IN ('export', 'correct', 'erase', 'object', 'other')"),
        Index(conv("trust_data_request_open"), "answered_at", "asked_at", "id"),
        Index(conv("trust_data_request_person"), "person_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: None where staff noted a request of somebody we have no number of.
    person_id: Mapped[int | None] = mapped_column(BigId, info=whose("data_request", "data_request"))
    what: Mapped[str] = mapped_column(String(10), info=NOT_PERSONAL)
    #: Under which the shop finds the letter: a number, never a name or an address.
    reference: Mapped[str] = mapped_column(String(40), default="", info=_ANSWER)
    asked_at: Mapped[datetime] = mapped_column(Moment, info=_ANSWER)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment, info=_ANSWER)
    answered_at: Mapped[datetime | None] = mapped_column(Moment, info=_ANSWER)
    #: "page" where the person did it, "staff" where the shop's people did.
    how: Mapped[str] = mapped_column(String(10), info=NOT_PERSONAL)


class GoneOrder(Base):
    """An order of somebody who was erased, as a keyed hash of the shop's id: it is not noted again when it is told.

    Nothing ties it to the row that is left of the order, or to a person.
    """

    __tablename__ = "trust_gone_order"

    mark: Mapped[str] = mapped_column(Key(64), primary_key=True, info=_GONE)
    day: Mapped[date] = mapped_column(Date, info=_GONE)
