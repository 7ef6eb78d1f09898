"""Every row of ours, for whoever moves or looks after a shop; a few at a time, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .....db import Base

#: Rows that are in memory at one moment.
AT_ONCE = 500


def read_everything(session: Session) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the table and the columns of every row, table after table, oldest first."""
    for table in Base.metadata.sorted_tables:
        query = select(table).order_by(*table.primary_key.columns)
        rows = session.connection().execute(query, execution_options={"yield_per": AT_ONCE})
        yield from ((table.name, dict(row)) for row in rows.mappings())
