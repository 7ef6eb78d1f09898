"""Who found which review helpful."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ...db import Base, BigId, Key, Moment, unique
from ...inventory import personal

_VOTE = personal("vote", "one_voice", "legitimate-interest", "until_withdrawn", "nobody", "person")
_VISITOR = personal("vote", "one_voice", "legitimate-interest", "visitor_vote", "nobody", "person")


class HelpfulVote(Base):
    """One reader's word that a review helped: of somebody who is signed in, or of a browser that keeps our cookie."""

    __tablename__ = "trust_vote"
    __table_args__ = (
        unique("trust_vote_person", "review_id", "person_id"),
        unique("trust_vote_visitor", "review_id", "visitor"),
        Index(conv("trust_vote_of_person"), "person_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # No foreign key where an index of ours begins with it: MariaDB would not let a migration drop that index.
    review_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int | None] = mapped_column(BigId, info=_VOTE)
    #: A keyed hash of the random token in the cookie.
    visitor: Mapped[str | None] = mapped_column(Key(64), info=_VISITOR)
    at: Mapped[datetime] = mapped_column(Moment, info=_VOTE)
