"""Everything that can be read, as one file: streamed, however much it is. No addresses, nothing private."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import stream_with_context
from werkzeug.wrappers import Response

from ...state import State, current_state
from ...web.headers import personal
from .queries import EXPORTED, find_exported
from .views import for_staff


def _all_rows(state: State) -> Iterator[dict[str, Any]]:
    """Yield reviews, then ratings, each batch in a short session of its own."""
    now = state.clock()
    for kind in EXPORTED:
        last = 0
        while True:
            rows = state.read(lambda session: find_exported(session, kind, last, now))  # noqa: B023 run at once
            yield from ({"kind": kind, **values} for _, values in rows)
            if not rows:
                break
            last = rows[-1][0]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def as_csv(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table line by line."""
    page = io.StringIO()
    writer = csv.DictWriter(page, names, restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(_plain(value)) for name, value in row.items()})
        yield _taken(page)
    yield _taken(page)


def _taken(page: io.StringIO) -> str:
    text = page.getvalue()
    page.seek(0)
    page.truncate()
    return text


def _harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: strangers have written it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def as_json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a list of objects, one a line."""
    yield "["
    for number, row in enumerate(rows):
        plain = {name: _plain(value) for name, value in row.items()}
        yield (",\n" if number else "\n") + json.dumps(plain, ensure_ascii=False)
    yield "\n]\n"


_NAMES = ["kind", *dict.fromkeys(name for columns in EXPORTED.values() for name in columns)]


@for_staff
def export_csv(viewer: str) -> Response:
    """Return all that can be read as a table, one line for each review and rating."""
    return as_file(as_csv(_NAMES, _all_rows(current_state())), "text/csv; charset=utf-8", "reviews.csv")


@for_staff
def export_json(viewer: str) -> Response:
    """Return all that can be read as a list of objects."""
    return as_file(as_json(_all_rows(current_state())), "application/json", "reviews.json")


def as_file(parts: Iterator[str], kind: str, name: str) -> Response:
    """Return a file to keep, streamed, however much it is."""
    encoded = (part.encode() for part in parts)
    answer = Response(stream_with_context(encoded), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return personal(answer)
