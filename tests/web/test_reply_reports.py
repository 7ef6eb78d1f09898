"""Reporting a reply and what its pages say: the same form, the same receipt, and words that name it as a reply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_trust.moderation.models import Case, Contact, Report
from flask_trust.reviews.models import Review
from tests.web.cases import REPORTED, STAFF, decided, reported, tallies, written
from tests.web.deals import look, press
from tests.web.pages import Page, everything, open_page
from tests.web.replies import KINDS, RUDE, path_of, public_page, replied, replied_to_review, reply_row, reply_to
from tests.world import World

LIST = "/trust/desk/reports"
NAMES = {"to_review": "A reply to a review", "to_rating": "A reply to a rating"}


def report_path(kind: str, public_id: str) -> str:
    return f"/trust/{'reviews' if kind == 'to_review' else 'ratings'}/{public_id}/reply/report"


def send(world: World, path: str, **changed: str) -> Any:
    client = world.client(use_cookies=False)
    token = Page(client.get(path).text).forms[0].fields["form_token"]
    fields = {name: value for name, value in {**REPORTED, "form_token": token, **changed}.items() if value}
    return client.post(path, data=fields)


@pytest.mark.parametrize("kind", KINDS)
def test_a_quiet_link_beside_each_reply_leads_to_the_form(world: World, kind: str) -> None:
    public_id = replied(world, kind)
    pages = [public_page(kind), *(["/trust/", f"/trust/reviews/{public_id}"] if kind == "to_review" else [])]
    for path in pages:
        page = open_page(world, path)
        assert [link["href"] for link in page.all("a") if "/reply/report" in link.get("href", "")] == [
            report_path(kind, public_id)
        ], path
        assert "Report this reply" in page.text
    page = open_page(world, report_path(kind, public_id))
    for words in ("Report this reply", NAMES[kind], RUDE):
        assert words in page.text
    assert "It came late" not in page.text, "what it answers is not what is reported"


def test_where_no_reply_is_nothing_leads_to_a_form(world: World) -> None:
    public_id = written(world)
    assert "/reply/report" not in world.client().get("/trust/products/bowl").text
    for kind in KINDS:
        open_page(world, report_path(kind, public_id), 404)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_reports_and_follows_the_case(world: World, kind: str) -> None:
    path = report_path(kind, replied(world, kind))
    world.run()
    answers = [send(world, path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert (world.one(Case).kind, len(world.all(Report))) == (kind, 1)
    assert world.one(Contact).email == "bob@reader.example"
    page = open_page(world, answers[0].location)
    for words in ("Your report has arrived", NAMES[kind], "It has not been decided yet"):
        assert words in page.text
    world.run()
    mail = world.mails()[-1]
    assert mail["To"] == "bob@reader.example"
    assert "It is about the reply to a r" in world.text_of(mail)
    assert RUDE not in mail.as_string()


def test_a_reply_to_what_is_hidden_is_not_said_to_be_read_by_everybody(world: World) -> None:
    public_id = replied_to_review(world)
    case = send(world, report_path("to_review", public_id)).location
    decided(world, public_id, "hide")
    text = open_page(world, case).text
    assert "Nobody can read it now, because what it answers is not shown." in text
    assert "Everybody can read it" not in text
    decided(world, public_id, "restore")
    assert "Everybody can read it." in open_page(world, case).text


@pytest.mark.parametrize("field", ["reason", "explanation", "name", "email", "honest"])
def test_the_form_wants_what_that_of_a_review_wants(world: World, field: str) -> None:
    answer = send(world, report_path("to_review", replied_to_review(world)), **{field: ""})
    assert answer.status_code == 422
    assert world.all(Report) == []


def test_what_only_buyers_can_do_is_no_reason_against_a_reply(world: World) -> None:
    path = report_path("to_review", replied_to_review(world))
    page = open_page(world, path)
    values = [radio["value"] for radio in page.all("input") if radio.get("name") == "reason"]
    assert values == ["G1", "G2", "G3", "G4", "G5", "G6", "G8", "child"]
    assert "It was shown that it is invented." in page.text
    assert "not the one who bought" not in page.text
    assert send(world, path, reason="G7").status_code == 422
    assert send(world, path, reason="G6").status_code == 303
    world.shop.staff.add(STAFF)
    answer = press(world, STAFF, "remove", f"{LIST}/1", ground="G7", facts="facts")
    assert answer.status_code == 422
    assert press(world, STAFF, "remove", f"{LIST}/1", ground="G6", facts="facts").status_code == 303
    assert "Taken down: Made up." in look(world, "olga", f"/trust/reviews/{world.one(Review).public_id}/reply").text


def test_a_form_of_the_review_is_none_of_its_reply(world: World) -> None:
    public_id = replied_to_review(world)
    token = open_page(world, f"/trust/reviews/{public_id}/report").forms[0].fields["form_token"]
    path = report_path("to_review", public_id)
    assert world.client().post(path, data={**REPORTED, "form_token": token}).status_code == 422


@pytest.mark.parametrize("kind", KINDS)
def test_staff_decides_about_a_reply_with_what_it_answers_beside_it(world: World, kind: str) -> None:
    public_id = replied(world, kind)
    reported(world, public_id, kind)
    world.shop.staff.add(STAFF)
    title = {"to_review": "Reply to a review of Vase", "to_rating": "Reply to a rating of Tom's Lamps"}[kind]
    page = look(world, STAFF, LIST)
    assert f"{title} Bob Miller" in page.text
    page = look(world, STAFF, f"{LIST}/1")
    assert f"All reports {title} What it says" in page.text
    for words in (NAMES[kind], RUDE, "What it answers"):
        assert words in page.text
    assert ("It came late" in page.text) == (kind == "to_rating")
    assert "★" not in page.text
    answer = press(world, STAFF, "hide", f"{LIST}/1", ground="G1", facts="the name")
    assert "Its author is told why" in look(world, STAFF, answer.location).text
    assert reply_row(world, kind).state == "hidden"


def test_who_wrote_a_reply_can_only_let_it_stay_and_its_reporter_reads_who_decided(world: World) -> None:
    public_id = replied_to_review(world)
    case = send(world, report_path("to_review", public_id)).location
    page = look(world, "olga", f"{LIST}/1")
    assert "You wrote this yourself." in page.text
    assert path_of("to_review", public_id) in [link.get("href") for link in page.all("a")]
    assert [button["value"] for button in page.all("button") if button.get("name") == "action"] == ["keep"]
    (form,) = [each for each in page.forms if ("action", "keep") in each.buttons]
    for step in ("hide", "remove"):
        forged = {**form.fields, "action": step, "ground": "G1", "facts": "the name"}
        assert world.client().post(form.action, data=forged).status_code == 409
    assert "has written the reply, too" not in open_page(world, case).text
    assert press(world, "olga", "keep", f"{LIST}/1").status_code == 303
    assert (world.one(Case).phase, reply_row(world, "to_review").state) == ("closed", "shown")
    assert "The person who decided has written the reply, too." in open_page(world, case).text
    world.run()
    assert "The person who decided has written the reply, too." in world.text_of(world.mails()[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_staff_opens_a_case_by_the_address_behind_the_link(world: World, kind: str) -> None:
    public_id = replied(world, kind)
    world.shop.staff.add(STAFF)
    form = look(world, STAFF, LIST).forms[-1]
    about = f"http://localhost{report_path(kind, public_id)}"
    assert world.client().post(LIST, data={**form.fields, "about": about}).status_code == 303
    assert world.one(Case).kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_the_author_is_led_to_the_reasons_without_a_secret_link_on_the_page(world: World, kind: str) -> None:
    public_id = replied(world, kind)
    decided(world, public_id, "remove", kind, facts="It names Bob Miller")
    who, path = "olga" if kind == "to_review" else "tina", path_of(kind, public_id)
    page = look(world, who, path)
    assert "Taken down: Personal data of somebody." in page.text
    links = [link["href"] for link in page.all("a")]
    assert not any("/cases/" in link for link in links)
    (way,) = [link for link in links if "to=case" in link]
    answer = world.client().get(way.replace("&amp;", "&"))
    assert answer.status_code == 303
    case = open_page(world, answer.location)
    assert "It names Bob Miller" in case.text
    (change,) = [link["href"] for link in case.all("a") if link.get("href", "").startswith("/trust/")
                 and ("/replies/" in link["href"] or "/orders/" in link["href"])]  # fmt: skip
    world.shop.viewer = who
    assert RUDE in world.client().get(change).text


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_led_to_a_case_that_is_not_theirs(world: World, kind: str) -> None:
    public_id = replied(world, kind)
    path = f"{path_of(kind, public_id)}?to=case&seller=tom"
    who = "olga" if kind == "to_review" else "tina"
    assert look(world, who, path, 200 if kind == "to_review" else 404)
    decided(world, public_id, "remove", kind)
    for other in ("rita", "una-1", None):
        world.shop.viewer = other
        assert world.client().get(path).status_code in (302, 401, 403, 404)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_after_sending_says_whether_others_can_read_it(world: World, kind: str) -> None:
    public_id = replied(world, kind)
    world.clock.advance(minutes=1)
    answer = reply_to(world, kind, public_id, "Something else.")
    assert "can be read by everybody now" in world.client().get(answer.location).text
    decided(world, public_id, "hide", kind)
    world.clock.advance(minutes=1)
    text = world.client().get(reply_to(world, kind, public_id, "And something else.").location).text
    assert "can be read by everybody now" not in text
    assert "once the shop" in text


def test_a_get_changes_nothing(world: World) -> None:
    public_id = replied_to_review(world)
    location = send(world, report_path("to_review", public_id)).location
    decided(world, public_id, "hide", "to_review")
    before = everything(world)
    world.shop.viewer = "olga"
    for path in (f"{path_of('to_review', public_id)}?to=case", location, "/trust/log", LIST, f"{LIST}/1"):
        assert world.client().get(path).status_code in (200, 303)
    assert everything(world) == before


# In public


def test_the_log_the_year_and_the_page_about_reviews_name_replies_apart(world: World) -> None:
    public_id = replied_to_review(world)
    log, how = open_page(world, "/trust/log").text, open_page(world, "/trust/how-reviews-work").text
    assert "Replies of sellers and the shop" not in log + how
    reported(world, public_id, "to_review")
    decided(world, public_id, "remove", "to_review", ground="G8")
    reviews = tallies(world).reviews
    assert (reviews.received, reviews.shown) == (1, 1)
    log, how = open_page(world, "/trust/log").text, open_page(world, "/trust/how-reviews-work").text
    assert "Replies of sellers and the shop Taken down: Advertising 1" in log
    assert "A reply to a review 3 May 2027" in log
    assert "Received 1 Shown 1" in log
    assert "0 are hidden while we check, 1 were taken down" in how
    year = open_page(world, "/trust/log/2027").text
    assert year.count("of these about replies of sellers and the shop 1") == 2
    assert "which are in neither column: 1 hidden or taken down" in year
    told = json.loads(world.client().get("/trust/log/2027.json").text)
    assert told["about_replies"] == {"reports": 1, "decisions": 1}
    assert "about_replies.decisions,1" in world.client().get("/trust/log/2027.csv").text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gone", [False, True])
def test_statements_for_the_database_tell_of_a_reply(world: World, kind: str, gone: bool) -> None:
    public_id = replied(world, kind)
    decided(world, public_id, "remove", kind, facts="The name of Bob Miller")
    if gone:
        world.clock.advance(days=1)
        world.tell("person_erased", "olga" if kind == "to_review" else "tina")
    world.shop.staff.add("olaf")
    world.shop.viewer = "olaf"
    (it,) = json.loads(world.client().get("/trust/desk/decisions.json").text)
    what = "review of a product" if kind == "to_review" else "rating of a seller"
    assert it["decision_facts"].startswith(f"A reply to a {what} by the seller or the shop was taken down")
    assert "stars" not in it["decision_facts"]
    assert it["content_date"] == "2027-05-03"
    assert it.get("content_language") == (None if gone else "EN")
    assert "Bob Miller" not in json.dumps(it)
