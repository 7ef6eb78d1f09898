"""What authors get in hand about their own words, and the check of what is stored now against it.

A receipt is random bytes (the nonce) and the SHA-256 over them and the words. The journal keeps only the hash, so
whoever changes a stored word behind the code's back can make the words fit neither the journal nor the author's mail.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast, get_args

from sqlalchemy.orm import Session

from .. import links
from ..journal.actions import canonical, commitment
from ..journal.models import Entry
from ..journal.queries import history
from ..reviews import actions as reviews
from ..reviews.models import Review
from ..verdicts.rules import STANDING, WITHHELD
from ..web.urls import public_url
from . import actions
from .models import BuyerRating, Rating
from .queries import former_of

Kind = Literal["review", "rating", "buyer_rating"]
Thing = Review | Rating | BuyerRating

MODELS: dict[Kind, type[Review] | type[Rating] | type[BuyerRating]] = {
    "review": Review,
    "rating": Rating,
    "buyer_rating": BuyerRating,
}


def kind_of(thing: Thing) -> Kind:
    """Return the word for what an author has written, as the journal knows it."""
    return next(kind for kind, model in MODELS.items() if isinstance(thing, model))


def content_of(thing: Thing) -> dict[str, Any]:
    """Return what the hash of a review, a rating or answers about a buyer is made from."""
    match thing:
        case Review():
            return reviews.content_of(thing)
        case Rating():
            return actions.content_of(thing)
        case BuyerRating():
            return actions.buyer_content_of(thing)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof of one thing's present words: random bytes in hex, the hash, and where and how to check it."""

    nonce: str
    digest: str
    check_url: str
    command: str


def receipt_for(thing: Thing) -> Receipt:
    """Return the proof of what stands; the thing must not be taken back or erased."""
    assert thing.nonce is not None
    kind, content = kind_of(thing), content_of(thing)
    digest = commitment(thing.nonce, content)
    url = public_url("receipt", token=links.sign("receipt", thing.id, extra=f"{kind}:{digest}"))
    return Receipt(thing.nonce, digest, url, command_for(thing.nonce, canonical(content)))


def command_for(nonce: str, content: str) -> str:
    """Return one line for bash or zsh that prints the hash without any code of ours."""
    # Older Macs know the same program by another name.
    hash_it = "(sha256sum 2>/dev/null || shasum -a 256)"
    return f"(printf \"$(echo {nonce} | sed 's/../\\\\x&/g')\"; printf %s {shlex.quote(content)}) | {hash_it}"


Outcome = Literal["same", "withheld", "deleted", "changed", "withdrawn", "erased", "altered"]

#: Events of the journal about words whose time was up, and of which the place is: what stands, or what stood before.
NOTE_GONE, WORDS_GONE = "note_gone", "words_gone"
NOW, FORMER = "now", "former"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check says: `at` is when that happened, `digest` the receipt's hash, `stored` that of what is there."""

    kind: Kind
    outcome: Outcome
    digest: str
    stored: str | None
    written_at: datetime | None
    at: datetime | None
    #: The private note that belonged to it is not kept any more.
    without_note: bool = False


def claim_of(opened: links.Opened) -> tuple[Kind, str] | None:
    """Return kind and hash that a link carries, or None where it is not one of ours."""
    kind, _, digest = opened.extra.partition(":")
    return next(((each, digest) for each in get_args(Kind) if each == kind), None)


def check(session: Session, kind: Kind, number: int, digest: str) -> Finding:
    """Compare a receipt with what is stored now and with the journal."""
    thing = cast("Thing | None", session.get(MODELS[kind], number))
    entries = history(session, kind, number)
    stored = digest_of(thing)
    mine = next((entry for entry in reversed(entries) if entry.commitment == digest), None)
    outcome = judge(thing.state if thing else None, stored, digest, entries)
    intact = outcome in ("same", "withheld", "changed")
    if intact and isinstance(thing, Rating) and not _former_stands(session, thing, entries):
        outcome = "altered"
    # Replies and the opening are in the journal too, and change no words.
    ends = ("withdrawn", "erased", WORDS_GONE)
    own = [entry for entry in entries if _is_written(entry) or (entry.event in ends and entry.state_from != FORMER)]
    last = own[-1].at if own and outcome != "altered" else None
    return Finding(kind, outcome, digest, stored, mine.at if mine else None, last, digest in standing(entries)[1])


def _former_stands(session: Session, rating: Rating, entries: Sequence[Entry]) -> bool:
    """Say whether readers see beside a rating the very words that its author has revised, and no others."""
    former = former_of(session, rating.id)
    if any((entry.event, entry.state_from) == (WORDS_GONE, FORMER) for entry in entries):
        return not any(each.text or each.note for each in former)
    kept = [commitment(each.nonce, actions.former_content_of(rating, each)) if each.nonce else None for each in former]
    written = [entry for entry in entries if _is_written(entry)]
    # Either of the two is enough, so that nobody hides a revision by emptying the other.
    revised = rating.revised_at is not None or written[-1].at > rating.shown_at
    return kept == (standing(entries)[0][-2:-1] if revised else [])


def _is_written(entry: Entry) -> bool:
    """Say whether the author wrote something then."""
    return entry.commitment is not None and entry.event != NOTE_GONE


def standing(entries: Sequence[Entry]) -> tuple[list[str], dict[str, str]]:
    """Return the hashes of what was written, each as it should be now, and those that became others without a note."""
    hashes: list[str] = []
    became: dict[str, str] = {}
    for entry in entries:
        if entry.commitment is None:
            continue
        place = len(hashes) - (2 if entry.state_from == FORMER else 1)
        if entry.event != NOTE_GONE:
            hashes.append(entry.commitment)
        elif place >= 0:
            became[hashes[place]] = hashes[place] = entry.commitment
    return hashes, became


def digest_of(thing: Thing | None) -> str | None:
    """Return the hash of what is stored now, None where no words are or the code would show them to nobody."""
    if thing is None or thing.state not in STANDING or thing.nonce is None:
        return None
    if thing.live != (thing.state == "shown"):
        return None
    return commitment(thing.nonce, content_of(thing))


def judge(state: str | None, stored: str | None, digest: str, entries: Sequence[Entry]) -> Outcome:
    """Say how a receipt, the stored words and the journal fit together.

    Whatever no entry of the journal accounts for was done behind the code's back.
    """
    written, (hashes, became) = [entry for entry in entries if _is_written(entry)], standing(entries)
    if not any(entry.commitment == digest for entry in entries):
        return "altered"
    gone = next((entry for entry in reversed(entries) if (entry.event, entry.state_from) == (WORDS_GONE, NOW)), None)
    if gone is not None and gone.id > written[-1].id and state in WITHHELD:
        return "deleted" if stored is None and _is_withheld(entries) else "altered"
    emptied = next((entry for entry in reversed(entries) if entry.event in ("withdrawn", "erased")), None)
    if emptied is not None and emptied.id > written[-1].id:
        return "altered" if state != emptied.event else "erased" if state == "erased" else "withdrawn"
    if state not in STANDING or stored != hashes[-1] or (state in WITHHELD) != _is_withheld(entries):
        return "altered"
    if stored != became.get(digest, digest):
        return "changed"
    return "withheld" if state in WITHHELD else "same"


def _is_withheld(entries: Sequence[Entry]) -> bool:
    """Say whether staff has taken the words down, by what the journal says."""
    decided = [entry.event for entry in entries if entry.event in ("hidden", "removed", "restored")]
    return bool(decided) and decided[-1] != "restored"
