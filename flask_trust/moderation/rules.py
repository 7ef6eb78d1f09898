"""For which reasons something is taken down, and which step may follow which: pure rules that know no stars.

No function here takes stars, and none can: what a review is worth to the shop is no reason (docs/moderation.md).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

from ..verdicts.rules import WITHHELD

#: The only reasons there are: personal data, against a law, threats or hate, confidential, unrelated, not by the buyer,
#: reward or tie not told, advertising. That a review is bad, or that somebody disagrees with it, is none.
Ground = Literal["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"]
GROUNDS: tuple[Ground, ...] = get_args(Ground)
#: Against a law, so that the law has to be named; all others are against the rules of these reviews.
ILLEGAL: Ground = "G2"
MADE_UP: Ground = "G6"
#: Reported for abuse of children: nobody has to give a name (DSA Art. 16(2)(c)).
CHILD_ABUSE = "child"
#: What can be chosen when reporting.
REPORTABLE: tuple[str, ...] = (*GROUNDS, CHILD_ABUSE)

#: What is no reason against a reply, above which stands that it is the seller's or the shop's.
NOT_OF_REPLIES = ("G7",)

#: Reasons that lie in who wrote something and not in the words: somebody else may say the same.
ABOUT_AUTHORS = (MADE_UP, "G7")

APPEAL_WITHIN = timedelta(days=183)
#: Contacts of those who reported go so long after the case was closed.
KEEP_CONTACTS = timedelta(days=183)
#: A report is to be decided so soon.
DECIDE_WITHIN = timedelta(days=7)

EXPLANATION_LENGTH = 2000
FACTS_LENGTH = 5000
LAW_LENGTH = 500
#: Each side may write so often in one case.
MOST_WORDS = 5

PAGE = 50

Step = Literal["keep", "hide", "remove", "restore"]
Side = Literal["author", "reporter"]
Phase = Literal["open", "appealed", "closed"]

#: The state of the content after each step.
BECOMES = {"keep": "shown", "hide": "hidden", "remove": "removed", "restore": "shown"}
#: From which states of the content each step is possible.
_FROM = {
    "keep": ("shown",),
    "hide": ("shown",),
    "remove": ("shown", "hidden", "removed"),
    "restore": WITHHELD,
}


def ground_for(reported: str) -> Ground:
    """Return the reason under which a report is looked at."""
    return next((ground for ground in GROUNDS if ground == reported), ILLEGAL)


def that_hold(choices: tuple[str, ...], *, reply: bool) -> tuple[str, ...]:
    """Return which of these reasons there are against a reply, or against what a buyer wrote."""
    return tuple(each for each in choices if not (reply and each in NOT_OF_REPLIES))


def may_follow(step: Step, state: str, phase: Phase) -> bool:
    """Say whether staff can take a step: by the state of the words and of the case, and by nothing else.

    Keeping, and removing what is removed, answer a report or an appeal, so they need one that waits.
    """
    if state not in _FROM[step]:
        return False
    return phase != "closed" or BECOMES[step] != state


def steps_from(state: str, phase: Phase) -> list[Step]:
    """Return the steps that staff can take now."""
    return [step for step in get_args(Step) if may_follow(step, state, phase)]


def may_decide_own(step: Step, *, reply: bool) -> bool:
    """Say whether staff can take a step about their own words: only that a reply stays.

    Who runs a shop alone would else owe everybody an answer who reports a reply. It is told who decided.
    """
    return reply and step == "keep"


def phase_after(step: Step) -> Phase:
    """Return how the case goes on: hiding is for the time of checking alone."""
    return "open" if step == "hide" else "closed"


def needs_reasons(step: Step) -> bool:
    """Say whether a step takes words away, so that its author has to be told why."""
    return BECOMES[step] in WITHHELD


class Decided(Protocol):
    """The dates and names of a decision, see `models.Decision`."""

    at: datetime
    step: str
    on_appeal: bool


def may_appeal(last: Decided | None, side: Side, phase: Phase, now: datetime) -> bool:
    """Say whether a side can ask for another look at the last decision: within six months, once.

    Authors appeal where words were taken away, reporters where they were not.
    """
    if last is None or last.on_appeal or phase == "appealed" or now > last.at + APPEAL_WITHIN:
        return False
    lost = BECOMES[_step(last.step)] in WITHHELD
    return lost if side == "author" else not lost


def _step(name: str) -> Step:
    return next(step for step in get_args(Step) if step == name)
