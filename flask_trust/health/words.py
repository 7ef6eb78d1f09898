"""What the check has found, said with a number: whole sentences, because languages order them differently."""

from __future__ import annotations

from ..i18n import ngettext
from ..verdicts.rules import VoteKind


def hidden_words(kind: VoteKind | None, number: int) -> str:
    """Say that something is hidden and no decision accounts for it; `kind` is None for replies."""
    if kind is None:
        return ngettext(
            "%(n)d reply is hidden without a decision: somebody changed the tables by hand.",
            "%(n)d replies are hidden without a decision: somebody changed the tables by hand.",
            number,
        )
    if kind == "review":
        return ngettext(
            "%(n)d review is hidden without a decision: somebody changed the tables by hand.",
            "%(n)d reviews are hidden without a decision: somebody changed the tables by hand.",
            number,
        )
    return ngettext(
        "%(n)d rating is hidden without a decision: somebody changed the tables by hand.",
        "%(n)d ratings are hidden without a decision: somebody changed the tables by hand.",
        number,
    )


def overdue_words(rule: str, number: int) -> str:
    """Say how much is older than a rule of retention allows."""
    what = {
        "mail": ngettext("%(n)d record of mails", "%(n)d records of mails", number),
        "visitor_vote": ngettext("%(n)d helpful vote of visitors", "%(n)d helpful votes of visitors", number),
        "order": ngettext(
            "%(n)d order without a word of its buyer", "%(n)d orders without a word of their buyers", number
        ),
        "case": ngettext("%(n)d closed report with what was said", "%(n)d closed reports with what was said", number),
        "contact": ngettext(
            "%(n)d address of people who reported something", "%(n)d addresses of people who reported something", number
        ),
        "flood": ngettext("%(n)d count of forms", "%(n)d counts of forms", number),
        "note": ngettext("%(n)d rating with a private note", "%(n)d ratings with a private note", number),
        "taken_down": ngettext("%(n)d text that was taken down", "%(n)d texts that were taken down", number),
        "kept_down": ngettext(
            "%(n)d code of words that were taken down", "%(n)d codes of words that were taken down", number
        ),
        "data_request": ngettext("%(n)d answered request about data", "%(n)d answered requests about data", number),
    }
    return ngettext(
        "%(what)s is older than the privacy page promises: does %(command)s run?",
        "%(what)s are older than the privacy page promises: does %(command)s run?",
        number,
        what=what[rule],
        command="'flask trust run'",
    )
