"""`flask trust policy`: see the page about privacy, what it still needs, and publish it as a version."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from ..figures import counted
from ..i18n import speaking, speech
from ..privacy.laws.missing import missing_in_words
from ..privacy.page.changes import sentences
from ..privacy.page.editions import Standing, changes_of, find_standing, reworded, snapshot
from ..privacy.page.finding import lacking, shop_part
from ..privacy.page.layers import Document, document
from ..privacy.page.words import SOURCE, Words, spoken
from ..privacy.versions import actions
from ..privacy.versions.queries import by_number, moments_of, newest, number_at
from ..privacy.versions.rules import change
from ..state import State, current_state
from .scan import scan

policy = AppGroup("policy", help="The page about privacy: show it, check it, publish it.")
policy.add_command(scan)


@policy.command()
@click.option("--lang", default=SOURCE, type=click.Choice(spoken()), help="In which language.")
@click.option("--json", "as_json", is_flag=True, help="Print facts and page as JSON.")
def show(lang: str, as_json: bool) -> None:
    """Print the page as it is now."""
    facts = find_standing(current_state()).facts
    with speaking(lang):
        drawn = document(facts, Words(speech()))
    if as_json:
        click.echo(json.dumps({"facts": facts.as_json(), "page": drawn.as_json()}, ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(drawn))


def as_text(page: Document) -> str:
    """Return the first two layers of the page as plain text, and the names of its tables."""
    lines = [page.title, "", page.frame["short"]]
    lines += [f"{point.label}: {point.text}" for point in page.short]
    for topic in page.topics:
        lines += ["", topic.heading, *(f"- {point}" for point in topic.points), *topic.paragraphs]
    for table in page.tables:
        lines += ["", table.caption]
        lines += ["- " + " | ".join(cell or "–" for cell in row) for row in table.rows]
    return "\n".join(lines)


@policy.command()
def check() -> None:
    """Say what is still to be filled in or to be published; exit 1 where something is."""
    state = current_state()
    standing = find_standing(state)
    found = [*missing_in_words(lacking(state)), *to_publish(state, standing)]
    for line in found:
        click.echo(f"- {line}")
    if found:
        raise SystemExit(1)
    number = standing.current.number if standing.current else 0
    click.echo(f"The privacy policy is complete, and the page says what version {number} says.")


def to_publish(state: State, standing: Standing) -> list[str]:
    """Return why a new version should be published, in words."""
    if not standing.editions:
        return ["No version was published yet: 'flask trust policy publish' makes the first."]
    if standing.too_early and standing.next is not None:
        return [f"What version {standing.next.number} announces for later is at work already."]
    return [*_changes(standing), *(["The page says the same in other words."] if reworded(state, standing) else [])]


def _changes(standing: Standing) -> list[str]:
    with speaking(SOURCE):
        return sentences(standing.moved, Words(speech()))


@policy.command()
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="The day from which it holds; today without it.")
@click.option("--note", default="", help="What you want to say about it, in one sentence.")
@click.option("--mail", is_flag=True, help="Write to everybody whose words are kept.")
def publish(effective: datetime | None, note: str, mail: bool) -> None:
    """Publish the page as it is now as a new version; the only way in which one comes to be."""
    state = current_state()
    standing = find_standing(state)
    day = _from_when(state, effective)
    if standing.editions and standing.editions[0].effective_at <= day and not _differs(state, standing):
        raise click.ClickException(f"Nothing has changed since version {standing.editions[0].number}.")
    number = actions.publish(state, snapshot(standing.facts), day, note.strip()[:500])
    click.echo(f"Version {number} is published. It holds from {day.astimezone(_zone(state)):%Y-%m-%d}.")
    for line in state.read(lambda session: _changed_by(session, number)):
        click.echo(f"- {line}")
    if mail:
        click.echo(counted("%d mail(|s) will be sent.", actions.tell(state, number)))


@policy.command()
@click.argument("review_id")
def seen(review_id: str) -> None:
    """Say which version held when a review was written and last changed; REVIEW_ID stands in its address."""
    state = current_state()
    times = state.read(lambda session: moments_of(session, review_id))
    if times is None:
        raise click.ClickException(f"There is no review {review_id}.")
    for word, moment in zip(("Written", "Changed"), times, strict=True):
        if moment is not None:
            number = state.read(lambda session: number_at(session, moment))  # noqa: B023 run at once
            held = f"version {number} held" if number else "no version was published yet"
            click.echo(f"{word} on {moment:%Y-%m-%d}, when {held}.")


def _differs(state: State, standing: Standing) -> bool:
    """Say whether the page says something else than the version that was published last."""
    now = snapshot(standing.facts)
    last = state.read(newest)
    return last is None or (json.loads(last.facts), last.digest) != (now.facts, now.digest)


def _from_when(state: State, wanted: datetime | None) -> datetime:
    """Return the moment from which a new version holds: the day's first in the shop's time zone, or now."""
    now, stated = state.clock(), shop_part(state).effective
    day = wanted.date() if wanted else stated
    if day is None:
        return now
    begins = datetime.combine(day, time(), _zone(state)).astimezone(UTC)
    if begins > now:
        return begins
    if wanted and day < now.astimezone(_zone(state)).date():
        raise click.ClickException(f"{day} is over: a version holds from today on, or from a later day.")
    return now


def _zone(state: State) -> ZoneInfo:
    return ZoneInfo(state.settings.timezone)


def _changed_by(session: Session, number: int) -> list[str]:
    # Read anew: MariaDB shows a transaction that has begun nothing of what came after.
    version = by_number(session, number)
    changed = changes_of(session, version) if version else ()
    with speaking(SOURCE):
        return sentences(changed or (change("first"),), Words(speech()))
