"""Declaring what a column holds about people: policy, export, erasure and retention read this, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Basis = Literal["contract", "consent", "legitimate-interest", "legal-duty"]
#: Who can see it: every reader, the seller of the order, all sellers of the shop, the shop's staff, who wrote it.
Audience = Literal["public", "seller", "sellers", "shop", "author", "nobody"]
Source = Literal["shop", "person", "seller", "staff", "made"]

#: What we use data for; a closed list, so that every purpose has words in every language.
PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "know_whose": "know whose row this is",
        "find_orders": "find your orders at the shop",
        "know_guest": "know a guest again without keeping the address",
        "follow_merge": "follow an account that has become part of another",
        "show_name": "show the name you chose beside your reviews",
        "own_page": "show your own page to others",
        "stop_mail": "write no more mails to you",
        "ask_review": "ask you for a review once your parcel has arrived",
        "ask_rarely": "not write to you too often, and say why you were not asked",
        "send_mail": "send each mail once",
        "late_parcel": "tell the seller that your parcel has not arrived",
        "wrong_person": "stop asking the wrong person",
        "show_month": "show the month of your purchase",
        "count_returns": "count why things are sent back",
        "count_stars": "count your stars in a score, and show them",
        "show_review": "show your review to others",
        "show_rating": "show your rating of a seller to others",
        "show_tie": "say openly who works for the seller or got a reward",
        "show_reply": "show your reply to others",
        "show_change": "show what a review said before it was changed",
        "pass_note": "pass your private note on to the seller",
        "take_turns": "let buyer and seller rate each other in turn",
        "tell_sellers": "tell other sellers how an order with you went",
        "one_voice": "count one voice for each reader",
        "stop_floods": "stop floods of forms",
        "decide_reports": "decide about reports",
        "answer_reporter": "tell you what became of your report",
        "give_reasons": "tell the author why, and let the decision be checked",
        "keep_down": "keep words down that were taken down",
        "prove": "prove that nobody changed a word",
        "answer_requests": "answer what you ask about your data",
        "stay_erased": "keep what was erased from coming back",
    }
)

#: Kinds of data, as people would name them; layer 3 of the privacy page has one row for each.
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "account": "our number for you, and the shop's",
        "address_hash": "a code made from your mail address",
        "public_name": "the name you chose",
        "own_page": "your own page",
        "opt_out": "your wish for no more mails",
        "order": "which orders are yours",
        "order_dates": "dates of your orders and parcels",
        "returns": "what you sent back, and why",
        "asking": "when you were asked for a review",
        "mail_record": "which mails went to you, and when",
        "stars": "the stars you gave",
        "review": "your reviews",
        "rating": "your ratings of sellers",
        "note": "your private notes to sellers",
        "buyer_rating": "what sellers say about orders with you",
        "reply": "replies",
        "vote": "what you found helpful",
        "report": "what you reported",
        "report_contact": "your name and address in a report",
        "decision": "decisions about what you wrote",
        "taken_down": "codes made from words that were taken down",
        "flood_count": "how many forms came from one connection or for one mailbox today",
        "journal": "what happened, by numbers",
        "data_request": "what you asked about your data",
        "gone_order": "codes made from the orders of people who were erased",
    }
)


@dataclass(frozen=True, slots=True)
class Keep:
    """A rule of retention: so many days after an event; `days` None means until the event itself happens."""

    key: str
    days: int | None
    starts: str


_RULES = (
    Keep("until_erased", None, "erased"),
    Keep("until_changed", None, "changed"),
    Keep("until_withdrawn", None, "withdrawn"),
    Keep("until_closed", None, "page-closed"),
    # The wish has to be known for as long as mails could be sent, and for every later order of the address.
    Keep("for_ever", None, "never"),
    # What the journal holds are numbers and hashes; erasing what they stand for leaves them meaning nothing.
    Keep("journal", None, "never"),
    Keep("order", 730, "order-done"),
    Keep("mail", 730, "mail-done"),
    Keep("note", 365, "rating-written"),
    Keep("visitor_vote", 365, "voted"),
    Keep("taken_down", 214, "decided"),
    Keep("kept_down", 730, "decided"),
    Keep("case", 730, "case-closed"),
    Keep("contact", 183, "case-closed"),
    Keep("flood", 1, "sent"),
    Keep("data_request", 1095, "request-answered"),
)
#: All rules of retention by their keys; those with days are kept by `flask trust run`.
KEEPS: Mapping[str, Keep] = MappingProxyType({rule.key: rule for rule in _RULES})


@dataclass(frozen=True, slots=True)
class Personal:
    """Why a column holds personal data, on which legal basis, from whom, for how long, and who sees it.

    `category`, `purpose` and `keep` are keys of `CATEGORIES`, `PURPOSES` and `KEEPS`; `basis` names GDPR Art. 6(1)(a),
    (b), (c) or (f). `also` is a further rule of retention, for rows that it speaks of: whichever comes first.
    """

    category: str
    purpose: str
    basis: Basis
    keep: str
    seen_by: Audience
    source: Source = "made"
    also: str | None = None


def personal(
    category: str,
    purpose: str,
    basis: Basis,
    keep: str,
    seen_by: Audience,
    source: Source = "made",
    *,
    also: str | None = None,
) -> dict[str, Any]:
    """Return the `info=` of a column that can hold personal data; raises `KeyError` for a key that is on no list."""
    for given, known in ((category, CATEGORIES), (purpose, PURPOSES), (keep, KEEPS), (also or keep, KEEPS)):
        if given not in known:
            raise KeyError(f"{given!r} is none of {', '.join(known)}")
    return {"privacy": Personal(category, purpose, basis, keep, seen_by, source, also)}


def whose(category: str, keep: str = "until_erased", *, also: str | None = None) -> dict[str, Any]:
    """Return the `info=` of a column that ties its row to a person by our own random number."""
    return personal(category, "know_whose", "legitimate-interest", keep, "nobody", also=also)
