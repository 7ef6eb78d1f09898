"""P1 to P23: what each law wants in a policy, and what is said where it is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import flask_trust.extension  # noqa: F401  every room's tables are known after this
from flask_trust.inventory import Personal
from flask_trust.privacy.catalogue import Entry, entries
from flask_trust.privacy.laws.items import ITEMS
from flask_trust.privacy.laws.missing import missing, missing_in_words
from flask_trust.privacy.laws.names import LAWS
from flask_trust.privacy.shop_part import Contact, Controller, Data, ShopPart, read_shop_part
from flask_trust.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "example_shop/policy.toml"
#: R and C of the table that this was built from: which law wants which item at all.
WANTED = {
    "GDPR": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 20, 23},
    "APPI": {1, 3, 4, 6, 8, 9, 12, 18, 19, 23},
    "PIPA": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23},
    "CCPA": {1, 3, 4, 6, 7, 8, 10, 12, 17, 18, 20, 21, 22, 23},
    "PIPL": {1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 17, 20, 21, 22, 23},
}
FULL = ShopPart(
    laws=LAWS,
    controller=Controller(name={"": "A"}, address={"": "B"}, email="c@d.example", representative={"": "E"}),
    officer=Contact(name={"": "F"}, phone="1"),
    authorities=(Contact(name={"": "G"}),),
    data=(
        Data(
            what={"": "h"}, purpose={"": "i"}, basis="contract", keep={"": "j"}, seen_by={"": "k"}, obligatory={"": "l"}
        ),
    ),
    deletion={"": "m"},
    security={"": "n"},
    effective=read_shop_part(str(EXAMPLE)).effective,
    none=frozenset(
        ("representatives", "cookies", "processors", "transfers", "automated", "children", "sale", "sensitive")
    ),
    given=True,
)


def codes(part: ShopPart) -> list[str]:
    return [each.code for each in missing(entries(), part, Settings())]


def test_each_law_wants_the_items_of_the_table() -> None:
    found = {law: {int(item.code[1:]) for item in ITEMS if law in item.articles} for law in LAWS}
    assert found == {**WANTED, "UK GDPR": WANTED["GDPR"]}


def test_every_item_is_there_and_names_an_article_of_each_law() -> None:
    assert {item.code for item in ITEMS} == {f"P{number}" for number in range(1, 24)}
    assert all(article for item in ITEMS for article in item.articles.values())


def test_a_full_policy_misses_nothing_under_any_law() -> None:
    assert missing(entries(), FULL, Settings()) == []


WITHOUT: list[tuple[dict[str, Any], set[str]]] = [
    ({"controller": None}, {"P1", "P12"}),
    ({"controller": Controller(name={"": "A"}, address={"": "B"}, representative={"": "E"})}, {"P1", "P12"}),
    ({"controller": Controller(name={"": "A"}, email="c@d.example", representative={"": "E"})}, {"P1"}),
    ({"officer": None}, {"P3"}),
    ({"officer": Contact(name={"": "F"}, email="c@d.example")}, {"P3"}),
    ({"data": ()}, {"P4", "P5", "P6", "P7", "P10", "P16"}),
    ({"data": (replace(FULL.data[0], basis="legitimate-interest"),)}, {"P5"}),
    ({"data": (replace(FULL.data[0], source="others"),)}, {"P7"}),
    ({"data": (replace(FULL.data[0], obligatory=None),)}, {"P16"}),
    ({"authorities": ()}, {"P15"}),
    ({"deletion": None}, {"P11"}),
    ({"security": None}, {"P19"}),
    ({"effective": None}, {"P22"}),
    ({"none": FULL.none - {"representatives"}}, {"P2"}),
    ({"none": FULL.none - {"processors"}}, {"P8"}),
    ({"none": FULL.none - {"transfers"}}, {"P9"}),
    ({"none": FULL.none - {"automated"}}, {"P17"}),
    ({"none": FULL.none - {"cookies"}}, {"P18"}),
    ({"none": FULL.none - {"children"}}, {"P20"}),
    ({"none": FULL.none - {"sale"}}, {"P21"}),
    ({"none": FULL.none - {"sensitive"}}, {"P21"}),
]


@pytest.mark.parametrize(("change", "told"), WITHOUT)
def test_what_is_left_out_is_named(change: dict[str, Any], told: set[str]) -> None:
    assert set(codes(replace(FULL, **change))) == told


def test_representative_is_wanted_in_japan_and_the_telephone_in_korea() -> None:
    controller = Controller(name={"": "A"}, address={"": "B"}, email="c@d.example")
    found = missing(entries(), replace(FULL, controller=controller), Settings())
    assert [(each.code, each.law, each.article) for each in found] == [("P1", "APPI", "Art. 32(1)(i)")]
    officer = Contact(name={"": "F"}, email="c@d.example")
    found = missing(entries(), replace(FULL, officer=officer), Settings())
    assert [(each.code, each.law, each.article) for each in found] == [("P3", "PIPA", "Art. 30(1)6")]


def test_only_the_laws_that_the_shop_names_are_looked_at() -> None:
    assert {each.law for each in missing(entries(), ShopPart(), Settings())} == {"GDPR", "UK GDPR"}
    assert {each.law for each in missing(entries(), ShopPart(laws=("APPI",)), Settings())} == {"APPI"}


def test_our_own_columns_count_too() -> None:
    wrong = Entry("trust_new", "shoe", "shoe size", Personal("shoe size", "sell", "consent", "a while", "public"))
    found = missing([*entries(), wrong], replace(FULL, laws=("GDPR",)), Settings())
    assert [each.code for each in found] == ["P4", "P6", "P10"]


def test_an_address_of_the_settings_needs_not_be_written_twice() -> None:
    part = replace(FULL, laws=("GDPR",), controller=Controller(name={"": "A"}, email="c@d.example"))
    assert [each.code for each in missing(entries(), part, Settings())] == ["P1"]
    assert missing(entries(), part, Settings(shop_address="1 Market Street")) == []


def test_a_line_says_what_is_missing_the_articles_and_what_to_type() -> None:
    lines = missing_in_words(missing(entries(), replace(FULL, authorities=()), Settings()))
    assert lines == [
        "the authority to complain to (GDPR Art. 13(2)(d); UK GDPR Art. 13(2)(d); PIPA Art. 30, guide of the PIPC): "
        "write one [[authorities]] with name and url or phone."
    ]


def test_policy_of_the_example_shop_is_complete() -> None:
    part = read_shop_part(str(EXAMPLE))
    assert {"GDPR", "APPI"} <= set(part.laws)
    assert missing(entries(), part, Settings()) == []
