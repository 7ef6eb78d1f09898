"""What is so for this installation now: settings, declared columns, what the shop says of itself. No words of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: Something the shop wrote, by language; "" is any.
Told = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to turn to."""

    name: Told
    region: str = ""
    address: Told = field(default_factory=dict)
    email: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Who:
    """Who is responsible, and where to ask."""

    name: Told
    address: Told = field(default_factory=dict)
    email: str = ""
    phone: str = ""
    head: Told = field(default_factory=dict)
    agents: Sequence[Contact] = ()
    officer: Contact | None = None
    authorities: Sequence[Contact] = ()
    #: Where the shop's own policy stands.
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class How:
    """What the settings, and what is there already, say about reviews here."""

    mails: bool
    mail_basis: str
    ask_after: int
    remind_after: int | None
    window: int
    sellers: bool
    rated: bool
    both: bool
    rewards: bool
    #: People have a page of their own with all that is kept about them.
    page: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One column that can hold personal data, as it is declared."""

    table: str
    column: str
    category: str
    purpose: str
    basis: str
    keep: str
    seen_by: str
    source: str


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of ours."""

    name: str
    days: int


@dataclass(frozen=True, slots=True)
class Own:
    """One kind of data that the shop itself keeps, in its own words."""

    what: Told
    why: Told
    basis: str
    interest: Told
    source: str
    origin: Told
    seen: Told
    keep: Told
    obligatory: Told


@dataclass(frozen=True, slots=True)
class OwnCookie:
    """A cookie of the shop, and how to refuse it."""

    name: str
    why: Told
    keep: Told
    refuse: Told


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody who works for the shop and gets data."""

    name: Told
    does: Told
    where: Told


@dataclass(frozen=True, slots=True)
class Abroad:
    """Somebody in another country who gets data, and what keeps it safe there."""

    name: Told
    where: Told
    guard: Told
    copy: Told


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the page is made from; two that are equal make the same page."""

    whole: bool
    who: Who
    how: How
    items: Sequence[Item]
    keeps: Mapping[str, int | None]
    cookies: Sequence[Cookie]
    recipients: Sequence[str]
    own: Sequence[Own] = ()
    own_cookies: Sequence[OwnCookie] = ()
    others: Sequence[Other] = ()
    abroad: Sequence[Abroad] = ()
    #: What the shop says on further questions, by the names of its file.
    statements: Mapping[str, Told] = field(default_factory=dict)
    #: Questions to which it answers that there is nothing of the kind.
    none: Sequence[str] = ()

    @property
    def flags(self) -> frozenset[str]:
        """Return what is so, by the names that the outline asks for."""
        who, how = self.who, self.how
        yes = {
            "whole": self.whole,
            "contact": bool(who.email or who.address),
            **{name: bool(getattr(who, name)) for name in ("address", "email", "phone", "head")},
            "officer": who.officer is not None,
            "elsewhere": bool(who.elsewhere),
            **{name: getattr(how, name) for name in ("mails", "sellers", "rated", "both", "rewards", "page")},
            **{name: bool(getattr(self, name)) for name in ("own", "own_cookies", "others", "abroad")},
            "agents": bool(who.agents),
            "authorities": bool(who.authorities),
            "remind": how.remind_after is not None,
        }
        told = {f"basis-of-{item.basis}" for item in self.items} | {f"keep-{item.keep}" for item in self.items}
        said = {f"told-{name}" for name in self.statements} | {f"none-{name}" for name in self.none}
        return frozenset({name for name, so in yes.items() if so} | told | said | {f"asking-by-{how.mail_basis}"})

    def as_json(self) -> dict[str, Any]:
        """Return them as plain data."""
        return asdict(self)
