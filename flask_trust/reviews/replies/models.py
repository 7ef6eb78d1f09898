"""The one public answer to a review."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ...db import NOT_PERSONAL, Base, BigId, Moment, check, unique
from ...inventory import personal, whose

_PUBLIC = personal("reply", "show_reply", "contract", "until_withdrawn", "public", "person")
_WORDS = personal("reply", "show_reply", "contract", "until_withdrawn", "public", "person", also="taken_down")


class ReviewReply(Base):
    """What the seller, or the shop, answers to a review; one per review, gone with it."""

    __tablename__ = "trust_review_reply"
    __table_args__ = (
        unique("trust_review_reply_review", "review_id"),
        check("trust_review_reply_state", "state IN ('shown', 'hidden', 'removed')"),
        Index(conv("trust_review_reply_author"), "author_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("trust_review.id"))
    author_id: Mapped[int] = mapped_column(BigId, info=whose("reply"))
    #: The seller's name as it was; empty where the shop itself speaks.
    signed: Mapped[str] = mapped_column(String(200), default="", info=NOT_PERSONAL)
    #: The database's own default lets an older version of the code go on writing replies.
    state: Mapped[str] = mapped_column(String(10), default="shown", server_default="shown", info=NOT_PERSONAL)
    text: Mapped[str] = mapped_column(Text, info=_WORDS)
    lang: Mapped[str] = mapped_column(String(12), default="", info=NOT_PERSONAL)
    at: Mapped[datetime] = mapped_column(Moment, info=_PUBLIC)
    edited_at: Mapped[datetime | None] = mapped_column(Moment, info=_PUBLIC)
