"""What a decision of the shop's staff means for later words: pure rules that know no stars."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

VoteKind = Literal["review", "rating"]
#: A reply goes under the number of the review or rating that it answers: written anew, it stands in the same place.
ReplyKind = Literal["to_review", "to_rating"]
Kind = VoteKind | ReplyKind
REPLY_KINDS: tuple[ReplyKind, ...] = get_args(ReplyKind)

#: Stands in a verdict for an author who was erased; no person has this number.
NOBODY = 0

#: Letters and digits from which on words stay down when their author is erased.
TELLING = 10

#: States in which the words are kept and nobody but their author and the shop's staff can read them.
WITHHELD = ("hidden", "removed")
#: States in which there are words.
STANDING = ("shown", *WITHHELD)


def normalised(words: str) -> str:
    """Return words as two spellings of one text meet: letters and digits alone, or all signs where there are none.

    Digits are those of any script. Letters that look like others stay what they are.
    """
    folded = "".join(map(_digit, unicodedata.normalize("NFKC", words).casefold()))
    return "".join(sign for sign in folded if sign.isalnum()) or "".join(folded.split())


def _digit(sign: str) -> str:
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign


def are_telling(words: str) -> bool:
    """Say whether words are of one author's own making: "Good" is what anybody may say."""
    return len(normalised(words)) >= TELLING


def digest_of(nonce: str, words: str) -> str:
    """Return the hash under which a text is known again without keeping it."""
    return hashlib.sha256(bytes.fromhex(nonce) + normalised(words).encode()).hexdigest()


class Forbidden(Exception):
    """Some words say what the shop's staff has taken down before; `keys` are the lines or deals they are about."""

    def __init__(self, kind: Kind, keys: Iterable[int]) -> None:
        self.kind, self.keys = kind, frozenset(keys)
        super().__init__(kind, self.keys)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What stands against one author: hashes of texts as (nonce, digest), and what is withheld as (kind, number).

    `marks` are those of words that stay down in their place, whoever says them.
    """

    texts: frozenset[tuple[str, str]]
    withheld: frozenset[tuple[str, int]]
    marks: frozenset[str] = frozenset()

    def forbids(self, words: str, marks: Collection[str] = ()) -> bool:
        """Say whether these words were taken down before, wherever they stood, or here by an author who is erased."""
        if not self.marks.isdisjoint(marks):
            return True
        return bool(normalised(words)) and any(digest_of(nonce, words) == digest for nonce, digest in self.texts)

    def stands_against(self, kind: Kind, number: int | None) -> bool:
        """Say whether whatever is written here anew has to be looked at before it can be read."""
        return (kind, number) in self.withheld


#: Of somebody against whom nothing stands.
NONE = Verdicts(frozenset(), frozenset())
