"""A very small web browser: opens pages of an app and fills in their forms, by real HTTP requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse


class PageError(Exception):
    """A page was not what it should have been."""


@dataclass(slots=True)
class WebForm:
    """A form as it stands on a page: where it goes, and what it would send as it is."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class FormReader(HTMLParser):
    """Collects the forms of a page that change something."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[WebForm] = []
        self._inside = False
        self._words_of: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = values.get("method", "").lower() == "post"
            if self._inside:
                self.forms.append(WebForm(values.get("action", "")))
        elif self._inside and tag == "input" and self._is_sent(values):
            self.forms[-1].fields[values["name"]] = values.get("value", "on" if "checked" in values else "")
        elif self._inside and tag == "textarea":
            self._words_of = values["name"]
            self.forms[-1].fields[values["name"]] = ""

    def handle_data(self, data: str) -> None:
        if self._words_of:
            self.forms[-1].fields[self._words_of] += data

    def handle_endtag(self, tag: str) -> None:
        self._words_of = None if tag == "textarea" else self._words_of
        self._inside = self._inside and tag != "form"

    @staticmethod
    def _is_sent(values: dict[str, str]) -> bool:
        may_be_off = values.get("type") in ("radio", "checkbox")
        return "name" in values and ("checked" in values or not may_be_off)


class Browser:
    """One visitor with a cookie jar and a language, who is at one page at a time."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self._client = app.test_client()
        self._client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        self.path = "/"
        self.html = ""

    def open(self, address: str) -> str:
        """Go to an address of the shop and return the page; raises `PageError`."""
        parts = urlsplit(address)
        return self._arrive(self._client.get(f"{parts.path}?{parts.query}", follow_redirects=True))

    def send(self, to: str = "", **values: str | list[str]) -> str:
        """Fill in the first form whose action contains `to`, send it, and return the page behind it.

        A list ticks the boxes of that name that have these values.
        """
        form = self.form(to)
        data = {**form.fields, **{name.replace("__", "-"): value for name, value in values.items()}}
        return self._arrive(self._client.post(form.action or self.path, data=data, follow_redirects=True))

    def form(self, to: str = "") -> WebForm:
        """Return the first form of this page whose action contains `to`; raises `PageError`."""
        reader = FormReader()
        reader.feed(self.html)
        found = next((form for form in reader.forms if to in form.action and "/demo/" not in form.action), None)
        if found is None:
            raise PageError(f"the page {self.path} has no form to {to or 'fill in'}")
        return found

    def _arrive(self, answer: TestResponse) -> str:
        self.path, self.html = answer.request.path, answer.text
        if answer.status_code != 200:
            raise PageError(f"the page {self.path} answered {answer.status}")
        return self.html


def sign_in(app: Flask, person: int) -> Browser:
    """Return a browser in which somebody is signed in."""
    browser = Browser(app)
    browser.open("/sign-in")
    browser.send(person=str(person))
    return browser
