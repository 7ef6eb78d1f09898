"""What is compared with what: the same request to our shop and to the hand-written one."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from werkzeug.wrappers import Response

from flask_trust import links

from .ideal import Ideal
from .ideal_post import Posting
from .ideal_queries import cursor_at
from .measure import Answer, Environ, Side, call, get, inspect, post
from .shop import NOW, SECRET
from .written import rows_of_a_post

WORDS = {"title": "Better than I thought", "text": "It arrived early.\nAfter three weeks I would buy it again."}
SAME_SIZE = 0.10
SAME_WORDS = 0.03
FAR_DOWN = cursor_at(NOW - timedelta(days=900), 1)
PATHS = {
    "first page": "",
    "page far down": f"?after={FAR_DOWN}",
    "lowest first": "?sort=lowest",
    "most helpful first": "?sort=helpful",
    "only 4 stars": "?stars=4",
}
PAGE, ONE_QUERY, POST = 1.5, 1.3, 1.7  # the targets: how much ours may cost in terms of the hand-written one
ANSWERS = (200, 303, 304)


class Unfair(Exception):
    """The two sides do not show the same, or ours breaks a promise that is no question of speed."""


@dataclass
class Pair:
    """One request to both shops; `reviews` is how many the product has (0 for the list of products).

    `target` is what `ratio` is to be at most.
    """

    what: str
    reviews: int
    ours: Side
    ideal: Side
    target: float = PAGE
    #: A view of Flask that answers the same bytes from memory; none for posts.
    bare: Side | None = None

    @property
    def sides(self) -> tuple[Side, ...]:
        """Return ours, then the hand-written one, then the bare one."""
        return (self.ours, self.ideal) if self.bare is None else (self.ours, self.ideal, self.bare)

    @property
    def ratio(self) -> float:
        """Return how much ours costs in terms of the other: the median over the rounds."""
        return median(ours / ideal for ours, ideal in zip(self.ours.cpu, self.ideal.cpu, strict=True))


@dataclass(frozen=True)
class Shops:
    """Our shop and the hand-written one on the same database."""

    app: Flask
    db: SQLAlchemy
    ideal_app: Flask
    ideal: Ideal

    def pair(self, what: str, reviews: int, path: str, target: float = PAGE) -> Pair:
        """Return the comparison of one public page."""
        with self.app.app_context():
            engine = self.db.engine
        environs = get(path)
        ours, ideal = Side(self.app, engine, environs), Side(self.ideal_app, self.ideal.engine, environs)
        return Pair(what, reviews, ours, ideal, target)

    def known(self, reviews: int, path: str) -> Pair:
        """Return the comparison of asking for a page again that has not changed since."""
        pair = self.pair("304 answer", reviews, path, ONE_QUERY)
        for side in (pair.ours, pair.ideal):
            side.environs = get(path, side.ask().tag)
        return pair


def reading(shops: Shops, reviewed: Mapping[str, int]) -> list[Pair]:
    """Return the comparisons of public pages."""
    pairs = [shops.pair("stars of 50 products", 0, "/list", ONE_QUERY)]
    for key, reviews in reviewed.items():
        base = f"/trust/products/{key}"
        pairs += [shops.pair(what, reviews, base + path) for what, path in PATHS.items()]
        pairs.append(shops.known(reviews, base))
    return pairs


def writing(shops: Shops, reviewed: Mapping[str, int], orders: Mapping[str, range]) -> list[Pair]:
    """Return the comparisons of posting; half of the arrived orders go to each shop."""
    pairs = []
    for key, numbers in orders.items():
        pair = shops.pair("posting a review", reviewed[key], "/", POST)
        half = len(numbers) // 2
        pair.ours.environs = list(our_posts(shops.app, numbers[:half])).pop
        pair.ideal.environs = list(ideal_posts(Posting(shops.ideal.engine), numbers[half:])).pop
        pairs.append(pair)
    return pairs


def our_posts(app: Flask, numbers: Sequence[int]) -> Iterator[Environ]:
    """Open the page of each order, fill the form in and return it unsent."""
    for number in numbers:
        with app.app_context():
            path = f"/trust/rate/{links.sign('rate', number)}"
        page = call(app, get(path)()).body.decode().split('<form id="rate"')[1]
        form = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', page))
        form |= dict(re.findall(r'name="(form_token|once)" type="hidden" value="([^"]*)"', page))
        form |= dict(re.findall(r'name="(public_name)" value="([^"]*)"', page))
        words = {f"line-0-{name}": value for name, value in WORDS.items()}
        yield post(path, {**form, **words, "line-0-stars": "4", "action": "publish"})


def ideal_posts(posting: Posting, numbers: Sequence[int]) -> Iterator[Environ]:
    """Return the same for the hand-written shop."""
    for number in numbers:
        token = posting.link(number)
        form = {**WORDS, "stars": "4", "form_token": posting.form_token(token)}
        yield post(f"/trust/rate/{token}", form)


def check(pairs: list[Pair]) -> None:
    """Ask once for everything; raises `Unfair` where the answers differ or queries depend on the number of reviews."""
    for pair in pairs:
        _compare(pair)
    for what in {pair.what for pair in pairs}:
        counts = {pair.ours.queries for pair in pairs if pair.what == what}
        if len(counts) > 1:
            raise Unfair(f"{what}: {sorted(counts)} queries, by the number of reviews")


def _compare(pair: Pair) -> None:
    ours, ideal = inspect(pair.ours), inspect(pair.ideal)
    if ours.status != ideal.status or ours.status not in ANSWERS:
        raise Unfair(f"{pair.what}: the answers are {ours.status} and {ideal.status}")
    if pair.what == "304 answer" and ours.status != 304:
        raise Unfair(f"{pair.what}: the page is sent again")
    if ours.status == 200:
        _compare_pages(pair.what, ours.body.decode(), ideal.body.decode())
    if ours.status == 303:
        _compare_rows(pair)
    else:
        pair.bare = bare_side(pair.ours, ours)


def bare_side(asked: Side, answer: Answer) -> Side:
    """Return a side that answers the same and asks nobody, at the same address."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    path = asked.environs()["PATH_INFO"]
    app.add_url_rule(path, "page", lambda: Response(answer.body, answer.status, mimetype="text/html"))
    side = Side(app, asked.engine, asked.environs)
    inspect(side)
    return side


def _compare_pages(what: str, ours: str, ideal: str) -> None:
    if abs(len(ours) - len(ideal)) > SAME_SIZE * len(ideal):
        raise Unfair(f"{what}: {len(ours)} and {len(ideal)} letters are not equal content")
    (mine, other) = (Counter(_words(page)) for page in (ours, ideal))
    apart = (mine - other) + (other - mine)
    if apart.total() > SAME_WORDS * mine.total():
        raise Unfair(f"{what}: {apart.total()} of {mine.total()} words differ: {', '.join(sorted(apart)[:20])}")


def _words(page: str) -> list[str]:
    """Return what readers and search engines read."""
    return re.findall(r"\w+", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def _compare_rows(pair: Pair) -> None:
    ours, ideal = rows_of_a_post(pair.ours), rows_of_a_post(pair.ideal)
    apart = {name: (ours[name], ideal[name]) for name in ours if ours[name] != ideal[name]}
    if apart:
        raise Unfair(f"{pair.what}: the rows written differ: {apart}")
