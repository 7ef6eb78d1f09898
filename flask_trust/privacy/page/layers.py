"""The page as data: a few lines, questions with answers, tables. Made from facts and words, and kept with versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ...links import MAX_AGE
from ...ratings.rules import ANSWER_WITHIN as RATED_WITHIN
from ..rights.rules import ACKNOWLEDGE_WITHIN, ANSWER_WITHIN
from .facts import Facts
from .outline import SHORT, STATEMENTS, TOPICS, Piece
from .tables import Table, reach, tables
from .words import Words

#: How long the link in a mail shows, changes and deletes what was written.
LINK_DAYS = MAX_AGE["rate"] // 86400


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the first layer."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One question of the second layer: sentences, then points, then what follows the points."""

    id: str
    heading: str
    points: Sequence[str] = ()
    paragraphs: Sequence[str] = ()
    #: Set apart from all others, as the law wants it for the right to object.
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The whole page in one language."""

    title: str
    short: Sequence[Point]
    topics: Sequence[Topic]
    tables: Sequence[Table]
    #: The words around it: headings of the layers.
    frame: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Document:
        """Return a page from its plain data."""
        return cls(
            title=plain["title"],
            short=[Point(**each) for each in plain["short"]],
            topics=[Topic(**each) for each in plain["topics"]],
            tables=[Table(**each) for each in plain["tables"]],
            frame=plain["frame"],
        )


def document(facts: Facts, words: Words) -> Document:
    """Return the page about these facts in one language; the same facts and words give the same page."""
    values = _values(facts, words)
    topics = [_topic(key, pieces, facts, words, values) for key, pieces in TOPICS.items()]
    return Document(
        title=words.say("frame", "policy" if facts.whole else "notice"),
        short=[
            Point(words.say("short", label), words.sentences(_said("short", pieces, facts, words, values)))
            for label, pieces in SHORT
        ],
        topics=[topic for topic in topics if topic.points or topic.paragraphs],
        tables=tables(facts, words),
        frame={key: words.say("frame", key) for key in ("short", "contents", "tables")},
    )


def _topic(key: str, pieces: Sequence[Piece], facts: Facts, words: Words, values: Mapping[str, object]) -> Topic:
    points = _said(key, [piece for piece in pieces if piece.listed], facts, words, values)
    if key == "own":
        points = [words.sentence(words.pick(it.what)) for it in facts.own]
    told = words.pick(facts.statements.get(STATEMENTS.get(key, ""), {}))
    paragraphs = _said(key, [piece for piece in pieces if not piece.listed], facts, words, values)
    return Topic(key, words.say(key, "heading"), points, [*paragraphs, *filter(None, [told])], apart=key == "object")


def _said(section: str, pieces: Sequence[Piece], facts: Facts, words: Words, values: Mapping[str, object]) -> list[str]:
    return [
        words.say(section, piece.key, **values, **_span(section, piece.key, facts, words))
        for piece in pieces
        if piece.holds(facts.flags)
    ]


def _span(section: str, key: str, facts: Facts, words: Words) -> Mapping[str, str]:
    """Return for how long something is kept, where a text says so."""
    days = facts.keeps.get(key) if section == "keep" else facts.cookies[0].days if section == "cookies" else None
    return {"span": words.span(days) if days else ""}


def _values(facts: Facts, words: Words) -> Mapping[str, object]:
    """Return what is filled into the texts."""
    who, how = facts.who, facts.how
    address = words.pick(who.address)
    return {
        "shop": words.pick(who.name),
        "name": words.pick(who.name),
        "address": address,
        "email": who.email,
        "phone": who.phone,
        "head": words.pick(who.head),
        "officer": words.join([words.pick(who.officer.name), reach(who.officer, words)]) if who.officer else "",
        "elsewhere": who.elsewhere,
        "contact": who.email or address,
        "days": words.number(how.ask_after),
        "again": words.number(how.remind_after or 0),
        "window": words.number(how.window),
        "wait": words.number(RATED_WITHIN.days),
        "answer": words.number(ANSWER_WITHIN.days),
        "acknowledge": words.number(ACKNOWLEDGE_WITHIN.days),
        "link": words.span(LINK_DAYS),
    }
