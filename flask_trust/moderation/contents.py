"""What a case is about, be it a review, a rating or a reply to one: its words, whose it is, and no stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..ratings.models import Rating, Reply
from ..reviews.models import Review
from ..reviews.replies.models import ReviewReply
from ..verdicts.rules import STANDING, Kind, ReplyKind, VoteKind
from .rules import ABOUT_AUTHORS

#: What buyers write.
MODELS: dict[VoteKind, Any] = {"review": Review, "rating": Rating}
#: What is answered to it; a case about a reply goes under the number of what it answers.
REPLIES: dict[ReplyKind, Any] = {"to_review": ReviewReply, "to_rating": Reply}
ANSWERED: dict[ReplyKind, VoteKind] = {"to_review": "review", "to_rating": "rating"}
#: A reply that was deleted leaves no row behind.
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Content:
    """Words that everybody can read, or could; `about` is the title of the product or seller.

    Of a reply, `id` and `public_id` are those of what it answers, whose words stand in `answered` as long as everybody
    can read them, and `person_id` is whoever wrote the reply (0 where it is gone).
    """

    kind: Kind
    id: int
    public_id: str
    state: str
    shown_at: datetime
    subject_id: int
    subject_key: str
    person_id: int
    order_id: int
    deal_id: int
    about: str
    title: str
    text: str
    lang: str
    #: What it said before, the newest first.
    former: Sequence[str]
    #: In whose name a reply speaks; empty for the shop itself.
    signed: str = ""
    answered: str | None = None

    @property
    def reply(self) -> ReplyKind | None:
        """Return which kind of reply it is, None for what a buyer wrote."""
        return reply_kind(self.kind)

    @property
    def of(self) -> VoteKind:
        """Return what it is, or what it answers."""
        return vote_kind(self.kind)

    @property
    def place(self) -> int:
        """Return where the same words would be the same again: what a reply answers, else what the words are about."""
        return self.subject_id if self.reply is None else self.id

    def place_for(self, ground: str | None) -> int | None:
        """Return the place in which nobody may say words that go for this reason, None where others may."""
        return None if self.reply is None and ground in ABOUT_AUTHORS else self.place

    def public(self, now: datetime) -> bool:
        """Say whether everybody can read it."""
        readable = self.reply is None or self.answered is not None
        return self.state == "shown" and self.shown_at <= now and readable

    def open_to_staff(self, now: datetime) -> bool:
        """Say whether staff may see and decide: never what still waits for the other side."""
        return self.state in STANDING and self.shown_at <= now


def vote_kind(kind: Kind) -> VoteKind:
    """Return a review or rating itself, or what a reply of this kind answers."""
    return "review" if kind in ("review", "to_review") else "rating"


def reply_kind(kind: str) -> ReplyKind | None:
    """Return the kind itself where it is one of a reply."""
    return next((each for each in REPLIES if each == kind), None)


def number_in(reply: Any) -> Any:
    """Return the column of a table of replies that holds the number of what is answered."""
    return reply.review_id if reply is ReviewReply else reply.rating_id


def words_of(row: Any) -> str:
    """Return all words of a review, rating or reply that others can read."""
    return f"{getattr(row, 'title', '')} {row.text}".strip()


def author_of(row: Any) -> int:
    """Return our number of who wrote it."""
    return int(row.author_id or 0) if isinstance(row, (ReviewReply, Reply)) else int(row.person_id)


def public_since(row: Any) -> datetime:
    """Return from when on everybody could read it."""
    moment: datetime = row.at if isinstance(row, (ReviewReply, Reply)) else row.shown_at
    return moment


def is_deleted(row: Any) -> bool:
    """Say whether its words were deleted when nobody could object any more, so that there is nothing to put back."""
    return row.text == "" if isinstance(row, (ReviewReply, Reply)) else row.nonce is None
