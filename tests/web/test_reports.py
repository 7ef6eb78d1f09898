"""Pages of reporting, of a case, of the shop's staff, and the public log."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask_wtf import CSRFProtect

from flask_trust import Line, Person
from flask_trust.limits.models import Sender
from flask_trust.moderation import views
from flask_trust.moderation.models import Case, Contact, Report
from flask_trust.moderation.rules import GROUNDS
from flask_trust.moderation.words import ground_name
from flask_trust.ratings.models import Rating
from flask_trust.reviews.models import Review
from tests.web.cases import PHONE, REPORTED, STAFF, decided, reported, written
from tests.web.deals import buyer_rates, deal, form_with, look, press
from tests.web.pages import Page, everything, open_page
from tests.world import World

LIST = "/trust/desk/reports"
PUBLIC = ["/trust/", "/trust/products/bowl", "/trust/products/bowl?stars=2", "/trust/sellers/tom", "/trust/log"]


def report_path(world: World, kind: str = "review") -> str:
    model: Any = Review if kind == "review" else Rating
    return f"/trust/{kind}s/{world.one(model).public_id}/report"


def send(world: World, path: str, headers: Any = None, **changed: str) -> Any:
    """Fill the form of a report in and send it; an empty value leaves a field out."""
    client = world.client(use_cookies=False)
    token = Page(client.get(path).text).forms[0].fields["form_token"]
    fields = {name: value for name, value in {**REPORTED, "form_token": token, **changed}.items() if value}
    return client.post(path, data=fields, headers=headers)


@pytest.fixture
def staffed(world: World) -> World:
    """A world with a review that shows a phone number, and somebody who runs the shop."""
    world.shop.staff = {STAFF}
    written(world)
    return world


# Reporting


@pytest.mark.parametrize("page", ["/trust/", "/trust/products/bowl", "review"])
def test_every_review_has_a_link_to_report_it(staffed: World, page: str) -> None:
    path = f"/trust/reviews/{staffed.one(Review).public_id}" if page == "review" else page
    assert report_path(staffed) in [link.get("href") for link in open_page(staffed, path).all("a")]


def test_every_rating_has_one_too(world: World) -> None:
    deal(world)
    buyer_rates(world)
    world.pass_days(31)
    links = [link.get("href") for link in open_page(world, "/trust/sellers/tom").all("a")]
    assert report_path(world, "rating") in links
    assert send(world, report_path(world, "rating")).status_code == 303
    assert world.one(Case).kind == "rating"


def test_somebody_without_an_account_reports_and_follows_the_case(staffed: World) -> None:
    answer = send(staffed, report_path(staffed))
    assert answer.status_code == 303
    page = open_page(staffed, answer.headers["Location"])
    assert "Your report has arrived" in page.text
    assert "That is my phone number." in page.text
    contact = staffed.one(Contact)
    assert (contact.name, contact.email) == ("Bob", "bob@reader.example")
    staffed.run()
    (mail,) = staffed.mails()
    link = re.search(r"http://localhost(/trust/cases/\S+)", staffed.text_of(mail))
    assert link
    assert "It has not been decided yet" in open_page(staffed, link[1]).text
    assert mail["List-Unsubscribe"] is None


@pytest.mark.parametrize("field", ["reason", "explanation", "name", "email", "honest"])
def test_what_the_law_wants_to_know_has_to_be_said_and_no_word_is_lost(staffed: World, field: str) -> None:
    answer = send(staffed, report_path(staffed), **{field: ""})
    assert answer.status_code == 422
    page = Page(answer.text)
    others = {name: value for name, value in REPORTED.items() if name in ("explanation", "name", "email")}
    kept = page.forms[0].fields
    assert [link["href"] for link in page.all("a") if link.get("href", "").startswith("#")] == [f"#{field}"]
    assert field in [attrs.get("id") for _, attrs in page.tags]
    assert {name: kept[name] for name in others if name != field} == {n: v for n, v in others.items() if n != field}
    assert staffed.all(Report) == []


@pytest.mark.parametrize(
    ("field", "value"), [("reason", "G9"), ("reason", "bad"), ("email", "no address"), ("explanation", "x" * 2001)]
)
def test_what_cannot_be_right_is_sent_back(staffed: World, field: str, value: str) -> None:
    assert send(staffed, report_path(staffed), **{field: value}).status_code == 422


def test_abuse_of_children_can_be_reported_without_a_name(staffed: World) -> None:
    answer = send(staffed, report_path(staffed), reason="child", name="", email="")
    assert answer.status_code == 303
    assert "Keep the address of this page" in open_page(staffed, answer.headers["Location"]).text
    assert staffed.all(Contact) == []


def test_the_reasons_are_the_eight_and_a_low_rating_is_none_of_them(staffed: World) -> None:
    page = open_page(staffed, report_path(staffed))
    with staffed.app.test_request_context():
        assert all(ground_name(ground) in page.text for ground in GROUNDS)
    values = [radio["value"] for radio in page.all("input") if radio.get("name") == "reason"]
    assert values == [*GROUNDS, "child"]


def test_a_second_click_is_no_second_report(staffed: World) -> None:
    first, second = (send(staffed, report_path(staffed)).headers["Location"] for _ in range(2))
    assert first == second
    assert len(staffed.all(Report)) == 1


def test_another_site_cannot_report_for_its_visitors(staffed: World) -> None:
    assert send(staffed, report_path(staffed), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert send(staffed, report_path(staffed), headers={"Origin": "https://evil.example"}).status_code == 403
    assert staffed.all(Case) == []


def test_a_shop_with_form_tokens_of_its_own_takes_reports_and_decisions(make_world: Any) -> None:
    world: World = make_world(prepare=CSRFProtect)
    world.shop.staff = {STAFF}
    written(world)
    location = send(world, report_path(world)).headers["Location"]
    form = open_page(world, location).forms[0]
    assert world.client().post(form.action, data={**form.fields, "text": "more"}).status_code == 303
    assert press(world, STAFF, "keep", f"{LIST}/1").status_code == 303


def test_a_program_that_fills_everything_in_is_heard_by_nobody(staffed: World) -> None:
    assert send(staffed, report_path(staffed), website="http://spam.example").status_code == 303
    assert staffed.all(Case) == []


def test_a_flood_ends_in_a_page_that_says_so_and_keeps_every_word(staffed: World) -> None:
    for number in range(views.MOST_REPORTS):
        assert send(staffed, report_path(staffed), explanation=f"number {number}").status_code == 303
    answer = send(staffed, report_path(staffed), explanation="one more")
    assert answer.status_code == 429
    assert "again in an hour" in answer.text
    assert Page(answer.text).forms[0].fields["explanation"] == "one more"
    staffed.clock.advance(hours=1)
    assert send(staffed, report_path(staffed), explanation="one more").status_code == 303


def test_no_address_of_a_sender_is_kept_and_its_hash_goes_the_day_after(staffed: World) -> None:
    send(staffed, report_path(staffed))
    assert "127.0.0.1" not in str(everything(staffed))
    assert len({row.mark for row in staffed.read(lambda session: list(session.query(Sender)))}) == 1
    staffed.pass_days(1)
    assert staffed.read(lambda session: session.query(Sender).count()) == 0


@pytest.mark.parametrize("path", ["/trust/reviews/{}x/report", "/trust/ratings/{}/report", "/trust/reviews/é/report"])
def test_what_is_not_there_cannot_be_reported(staffed: World, path: str) -> None:
    open_page(staffed, path.format(staffed.one(Review).public_id), 404)


def test_a_get_changes_nothing(staffed: World) -> None:
    location = send(staffed, report_path(staffed)).headers["Location"]
    before = everything(staffed)
    staffed.shop.viewer = STAFF
    for path in (report_path(staffed), location, "/trust/log", LIST, f"{LIST}/1", f"{LIST}?show=closed"):
        assert staffed.client().get(path).status_code == 200
    assert everything(staffed) == before


# The case, for its sides


def test_a_hidden_review_is_nowhere_to_be_read(staffed: World) -> None:
    public_id = staffed.one(Review).public_id
    for step in ("hide", "remove"):
        decided(staffed, public_id, step)
        for path in [*PUBLIC[:3], "/trust/log"]:
            answer = staffed.client().get(path)
            assert answer.status_code == 200
            assert PHONE not in answer.text
            assert public_id not in answer.text
        page = open_page(staffed, f"/trust/reviews/{public_id}", 410 if step == "remove" else 404)
        assert PHONE not in page.text
        open_page(staffed, report_path(staffed), 404)


def author_case(world: World) -> str:
    """Return the address of the case as the author finds it behind the link."""
    links = [link.get("href", "") for link in Page(world.client().get(world.rate_path("o1")).text).all("a")]
    return next(link for link in links if "/cases/" in link)


def test_the_author_sees_the_reason_and_can_object(staffed: World) -> None:
    decided(staffed, staffed.one(Review).public_id, "remove", facts="It is the number of somebody else")
    page = open_page(staffed, author_case(staffed))
    for words in (
        "Taken down",
        "Personal data of somebody",
        "It is the number of somebody else",
        PHONE,
        "A person decided",
    ):
        assert words in page.text
    form = page.forms[0]
    answer = staffed.client().post(form.action, data={**form.fields, "text": "It is mine"})
    assert answer.status_code == 303
    assert "A person looks at the case once more" in open_page(staffed, answer.headers["Location"]).text
    assert staffed.one(Case).phase == "appealed"


def test_the_reporter_sees_neither_author_nor_facts(staffed: World) -> None:
    location = send(staffed, report_path(staffed)).headers["Location"]
    decided(staffed, staffed.one(Review).public_id, "remove", facts="zyxmarker of the author")
    text = open_page(staffed, location).text
    assert "Taken down" in text
    assert "zyxmarker" not in text
    assert PHONE not in text


def test_the_author_does_not_see_who_reported(staffed: World) -> None:
    send(staffed, report_path(staffed), name="Zyxname", explanation="zyxwords")
    decided(staffed, staffed.one(Review).public_id, "hide")
    text = staffed.client().get(author_case(staffed)).text.casefold()
    assert "zyxname" not in text
    assert "zyxwords" not in text
    assert "reader.example" not in text


def test_case_pages_are_kept_by_nobody(staffed: World) -> None:
    answer = staffed.client().get(send(staffed, report_path(staffed)).headers["Location"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("change", "status"), [(lambda path: path + "x", 404), (lambda path: path, 410)])
def test_links_that_open_nothing(staffed: World, change: Any, status: int) -> None:
    location = send(staffed, report_path(staffed)).headers["Location"].split("?")[0]
    staffed.clock.advance(days=3 * 365)
    open_page(staffed, change(location), status)


def test_an_erased_author_has_no_case_any_more(staffed: World) -> None:
    decided(staffed, staffed.one(Review).public_id, "remove")
    path = author_case(staffed)
    staffed.tell("person_erased", "buyer-o1")
    open_page(staffed, path, 410)


def test_a_form_of_another_case_is_refused(staffed: World) -> None:
    decided(staffed, staffed.one(Review).public_id, "remove")
    path = author_case(staffed)
    assert staffed.client().post(path, data={"text": "no token"}).status_code == 422
    assert staffed.one(Case).phase == "closed"


def test_the_page_of_an_order_says_why_a_rating_is_hidden(world: World) -> None:
    deal(world)
    buyer_rates(world, text=PHONE)
    world.pass_days(31)
    decided(world, world.one(Rating).public_id, "hide", "rating")
    page = look(world, "anna")
    assert PHONE in page.text
    assert "Hidden while we check: Personal data of somebody." in page.text
    assert "/cases/" not in world.client().get("/trust/orders/o1").text, "the shop's scripts must not see the link"
    assert PHONE not in look(world, "tina").text


# Staff


@pytest.mark.parametrize("viewer", [None, "tina", "anna", "mia-1"])
@pytest.mark.parametrize("path", [LIST, f"{LIST}/1"])
def test_only_staff_sees_reports(staffed: World, viewer: str | None, path: str) -> None:
    deal(staffed, "o2")
    reported(staffed, staffed.all(Review)[0].public_id)
    look(staffed, viewer, path, 404)
    assert staffed.client().post(path, data={"action": "remove"}).status_code == 404


def test_a_sellers_own_people_can_report_and_decide_nothing(staffed: World) -> None:
    """acts_for is not is_staff."""
    staffed.shop.acting = {"shopkeeper": {"shop"}}
    staffed.shop.viewer = "shopkeeper"
    assert send(staffed, report_path(staffed)).status_code == 303
    look(staffed, "shopkeeper", f"{LIST}/1", 404)


def test_staff_decides_from_the_list_with_forms(staffed: World) -> None:
    reported(staffed, staffed.one(Review).public_id)
    page = look(staffed, STAFF, LIST)
    assert f"{LIST}/1" in [link.get("href") for link in page.all("a")]
    assert "From Bob, bob@reader.example." in look(staffed, STAFF, f"{LIST}/1").text
    answer = press(staffed, STAFF, "hide", f"{LIST}/1", ground="G1", facts="the number")
    assert answer.status_code == 303
    assert "Its author is told why" in look(staffed, STAFF, answer.headers["Location"]).text
    assert staffed.one(Review).state == "hidden"


@pytest.mark.parametrize("missing", [{"ground": ""}, {"facts": ""}, {"ground": "G2"}, {"ground": "G9"}])
def test_nothing_is_taken_down_without_a_reason_from_the_list(staffed: World, missing: dict[str, str]) -> None:
    reported(staffed, staffed.one(Review).public_id)
    for step in ("hide", "remove"):
        answer = press(staffed, STAFF, step, f"{LIST}/1", **{"ground": "G1", "facts": "zyxfacts", **missing})
        assert answer.status_code == 422
        assert "facts" in missing or "zyxfacts" in answer.text
    assert staffed.one(Review).state == "shown"


def test_a_law_that_is_named_reaches_the_author(staffed: World) -> None:
    reported(staffed, staffed.one(Review).public_id)
    press(staffed, STAFF, "remove", f"{LIST}/1", ground="G2", law="§ 185 StGB", facts="an insult")
    assert "§ 185 StGB" in open_page(staffed, author_case(staffed)).text


def test_an_old_page_decides_nothing_and_keeps_its_words(staffed: World) -> None:
    public_id = staffed.one(Review).public_id
    reported(staffed, public_id)
    form = form_with(look(staffed, STAFF, f"{LIST}/1"), "remove")
    reported(staffed, public_id, email="carl@reader.example")
    sent = {**form.fields, "action": "remove", "ground": "G1", "facts": "zyxfacts"}
    answer = staffed.client().post(form.action, data=sent)
    assert answer.status_code == 409
    assert "zyxfacts" in answer.text
    assert staffed.one(Review).state == "shown"


@pytest.mark.parametrize("told", ["{}", "http://localhost/trust/reviews/{}", "/trust/reviews/{}#history"])
def test_staff_opens_a_case_on_its_own_initiative(staffed: World, told: str) -> None:
    form = look(staffed, STAFF, LIST).forms[-1]
    about = told.format(staffed.one(Review).public_id)
    answer = staffed.client().post(LIST, data={**form.fields, "about": about})
    assert answer.headers["Location"].endswith(f"{LIST}/1")
    assert [row.source_type for row in decided_rows(staffed)] == ["SOURCE_VOLUNTARY"]


def decided_rows(world: World) -> Any:
    from flask_trust.moderation.models import Decision

    press(world, STAFF, "remove", f"{LIST}/1", ground="G8", facts="an advertisement")
    return world.all(Decision)


def test_what_is_not_public_opens_no_case(staffed: World) -> None:
    form = look(staffed, STAFF, LIST).forms[-1]
    for about in ("", "nonsense", "x" * 16):
        assert staffed.client().post(LIST, data={**form.fields, "about": about}).status_code == 422
    assert staffed.all(Case) == []


def test_stars_are_on_no_page_of_staff(staffed: World) -> None:
    """What the goods were like is no reason, so nobody who decides is shown it."""
    reported(staffed, staffed.one(Review).public_id)
    for path in (LIST, f"{LIST}/1"):
        text = look(staffed, STAFF, path).text
        assert "★" not in text
        assert "of 5" not in text


def test_an_author_on_the_staff_gets_no_buttons(staffed: World) -> None:
    staffed.shop.staff.add("anna")
    written(staffed, "o2", buyer=Person("anna", "Anna", "anna@customer.example"))
    reported(staffed, staffed.all(Review)[-1].public_id)
    page = look(staffed, "anna", f"{LIST}/1")
    assert "somebody else has to decide" in page.text
    assert page.forms == []


def test_the_list_is_read_in_pages_oldest_first(staffed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from flask_trust.moderation import queries

    monkeypatch.setattr(queries, "PAGE", 2)
    for number in range(5):
        public_id = written(staffed, f"p{number}", text=f"text {number}")
        reported(staffed, public_id)
        staffed.clock.advance(hours=number % 2)
    seen, path = [], LIST
    for _ in range(4):
        page = look(staffed, STAFF, path)
        links = [link.get("href", "") for link in page.all("a")]
        seen += [int(link.rsplit("/", 1)[1]) for link in links if re.fullmatch(rf"{LIST}/\d+", link)]
        following = [link for link in links if "after=" in link]
        if not following:
            break
        path = following[0]
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("query", ["show=all", "after=x", "after=1-x", "after=999999999999999999-1"])
def test_a_list_that_does_not_exist_is_not_found(staffed: World, query: str) -> None:
    look(staffed, STAFF, f"{LIST}?{query}", 404)


@pytest.mark.parametrize("number", ["2", "x", "99999999999999999999999"])
def test_a_case_that_does_not_exist_is_not_found(staffed: World, number: str) -> None:
    look(staffed, STAFF, f"{LIST}/{number}", 404)


# The log


def test_the_log_says_what_when_and_why_and_not_whose(staffed: World) -> None:
    public_id = staffed.one(Review).public_id
    decided(staffed, public_id, "hide", facts="zyxfacts")
    decided(staffed, public_id, "remove", facts="zyxfacts", ground="G8")
    page = open_page(staffed, "/trust/log")
    for words in ("3 May 2027", "Hidden while we check", "Taken down", "Advertising", "Received 1", "Shown 0"):
        assert words in page.text
    html = staffed.client().get("/trust/log").text
    for secret in ("zyxfacts", PHONE, public_id, "bowl", "Anna", STAFF):
        assert secret not in html


def test_what_was_kept_stands_in_no_log(staffed: World) -> None:
    reported(staffed, staffed.one(Review).public_id)
    decided(staffed, staffed.one(Review).public_id, "keep")
    assert "Nothing was ever taken down" in open_page(staffed, "/trust/log").text


def test_the_log_is_read_in_pages(staffed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from flask_trust.moderation import queries

    monkeypatch.setattr(queries, "PAGE", 2)
    for step in ("hide", "restore", "remove"):
        decided(staffed, staffed.one(Review).public_id, step)
    page = open_page(staffed, "/trust/log")
    (older,) = [link["href"] for link in page.all("a") if "before=" in link.get("href", "")]
    assert open_page(staffed, older).text.count("3 May 2027") == 1
    open_page(staffed, "/trust/log?before=x", 404)


def test_lines_of_one_order_are_reported_one_by_one(staffed: World) -> None:
    staffed.order("o9", lines=[Line("a", "cup"), Line("b", "lamp")])
    staffed.deliver("o9")
    staffed.rate("o9", line_0_stars="1", line_0_text="a", line_1_stars="1", line_1_text="b")
    decided(staffed, staffed.all(Review)[-1].public_id, "remove")
    assert [row.state for row in staffed.all(Review)] == ["shown", "shown", "removed"]


def test_taking_down_looks_like_what_it_is_and_the_rest_does_not(staffed: World) -> None:
    send(staffed, report_path(staffed))
    staffed.shop.viewer = STAFF
    page = open_page(staffed, f"/trust/desk/reports/{staffed.one(Case).id}")
    buttons = {each["value"]: each["class"] for each in page.all("button") if each.get("name") == "action"}
    assert {step for step, look in buttons.items() if "trust-wrong" in look} == {"remove"}
