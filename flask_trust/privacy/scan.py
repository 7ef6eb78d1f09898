"""Looking through the shop's own tables for columns that seem to hold personal data and are not declared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import MetaData, Table

from .shop_part import ShopPart

OURS = "trust_"
#: Parts of names that tell of a person wherever they stand.
_PERSONAL = {
    *("email", "mail", "phone", "telephone", "tel", "mobile", "fax", "address", "street", "zip", "zipcode"),
    *("postcode", "postal", "plz", "city", "town", "birth", "birthday", "birthdate", "dob", "age", "gender", "sex"),
    *("ip", "iban", "bic", "ssn", "passport", "password", "lat", "latitude", "lon", "lng", "longitude"),
    *("firstname", "lastname", "surname", "nickname", "username", "fullname", "locale", "timezone", "avatar"),
    *("tracking", "cookie", "session", "agent"),
}
#: A name is a person's where the table is one of people, or knows something else about them.
_PEOPLE = {
    *("account", "buyer", "client", "contact", "customer", "guest", "member", "people", "person", "profile"),
    *("subscriber", "user", "visitor"),
}


def undeclared(metadata: MetaData, part: ShopPart) -> list[str]:
    """Return the columns of the shop that look personal and stand in no [[data]], as "table.column"."""
    declared = _declared(part)
    tables = sorted((each for each in metadata.tables.values() if not _is_ours(each)), key=lambda table: table.name)
    return [name for table in tables for name in _suspicious(table) if name not in declared]


def unknown(metadata: MetaData, part: ShopPart) -> list[str]:
    """Return the columns that are declared and that no table has."""
    known = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    return sorted(_declared(part) - known)


def _declared(part: ShopPart) -> set[str]:
    return {column for data in part.data for column in data.columns}


def _is_ours(table: Table) -> bool:
    return table.name.startswith(OURS)


def _suspicious(table: Table) -> Iterator[str]:
    sure = [column.name for column in table.columns if _words(column.name) & _PERSONAL]
    about_people = bool(sure) or any(
        word.removesuffix("s") in _PEOPLE or word in _PEOPLE for word in _words(table.name)
    )
    for column in table.columns:
        named = "name" in _words(column.name)
        owner = _words(column.name) & _PEOPLE and not column.primary_key
        if column.name in sure or (named and (about_people or owner)) or owner:
            yield f"{table.name}.{column.name}"


def _words(name: str) -> set[str]:
    """Return the words of a name: "guestEmail", "guest_email" and "GUEST_EMAIL" have two each."""
    return set(re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().split("_"))
