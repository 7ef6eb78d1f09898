"""The declarative base on our own metadata, and column types that mean the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Dialect, Integer, MetaData, String, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.schema import conv
from sqlalchemy.types import TypeDecorator, TypeEngine

MYSQL = ("mysql", "mariadb")

#: For columns that look as if they could hold personal data and do not.
NOT_PERSONAL: dict[str, Any] = {"privacy": None}

#: Our own numbers. SQLite counts only INTEGER keys up by itself.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Base of all our tables; they are copied into the shop's metadata by `attach`."""

    metadata = MetaData()
    # utf8 in MySQL's sense has three bytes and loses emoji.
    __table_args__: Any = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}  # noqa: RUF012 as SQLAlchemy reads it


def unique(name: str, *columns: str) -> UniqueConstraint:
    """Return a unique constraint whose name no naming convention of the shop rewrites."""
    return UniqueConstraint(*columns, name=conv(name))


def check(name: str, condition: str) -> CheckConstraint:
    """Return a check constraint whose name no naming convention of the shop rewrites."""
    return CheckConstraint(condition, name=conv(name))


class Key(TypeDecorator[str]):
    """An id or token, compared byte by byte (MariaDB folds case and trailing blanks in text)."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(self.plain())

    def plain(self) -> TypeEngine[Any]:
        """Return the type as migrations should write it."""
        return String(self.length).with_variant(mysql.VARBINARY(self.length), *MYSQL)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return value.encode() if value is not None and dialect.name in MYSQL else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return value.decode() if isinstance(value, (bytes, bytearray)) else value


class Moment(TypeDecorator[datetime]):
    """A moment in UTC with microseconds: aware in Python, whatever the database keeps."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(self.plain())

    def plain(self) -> TypeEngine[Any]:
        """Return the type as migrations should write it (MariaDB drops fractions unless told)."""
        return DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), *MYSQL)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must know its time zone")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
