"""What a year of reports and decisions adds up to: pure values in, numbers out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ...moderation.rules import BECOMES, GROUNDS, REPORTABLE
from ...verdicts.rules import REPLY_KINDS

DAY = timedelta(days=1)


class Span(NamedTuple):
    """A year in the shop's time zone, the end not included."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Say whether something happened in it."""
        return self.start <= at < self.end


def span_of(year: int, zone: ZoneInfo) -> Span:
    """Return when a year begins and ends in a time zone."""
    start, end = (datetime(each, 1, 1, tzinfo=zone).astimezone(UTC) for each in (year, year + 1))
    return Span(start, end)


class Told(NamedTuple):
    """A report: of which case, for which reason, when, and about what."""

    case_id: int
    reason: str
    at: datetime
    kind: str


class Done(NamedTuple):
    """A decision, as far as it counts."""

    case_id: int
    at: datetime
    step: str
    ground: str | None
    on_appeal: bool
    source: str
    kind: str


class Objection(NamedTuple):
    """An objection: in which case, by its author ("buyer", "seller") or whoever had reported ("reader"), and when."""

    case_id: int
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Yearly:
    """The numbers of one year. Medians are in days, None where nothing was decided."""

    reports: Mapping[str, int]
    reports_decided: int
    reports_median: float | None
    steps: Mapping[str, int]
    #: For each reason, how often something was hidden for checking and how often taken down.
    grounds: Mapping[str, tuple[int, int]]
    after_report: int
    by_ourselves: int
    #: How many of the reports and of the decisions were about replies of sellers and the shop.
    about_replies: Mapping[str, int]
    objections_by_authors: int
    objections_by_reporters: int
    changed: int
    stood: int
    objections_median: float | None

    @property
    def public(self) -> int:
        """Return how many of these decisions stand in the public log."""
        return sum(number for step, number in self.steps.items() if step != "keep")


def add_up(year: Span, reports: Sequence[Told], done: Sequence[Done], objections: Sequence[Objection]) -> Yearly:
    """Return the numbers of a year from all there is of its cases, each list oldest first."""
    mine = [each for each in done if year.holds(each.at)]
    reasons = Counter(each.reason for each in reports if year.holds(each.at))
    waited = [age for at, age in _answered(reports, done) if year.holds(at)]
    outcomes = [each for each in _outcomes(done, objections) if year.holds(each.at)]
    by = Counter(each.role for each in objections if year.holds(each.at))
    source = Counter(each.source for each in mine)
    return Yearly(
        reports={reason: reasons[reason] for reason in REPORTABLE},
        reports_decided=len(waited),
        reports_median=_in_days(waited),
        steps={step: sum(each.step == step for each in mine) for step in BECOMES},
        grounds={ground: (_count(mine, "hide", ground), _count(mine, "remove", ground)) for ground in GROUNDS},
        after_report=source["SOURCE_ARTICLE_16"],
        by_ourselves=source["SOURCE_VOLUNTARY"],
        about_replies={
            "reports": sum(each.kind in REPLY_KINDS for each in reports if year.holds(each.at)),
            "decisions": sum(each.kind in REPLY_KINDS for each in mine),
        },
        objections_by_authors=by["buyer"] + by["seller"],
        objections_by_reporters=by["reader"],
        changed=sum(each.changed for each in outcomes),
        stood=sum(not each.changed for each in outcomes),
        objections_median=_in_days([each.took for each in outcomes if each.took is not None]),
    )


def _count(done: Iterable[Done], step: str, ground: str) -> int:
    return sum((each.step, each.ground) == (step, ground) for each in done)


def _in_days(ages: Sequence[timedelta]) -> float | None:
    return median(age / DAY for age in ages) if ages else None


def _by_case(done: Iterable[Done]) -> dict[int, list[Done]]:
    cases: defaultdict[int, list[Done]] = defaultdict(list)
    for each in done:
        cases[each.case_id].append(each)
    return cases


def _answered(reports: Iterable[Told], done: Iterable[Done]) -> Iterator[tuple[datetime, timedelta]]:
    """Yield when each report was decided about, and how long that took; hiding while checking is no answer."""
    cases = _by_case(each for each in done if each.step != "hide")
    for report in reports:
        answer = next((each.at for each in cases.get(report.case_id, ()) if each.at >= report.at), None)
        if answer is not None:
            yield answer, answer - report.at


class Outcome(NamedTuple):
    """How an objection ended: when, whether the first decision was changed, and how long it took."""

    at: datetime
    changed: bool
    took: timedelta | None


def _outcomes(done: Iterable[Done], objections: Sequence[Objection]) -> Iterator[Outcome]:
    for case_id, decisions in _by_case(done).items():
        shown = before = True
        pending = False
        for each in decisions:
            if each.on_appeal:
                pending, before = True, shown
            shown = BECOMES[each.step] == "shown"
            if pending and each.step != "hide":
                pending = False
                since = [one.at for one in objections if one.case_id == case_id and one.at <= each.at]
                yield Outcome(each.at, shown != before, each.at - since[-1] if since else None)
