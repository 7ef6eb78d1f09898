"""Texts that were taken down: known again by a hash, so that they cannot come back by another way."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment
from ..inventory import personal, whose


class Verdict(Base):
    """One text of one author that must not be published again, as SHA-256(nonce ‖ normalised words).

    Once its author is erased the row is nobody's, and nothing but `mark` stands for the words.
    """

    __tablename__ = "trust_verdict"
    __table_args__ = (
        Index(conv("trust_verdict_person"), "person_id"),
        Index(conv("trust_verdict_object"), "kind", "object_id"),
        Index(conv("trust_verdict_mark"), "mark"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, info=whose("taken_down"))
    #: What it was said in, see `rules.Kind`, and our number of it; of a reply, the number of what it answers.
    kind: Mapped[str] = mapped_column(Key(10), info=NOT_PERSONAL)
    object_id: Mapped[int] = mapped_column(BigId)
    nonce: Mapped[str] = mapped_column(Key(64), info=NOT_PERSONAL)
    digest: Mapped[str] = mapped_column(
        Key(64),
        info=personal("taken_down", "keep_down", "legal-duty", "until_erased", "nobody"),
    )
    #: The same words in their place by a key, see `marks.marks_of`; empty where others may say them, and in the end.
    mark: Mapped[str] = mapped_column(
        Key(64),
        default="",
        server_default="",
        info=personal("taken_down", "keep_down", "legal-duty", "kept_down", "nobody"),
    )
    #: False once what it was said in can be read again, with other words.
    withheld: Mapped[bool] = mapped_column(default=True, info=NOT_PERSONAL)
    at: Mapped[datetime] = mapped_column(Moment, info=whose("taken_down"))
