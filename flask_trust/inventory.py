"""Declaring what a column holds about people: policy, export, erasure and retention read this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Basis = Literal["contract", "consent", "legitimate-interest", "legal-duty"]
Audience = Literal["public", "shop", "author", "nobody"]


@dataclass(frozen=True, slots=True)
class Personal:
    """Why a column holds personal data, on which legal basis, from whom, for how long, and who sees it.

    `basis` names GDPR Art. 6(1)(a), (b), (c) or (f); `keep` is a retention rule in words.
    """

    purpose: str
    basis: Basis
    keep: str
    seen_by: Audience
    source: Literal["shop", "person", "made"] = "made"


def personal(
    purpose: str, basis: Basis, keep: str, seen_by: Audience, source: Literal["shop", "person", "made"] = "made"
) -> dict[str, Any]:
    """Return the `info=` of a column that can hold personal data."""
    return {"privacy": Personal(purpose, basis, keep, seen_by, source)}


#: Links a row to a person by our own random number.
WHOSE = personal("know whose row this is", "legitimate-interest", "until the person is erased", "nobody")
