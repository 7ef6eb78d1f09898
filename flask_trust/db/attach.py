"""Copying our tables into the shop's metadata, so that create_all and Flask-Migrate see them."""

from __future__ import annotations

from sqlalchemy import MetaData, Table

from .types import Base, Key, Moment


def attach(metadata: MetaData) -> None:
    """Copy each of our tables into `metadata` unless it is there already.

    The mapped classes stay on our own metadata, so nothing can clash with a class of the shop.
    """
    for table in Base.metadata.sorted_tables:
        if not any(known.name == table.name for known in metadata.tables.values()):
            _plain_types(table.to_metadata(metadata))


def _plain_types(table: Table) -> None:
    """Give a copy the plain types below ours, since a migration script does not import this package."""
    for column in table.columns:
        if isinstance(column.type, (Key, Moment)):
            column.type = column.type.plain()
