"""What the shop itself states about its data, read from a TOML file; what is left out is told by `laws.missing`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from ..errors import SettingsError
from ..inventory import Basis
from .laws.names import DEFAULT_LAWS, Law

#: One text in several languages; the key "" stands for any language.
Words = Mapping[str, str]

T = TypeVar("T")

#: What a shop writes for something that it does not do, so that it was not merely forgotten.
NONE = "none"
_CAN_BE_NONE = {
    *("representatives", "officer", "cookies", "processors", "transfers", "automated", "children", "sale", "sensitive"),
}
#: Fields that no file fills in.
_OURS = {"none", "given"}
#: Where a link of the shop's may lead.
_ADDRESS = re.compile(r"https?://\S+|/(?![/\\])\S*")
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?")


def said(words: Words, language: str) -> str:
    """Return a text in the nearest language there is."""
    wanted = language.replace("-", "_")
    for key in (wanted, wanted.partition("_")[0], "", "en"):
        if key in words:
            return words[key]
    return next(iter(words.values()), "")


def _fail(place: str, allowed: str) -> SettingsError:
    return SettingsError(f"{place} cannot be used: {allowed}")


def _line(place: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _fail(place, "write a text in quotes.")
    return value.strip()


def _words(place: str, value: Any) -> Words:
    if isinstance(value, dict) and value:
        for language in value:
            if not _LANGUAGE.fullmatch(language):
                raise _fail(f"{place}.{language}", 'write languages such as "en", "ja" or "de_AT".')
        return {language.replace("-", "_"): _line(f"{place}.{language}", text) for language, text in value.items()}
    return {"": _line(place, value)}


def _one_of(place: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise _fail(place, f"write one of {', '.join(allowed)}.")
    return str(value)


def _columns(place: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.count(".") >= 1 for each in value):
        raise _fail(place, 'write a list of your columns such as ["customer.email"].')
    return tuple(value)


def _date(place: str, value: Any) -> date:
    if type(value) is not date:
        raise _fail(place, "write a date without quotes, such as 2027-05-01.")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Who is responsible for the data; laws of Japan want the representative's name as well."""

    name: Words
    address: Words | None = None
    email: str = ""
    phone: str = ""
    representative: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody to turn to: a representative in another region, the officer for privacy, or an authority."""

    name: Words
    region: str = ""
    address: Words | None = None
    email: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """Somebody who gets data from the shop, or works on them for it."""

    name: Words
    does: Words
    country: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Data that leave the country, with what protects them there and how to get a copy of that."""

    to: Words
    country: Words
    safeguard: Words
    copy: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """One kind of data that the shop itself holds, in the form of our own inventory."""

    what: Words
    purpose: Words
    basis: Basis
    keep: Words
    seen_by: Words
    #: "person" gave it, the shop "made" it, or it came from "others", who are named in `origin`.
    source: Literal["person", "made", "others"] = "person"
    origin: Words | None = None
    #: The interest, where the basis is "legitimate-interest".
    interest: Words | None = None
    #: Whether it has to be given, and what happens otherwise.
    obligatory: Words | None = None
    #: Columns of the shop's own tables that hold it, for `flask trust policy scan`.
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopCookie:
    """A cookie of the shop, or something else that collects by itself, and how to refuse it."""

    name: str
    purpose: Words
    keep: Words
    refuse: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopPart:
    """All that the shop states; `none` names the keys that it answered with "none"."""

    laws: tuple[Law, ...] = DEFAULT_LAWS
    effective: date | None = None
    #: Where the shop's own policy stands, if it keeps one beside this page.
    own_policy: str = ""
    controller: Controller | None = None
    representatives: tuple[Contact, ...] = ()
    officer: Contact | None = None
    authorities: tuple[Contact, ...] = ()
    data: tuple[Data, ...] = ()
    cookies: tuple[ShopCookie, ...] = ()
    processors: tuple[Processor, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    deletion: Words | None = None
    security: Words | None = None
    rights: Words | None = None
    automated: Words | None = None
    children: Words | None = None
    sale: Words | None = None
    sensitive: Words | None = None
    none: frozenset[str] = frozenset()
    given: bool = False

    def answered(self, key: str) -> bool:
        """Say whether the shop wrote something for a key, or that there is none."""
        return key in self.none or bool(getattr(self, key))


def _read(kind: type[T], place: str, table: Any) -> T:
    """Return a table of the file as one of the classes above; raises `SettingsError` for what is wrong."""
    if not isinstance(table, dict):
        raise _fail(place, "write a table with keys.")
    known = [each for each in fields(kind) if each.name not in _OURS]  # type: ignore[arg-type]
    names = [each.name for each in known]
    for key in table:
        if key not in names:
            raise _fail(f"{place} {key}", f"known here are {', '.join(names)}.")
    for each in known:
        if each.default is MISSING and each.name not in table:
            raise _fail(place, f"{each.name} is missing.")
    for key in ("own_policy", "url"):
        if isinstance(address := table.get(key), str) and not _ADDRESS.match(address):
            raise _fail(f"{place} {key}", 'write "https://…" or a path of your own such as "/privacy".')
    none = {key for key, value in table.items() if value == NONE and key in _CAN_BE_NONE}
    hints = get_type_hints(kind)
    values = {key: _value(hints[key], f"{place} {key}", table[key]) for key in table if key not in none}
    return kind(**values, **({"none": frozenset(none), "given": True} if kind is ShopPart else {}))


def _value(hint: Any, place: str, value: Any) -> Any:
    """Return a value as the type of its field wants it."""
    inner = next((each for each in get_args(hint) if each is not type(None)), None)
    if isinstance(hint, UnionType):
        return _value(inner, place, value)
    if get_origin(hint) is tuple:
        return _list(inner, place, value)
    if get_origin(hint) is Literal:
        return _one_of(place, value, get_args(hint))
    if is_dataclass(hint):
        return _read(cast("type[Any]", hint), place, value)
    return {str: _line, date: _date}.get(hint, _words)(place, value)


def _list(inner: Any, place: str, value: Any) -> tuple[Any, ...]:
    if inner is str:
        return _columns(place, value)
    if isinstance(value, list) and value:
        return tuple(_value(inner, f"{place}[{number}]", each) for number, each in enumerate(value, 1))
    if not is_dataclass(inner):
        raise _fail(place, f'write a list such as ["{get_args(inner)[0]}"].')
    key = place.rpartition(" ")[2]
    raise _fail(place, f"write one [[{key}]] for each{f', or {NONE!r}' if key in _CAN_BE_NONE else ''}.")


def read_shop_part(source: str | None) -> ShopPart:
    """Return what the shop states in its file (`TRUST_POLICY`), all empty without one; raises `SettingsError`.

    The file is read again when it was changed.
    """
    if not source:
        return ShopPart()
    try:
        found = Path(source).stat()
    except OSError as error:
        raise SettingsError(f"TRUST_POLICY = {source!r} cannot be read: {error.strerror}.") from error
    return _parsed(source, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=16)
def _parsed(source: str, _changed: int, _size: int) -> ShopPart:
    try:
        table = tomllib.loads(Path(source).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"TRUST_POLICY = {source!r} is no TOML: {error}.") from error
    return _read(ShopPart, source, table)
