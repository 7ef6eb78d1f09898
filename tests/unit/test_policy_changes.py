"""What is different between two versions of the page about privacy, and how it is said."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from flask_trust.i18n import Speech
from flask_trust.privacy.page.changes import sentences
from flask_trust.privacy.page.words import Words, spoken
from flask_trust.privacy.versions.rules import differences

Json = dict[str, Any]


def item(column: str, category: str = "review", purpose: str = "show_review", keep: str = "until_withdrawn") -> Json:
    return {
        "table": "trust_review",
        "column": column,
        "category": category,
        "purpose": purpose,
        "basis": "contract",
        "keep": keep,
        "seen_by": "public",
        "source": "person",
    }


FACTS: Json = {
    "whole": False,
    "who": {"name": {"": "Corner Shop"}, "email": "privacy@shop.example"},
    "how": {
        "mails": True,
        "mail_basis": "customers",
        "ask_after": 7,
        "remind_after": 14,
        "window": 30,
        "sellers": False,
        "rated": True,
        "both": True,
        "rewards": False,
        "page": True,
    },
    "items": [
        item("text"),
        item("title"),
        item("asked_at", "asking", "ask_rarely", "order"),
        item("sent_at", "mail_record", "send_mail", "mail"),
    ],
    "keeps": {"until_withdrawn": None, "order": 730, "mail": 730},
    "cookies": [{"name": "trust_visitor", "days": 365}],
    "recipients": ["mail_server"],
    "own": [{"what": {"en": "your orders", "ja": "ご注文"}, "keep": {"": "six years"}, "why": {"": "to send them"}}],
    "own_cookies": [{"name": "session", "keep": {"": "a day"}}],
    "others": [{"name": {"": "Harbour Pay"}, "does": {"": "takes payments"}}],
    "abroad": [],
    "statements": {"security": {"en": "Encrypted."}},
    "none": ["sale"],
}


def told(change: Callable[[Json], object], language: str = "en") -> list[str]:
    """Return in words what a change of the facts comes to."""
    new = copy.deepcopy(FACTS)
    change(new)
    return sentences(differences(FACTS, new), Words(Speech(language, "UTC")))


def set_in(*path: str | int, to: object) -> Callable[[Json], None]:
    def change(facts: Any) -> None:
        for step in path[:-1]:
            facts = facts[step]
        facts[path[-1]] = to

    return change


def both(*changes: Callable[[Json], object]) -> Callable[[Json], None]:
    def change(facts: Json) -> None:
        for each in changes:
            each(facts)

    return change


def add(key: str, value: object) -> Callable[[Json], None]:
    return lambda facts: facts[key].append(value)


def drop(key: str, place: int) -> Callable[[Json], object]:
    return lambda facts: facts[key].pop(place)


CASES: list[tuple[str, Callable[[Json], object], list[str]]] = [
    (
        "a new kind of data",
        add("items", item("lens", "vote", "one_voice")),
        ["We now keep this, too: what you found helpful."],
    ),
    ("a kind of data less", drop("items", 2), ["We no longer keep this: when you were asked for a review."]),
    ("a new column", add("items", item("photo")), ["We now keep one more detail here: your reviews."]),
    ("a column less", drop("items", 1), ["We now keep one detail less here: your reviews."]),
    (
        "a new purpose",
        set_in("items", 1, "purpose", to="show_name"),
        [
            "We now use this for one more thing: your reviews. It is: show the name you chose beside your reviews.",
        ],
    ),
    (
        "a longer time",
        set_in("keeps", "mail", to=1095),
        ["We now keep this for 3 years instead of 2 years: which emails went to you, and when."],
    ),
    (
        "a shorter time",
        set_in("keeps", "order", to=183),
        ["We now keep this for 6 months instead of 2 years: when you were asked for a review."],
    ),
    (
        "two kinds that are kept longer alike",
        both(set_in("keeps", "mail", to=1095), set_in("keeps", "order", to=1095)),
        [
            "We now keep this for 3 years instead of 2 years: when you were asked for a review; which emails went to "
            "you, and when.",
        ],
    ),
    (
        "another rule of keeping",
        set_in("items", 3, "keep", to="until_withdrawn"),
        [
            "We now keep this for another time: which emails went to you, and when. It was: 2 years after the "
            "email was sent or given up. Now: until you delete it, or have your data erased."
        ],
    ),
    (
        "other readers",
        set_in("items", 3, "seen_by", to="sellers"),
        ["It has changed who can see this: which emails went to you, and when. Now: you and the sellers of this shop."],
    ),
    (
        "another basis",
        set_in("items", 3, "basis", to="consent"),
        [
            "Our legal reason has changed for this: which emails went to you, and when. Now: you said yes (consent, "
            "GDPR Art. 6(1)(a)).",
        ],
    ),
    (
        "another source",
        set_in("items", 3, "source", to="shop"),
        ["This now comes from another place: which emails went to you, and when. Now: your order."],
    ),
    (
        "rewards",
        set_in("how", "rewards", to=True),
        ["Some reviews are now written for a reward. Each of them says so."],
    ),
    ("no mails", set_in("how", "mails", to=False), ["We no longer send emails about reviews."]),
    ("no reminder", set_in("how", "remind_after", to=None), ["We no longer ask a second time."]),
    (
        "a later reminder",
        set_in("how", "remind_after", to=21),
        ["We now ask again 21 days after your order has come, instead of 14."],
    ),
    (
        "asking later",
        set_in("how", "ask_after", to=10),
        ["We now ask 10 days after your order has come, instead of 7."],
    ),
    (
        "a longer window",
        set_in("how", "window", to=45),
        ["Buyer and seller now have 45 days to rate each other, instead of 30."],
    ),
    (
        "a window nobody uses",
        both(set_in("how", "both", to=False), set_in("how", "window", to=45)),
        ["Sellers no longer rate buyers."],
    ),
    ("more sellers", set_in("how", "sellers", to=True), ["Several sellers now sell here."]),
    ("no ratings", set_in("how", "rated", to=False), ["Buyers no longer rate sellers."]),
    (
        "another reason to mail",
        set_in("how", "mail_basis", to="consent"),
        ["Our legal reason for asking by email has changed."],
    ),
    ("a new cookie", add("own_cookies", {"name": "ads", "keep": {"": "a year"}}), ["We now set one more cookie: ads."]),
    ("a cookie less", drop("own_cookies", 0), ["We no longer set this cookie: session."]),
    (
        "a cookie that stays longer",
        set_in("cookies", 0, "days", to=730),
        ["The cookie trust_visitor now stays for 2 years instead of 1 year."],
    ),
    (
        "somebody else who gets data",
        add("others", {"name": {"": "Ad House"}, "does": {"": "counts"}}),
        ["One more now gets data: Ad House."],
    ),
    ("nobody else any more", drop("others", 0), ["This one no longer gets data: Harbour Pay."]),
    ("a mail service less", drop("recipients", 0), ["This one no longer gets data: our mail service."]),
    (
        "another task",
        set_in("others", 0, "does", to={"": "sells ads"}),
        ["What we say about this one has changed: Harbour Pay."],
    ),
    ("the shop's own data", drop("own", 0), ["We no longer keep this: your orders."]),
    (
        "the shop keeps longer",
        set_in("own", 0, "keep", to={"": "ten years"}),
        ["We now keep this for another time: your orders. It was: six years. Now: ten years."],
    ),
    ("the whole policy", set_in("whole", to=True), ["This page is now the privacy policy of the whole shop."]),
    (
        "somebody else is responsible",
        set_in("who", "email", to="data@shop.example"),
        ["The words on who looks after your data have changed."],
    ),
    (
        "another statement",
        set_in("statements", "security", to={"en": "Locked."}),
        ["The shop has changed what it says on this: how data are kept safe."],
    ),
    ("something that has no words", set_in("none", to=[]), ["Some details have changed. The tables have them all."]),
    ("nothing", lambda facts: None, []),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_change_of_the_facts_is_said_in_words(change: Callable[[Json], object], words: list[str]) -> None:
    assert told(change) == words


@pytest.mark.parametrize("language", spoken())
@pytest.mark.parametrize("change", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_every_change_has_words_in_every_language(change: Callable[[Json], object], language: str) -> None:
    said = told(change, language)
    assert len(said) == len(told(change))
    assert not [each for each in said if "{" in each or "}" in each]
    if language != "en":
        assert not set(said) & set(told(change))


def test_what_the_shop_calls_its_data_is_said_in_the_readers_language() -> None:
    assert told(drop("own", 0), "ja") == ["次のものを持たなくなりました。ご注文。"]


def test_several_changes_are_told_each_and_data_come_first() -> None:
    change = both(set_in("how", "rewards", to=True), add("items", item("photo")), set_in("keeps", "mail", to=1095))
    assert [words.split(":")[0] for words in told(change)] == [
        "We now keep one more detail here",
        "We now keep this for 3 years instead of 2 years",
        "Some reviews are now written for a reward. Each of them says so.",
    ]
