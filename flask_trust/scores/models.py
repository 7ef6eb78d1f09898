"""Running totals: one row for each thing that has a reputation."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import Date, Double, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import WHOSE, personal


class Subject(Base):
    """A product, a seller, or the shop (key "reviews": all its product reviews together).

    `n1` to `n5` count the counted votes of each star; `w1` to `w5` are their weights as a running sum, see
    `maths.weight`. `m1` to `m5` are the counts as they stood when the UTC day `day` began, which is what the
    shop's usual spread of stars is read from. `shown` counts everything that can be read, counted or not.
    """

    __tablename__ = "trust_subject"
    __table_args__ = (unique("trust_subject_kind_key", "kind", "key"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(Key(10), info=NOT_PERSONAL)
    key: Mapped[str] = mapped_column(Key(64), info=NOT_PERSONAL)
    title: Mapped[str] = mapped_column(String(200), default="", info=NOT_PERSONAL)
    version: Mapped[int] = mapped_column(Integer, default=0)
    shown: Mapped[int] = mapped_column(Integer, default=0)
    n1: Mapped[int] = mapped_column(Integer, default=0)
    n2: Mapped[int] = mapped_column(Integer, default=0)
    n3: Mapped[int] = mapped_column(Integer, default=0)
    n4: Mapped[int] = mapped_column(Integer, default=0)
    n5: Mapped[int] = mapped_column(Integer, default=0)
    w1: Mapped[float] = mapped_column(Double, default=0.0)
    w2: Mapped[float] = mapped_column(Double, default=0.0)
    w3: Mapped[float] = mapped_column(Double, default=0.0)
    w4: Mapped[float] = mapped_column(Double, default=0.0)
    w5: Mapped[float] = mapped_column(Double, default=0.0)
    #: When the next thing about this subject becomes public by itself; None where nothing waits.
    next_shown_at: Mapped[datetime | None] = mapped_column(Moment)
    day: Mapped[date | None] = mapped_column(Date)
    m1: Mapped[int] = mapped_column(Integer, default=0)
    m2: Mapped[int] = mapped_column(Integer, default=0)
    m3: Mapped[int] = mapped_column(Integer, default=0)
    m4: Mapped[int] = mapped_column(Integer, default=0)
    m5: Mapped[int] = mapped_column(Integer, default=0)


class VoteColumns:
    """The columns that make a row a vote: mixed into everything that carries stars.

    `total_key` names the shop's total that all votes of this kind add up to.
    """

    total_key: ClassVar[str]

    subject_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId, info=WHOSE)
    #: 1 to 5; None once the author has taken it back.
    stars: Mapped[int | None] = mapped_column(
        SmallInteger, info=personal("show your rating to others", "contract", "until you delete it", "public", "person")
    )
    #: Can be read by everybody from `shown_at` on.
    live: Mapped[bool] = mapped_column(default=True)
    shown_at: Mapped[datetime] = mapped_column(Moment)
    #: May count at all: neither rewarded nor written by somebody who works for the seller.
    eligible: Mapped[bool] = mapped_column(default=True)
    #: Does count: the newest eligible vote of this person on this subject.
    counted: Mapped[bool] = mapped_column(default=False)
    #: Is part of the totals: live, and its moment had come when they were last moved.
    tallied: Mapped[bool] = mapped_column(default=False)


def stars_in_range(name: str) -> object:
    """Return the check constraint that holds stars between 1 and 5."""
    return check(name, "stars BETWEEN 1 AND 5")
