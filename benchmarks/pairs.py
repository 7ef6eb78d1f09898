"""What is compared with what: the same request to our shop and to the hand-written one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_trust import links

from .ideal import Ideal
from .ideal_post import Posting
from .measure import Environ, Side, call, get, inspect, post

WORDS = {"title": "Better than I thought", "text": "It arrived early.\nAfter three weeks I would buy it again."}
SAME_SIZE = 0.10
PATHS = {
    "first page": "",
    "next page": "?after={cursor}",
    "lowest first": "?sort=lowest",
    "only 4 stars": "?stars=4",
}


class Unfair(Exception):
    """The two sides do not show the same, or ours breaks a promise that is no question of speed."""


@dataclass
class Pair:
    """One request to both shops; `reviews` is how many the product has (0 for the list of products)."""

    what: str
    reviews: int
    ours: Side
    ideal: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Return ours, then the hand-written one."""
        return self.ours, self.ideal

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

    def pair(self, what: str, reviews: int, path: str) -> Pair:
        """Return the comparison of one public page."""
        with self.app.app_context():
            engine = self.db.engine
        environs = get(path)
        return Pair(what, reviews, Side(self.app, engine, environs), Side(self.ideal_app, self.ideal.engine, environs))


def reading(shops: Shops, reviewed: Mapping[str, int]) -> list[Pair]:
    """Return the comparisons of public pages."""
    pairs = [shops.pair("stars of 50 products", 0, "/list")]
    for key, reviews in reviewed.items():
        base = f"/trust/products/{key}"
        body = call(shops.app, get(base)()).body.decode()
        cursor = re.findall(r"after=([\d-]+)", body)[0]
        pairs += [shops.pair(what, reviews, base + path.format(cursor=cursor)) for what, path in PATHS.items()]
    return pairs


def writing(shops: Shops, reviewed: Mapping[str, int], orders: Mapping[str, range]) -> list[Pair]:
    """Return the comparisons of posting; half of the arrived orders go to each shop."""
    pairs = []
    for key, numbers in orders.items():
        pair = shops.pair("posting a review", reviewed[key], "/")
        half = len(numbers) // 2
        pair.ours.environs = list(_our_posts(shops.app, numbers[:half])).pop
        pair.ideal.environs = list(_ideal_posts(Posting(shops.ideal.engine), numbers[half:])).pop
        pairs.append(pair)
    return pairs


def _our_posts(app: Flask, numbers: range) -> Iterator[Environ]:
    """Open the page of each order, fill the form in and return it unsent."""
    for number in numbers:
        with app.app_context():
            path = f"/trust/rate/{links.sign('rate', number)}"
        page = call(app, get(path)()).body.decode().split('<form id="rate"')[1]
        form = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', page))
        form |= dict(re.findall(r'name="(form_token|once)" type="hidden" value="([^"]*)"', page))
        words = {f"line-0-{name}": value for name, value in WORDS.items()}
        yield post(path, {**form, **words, "line-0-stars": "4", "action": "publish"})


def _ideal_posts(posting: Posting, numbers: range) -> Iterator[Environ]:
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
    if ours.status != ideal.status or ours.status not in (200, 303):
        raise Unfair(f"{pair.what}: the answers are {ours.status} and {ideal.status}")
    if ours.status == 200 and abs(len(ours.body) - len(ideal.body)) > SAME_SIZE * len(ideal.body):
        raise Unfair(f"{pair.what}: {len(ours.body)} and {len(ideal.body)} bytes are not equal content")
