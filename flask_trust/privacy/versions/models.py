"""The versions of the page about privacy, as they were published."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ...db import NOT_PERSONAL, Base, BigId, Key, Moment, unique

#: MariaDB's plain TEXT ends at 64 KB, and a version holds its page in every language.
_LONG = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class PolicyVersion(Base):
    """One version: the facts it was made from, and the page in every language, word for word.

    Versions are added by `flask trust policy publish` and by nothing else, and never changed.
    """

    __tablename__ = "trust_policy_version"
    __table_args__ = (
        unique("trust_policy_version_number", "number"),
        Index(conv("trust_policy_version_effective"), "effective_at", "number"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, info=NOT_PERSONAL)
    published_at: Mapped[datetime] = mapped_column(Moment, info=NOT_PERSONAL)
    #: From when on it holds.
    effective_at: Mapped[datetime] = mapped_column(Moment, info=NOT_PERSONAL)
    facts: Mapped[str] = mapped_column(_LONG, info=NOT_PERSONAL)
    #: By language, as JSON.
    pages: Mapped[str] = mapped_column(_LONG, info=NOT_PERSONAL)
    #: SHA-256 of facts and pages: tells at a glance whether something is different today.
    digest: Mapped[str] = mapped_column(Key(64), info=NOT_PERSONAL)
    #: What the shop wants to say about it, beside what has changed.
    note: Mapped[str] = mapped_column(String(500), default="", info=NOT_PERSONAL)
