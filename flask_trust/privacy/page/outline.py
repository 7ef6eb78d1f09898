"""What the page says under which condition, in its order; the words stand in `texts/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a topic; said only where all of `needs` hold, "!x" where x does not; `listed` ones are points."""

    key: str
    needs: tuple[str, ...] = ()
    listed: bool = False

    def holds(self, flags: frozenset[str]) -> bool:
        """Say whether this is so for an installation with these flags."""
        return all((need[1:] not in flags) if need.startswith("!") else (need in flags) for need in self.needs)


def _say(key: str, *needs: str) -> Piece:
    return Piece(key, needs)


def _point(key: str, *needs: str) -> Piece:
    return Piece(key, needs, listed=True)


#: The first layer: label and what is said beside it.
SHORT: Sequence[tuple[str, Sequence[Piece]]] = (
    ("who", (_say("who_policy", "whole"), _say("who_notice", "!whole"))),
    ("why", (_say("why_policy", "whole"), _say("why_notice", "!whole"))),
    ("public", (_say("public_says"),)),
    ("choice", (_say("choice_says"), _say("choice_mails", "mails"))),
    ("ask", (_say("ask_says", "contact"),)),
)

#: The second layer: one question each, in the order in which people ask.
TOPICS: Mapping[str, Sequence[Piece]] = {
    "who": (
        _say("shop"),
        _say("address", "address"),
        _say("email", "email"),
        _say("phone", "phone"),
        _say("head", "head"),
        _say("officer", "officer"),
        _say("agents", "agents"),
        _say("notice", "!whole"),
    ),
    "know": (
        _point("order"),
        _point("wrote"),
        _point("asked"),
        _say("code"),
    ),
    "own": (_say("lead", "own"),),
    "public": (
        _say("review"),
        _say("name"),
        _say("change"),
        _say("rating", "rated"),
        _say("both", "both"),
        _say("buyer", "both"),
        _say("reward", "rewards"),
    ),
    "address": (_say("reader"), _say("seller", "sellers"), _say("mail", "mails"), _say("report")),
    "mails": (
        _say("ask", "mails"),
        _say("remind", "mails", "remind"),
        _say("once", "mails", "!remind"),
        _say("news", "mails"),
        _say("stop", "mails"),
        _say("consent", "mails", "asking-by-consent"),
        _say("customers", "mails", "asking-by-customers"),
        _say("off", "!mails"),
    ),
    "keep": (
        _point("until_withdrawn", "keep-until_withdrawn"),
        _point("until_changed", "keep-until_changed"),
        _point("until_closed", "keep-until_closed"),
        _point("order", "keep-order"),
        _point("mail", "keep-mail"),
        _point("note", "keep-note"),
        _point("contact", "keep-contact"),
        _point("for_ever", "keep-for_ever"),
        _point("journal", "keep-journal"),
        _point("rest"),
    ),
    "remove": (
        _say("link"),
        _say("mine", "page"),
        _say("write", "contact"),
        _say("rating", "rated"),
        _say("gone"),
        _say("other"),
    ),
    "rights": (
        _say("all"),
        _say("page", "page"),
        _say("ask", "contact"),
        _say("take_back", "basis-of-consent"),
    ),
    "object": (_say("yes"),),
    "complain": (_say("here", "authorities"), _say("anywhere", "!authorities")),
    "must": (_say("no"), _say("order", "own")),
    "machine": (_say("no", "!told-automated"),),
    "others": (
        _point("nobody"),
        _point("server", "mails"),
        _point("sellers", "sellers"),
        _point("list", "others"),
        _say("abroad", "abroad"),
        _say("home", "none-transfers"),
    ),
    "cookies": (_say("read"), _say("vote"), _say("shop", "own_cookies")),
    "safe": (_say("codes", "!told-security"),),
    "children": (_say("none", "none-children"),),
    "sale": (_say("none", "none-sale"),),
    "change": (_say("yes"),),
}

#: What the shop itself says on a topic, by the names of its file; it follows what we say.
STATEMENTS: Mapping[str, str] = {
    "know": "sensitive",
    "remove": "deletion",
    "rights": "rights",
    "machine": "automated",
    "safe": "security",
    "children": "children",
    "sale": "sale",
}
STATED = tuple(STATEMENTS.values())

#: Purposes and kinds of data that are there only where a condition holds; all others are everywhere.
ONLY_WITH: Mapping[str, str] = {
    "rating": "rated",
    "note": "rated",
    "buyer_rating": "both",
    "show_rating": "rated",
    "pass_note": "rated",
    "take_turns": "both",
    "tell_sellers": "both",
}
