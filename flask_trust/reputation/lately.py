"""How ratings were lately: windows, months and a fall, with what became public since our totals were last moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..scores.late.queries import Due
from ..scores.parts.queries import MONTHS, WINDOWS, Part
from ..scores.score import Score
from . import rules

#: Days over which a fall is looked for.
RECENT = 90


@dataclass(frozen=True, slots=True)
class Lately:
    """The last days and months of a subject's ratings, and whether they fell."""

    windows: Sequence[rules.Window]
    months: Sequence[rules.Month]
    fall: rules.Fall | None

    @property
    def drawn(self) -> bool:
        """Say whether there is a line to draw: ratings in two months at least."""
        return sum(each.count > 0 for each in self.months) > 1


def lately(score: Score, parts: Mapping[str, Part], today: date) -> Lately:
    """Return how a subject was rated lately, from what `find_parts` read."""
    due = score.late or Due()
    counts = {days: _together(parts[str(days)], rules.window_of(due.votes, days, today)) for days in WINDOWS}
    windows = [rules.window(days, levels) for days, levels in counts.items()]
    earlier = [total - recent for total, recent in zip(score.counts, counts[RECENT], strict=True)]
    return Lately(
        [*windows, rules.window(None, score.counts)],
        rules.months(_by_month(parts, due), today, MONTHS),
        rules.fall(counts[RECENT], earlier),
    )


def _together(kept: Sequence[int], late: Sequence[int]) -> list[int]:
    return [one + other for one, other in zip(kept, late, strict=True)]


def _by_month(parts: Mapping[str, Part], due: Due) -> dict[date, list[int]]:
    found = {
        date(int(name[:4]), int(name[4:]), 1): list(levels)
        for name, levels in parts.items()
        if len(name) == 6 and name.isdecimal()
    }
    for (stars, day), change in due.votes.items():
        found.setdefault(day.replace(day=1), [0] * 5)[stars - 1] += change
    return found


def answers(score: Score, parts: Mapping[str, Part], names: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Return number, sum and low ones of the answers to further questions by name."""
    sums = {name: parts.get(name, (0, 0, 0))[:3] for name in names}
    for (name, answer), change in score.late.answers.items() if score.late else ():
        number, total, low = sums[name]
        sums[name] = number + change, total + change * answer, low + change * rules.is_low(answer)
    return {name: (number, total, low) for name, (number, total, low) in sums.items()}
