"""Whoever is erased is gone: from every table, the file below it, the folder of mails, our logs and every page."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from flask_trust.journal.models import Entry
from flask_trust.people.models import Person as PersonRow
from flask_trust.ratings.models import Rating
from flask_trust.reviews.models import Review
from tests.data.lives import Life, guest, live, member
from tests.support.databases import connected
from tests.web.pages import Page
from tests.web.test_account import door
from tests.world import World

MEMBER, GUEST = "zyqmember", "zyqguest"

#: What is ours to keep: the words and the name that somebody typed for us. All else is the shop's, and stays there.
OURS = (
    "firsttitle", "firsttext", "firstrating", "firstnote", "secondtitle", "secondtext", "secondrating", "secondnote",
    "thirdtext", "public", "return", "reply", "report", "reporter", "reporterword", "facts", "explanation", "appeal",
)  # fmt: skip
SHORT = ("", "ok", "good", "bad", "Good", "super", "nice", "thanks", "late", "broken", "never again", "top")


@pytest.fixture
def lives(any_world: World) -> list[Life]:
    return [member(any_world, MEMBER), guest(any_world, GUEST)]


def rows(world: World) -> dict[str, list[str]]:
    """Return every row of every table of the database, ours or not, as the database holds it."""
    found: dict[str, list[str]] = {}
    with connected(sa.make_url(world.app.config["SQLALCHEMY_DATABASE_URI"])) as connection:
        for table in sa.inspect(connection).get_table_names():
            quoted = connection.dialect.identifier_preparer.quote(table)
            told = connection.exec_driver_sql(f"SELECT * FROM {quoted}")
            found[table] = ["|".join(_plain(value) for value in row) for row in told]
    return found


def _plain(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes | bytearray) else str(value)


def database(world: World, *left_out: str) -> str:
    return "\n".join(row for table, told in rows(world).items() if table not in left_out for row in told)


def files(world: World) -> bytes:
    """Return the bytes of the database's own files, where it has some that can be read: with all that was deleted."""
    url = sa.make_url(world.app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() != "sqlite":
        return b""
    return b"".join(
        path.read_bytes() for path in Path(f"{url.database}").parent.glob(f"{Path(url.database or '').name}*")
    )


def folder(world: World) -> str:
    return "\n".join(mail.as_string() + world.text_of(mail) + str(mail["To"]) for mail in world.mails())


def pages(world: World) -> str:
    """Return all that anybody can see."""
    client = world.client()
    paths = [
        "/",
        "/products/bowl",
        "/products/cup",
        "/products/bowl?sort=lowest",
        "/sellers/mia",
        "/log",
        "/sitemap.xml",
    ]
    paths += ["/how-reviews-work", "/products/bowl/feed.atom", "/sellers/mia/feed.atom"]
    paths += [f"/reviews/{review.public_id}" for review in world.all(Review)]
    return "\n".join(client.get(f"/trust{path}").text for path in paths)


def desk(world: World) -> str:
    """Return what the shop's staff and the seller see."""
    seen = []
    for viewer, paths in {
        "boss": ["/desk/", "/desk/reviews", "/desk/invitations?state=skipped", "/desk/mails", "/desk/reports",
                 "/desk/reports?show=closed", "/desk/export.csv", "/desk/export.json"],
        "mia-1": ["/desk/deals?seller=mia", "/desk/replies?seller=mia"],
    }.items():  # fmt: skip
        world.shop.viewer = viewer
        for path in paths:
            answer = world.client().get(f"/trust{path}")
            seen.append(answer.text)
            assert answer.status_code == 200, path
    world.shop.viewer = None
    return "\n".join(seen)


def shell(world: World) -> str:
    return "".join(world.cli(*command).output for command in (("stats", "--json"), ("check",), ("mail", "list")))


def ours(caplog: pytest.LogCaptureFixture) -> str:
    """Return what was logged by anybody but the database's driver, which prints parameters where it is asked to."""
    records = [record for record in caplog.records if not record.name.startswith("sqlalchemy")]
    return "\n".join(f"{record.getMessage()} {record.exc_text}" for record in records)


def erase(world: World, life: Life, how: str) -> None:
    """Let somebody erase themselves on their own page, by one of its two doors."""
    path = f"{door(world, how, life.person)}/erase"
    (form,) = Page(world.client().get(path).text).forms
    assert world.client().post(form.action, data={**form.fields, "action": "erase"}).status_code == 303
    world.shop.viewer = None


def test_after_an_erasure_no_marker_is_left_anywhere(
    any_world: World, lives: list[Life], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "mail.log")  # the mail server of the tests prints all that it gets
    live(any_world, *lives)
    kept, seen = database(any_world), pages(any_world) + desk(any_world)
    for life in lives:  # a scan that finds nothing now would find nothing afterwards
        assert [what for what in OURS if life.says(what) not in kept] == []
        assert life.says("thirdtext") not in pages(any_world), "it waits for staff"
        assert life.says("secondrating") in seen
        assert str(life.person.email) in folder(any_world)
        assert not files(any_world) or life.says("firstnote").encode() in files(any_world)
    _nothing_of_the_shop(any_world, lives, caplog)
    for life, other, how in zip(lives, reversed(lives), ("signed in", "link"), strict=True):
        _own_page(any_world, life, other, how)
    for life, how in zip(lives, ("signed in", "link"), strict=True):
        erase(any_world, life, how)
    any_world.pass_days(1)
    _no_trace(any_world, lives, caplog)
    assert any_world.cli("check").output.startswith("All totals agree"), any_world.cli("check").output


def _own_page(world: World, life: Life, other: Life, how: str) -> None:
    """Hold that a person's page shows what is theirs, and nothing of the other, on each database."""
    page = world.client().get(door(world, how, life.person)).text
    world.shop.viewer = None
    assert [
        what for what in ("secondtitle", "thirdtext", "secondrating", "secondnote") if life.says(what) not in page
    ] == []
    assert "bowl" in page
    assert other.mark not in page


def _nothing_of_the_shop(world: World, lives: list[Life], caplog: pytest.LogCaptureFixture) -> None:
    """Hold that no name or address is copied from the shop; what a reporter types lies in one table."""
    places = [database(world, "trust_contact"), pages(world), desk(world), shell(world), ours(caplog)]
    for life in lives:
        for words in (life.person.name, life.person.email or "", life.says("smtp")):
            assert [place for place in places if words in place] == []


def _no_trace(world: World, lives: list[Life], caplog: pytest.LogCaptureFixture) -> None:
    for life in lives:
        for mark in {life.mark, life.person.id}:
            for table, told in rows(world).items():
                assert [row for row in told if mark.lower() in row.lower()] == [], table
            assert mark.encode() not in files(world)
            assert mark not in folder(world)
            assert mark not in pages(world) + desk(world) + shell(world)
            assert mark not in Path(world.app.config["TRUST_ERASURE_FILE"]).read_text()
            assert mark not in ours(caplog)
    assert [row.key for row in world.all(PersonRow) if row.erased_at] == [None, None]


def guesses(world: World) -> set[str]:
    """Return the hashes of short texts with each number of stars, for every thing and every nonce that is stored."""
    stored = {bytes.fromhex(found) for found in re.findall(r"\b[0-9a-f]{64}\b", database(world, "trust_journal"))}
    aspects = dict.fromkeys(("service", "delivery", "presentation", "price", "privacy"))
    tried = set()
    for text, stars in itertools.product(SHORT, range(1, 6)):
        contents = [{"id": each.public_id, "title": "", "text": text, "stars": stars} for each in world.all(Review)]
        contents += [
            {"id": each.public_id, "note": "", "text": text, "stars": stars, **aspects} for each in world.all(Rating)
        ]
        for content in contents:
            canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            tried |= {hashlib.sha256(nonce + canonical).hexdigest() for nonce in stored | {b"", bytes(32)}}
    return tried


def test_a_dictionary_of_short_texts_matches_nothing_in_the_journal(any_world: World) -> None:
    life = member(any_world, MEMBER)
    any_world.order(life.order, "bowl", buyer=life.person)
    any_world.deliver(life.order)
    any_world.rate(life.order, line_0_stars="5", line_0_text="good")
    written = {entry.commitment for entry in any_world.all(Entry) if entry.commitment}
    assert written & guesses(any_world), "with the nonce beside the words, a guess is a match"
    erase(any_world, life, "link")
    assert not written & guesses(any_world)
    assert written <= {entry.commitment for entry in any_world.all(Entry)}, "no row of the journal was changed"
