"""How far the shop has been asked."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, unique


class Cursor(Base):
    """How far a poll has come."""

    __tablename__ = "trust_cursor"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(Key(40), info=NOT_PERSONAL)
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (unique("trust_cursor_name", "name"), Base.__table_args__)
