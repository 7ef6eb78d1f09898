"""The words of reasons and decisions, the same whatever was said with how many stars."""

from __future__ import annotations

from ..i18n import _
from ..text import plain
from .contents import GONE, Content
from .rules import CHILD_ABUSE, GROUNDS, MADE_UP, REPORTABLE, that_hold


def kind_name(kind: str) -> str:
    """Return what something is, as lists and the log say it."""
    names = {
        "review": _("Review"),
        "rating": _("Rating"),
        "to_review": _("A reply to a review"),
        "to_rating": _("A reply to a rating"),
    }
    return names[kind]


def case_title(kind: str, about: str) -> str:
    """Return what a case is called: by what was bought or who sold it, or as the reply to something about that."""
    if kind == "to_review":
        return _("Reply to a review of %(about)s", about=about)
    return _("Reply to a rating of %(about)s", about=about) if kind == "to_rating" else about


def about(content: Content) -> str:
    """Return the sentence in a mail that says what it is about: a product or a seller, or a reply."""
    name = plain(content.about)
    if content.kind == "to_review":
        return _("It is about the reply to a review of %(about)s.", about=name)
    if content.kind == "to_rating":
        return _("It is about the reply to a rating of %(about)s.", about=name)
    return _("It is about %(about)s.", about=name)


def decided_alone() -> str:
    """Return what is said where somebody decided about a reply of their own."""
    return _("The person who decided has written the reply, too.")


def ground_name(ground: str | None, *, reply: bool = False) -> str:
    """Return a reason in a few plain words; of what a buyer wrote, or of a reply."""
    if reply and ground == MADE_UP:
        return _("Made up")
    names = {
        "G1": _("Personal data of somebody"),
        "G2": _("Against the law"),
        "G3": _("Threats, hate or sexual content"),
        "G4": _("Confidential information"),
        "G5": _("Not about what was bought"),
        "G6": _("Made up, or not by the buyer"),
        "G7": _("Undisclosed reward, or work for the seller"),
        "G8": _("Advertising"),
        CHILD_ABUSE: _("Sexual abuse of children"),
    }
    return names.get(ground or "", "")


def ground_explanation(ground: str | None, *, reply: bool = False) -> str:
    """Return what a reason means, in a sentence; of what a buyer wrote, or of a reply."""
    if reply and ground == MADE_UP:
        return _("It was shown that it is invented.")
    texts = {
        "G1": _("It shows the name, address, phone number or picture of a person who has not made it public."),
        "G2": _("It breaks a law, and its author is told which."),
        "G3": _("It threatens or insults people, spreads hate, or is obscene."),
        "G4": _("It gives away a password, a business secret or something said in confidence."),
        "G5": _("It says nothing about the goods, the order, or the seller."),
        "G6": _("It has been shown to be invented, or not to be by the one who bought."),
        "G7": _("Its writer was rewarded or works for the seller, and does not say so."),
        "G8": _("It advertises something else, or is the same text again and again."),
        CHILD_ABUSE: _("You need not give your name or address to report this."),
    }
    return texts.get(ground or "", "")


def reasons_to_report(*, reply: bool = False) -> list[tuple[str, str, str]]:
    """Return the reasons somebody can report for, each with its name and explanation."""
    return _explained(REPORTABLE, reply=reply)


def reasons_to_decide(*, reply: bool = False) -> list[tuple[str, str, str]]:
    """Return the reasons staff can decide for, each with its name and explanation."""
    return _explained(GROUNDS, reply=reply)


def _explained(choices: tuple[str, ...], *, reply: bool) -> list[tuple[str, str, str]]:
    return [
        (each, ground_name(each, reply=reply), ground_explanation(each, reply=reply))
        for each in that_hold(choices, reply=reply)
    ]


def step_name(step: str) -> str:
    """Return what staff did, as the log and both sides read it."""
    names = {
        "keep": _("Stays as it is"),
        "hide": _("Hidden while we check"),
        "remove": _("Taken down"),
        "restore": _("Shown again"),
    }
    return names[step]


def state_name(state: str) -> str:
    """Return how a review, a rating or a reply stands now."""
    names = {
        "shown": _("Everybody can read it"),
        "hidden": _("Hidden while we check"),
        "removed": _("Taken down"),
        "withdrawn": _("Its author took it back"),
        "erased": _("Erased together with its author's data"),
        GONE: _("Not there any more"),
    }
    return names[state]


def withheld_note(state: str, ground: str | None, *, corrected: bool, reply: bool = False) -> str:
    """Return what its author reads beside words that others cannot read."""
    reason = ground_name(ground, reply=reply)
    if corrected:
        return _("Hidden until the shop's staff has looked at your new words.")
    if state == "hidden":
        return _("Hidden while we check: %(reason)s.", reason=reason)
    return _("Taken down: %(reason)s.", reason=reason)
