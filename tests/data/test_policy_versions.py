"""Versions of the page about privacy: made by publishing alone, kept word for word, told to those who wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_trust import Person
from flask_trust.inventory import KEEPS, Keep
from flask_trust.mail.models import Outgoing
from flask_trust.privacy import catalogue
from flask_trust.privacy.catalogue import Entry
from flask_trust.privacy.page import finding
from flask_trust.privacy.versions.actions import Snapshot, publish
from flask_trust.privacy.versions.models import PolicyVersion
from flask_trust.reviews.models import Review
from tests.web.pages import Page, open_page
from tests.world import World

PRIVACY = "/trust/privacy"
DRIFT = "The privacy page says something else than version 1"


def published(world: World, *options: str) -> str:
    result = world.cli("policy", "publish", *options)
    assert result.exit_code == 0, result.output
    return str(result.output)


def read(world: World, path: str = PRIVACY, language: str = "en") -> str:
    return open_page(world, path, headers={"Accept-Language": language}).text


def rewarded(world: World) -> None:
    world.order("rewarded", incentive="5 % off")
    world.deliver("rewarded")


# Drift: each of these shows until it is published, and then on the page, in the version and its note


def new_column(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    personal = replace(catalogue.entries()[0].personal, category="review", purpose="show_review")
    more = Entry("trust_review", "photo", "review", personal)
    entries = (*catalogue.entries(), more)
    monkeypatch.setattr(catalogue, "entries", lambda: entries)


def longer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "KEEPS", {**KEEPS, "mail": Keep("mail", 1095, "mail-done")})


def rewards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rewarded(world)


DRIFTS = [
    (new_column, "We now keep one more detail here: your reviews."),
    (longer, "We now keep this for 3 years instead of 2 years: which emails went to you, and when."),
    (rewards, "Some reviews are now written for a reward. Each of them says so."),
]


@pytest.mark.parametrize(("change", "said"), DRIFTS, ids=lambda it: getattr(it, "__name__", ""))
def test_what_has_changed_is_told_until_it_is_published_and_then_stands_in_the_version(
    any_world: World, monkeypatch: pytest.MonkeyPatch, change: Any, said: str
) -> None:
    published(any_world)
    assert any_world.cli("policy", "check").exit_code == 0
    assert DRIFT not in any_world.cli("check").output
    any_world.clock.now += timedelta(days=3)
    change(any_world, monkeypatch)
    assert DRIFT in any_world.cli("check").output
    result = any_world.cli("policy", "check")
    assert (result.exit_code, said in result.output) == (1, True)
    # The page cannot lie: it shows what is so at once, and says that it is newer than its version.
    assert f"Since version 1, this has changed, and it holds already: {said}" in read(any_world)
    assert said in published(any_world)
    assert DRIFT not in any_world.cli("check").output
    page = read(any_world)
    assert "Version 2. It holds since 6 May 2027." in page
    assert "Since version 1" not in page
    assert said in page
    assert said in read(any_world, f"{PRIVACY}/2")
    assert said in any_world.client().get(f"{PRIVACY}.atom").text


def test_staff_are_told_on_the_page_how_to_publish_and_visitors_are_not(any_world: World) -> None:
    any_world.shop.staff.add("olga")
    published(any_world)
    rewarded(any_world)
    assert "flask trust policy publish" not in read(any_world)
    any_world.shop.viewer = "olga"
    assert "flask trust policy publish" in Page(any_world.client().get(PRIVACY).text).text


# Publishing


def test_publishing_the_same_again_makes_no_version(any_world: World) -> None:
    assert "Version 1 is published. It holds from 2027-05-03." in published(any_world)
    again = any_world.cli("policy", "publish")
    assert (again.exit_code, again.output) == (1, "Error: Nothing has changed since version 1.\n")
    assert [row.number for row in any_world.all(PolicyVersion)] == [1]


def test_two_who_publish_at_once_get_two_numbers(any_world: World) -> None:
    with any_world.app.app_context():
        now = any_world.clock()
        numbers = [publish(any_world.state, Snapshot({"n": n}, {}), now) for n in range(3)]
        assert numbers == [1, 2, 3]
        # The very same, as two find it who press at once, is one version; on an earlier day it is another.
        later = now + timedelta(days=9)
        assert [publish(any_world.state, Snapshot({"n": 3}, {}), when) for when in (later, later, now)] == [4, 4, 5]


def test_an_old_version_stays_as_it_was_in_every_language(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    published(any_world, "--note", "The first one.")
    longer(any_world, monkeypatch)
    published(any_world)
    for language, old, new in (("en", "emails we sent: 2 years", "emails we sent: 3 years"), ("ja", "2年間", "3年間")):
        first, second = (read(any_world, f"{PRIVACY}/{number}", language) for number in (1, 2))
        line = re.compile(r"(Which emails we sent: \d years|どのメールを送ったかは、\d年間)")
        assert [old in line.findall(first)[0], new in line.findall(second)[0]] == [True, True]
    first = read(any_world, f"{PRIVACY}/1")
    assert "This is version 1. It began to hold on 3 May 2027, and does not hold any more." in first
    assert "The first one." in first
    assert "This is the first version." in first


def test_other_words_for_the_same_facts_are_a_version_too(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    published(any_world)
    with any_world.app.app_context(), any_world.state.session() as session:
        (row,) = session.query(PolicyVersion).all()
        row.digest = "0" * 64
        session.commit()
    assert "The page says the same in other words." in any_world.cli("policy", "check").output
    assert DRIFT in any_world.cli("check").output
    assert "What we do has not changed." in published(any_world)


def test_a_version_for_later_is_announced_and_holds_from_its_day(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(any_world)
    with monkeypatch.context() as coming:
        longer(any_world, coming)
        published(any_world, "--effective", "2027-06-01")
        # At work before its day: staff are told, and the page goes on to show what is so.
        assert "What version 2 announces for later is at work already." in any_world.cli("policy", "check").output
    page = read(any_world)
    assert "Version 1. It holds since 3 May 2027." in page
    assert "Version 2 will hold from 1 June 2027. We now keep this for 3 years instead of 2 years" in page
    assert "Which emails we sent: 2 years." in page
    assert any_world.cli("policy", "check").exit_code == 0
    assert "will hold from 1 June 2027" in read(any_world, f"{PRIVACY}/2")
    any_world.clock.now += timedelta(days=29)
    longer(any_world, monkeypatch)
    assert "Version 2. It holds since 1 June 2027." in read(any_world)
    assert any_world.cli("policy", "check").exit_code == 0


def test_the_day_is_one_of_the_shops_time_zone_and_never_over(any_world: World) -> None:
    over = any_world.cli("policy", "publish", "--effective", "2027-05-02")
    assert over.exit_code == 1
    assert "is over" in over.output
    assert any_world.all(PolicyVersion) == []
    published(any_world, "--effective", "2027-05-03")
    assert any_world.one(PolicyVersion).effective_at == any_world.clock()


@pytest.mark.parametrize(("zone", "now"), [("Asia/Tokyo", (3, 16)), ("America/New_York", (5, 2))])
def test_today_is_a_day_of_the_shop(make_world: Callable[..., World], zone: str, now: tuple[int, int]) -> None:
    world = make_world(TRUST_TIMEZONE=zone)
    world.clock.now = datetime(2027, 5, *now, tzinfo=UTC)
    assert "It holds from 2027-05-04." in published(world, "--effective", "2027-05-04")


def test_a_reader_who_comes_again_sees_that_a_version_has_begun_to_hold(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(TRUST_TIMEZONE="Asia/Tokyo")
    published(world)
    with monkeypatch.context() as coming:
        longer(world, coming)
        published(world, "--effective", "2027-06-01")
    world.clock.now = datetime(2027, 5, 31, 10, tzinfo=UTC)
    client = world.client(use_cookies=False)
    tag = client.get(PRIVACY).headers["ETag"]
    world.clock.now = datetime(2027, 5, 31, 20, tzinfo=UTC)  # the same day of UTC, and June in Tokyo
    again = client.get(PRIVACY, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert "Version 2. It holds since 1 June 2027." in Page(again.text).text


# Who is told


@pytest.fixture
def wrote(any_world: World) -> World:
    """A world with words of four people, one of them out of reach and one erased, and with one who never wrote."""
    for name in ("anna", "ben", "cleo", "dora"):
        any_world.review(f"o-{name}", buyer=Person(name, name.title(), f"{name}@customer.example"))
    any_world.order("o-eve", buyer=Person("eve", "Eve", "eve@customer.example"))
    any_world.deliver("o-eve")
    any_world.tell("mail_bounced", "cleo")
    any_world.tell("person_erased", "dora")
    published(any_world)
    rewarded(any_world)
    return any_world


def told(world: World) -> list[str]:
    return sorted(str(mail["To"]) for mail in world.mails() if "What we do with your data" in str(mail["Subject"]))


def test_publishing_writes_to_nobody_unless_asked_to(wrote: World) -> None:
    published(wrote)
    wrote.run()
    assert told(wrote) == []


def test_people_whose_words_are_kept_are_told_once(wrote: World) -> None:
    assert "2 mails will be sent." in published(wrote, "--mail")
    wrote.run()
    wrote.run()
    assert told(wrote) == ["anna@customer.example", "ben@customer.example"]
    mail = next(each for each in wrote.mails() if "What we do with your data" in str(each["Subject"]))
    text = wrote.text_of(mail)
    assert "Some reviews are now written for a reward. Each of them says so." in text
    assert "http://localhost/trust/privacy/2" in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_who_opts_out_after_it_was_queued_gets_no_mail(wrote: World) -> None:
    published(wrote, "--mail")
    wrote.tell("mail_bounced", "ben")
    wrote.tell("person_erased", "anna")
    wrote.run()
    assert told(wrote) == []
    assert {row.state for row in wrote.all(Outgoing) if row.kind == "policy"} <= {"dropped"}


# Which one an author could read


def test_every_review_tells_which_version_held_when_it_was_written_and_changed(any_world: World) -> None:
    any_world.review("o1")
    (review,) = any_world.all(Review)
    any_world.clock.now += timedelta(days=1)
    published(any_world)
    any_world.clock.now += timedelta(days=1)
    any_world.rate("o1", line_0_stars="2")
    any_world.clock.now += timedelta(days=1)
    rewarded(any_world)
    published(any_world)
    assert any_world.cli("policy", "seen", review.public_id).output == (
        "Written on 2027-05-03, when no version was published yet.\nChanged on 2027-05-05, when version 1 held.\n"
    )
    assert any_world.cli("policy", "seen", "nothing").exit_code == 1


def test_the_page_in_the_shell(any_world: World) -> None:
    assert "How do I get my review removed?" in any_world.cli("policy", "show").output
    assert "自分のレビューを消すにはどうすればよいですか。" in any_world.cli("policy", "show", "--lang", "ja").output
    assert '"category": "review"' in any_world.cli("policy", "show", "--json").output
