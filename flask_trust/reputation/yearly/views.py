"""The report of a year as a page, and as data: counted from the rows of every decision, so that it agrees with them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort
from werkzeug.wrappers import Response

from ...moderation import words
from ...moderation.queries import counts_waiting
from ...moderation.tallies.queries import counts
from ...state import State, current_state
from ...web.frame import page
from ...web.headers import public
from .queries import find_decisions, find_objections, find_reports, find_stars, first_moment
from .rules import Span, Yearly, add_up, span_of


def yearly(year: int) -> Response:
    """Show what was reported and decided in a year."""
    state, span = _asked(year)
    now = state.clock()
    return page(
        "trust/reputation/yearly.html",
        year=year,
        over=span.end <= now,
        it=_numbers(state, span),
        counts=state.read_page(lambda session: counts(session, now)),
        waiting=state.read_page(counts_waiting),
        stars=state.read_page(lambda session: find_stars(session, now)),
        words=words,
        years=years(state),
    )


def _asked(year: int) -> tuple[State, Span]:
    state = current_state()
    if year not in years(state):
        abort(404)
    return state, span_of(year, ZoneInfo(state.settings.timezone))


def years(state: State) -> list[int]:
    """Return the years of which there is a report, the newest first: this one at least."""
    zone = ZoneInfo(state.settings.timezone)

    def in_zone(moment: datetime) -> int:
        return moment.astimezone(zone).year

    this = in_zone(state.clock())
    first = state.read_page(first_moment)
    return list(range(this, min(this, in_zone(first)) - 1 if first else this - 1, -1))


def _numbers(state: State, span: Span) -> Yearly:
    return state.read_page(
        lambda session: add_up(
            span, find_reports(session, span), find_decisions(session, span), find_objections(session, span)
        )
    )


def yearly_json(year: int) -> Response:
    """Return the same as data."""
    told = json.dumps(_told(year), indent=1)
    return _file(f"{told}\n", "application/json")


def yearly_csv(year: int) -> Response:
    """Return the same as a table of names and numbers."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("name", "number"))
    writer.writerows(_flat("", _told(year)))
    return _file(text.getvalue(), "text/csv; charset=utf-8")


def _file(text: str, kind: str) -> Response:
    return public(Response(text, content_type=kind))


def _told(year: int) -> dict[str, Any]:
    state, span = _asked(year)
    it = asdict(_numbers(state, span))
    it["grounds"] = {name: {"hide": both[0], "remove": both[1]} for name, both in it["grounds"].items()}
    begins = {"year": year, "from": span.start.isoformat(), "before": span.end.isoformat()}
    return {**begins, "automated_detection": 0, "automated_decisions": 0, **it}


def _flat(prefix: str, told: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", "" if value is None else value
