"""A person's data to take along: the rows of ours that are about them, and what each column is for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from ....db.dialect import table_of
from ....inventory import KEEPS, Personal
from ....people.models import Person
from ....state import State
from .queries import Part, Rows, belongings_of, parts_of, read_part


def export(session: Session, state: State, person: Person | None, email: str | None) -> dict[str, Any] | None:
    """Return everything about a person as JSON takes it, None where there is nothing.

    It is rows by table, each column with its purpose.
    """
    mine = belongings_of(session, person, email, state.clock())
    found = [read_part(session, part) for part in parts_of(mine)]
    if not any(each.rows for each in found):
        return None
    return {
        "format": "flask_trust person 1",
        "shop": state.settings.shop_name,
        "made_at": plain(state.clock()),
        "tables": [_told(each) for each in found if each.rows],
        "columns": {name: _columns(each.part) for each in found if each.rows for name in [_name(each.part)]},
        "keep": {key: {"days": rule.days, "from": rule.starts} for key, rule in KEEPS.items()},
    }


def _name(part: Part) -> str:
    return table_of(part.model).name


def _told(found: Rows) -> dict[str, Any]:
    rows = [{name: plain(value) for name, value in row.items()} for row in found.rows]
    return {"table": _name(found.part), "about": found.part.about, "rows": rows}


def _columns(part: Part) -> dict[str, dict[str, str]]:
    """Return what the inventory says about the columns of a table that can hold personal data."""
    told = {column.name: column.info.get("privacy") for column in table_of(part.model).columns}
    return {name: _answers(how) for name, how in told.items() if isinstance(how, Personal)}


def _answers(how: Personal) -> dict[str, str]:
    keys = ("category", "purpose", "basis", "keep", "seen_by", "source")
    return {key: str(getattr(how, key)) for key in keys}


def plain(value: Any) -> Any:
    """Return a value of a column as JSON takes it."""
    return value.isoformat() if isinstance(value, date | datetime) else value
