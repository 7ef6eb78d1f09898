"""Which items each law wants in a privacy policy, with its articles, and how to see that a shop has answered them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...i18n import N_
from ...inventory import CATEGORIES, KEEPS, PURPOSES
from .names import Law
from .stated import (
    Met,
    all_data,
    always,
    answered,
    controller,
    declared,
    desk,
    desk_with_phone,
    reachable,
    representative,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item: the article of each law that wants it, and how to see that the shop has answered it.

    `how` is empty where the page says it by itself.
    """

    code: str
    what: str
    how: str
    articles: Mapping[Law, str]
    met: Met


def _both(european: str) -> dict[Law, str]:
    return {"GDPR": european, "UK GDPR": european}


_NONE = 'if there is none, write {} = "none"'
_DATA = "write one [[data]] for each kind with what, purpose, basis, keep and seen_by"

#: P1 to P23. A row may come twice, where one law wants more than another.
ITEMS: tuple[Item, ...] = (
    Item(
        "P1",
        N_("who is responsible, with address and contact"),
        "write [controller] with name, address, and email or phone",
        {**_both("Art. 13(1)(a)"), "PIPA": "Art. 30(1)", "CCPA": "§ 7011(e)", "PIPL": "Art. 17(1)(1)"},
        controller,
    ),
    Item(
        "P1",
        N_("who is responsible, with address, contact and the name of the representative"),
        "write [controller] with name, address, representative, and email or phone",
        {"APPI": "Art. 32(1)(i)"},
        representative,
    ),
    Item(
        "P2",
        N_("a representative where you have no office"),
        "write one [[representatives]] for each region with name and address; " + _NONE.format("representatives"),
        {**_both("Art. 13(1)(a), 27"), "PIPA": "Art. 31-2", "PIPL": "Art. 53"},
        answered("representatives"),
    ),
    Item(
        "P3",
        N_("the officer for privacy"),
        "write [officer] with name and email; " + _NONE.format("officer"),
        {**_both("Art. 13(1)(b)"), "PIPL": "Art. 52"},
        answered("officer"),
    ),
    Item(
        "P3",
        N_("where to complain at your shop"),
        "write [officer] with the name of a person or department, and email, phone or address",
        {"APPI": "Art. 32(1)(iv)", "CCPA": "§ 7011(e)(4)"},
        desk,
    ),
    Item(
        "P3",
        N_("the officer or department for privacy, with a telephone number"),
        "write [officer] with name and phone",
        {"PIPA": "Art. 30(1)6"},
        desk_with_phone,
    ),
    Item(
        "P4",
        N_("what you use data for"),
        _DATA,
        {
            **_both("Art. 13(1)(c)"),
            "APPI": "Art. 21(1), 32(1)(ii)",
            "PIPA": "Art. 30(1)1",
            "CCPA": "§ 1798.130(a)(5)",
            "PIPL": "Art. 17(1)(2)",
        },
        declared("purpose", PURPOSES),
    ),
    Item(
        "P5",
        N_("the legal basis of each purpose, and your interest where that is the basis"),
        'write basis in each [[data]], and interest where it is "legitimate-interest"',
        {**_both("Art. 13(1)(c), (d)"), "PIPA": "Art. 22(3)", "PIPL": "Art. 13"},
        all_data(lambda each: each.basis != "legitimate-interest" or each.interest),
    ),
    Item(
        "P6",
        N_("which kinds of data you hold"),
        _DATA,
        {
            **_both("Art. 14(1)(d)"),
            "APPI": "Art. 32(1)",
            "PIPA": "Decree Art. 31(1)1",
            "CCPA": "§ 1798.110(c)",
            "PIPL": "Art. 17(1)(2)",
        },
        declared("category", CATEGORIES),
    ),
    Item(
        "P7",
        N_("where data come from that people did not give themselves"),
        'write origin in each [[data]] with source = "others"',
        {**_both("Art. 14(2)(f)"), "PIPA": "Art. 20", "CCPA": "§ 1798.110(c)(2)"},
        all_data(lambda each: each.source != "others" or each.origin),
    ),
    Item(
        "P8",
        N_("who else gets data: payment, hosting, parcels, analytics"),
        "write one [[processors]] for each with name and does; " + _NONE.format("processors"),
        {
            **_both("Art. 13(1)(e)"),
            "APPI": "Art. 27",
            "PIPA": "Art. 30(1)3, 4",
            "CCPA": "§ 1798.110(c)(4)",
            "PIPL": "Art. 23",
        },
        answered("processors"),
    ),
    Item(
        "P9",
        N_("data that leave the country, and what protects them there"),
        "write one [[transfers]] for each with to, country and safeguard; " + _NONE.format("transfers"),
        {**_both("Art. 13(1)(f)"), "APPI": "Art. 28", "PIPA": "Art. 28-8", "PIPL": "Art. 39"},
        answered("transfers"),
    ),
    Item(
        "P10",
        N_("how long you keep each kind of data"),
        _DATA,
        {**_both("Art. 13(2)(a)"), "PIPA": "Art. 30(1)2", "CCPA": "§ 1798.100(a)(3)", "PIPL": "Art. 17(1)(2)"},
        declared("keep", KEEPS),
    ),
    Item(
        "P11",
        N_("how data are destroyed when their time is up"),
        "write deletion",
        {"PIPA": "Art. 30(1)3-2"},
        answered("deletion"),
    ),
    Item(
        "P12",
        N_("how people use their rights towards the whole shop"),
        "write [controller] with email or phone; rights, if there is more to say",
        {
            **_both("Art. 13(2)(b)"),
            "APPI": "Art. 32(1)(iii)",
            "PIPA": "Art. 30(1)5",
            "CCPA": "§ 1798.130(a)(5)(A)",
            "PIPL": "Art. 17(1)(3)",
        },
        reachable,
    ),
    Item("P13", "the right to object, set apart", "", _both("Art. 21(4)"), always),
    Item(
        "P14",
        N_("that consent can be taken back"),
        "",
        {**_both("Art. 13(2)(c)"), "PIPA": "Art. 37", "PIPL": "Art. 15"},
        always,
    ),
    Item(
        "P15",
        N_("the authority to complain to"),
        "write one [[authorities]] with name and url or phone",
        {**_both("Art. 13(2)(d)"), "PIPA": "Art. 30, guide of the PIPC"},
        answered("authorities"),
    ),
    Item(
        "P16",
        N_("whether data have to be given, and what happens otherwise"),
        "write obligatory in each [[data]]",
        {**_both("Art. 13(2)(e)"), "PIPA": "Art. 15(2)4"},
        all_data(lambda each: each.obligatory),
    ),
    Item(
        "P17",
        N_("decisions made by a machine alone"),
        "write automated; " + _NONE.format("automated"),
        {**_both("Art. 13(2)(f)"), "PIPA": "Art. 37-2", "CCPA": "§ 1798.185(a)(16)", "PIPL": "Art. 24"},
        answered("automated"),
    ),
    Item(
        "P18",
        N_("cookies of your shop and how to refuse them"),
        "write one [[cookies]] for each with name, purpose and keep; " + _NONE.format("cookies"),
        {
            **_both("Art. 13(1)(c), ePrivacy Art. 5(3)"),
            "APPI": "Art. 31",
            "PIPA": "Art. 30(1)7",
            "CCPA": "§ 7025",
        },
        answered("cookies"),
    ),
    Item(
        "P19",
        N_("how you protect data"),
        "write security",
        {"APPI": "Art. 32(1)(iv), Order Art. 10", "PIPA": "Decree Art. 31(1)3"},
        answered("security"),
    ),
    Item(
        "P20",
        N_("data of children"),
        "write children; " + _NONE.format("children"),
        {**_both("Art. 8"), "PIPA": "Art. 22-2", "CCPA": "§ 1798.120(c)", "PIPL": "Art. 31"},
        answered("children"),
    ),
    Item(
        "P21",
        N_("whether you sell or share data"),
        "write sale; " + _NONE.format("sale"),
        {"CCPA": "§ 1798.120, § 1798.130(a)(5)(C)"},
        answered("sale"),
    ),
    Item(
        "P21",
        N_("sensitive data, and how to keep them from becoming public"),
        "write sensitive; " + _NONE.format("sensitive"),
        {"PIPA": "Art. 23(3)", "CCPA": "§ 1798.121", "PIPL": "Art. 30"},
        answered("sensitive"),
    ),
    Item("P22", "date, version and changes", "", {"PIPA": "Art. 30(2)", "CCPA": "§ 1798.130(a)(5)"}, always),
    Item(
        "P22",
        N_("from when the policy holds"),
        "write effective, such as effective = 2027-05-01",
        {"PIPL": "Art. 17(2)"},
        lambda told: told.part.effective is not None,
    ),
    Item(
        "P23",
        N_("what a review shows to everybody, how long, and how it is deleted"),
        "",
        {
            **_both("Art. 5(1)(a), 13(1)(e)"),
            "APPI": "Art. 32(1)",
            "PIPA": "Art. 30(1)",
            "CCPA": "§ 1798.130(a)(5)",
            "PIPL": "Art. 17",
        },
        always,
    ),
)
