"""One small world in each language, and every page and mail that can be drawn from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from werkzeug.exceptions import default_exceptions

import flask_trust
from flask_trust import Line, Person, links
from flask_trust.reviews.models import Review
from flask_trust.web.errors import error_page
from tests.web.pages import Page
from tests.world import World

CATALOGUES = Path(flask_trust.__file__).parent / "translations"
ERRORS = (400, 403, 404, 409, 410, 413, 422, 429, 500)
#: Attributes that are read out or shown.
SPOKEN = ("aria-label", "alt", "title", "placeholder", "aria-description")


@dataclass(frozen=True)
class Tongue:
    """What the shop and its customers write in a language."""

    shop: str
    street: str
    things: tuple[str, str, str]
    name: str
    words: str
    variant: str
    incentive: str
    month: str
    figure: str


TONGUES = {
    "de": Tongue(
        shop="Eckladen",
        street="Marktweg 1",
        things=("Schale", "Messer", "Tee"),
        name="Anna",
        words="Sehr rund.",
        variant="blau",
        incentive="Gutschein",
        month="Mai 2027",
        figure="3,4",
    ),
    "ja": Tongue(
        shop="角の店",
        street="東京都千代田区1",
        things=("茶碗", "包丁", "お茶"),
        name="花子",
        words="丸いです。",
        variant="青",
        incentive="割引券",
        month="2027年5月",
        figure="3.4",
    ),
    "ko": Tongue(
        shop="모퉁이 가게",
        street="서울시 중구 1",
        things=("그릇", "칼", "차"),
        name="지수",
        words="둥글어요.",
        variant="파랑",
        incentive="할인권",
        month="2027년 5월",
        figure="3.4",
    ),
}


def shop_of(language: str) -> dict[str, str]:
    """Return the config of a shop whose own words are in this language."""
    tongue = TONGUES[language]
    return {"TRUST_SHOP_NAME": tongue.shop, "TRUST_SHOP_ADDRESS": tongue.street}


def spoken(page: str) -> list[str]:
    """Return what a page shows or reads out, text by text."""
    # What is to be copied to the letter is no language, and neither are data for search engines.
    taken = Page(re.sub(r"<(style|code|script)\b[^>]*>.*?</\1>", "", page, flags=re.S))
    read_out = [attrs[name] for _, attrs in taken.tags for name in SPOKEN if attrs.get(name)]
    return taken.words + read_out


@cache
def english(language: str) -> re.Pattern[str]:
    """Return a pattern that finds our English texts, but for those the language shares."""
    with (CATALOGUES / language / "LC_MESSAGES" / "flask_trust.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    ids = [message.id for message in catalogue if message.id and message.id != message.string]
    texts = [text for each in ids for text in ([each] if isinstance(each, str) else each)]
    pieces = [
        re.sub(r"%\\\([a-z]+\\\)[sd]", r"\\S+", re.escape(text))
        for text in texts
        if re.search("[A-Za-z]{3}", re.sub(r"%\([a-z]+\)[sd]", "", text))  # "In %(language)s" is German too
    ]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(pieces, key=len, reverse=True))})(?!\w)")


def left_over(language: str, texts: list[str]) -> list[str]:
    """Return the texts in which English is left."""
    found = [text for text in texts if english(language).search(text)]
    if language != "de":
        found += [text for text in texts if re.search("[A-Za-z]", re.sub(r"https?://\S+|\?\w+=\w+", "", text))]
    return found


class Walk:
    """A visitor of one language who sees everything there is; `pages` yields each page with a name."""

    def __init__(self, world: World, language: str) -> None:
        self.world, self.language, self.tongue = world, language, TONGUES[language]
        self.client = world.client(use_cookies=False)
        self.headers = {"Accept-Language": language}

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, **fields: str) -> Any:
        """Post the form of an order's page as it stands, changed by these fields."""
        form = Page(self.get(path).text).rate.fields
        changed = {name.replace("_", "-") if name.startswith("line") else name: value for name, value in fields.items()}
        return self.client.post(path, data={**form, "action": "publish", **changed}, headers=self.headers)

    def order(self, key: str, *things: int, arrived: bool = True, **fields: Any) -> str:
        """Let the first of these things arrive and return the path of the order's page."""
        names = [self.tongue.things[each] for each in things]
        lines = [Line(name, name, title=name, variant=self.tongue.variant) for name in names]
        buyer = Person(f"b-{key}", self.tongue.name, f"{key}@customer.example", locale=self.language)
        self.world.order(key, lines=lines, buyer=buyer, **fields)
        if arrived:
            self.world.deliver(key, names[0])
        else:
            self.world.tell("order_placed", key)
        return self.world.rate_path(key)

    def pages(self) -> Iterator[tuple[str, Any]]:
        yield from self._nothing_yet()
        yield from self._writing()
        yield from self._after_writing()
        yield from self._other_orders()
        yield from self._public()
        yield from self._unsubscribing()
        yield from self._errors()

    def _nothing_yet(self) -> Iterator[tuple[str, Any]]:
        self.path = self.order("o1", 0, 1, 2)
        self.world.deliver("o1", self.tongue.things[1])
        yield "home without reviews", self.get("/trust/")
        yield "product without reviews", self.get(f"/trust/products/{self.tongue.things[0]}")
        yield "shop's own page without reviews", self.get("/own")

    def _writing(self) -> Iterator[tuple[str, Any]]:
        yield "rate", self.get(self.path)
        for query in ("ask=arrival", "ask=mine", "saved=not-arrived", "saved=not-mine", "saved=mine", "saved=deleted"):
            yield query, self.get(f"{self.path}?{query}")
        yield "nothing chosen", self.post(self.path)
        yield "preview of nothing", self.post(self.path, action="preview")
        yield "preview", self.post(self.path, action="preview", line_0_stars="4", line_0_text=self.tongue.words)
        yield "no stars", self.post(self.path, line_0_text=self.tongue.words, public_name="@")
        yield "the shop's name", self.post(self.path, line_0_stars="3", public_name=self.tongue.shop)
        yield "wrong stars", self.post(self.path, line_0_stars="6")
        yield "stale form token", self.post(self.path, form_token="0", line_0_stars="4")
        yield "one right, one too long", self.post(self.path, line_0_stars="4", line_1_text="字" * 5001)

    def _after_writing(self) -> Iterator[tuple[str, Any]]:
        self.world.clock.advance(days=1)
        yield "thanks", self.get(f"{self.path}?saved=published")
        self.post(self.path, line_0_stars="2", line_0_text=self.tongue.words, line_0_title=self.tongue.words)
        yield "not mine after writing", self.get(f"{self.path}?ask=mine")
        yield "sent twice", self.post(self.path, once="0-0", line_0_stars="5")
        yield "delete?", self.post(self.path, action="ask-delete-0")
        self.post(self.path, line_1_stars="1")
        yield "all written", self.get(self.path)

    def _other_orders(self) -> Iterator[tuple[str, Any]]:
        path = self.order("o2", 0)
        self.post(path, action="not-mine")
        yield "not mine", self.get(path)
        path = self.order("o3", 0, incentive=self.tongue.incentive)
        yield "rewarded", self.get(path)
        self.post(path, line_0_stars="5")
        yield "nothing has arrived", self.get(self.order("o4", 0, 1, arrived=False))
        path = self.order("o5", 0)
        self.world.clock.advance(days=200)
        yield "too late", self.get(path)
        self.world.clock.advance(days=1000)
        yield "old link", self.get(path)
        self.world.clock.now -= timedelta(days=1200)

    def _public(self) -> Iterator[tuple[str, Any]]:
        self.world.shop.acting["b-in"] = {"shop"}
        self.post(self.order("in", 0), line_0_stars="5")
        yield "few ratings", self.get(f"/trust/products/{self.tongue.things[0]}")
        for number, stars in enumerate("5335525335"):
            self.post(self.order(f"m{number}", 0), line_0_stars=stars, line_0_text=self.tongue.words)
        product = f"/trust/products/{self.tongue.things[0]}"
        queries = (
            "sort=lowest",
            "stars=5",
            "stars=1",
            f"variant={self.tongue.variant}",
            f"lang={self.language}",
            "lang=fr",
        )
        for query in ("", *queries):
            yield f"product {query}", self.get(f"{product}?{query}")
        yield "home", self.get("/trust/")
        after = next(link["href"] for link in Page(self.get("/trust/").text).all("a") if "after=" in link["href"])
        yield "older reviews", self.get(after)
        edited = next(review for review in self.world.all(Review) if review.edited_at)
        yield "review with history", self.get(f"/trust/reviews/{edited.public_id}")
        yield "shop's own page", self.get("/own")

    def _unsubscribing(self) -> Iterator[tuple[str, Any]]:
        with self.world.app.test_request_context():
            path = f"/trust/unsubscribe/{links.sign('unsubscribe', self.world.person('b-o1').id)}"
        yield "unsubscribe?", self.get(path)
        yield "unsubscribed", self.client.post(path, headers=self.headers)
        yield "subscribed again", self.client.post(path, data={"action": "allow"}, headers=self.headers)
        yield "broken link", self.get("/trust/unsubscribe/x")

    def _errors(self) -> Iterator[tuple[str, Any]]:
        yield "no such page", self.get("/trust/products/x")
        yield "no such link", self.get("/trust/rate/x")
        for code in ERRORS:
            with self.world.app.test_request_context(headers=self.headers):
                yield f"error {code}", error_page(default_exceptions[code]())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())
