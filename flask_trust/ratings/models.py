"""What buyer and seller say about each other, and what sellers have decided once for all."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import personal, whose
from ..scores.models import VoteColumns, stars_in_range
from .rules import ASPECTS

_PUBLIC = personal("rating", "show_rating", "contract", "until_withdrawn", "public", "person")
_WORDS = personal("rating", "show_rating", "contract", "until_withdrawn", "public", "person", also="taken_down")
_REPLY = personal("reply", "show_reply", "contract", "until_withdrawn", "public", "person")
_REPLY_WORDS = personal("reply", "show_reply", "contract", "until_withdrawn", "public", "person", also="taken_down")
_FOR_SELLER = personal("note", "pass_note", "contract", "note", "seller", "person", also="taken_down")
_FOR_SELLERS = personal("buyer_rating", "tell_sellers", "legitimate-interest", "until_erased", "sellers", "seller")


class Rating(VoteColumns, Base):
    """What a buyer says about a seller; one per deal, held by a unique key."""

    total_key = "ratings"
    aspects = ASPECTS

    __tablename__ = "trust_rating"
    __table_args__ = (
        unique("trust_rating_public_id", "public_id"),
        unique("trust_rating_deal", "deal_id"),
        stars_in_range("trust_rating_stars"),
        check("trust_rating_state", "state IN ('shown', 'hidden', 'removed', 'withdrawn', 'erased')"),
        check("trust_rating_has_stars", "(state IN ('shown', 'hidden', 'removed')) = (stars IS NOT NULL)"),
        Index(conv("trust_rating_newest"), "subject_id", "live", "shown_at", "id"),
        Index(conv("trust_rating_by_stars"), "subject_id", "live", "stars", "shown_at", "id"),
        Index(conv("trust_rating_votes"), "subject_id", "person_id", "shown_at"),
        Index(conv("trust_rating_person"), "person_id", "id"),
        Index(conv("trust_rating_waiting"), "live", "tallied", "shown_at", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Key(20), info=NOT_PERSONAL)
    deal_id: Mapped[int] = mapped_column(ForeignKey("trust_deal.id"))
    state: Mapped[str] = mapped_column(String(10), default="shown", info=NOT_PERSONAL)
    text: Mapped[str] = mapped_column(Text, default="", info=_WORDS)
    #: For the seller alone, never published.
    note: Mapped[str] = mapped_column(Text, default="", info=_FOR_SELLER)
    lang: Mapped[str] = mapped_column(String(12), default="", info=NOT_PERSONAL)
    service: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    delivery: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    presentation: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    price: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    privacy: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    written_at: Mapped[datetime] = mapped_column(Moment, info=_PUBLIC)
    revised_at: Mapped[datetime | None] = mapped_column(Moment, info=_PUBLIC)
    version: Mapped[int] = mapped_column(Integer, default=1)
    nonce: Mapped[str | None] = mapped_column(Key(64), info=NOT_PERSONAL)


class FormerRating(Base):
    """What a rating said before its one revision; readers can see it."""

    __tablename__ = "trust_former_rating"
    __table_args__ = (unique("trust_former_rating_no", "rating_id", "no"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rating_id: Mapped[int] = mapped_column(ForeignKey("trust_rating.id"))
    no: Mapped[int] = mapped_column(Integer)
    stars: Mapped[int] = mapped_column(SmallInteger, info=_PUBLIC)
    text: Mapped[str] = mapped_column(Text, info=_WORDS)
    note: Mapped[str | None] = mapped_column(Text, info=_FOR_SELLER)
    service: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    delivery: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    presentation: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    price: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    privacy: Mapped[int | None] = mapped_column(SmallInteger, info=_PUBLIC)
    #: Readers do not see these words: staff had taken them down.
    withheld: Mapped[bool] = mapped_column(default=False, info=NOT_PERSONAL)
    #: With it the author's older receipt proves these words too.
    nonce: Mapped[str | None] = mapped_column(Key(64), info=NOT_PERSONAL)
    until: Mapped[datetime] = mapped_column(Moment, info=_PUBLIC)


class BuyerRating(Base):
    """What a seller says about a buyer: three plain answers, no public words about a private person."""

    __tablename__ = "trust_buyer_rating"
    __table_args__ = (
        unique("trust_buyer_rating_deal", "deal_id"),
        check("trust_buyer_rating_state", "state IN ('shown', 'withdrawn', 'erased')"),
        Index(conv("trust_buyer_rating_person"), "person_id", "live", "shown_at", "id"),
        Index(conv("trust_buyer_rating_author"), "author_id", "id"),
        Index(conv("trust_buyer_rating_post"), "post_id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("trust_deal.id"))
    #: The buyer who is rated.
    person_id: Mapped[int] = mapped_column(BigId, info=whose("buyer_rating"))
    #: Who spoke for the seller; None once that person was erased.
    author_id: Mapped[int | None] = mapped_column(BigId, info=whose("buyer_rating"))
    #: A random number shared by all that was said with one press of a button: one mail shows it to its author.
    post_id: Mapped[int | None] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(10), default="shown", info=NOT_PERSONAL)
    paid: Mapped[bool | None] = mapped_column(info=_FOR_SELLERS)
    reachable: Mapped[bool | None] = mapped_column(info=_FOR_SELLERS)
    again: Mapped[bool | None] = mapped_column(info=_FOR_SELLERS)
    live: Mapped[bool] = mapped_column(default=True, info=NOT_PERSONAL)
    shown_at: Mapped[datetime] = mapped_column(Moment, info=_FOR_SELLERS)
    written_at: Mapped[datetime] = mapped_column(Moment, info=_FOR_SELLERS)
    revised_at: Mapped[datetime | None] = mapped_column(Moment, info=_FOR_SELLERS)
    version: Mapped[int] = mapped_column(Integer, default=1)
    nonce: Mapped[str | None] = mapped_column(Key(64), info=NOT_PERSONAL)


class Reply(Base):
    """The one public answer of a rated seller to a rating."""

    __tablename__ = "trust_reply"
    __table_args__ = (
        unique("trust_reply_rating", "rating_id"),
        check("trust_reply_state", "state IN ('shown', 'hidden', 'removed')"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rating_id: Mapped[int] = mapped_column(ForeignKey("trust_rating.id"))
    author_id: Mapped[int | None] = mapped_column(BigId, info=whose("reply"))
    #: The database's own default lets an older version of the code go on writing replies.
    state: Mapped[str] = mapped_column(String(10), default="shown", server_default="shown", info=NOT_PERSONAL)
    text: Mapped[str] = mapped_column(Text, info=_REPLY_WORDS)
    lang: Mapped[str] = mapped_column(String(12), default="", info=NOT_PERSONAL)
    at: Mapped[datetime] = mapped_column(Moment, info=_REPLY)
    edited_at: Mapped[datetime | None] = mapped_column(Moment, info=_REPLY)


class SellerChoice(Base):
    """A seller who never rates buyers: every new deal begins with "nothing to say"."""

    __tablename__ = "trust_seller_choice"
    __table_args__ = (unique("trust_seller_choice_seller", "seller_id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: The seller's score row (`trust_subject`).
    seller_id: Mapped[int] = mapped_column(BigId)
    passes_since: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)
