"""Running totals: one row for each thing that has a reputation."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from sqlalchemy import Connection, Date, Double, Integer, Row, SmallInteger, String, false
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import personal, whose
from ..verdicts.rules import WITHHELD


class Subject(Base):
    """A product, a family of products, a seller, or the shop (key "reviews": all its product reviews together).

    `n1` to `n5` count the counted votes of each star; `w1` to `w5` are their weights as a running sum, see
    `maths.weight`. `m1` to `m5` are the counts as they stood when the UTC day `day` began, which is what the
    shop's usual spread of stars is read from. `shown` counts everything that can be read, counted or not, and
    `withheld` what staff keeps from being read.
    """

    __tablename__ = "trust_subject"
    __table_args__ = (unique("trust_subject_kind_key", "kind", "key"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(Key(10), info=NOT_PERSONAL)
    key: Mapped[str] = mapped_column(Key(64), info=NOT_PERSONAL)
    title: Mapped[str] = mapped_column(String(200), default="", info=NOT_PERSONAL)
    #: Of a product: the family for which its reviews count, so that itself counts nothing; None where it stands alone.
    family_id: Mapped[int | None] = mapped_column(BigId)
    version: Mapped[int] = mapped_column(Integer, default=0)
    shown: Mapped[int] = mapped_column(Integer, default=0)
    #: The database's own default lets an older version of the code go on writing.
    withheld: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
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


class Day(Base):
    """The counted votes on a subject that became public on one UTC day: windows and trends are added up from these.

    The lock of the subject's own row guards its days and aspects too.
    """

    __tablename__ = "trust_day"

    subject_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    n1: Mapped[int] = mapped_column(Integer, default=0)
    n2: Mapped[int] = mapped_column(Integer, default=0)
    n3: Mapped[int] = mapped_column(Integer, default=0)
    n4: Mapped[int] = mapped_column(Integer, default=0)
    n5: Mapped[int] = mapped_column(Integer, default=0)


class Aspect(Base):
    """How many counted votes on a subject answer one further question, the sum of their answers (1 to 5), and how many
    of them are low (1 or 2).
    """

    __tablename__ = "trust_aspect"

    subject_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    question: Mapped[str] = mapped_column(Key(20), primary_key=True, info=NOT_PERSONAL)
    n: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    low: Mapped[int] = mapped_column(Integer, default=0)


class VoteColumns:
    """The columns that make a row a vote: mixed into everything that carries stars.

    `total_key` names the shop's total that all votes of this kind add up to; `aspects` are the columns of further
    questions, answered with 1 to 5 or not at all.
    """

    total_key: ClassVar[str]
    aspects: ClassVar[tuple[str, ...]] = ()

    subject_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(BigId, info=whose("stars", "until_withdrawn"))
    #: 1 to 5; None once the author has taken it back.
    stars: Mapped[int | None] = mapped_column(
        SmallInteger, info=personal("stars", "count_stars", "contract", "until_withdrawn", "public", "person")
    )
    #: Can be read by everybody from `shown_at` on.
    live: Mapped[bool] = mapped_column(default=True, info=NOT_PERSONAL)
    shown_at: Mapped[datetime] = mapped_column(Moment, info=whose("stars", "until_withdrawn"))
    #: May count at all: neither rewarded nor written by somebody who works for the seller.
    eligible: Mapped[bool] = mapped_column(default=True, info=NOT_PERSONAL)
    #: Does count: the newest eligible vote of this person on this subject.
    counted: Mapped[bool] = mapped_column(default=False, info=NOT_PERSONAL)
    #: Is part of the totals: live, and its moment had come when they were last moved.
    tallied: Mapped[bool] = mapped_column(default=False, info=NOT_PERSONAL)
    #: Staff had taken it down when it went together with its author's data.
    taken_down: Mapped[bool] = mapped_column(default=False, server_default=false(), info=NOT_PERSONAL)
    if TYPE_CHECKING:
        state: Mapped[str]

    @property
    def withheld(self) -> bool:
        """Say whether it counts among what staff keeps from being read: its author's leaving is not why."""
        return self.state in WITHHELD or bool(self.taken_down)


#: The shop's total that votes on each kind of subject add up to, whose spread is the usual one of that kind.
TOTALS = {"product": "reviews", "family": "reviews", "seller": "ratings"}

#: A row of totals: mapped where it may be changed, plain where it is only read.
Totals: TypeAlias = Subject | Row[Any]
#: What a page reads from: plain tables are all it needs.
Reader: TypeAlias = Session | Connection


def stars_in_range(name: str) -> object:
    """Return the check constraint that holds stars between 1 and 5."""
    return check(name, "stars BETWEEN 1 AND 5")
