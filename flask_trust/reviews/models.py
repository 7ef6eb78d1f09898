"""Product reviews and their history."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import personal
from ..scores.models import VoteColumns, stars_in_range

_PUBLIC = personal("review", "show_review", "contract", "until_withdrawn", "public", "person")
_WORDS = personal("review", "show_review", "contract", "until_withdrawn", "public", "person", also="taken_down")
_FORMER = personal("review", "show_change", "contract", "until_withdrawn", "public", "person", also="taken_down")
_MONTH = personal("order_dates", "show_month", "legitimate-interest", "until_withdrawn", "public", "shop")
#: That somebody works for the seller or had a reward has to stand beside what they write.
_TIE = personal("review", "show_tie", "legal-duty", "until_withdrawn", "public", "shop")


class Review(VoteColumns, Base):
    """What a buyer says about one line of an order; one per line, held by a unique key."""

    total_key = "reviews"

    __tablename__ = "trust_review"
    __table_args__ = (
        unique("trust_review_public_id", "public_id"),
        unique("trust_review_line", "line_id"),
        stars_in_range("trust_review_stars"),
        check("trust_review_state", "state IN ('shown', 'hidden', 'removed', 'withdrawn', 'erased')"),
        check("trust_review_has_stars", "(state IN ('shown', 'hidden', 'removed')) = (stars IS NOT NULL)"),
        # Each starts with the subject and ends with the sort key and the id, so that no page is sorted or counted off.
        Index(conv("trust_review_newest"), "subject_id", "live", "shown_at", "id"),
        Index(conv("trust_review_by_stars"), "subject_id", "live", "stars", "shown_at", "id"),
        Index(conv("trust_review_by_helpful"), "subject_id", "live", "helpful", "shown_at", "id"),
        Index(conv("trust_review_useful"), "subject_id", "live", "stars", "helpful", "shown_at", "id"),
        Index(conv("trust_review_by_lang"), "subject_id", "live", "lang", "shown_at", "id"),
        Index(conv("trust_review_by_variant"), "subject_id", "live", "variant", "shown_at", "id"),
        Index(conv("trust_review_votes"), "subject_id", "person_id", "shown_at"),
        Index(conv("trust_review_person"), "person_id", "id"),
        Index(conv("trust_review_order"), "order_id"),
        Index(conv("trust_review_all"), "live", "shown_at", "id"),
        Index(conv("trust_review_uncounted"), "live", "counted", "shown_at", "id"),
        Index(conv("trust_review_waiting"), "live", "tallied", "shown_at", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Key(20), info=NOT_PERSONAL)
    line_id: Mapped[int] = mapped_column(ForeignKey("trust_line.id"))
    # No foreign key where an index of ours begins with it: MariaDB would not let a migration drop that index.
    order_id: Mapped[int] = mapped_column(BigId)
    deal_id: Mapped[int] = mapped_column(ForeignKey("trust_deal.id"))
    state: Mapped[str] = mapped_column(String(10), default="shown", info=NOT_PERSONAL)
    title: Mapped[str] = mapped_column(String(120), default="", info=_WORDS)
    text: Mapped[str] = mapped_column(Text, default="", info=_WORDS)
    lang: Mapped[str] = mapped_column(String(12), default="", info=NOT_PERSONAL)
    variant: Mapped[str | None] = mapped_column(String(80), info=NOT_PERSONAL)
    #: First day of the month of purchase; the exact day is nobody's business.
    bought_in: Mapped[date] = mapped_column(Date, info=_MONTH)
    written_at: Mapped[datetime] = mapped_column(Moment, info=_PUBLIC)
    edited_at: Mapped[datetime | None] = mapped_column(Moment, info=_PUBLIC)
    version: Mapped[int] = mapped_column(Integer, default=1)
    helpful: Mapped[int] = mapped_column(Integer, default=0)
    incentive: Mapped[str | None] = mapped_column(String(200), info=_TIE)
    insider: Mapped[bool] = mapped_column(default=False, info=_TIE)
    nonce: Mapped[str | None] = mapped_column(Key(64), info=NOT_PERSONAL)


class Version(Base):
    """What a review said before it was changed; readers can see it."""

    __tablename__ = "trust_version"
    __table_args__ = (unique("trust_version_no", "review_id", "no"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("trust_review.id"))
    no: Mapped[int] = mapped_column(Integer)
    stars: Mapped[int] = mapped_column(SmallInteger, info=_FORMER)
    title: Mapped[str] = mapped_column(String(120), info=_FORMER)
    text: Mapped[str] = mapped_column(Text, info=_FORMER)
    #: Readers do not see these words: staff had taken them down.
    withheld: Mapped[bool] = mapped_column(default=False, info=NOT_PERSONAL)
    until: Mapped[datetime] = mapped_column(Moment, info=_FORMER)
