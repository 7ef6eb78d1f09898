"""Everything we hold about people, read from where the columns are declared; and cookies and who else gets data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, MetaData

from ..db import Base
from ..inventory import Basis, Personal
from ..links import MAX_AGE
from ..settings import Settings


@dataclass(frozen=True, slots=True)
class Entry:
    """One column that can hold personal data, with what is declared for it; `category` is a key of `CATEGORIES`."""

    table: str
    column: str
    category: str
    personal: Personal


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that we set: under which name, for what (a key of `PURPOSES`), and for how many days."""

    name: str
    purpose: str
    basis: Basis
    days: int
    #: Whether it is set only because the reader pressed a button.
    on_request: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody else who gets data from us: which kinds, and for what (a key of `PURPOSES`)."""

    key: str
    categories: tuple[str, ...]
    purpose: str


def entries(metadata: MetaData = Base.metadata) -> tuple[Entry, ...]:
    """Return every declared column of our tables, by table and in the order of its columns."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    return tuple(_entry(column) for table in tables for column in table.columns if _personal(column))


def _personal(column: Column[Any]) -> Personal | None:
    declared: Personal | None = column.info.get("privacy")
    return declared


def _entry(column: Column[Any]) -> Entry:
    declared: Personal = column.info["privacy"]
    return Entry(column.table.name, column.name, declared.category, declared)


def cookies() -> tuple[Cookie, ...]:
    """Return every cookie that our pages set; none is set by looking at a page."""
    return (Cookie("trust_visitor", "one_voice", "legitimate-interest", MAX_AGE["visitor"] // 86400, on_request=True),)


def recipients(settings: Settings) -> tuple[Recipient, ...]:
    """Return who else gets data through us: the server that carries our mails, where mails leave at all."""
    return (Recipient("mail_server", ("mail_record",), "send_mail"),) if settings.mail_is_on else ()
