"""The third layer: everything in tables, one row for each kind of data, cookie and recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...inventory import CATEGORIES
from .facts import Contact, Facts, Item, Own
from .words import Words


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns' names; the first cell of a row is its name."""

    id: str
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(facts: Facts, words: Words) -> list[Table]:
    """Return all tables that have rows."""
    makers = (_data, _own, _cookies, _others, _abroad, _contacts)
    return [table for table in (make(facts, words) for make in makers) if table.rows]


def _table(words: Words, key: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table(f"table-{key}", words.say("tables", key), [words.say("tables", each) for each in head], rows)


_DATA = ("what", "why", "basis", "source", "seen", "keep")


def _data(facts: Facts, words: Words) -> Table:
    known = list(CATEGORIES)
    kinds = sorted({item.category for item in facts.items}, key=known.index)
    rows = [_row([item for item in facts.items if item.category == kind], facts, words) for kind in kinds]
    return _table(words, "data", _DATA, rows)


def _row(items: Sequence[Item], facts: Facts, words: Words) -> Sequence[str]:
    """Return what is told about one kind of data, all its columns together."""
    # A number that ties rows together is part of what it ties; its own purpose stands with the account.
    telling = [item for item in items if item.purpose != "know_whose"] or items

    def all_of(section: str, keys: Sequence[str]) -> str:
        return words.listed([words.name(section, key) for key in dict.fromkeys(keys)])

    keeps = dict.fromkeys(item.keep for item in telling)
    seen = [item.seen_by for item in telling]
    return (
        words.name("categories", items[0].category),
        all_of("purposes", [item.purpose for item in telling]),
        all_of("bases", [item.basis for item in telling]),
        all_of("sources", [item.source for item in telling]),
        all_of("audiences", [each for each in seen if each != "nobody"] or seen),
        words.listed([keep_words(keep, facts.keeps[keep], words) for keep in keeps]),
    )


def keep_words(key: str, days: int | None, words: Words) -> str:
    """Return a rule of retention in words."""
    return words.name("keeps", key, span=words.span(days) if days else "")


def _own(facts: Facts, words: Words) -> Table:
    rows = [
        (
            words.pick(own.what),
            words.pick(own.why),
            _basis(own, words),
            words.pick(own.origin) or words.say("own_sources", own.source),
            words.pick(own.seen),
            words.pick(own.keep),
            words.pick(own.obligatory),
        )
        for own in facts.own
    ]
    # A column that is empty from top to bottom tells nothing.
    asked = any(row[-1] for row in rows)
    head = (*_DATA, "obligatory") if asked else _DATA
    return _table(words, "own", head, [row[: len(head)] for row in rows])


def _basis(own: Own, words: Words) -> str:
    basis, interest = words.say("bases", own.basis), words.pick(own.interest)
    return f"{basis}: {interest}" if interest else basis


def _cookies(facts: Facts, words: Words) -> Table:
    vote, refuse = words.say("tables", "cookie_vote"), words.say("tables", "cookie_refuse")
    ours = [(each.name, vote, words.span(each.days), refuse) for each in facts.cookies]
    theirs = [
        (each.name, words.pick(each.why), words.pick(each.keep), words.pick(each.refuse)) for each in facts.own_cookies
    ]
    return _table(words, "cookies", ("name", "why", "keep", "refuse"), [*ours, *theirs])


def _others(facts: Facts, words: Words) -> Table:
    ours = [(words.say("tables", key), words.say("tables", f"{key}_does"), "") for key in facts.recipients]
    theirs = [(words.pick(each.name), words.pick(each.does), words.pick(each.where)) for each in facts.others]
    return _table(words, "others", ("name", "does", "where"), [*ours, *theirs])


def _abroad(facts: Facts, words: Words) -> Table:
    rows = [
        (words.pick(it.name), words.pick(it.where), words.sentences([words.pick(it.guard), words.pick(it.copy)]))
        for it in facts.abroad
    ]
    return _table(words, "abroad", ("name", "where", "guard"), rows)


def _contacts(facts: Facts, words: Words) -> Table:
    who = (("agent", facts.who.agents), ("authority", facts.who.authorities))
    rows = [
        (words.pick(each.name), words.say("tables", kind, region=words.region(each.region) or "–"), reach(each, words))
        for kind, some in who
        for each in some
    ]
    return _table(words, "contacts", ("name", "who", "how"), rows)


def reach(contact: Contact, words: Words) -> str:
    """Return how somebody can be reached, in one line."""
    parts = (words.pick(contact.address), contact.email, contact.phone, contact.url)
    return words.join([part for part in parts if part])
