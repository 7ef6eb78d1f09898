"""How often somebody without an account has sent something this hour, and which mailbox was asked for a mail:
a keyed hash and a number, no address.
"""

from datetime import date

from sqlalchemy import Date, Integer
from sqlalchemy.orm import Mapped, mapped_column

from ..db import NOT_PERSONAL, Base, Key
from ..inventory import personal


class Sender(Base):
    """One sender of one kind of form in one hour, or a mailbox in one minute; `mark` is a keyed hash that is another
    one the next time.
    """

    __tablename__ = "trust_sender"

    day: Mapped[date] = mapped_column(Date, primary_key=True, info=NOT_PERSONAL)
    mark: Mapped[str] = mapped_column(
        Key(64),
        primary_key=True,
        info=personal("flood_count", "stop_floods", "legitimate-interest", "flood", "nobody"),
    )
    n: Mapped[int] = mapped_column(Integer, default=0)
