"""Reading our pages as a browser would: forms, tags, words; and the whole database, to see what a request changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from sqlalchemy import event, select

from tests.world import World


@dataclass
class Form:
    """A form with what it would post as it stands, and its buttons as (name, value)."""

    action: str
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """A page taken apart: `tags` with their attributes, `forms`, and the visible `words`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._textarea: str | None = None
        self._buttons: list[tuple[str | None, int, tuple[str, str]]] = []
        self.feed(html)
        for owner, around, button in self._buttons:
            form = next(form for form in self.forms if form.id == owner) if owner else self.forms[around]
            form.buttons.append(button)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("id", "")))
        elif self.forms and "name" in given:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        fields = self.forms[-1].fields
        if tag == "button":
            self._buttons.append((given.get("form"), len(self.forms) - 1, (given["name"], given.get("value", ""))))
        elif tag == "textarea":
            self._textarea, fields[given["name"]] = given["name"], ""
        elif tag == "input" and (given.get("type") != "radio" or "checked" in given):
            fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea is not None:
            fields = self.forms[-1].fields
            fields[self._textarea] = fields[self._textarea].removeprefix("\n")
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self.forms[-1].fields[self._textarea] += data
        elif data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every tag of this name."""
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def rate(self) -> Form:
        """Return the form with stars and words."""
        (found,) = [form for form in self.forms if form.id == "rate"]
        return found

    @property
    def chosen(self) -> dict[str, str]:
        """Return the chosen stars by field."""
        return {a["name"]: a["value"] for a in self.all("input") if a.get("type") == "radio" and "checked" in a}

    @property
    def text(self) -> str:
        """Return the visible words as one line."""
        return " ".join(self.words)


def open_page(world: World, path: str, status: int = 200, **options: Any) -> Page:
    """Return a page taken apart, after its status was checked."""
    answer = world.client(use_cookies=False).get(path, **options)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def star_link(mail: EmailMessage, stars: int, line: int = 0) -> str:
    """Return the address behind a star of the mail's HTML part, for one of its lines."""
    part = mail.get_body(("html",))
    assert part is not None
    links = [link["href"] for link in Page(part.get_content()).all("a")]
    return [link for link in links if f"stars={stars}" in link][line]


def everything(world: World) -> dict[str, list[Any]]:
    """Return every row of every table, to compare before and after."""
    with world.app.app_context(), world.db.engine.connect() as connection:
        tables = world.db.metadata.sorted_tables
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}


class Statements(list[str]):
    """The SQL statements that ran since `counted` was entered."""


@contextmanager
def counted(world: World) -> Iterator[Statements]:
    """Lend the list that every SQL statement of the world's engine is added to."""
    seen = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with world.app.app_context():
        engine = world.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
