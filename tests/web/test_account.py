"""A person's own page: what it shows, what it does, and that it opens for nobody else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from flask_trust import Person, Seller, guest_id, links
from flask_trust.journal.models import Entry
from flask_trust.mail.models import Outgoing
from flask_trust.mail.words import kind_words, own_kind_words
from flask_trust.moderation.models import Contact, Report
from flask_trust.orders.models import Deal
from flask_trust.people.models import OptOut
from flask_trust.people.models import Person as PersonRow
from flask_trust.privacy.rights.models import DataRequest
from flask_trust.ratings import actions
from flask_trust.ratings.models import BuyerRating
from flask_trust.ratings.rules import BuyerDraft
from flask_trust.reviews.models import Review
from tests.web.cases import decided, reported
from tests.web.deals import deal, look
from tests.web.pages import Page, everything, open_page
from tests.world import World

ANNA = Person("anna", "Anna Surname", "anna@customer.example")
BERT = Person("bert", "Bert", "bert@customer.example")


def own_link(world: World, person: Person, purpose: Any = "me") -> str:
    with world.app.test_request_context():
        return f"/trust/me/{links.sign(purpose, world.person(person.id).id)}"


def door(world: World, how: str, person: Person = ANNA) -> str:
    """Return the path of somebody's page, by a mailed link or signed in."""
    if how == "link":
        return own_link(world, person)
    world.shop.viewer = person.id
    return "/trust/me"


@pytest.fixture(params=["signed in", "link"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def written(world: World) -> World:
    """Anna and Bert have each reviewed a bowl, under a name."""
    for key, buyer in (("o1", ANNA), ("o2", BERT)):
        world.order(key, "bowl", buyer=buyer, number=key)
        world.deliver(key)
        said: Any = {"line_0_title": f"Title of {buyer.id}", "line_0_text": f"Words of {buyer.id}"}
        world.rate(key, line_0_stars="4", public_name=f"{buyer.id} the first", **said)
    return world


def press(world: World, path: str, action: str) -> Any:
    page = Page(world.client().get(path).text)
    form = next(each for each in page.forms if ("action", action) in each.buttons)
    return world.client().post(form.action, data={**form.fields, "action": action})


def test_it_shows_what_is_held_and_nothing_of_others(written: World, how: str) -> None:
    answer = written.client().get(door(written, how))
    assert answer.status_code == 200
    for words in ("Words of anna", "Title of anna", "anna the first", "Order o1", "Bowl"):
        assert words in answer.text
    for words in ("bert", "o2", "Surname", "anna@customer.example"):
        assert words not in answer.text


def test_its_links_lead_to_where_words_can_be_changed(written: World, how: str) -> None:
    page = Page(written.client().get(door(written, how)).text)
    (url,) = [attrs["href"] for tag, attrs in page.tags if tag == "a" and "/rate/" in attrs.get("href", "")] or [
        attrs["href"] for tag, attrs in page.tags if tag == "a" and "/orders/" in attrs.get("href", "")
    ]
    assert url == "/trust/orders/o1" if how == "signed in" else url.startswith("/trust/rate/")
    assert written.client().get(url).status_code == 200


def test_nothing_may_keep_it(written: World, how: str) -> None:
    headers = written.client().get(door(written, how)).headers
    assert "no-store" in headers["Cache-Control"]
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


def test_looking_changes_nothing(written: World, how: str) -> None:
    path, before = door(written, how), everything(written)
    for page in ("", "/export.json", "/erase"):
        assert written.client().get(path + page).status_code == 200
        assert written.client().head(f"{path}{page}?action=erase").status_code == 200
    assert everything(written) == before


def test_a_name_is_hidden_everywhere_at_once(written: World, how: str) -> None:
    assert "anna the first" in written.client().get("/trust/products/bowl").text
    assert press(written, door(written, how), "hide-name").status_code == 303
    page = written.client().get("/trust/products/bowl").text
    assert "anna the first" not in page
    assert "bert the first" in page
    assert "your name is not shown anywhere" in written.client().get(f"{door(written, how)}?saved=hide-name").text
    assert [(row.what, row.how, row.answered_at) for row in written.all(DataRequest)] == [
        ("correct", "page", written.clock())
    ]


def test_mails_end_and_begin_again(written: World, how: str) -> None:
    path = door(written, how)
    assert press(written, path, "no-mails").status_code == 303
    assert written.person("anna").mail_stop == "opted_out"
    assert len(written.all(OptOut)) == 1
    assert press(written, path, "mails").status_code == 303
    assert written.person("anna").mail_stop is None
    assert written.all(OptOut) == []


def test_erasing_takes_two_steps_and_can_be_sent_twice(written: World, how: str) -> None:
    path = f"{door(written, how)}/erase"
    page = Page(written.client().get(path).text)
    (form,) = page.forms
    assert [row.state for row in written.all(Review)] == ["shown", "shown"]
    for _ in range(2):
        answer = written.client().post(form.action, data={**form.fields, "action": "erase"})
        assert (answer.status_code, answer.location) == (303, "/trust/me/erased")
    assert sorted(row.state for row in written.all(Review)) == ["erased", "shown"]
    assert "Nothing of you is left" in written.client().get("/trust/me/erased").text
    assert [entry.role for entry in written.all(Entry) if (entry.kind, entry.event) == ("person", "erased")] == [
        "buyer"
    ]
    assert [row.what for row in written.all(DataRequest)] == ["erase"]
    assert written.cli("check").exit_code == 0


def test_erasing_is_put_off_where_it_cannot_be_listed(written: World, how: str) -> None:
    from flask_trust.state import EXTENSION

    settings = replace(written.state.settings, erasure_file="/dev/null/erasures.log")
    written.app.extensions[EXTENSION] = replace(written.state, settings=settings)
    assert press(written, f"{door(written, how)}/erase", "erase").status_code == 503
    assert [row.state for row in written.all(Review)] == ["shown", "shown"]


@pytest.mark.parametrize("action", ["hide-name", "no-mails", "mails", "erase"])
def test_a_form_without_its_token_does_nothing(written: World, how: str, action: str) -> None:
    path, before = door(written, how), everything(written)
    page = f"{path}/erase" if action == "erase" else path
    assert written.client().post(page, data={"action": action}).status_code == 422
    assert written.client().post(page, data={"action": action, "form_token": "0" * 64}).status_code == 422
    assert everything(written) == before


def test_somebody_elses_form_token_does_nothing(written: World) -> None:
    page = Page(written.client().get(f"{own_link(written, BERT)}/erase").text)
    answer = written.client().post(f"{own_link(written, ANNA)}/erase", data={**page.forms[0].fields, "action": "erase"})
    assert answer.status_code == 422
    assert [row.state for row in written.all(Review)] == ["shown", "shown"]


def test_another_site_cannot_press_the_button(written: World) -> None:
    written.shop.viewer = "anna"
    (form,) = Page(written.client().get("/trust/me/erase").text).forms
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = written.client().post("/trust/me/erase", data={**form.fields, "action": "erase"}, headers=headers)
    assert answer.status_code == 403


# Who has only reported something


@pytest.fixture
def reporter(written: World) -> World:
    """Cleo, whom the shop knows and who has never ordered, has reported a review, and so has somebody else."""
    written.shop.add(Person("cleo", "Cleo", "cleo@customer.example"))
    public_id = written.all(Review)[0].public_id
    reported(written, public_id, name="Cleo Surname", email="Cleo@customer.example", explanation="Words of cleo")
    reported(written, public_id, email="dora@customer.example", explanation="Words of dora")
    written.shop.viewer = "cleo"
    return written


def test_who_has_only_reported_something_sees_that_it_is_held_and_takes_it_along(reporter: World) -> None:
    page = reporter.client().get("/trust/me").text
    assert "We hold nothing about you yet" not in page
    assert 'href="/trust/me/export.json"' in page
    assert 'href="/trust/me/erase"' in page
    told = reporter.client().get("/trust/me/export.json").text
    assert "Words of cleo" in told
    assert "Cleo Surname" in told
    assert "dora" not in told
    assert "anna" not in told
    assert "Words of cleo" in reporter.cli("export", "cleo").output


def test_who_has_only_reported_something_erases_it(reporter: World) -> None:
    for _ in range(2):
        assert press(reporter, "/trust/me/erase", "erase").location == "/trust/me/erased"
    assert [row.email for row in reporter.all(Contact)] == ["dora@customer.example"]
    assert sorted(row.explanation for row in reporter.all(Report)) == ["", "Words of dora"]
    assert [(row.what, row.person_id) for row in reporter.all(DataRequest)] == [("erase", None)]
    assert "We hold nothing about you yet" in reporter.client().get("/trust/me").text
    assert reporter.client().get("/trust/me/export.json").status_code == 404
    assert reporter.cli("export", "cleo").exit_code == 1


# Doors that do not open


def test_whoever_is_not_signed_in_is_offered_a_link(written: World) -> None:
    for page in ("", "/export.json", "/erase"):
        answer = written.client().get(f"/trust/me{page}")
        assert (answer.status_code, answer.location) == (303, "/trust/link")


def test_somebody_new_is_told_that_nothing_is_held(written: World) -> None:
    written.shop.viewer = "cleo"
    assert "We hold nothing about you yet" in written.client().get("/trust/me").text
    assert written.client().get("/trust/me/export.json").status_code == 404


@pytest.mark.parametrize("page", ["", "/export.json", "/erase"])
@pytest.mark.parametrize("purpose", ["rate", "unsubscribe", "receipt", "reply", "visitor", "case"])
def test_a_link_for_something_else_opens_nothing(written: World, page: str, purpose: str) -> None:
    assert written.client().get(own_link(written, ANNA, purpose) + page).status_code == 404


def test_a_link_of_another_shop_opens_nothing(written: World, make_world: Any) -> None:
    path = own_link(written, ANNA)
    other = make_world(SECRET_KEY="another shop's")
    other.review("o1", 4, buyer=ANNA)
    assert other.client().get(path).status_code == 404


@pytest.mark.parametrize("page", ["", "/export.json", "/erase"])
def test_a_link_works_for_a_day_and_then_offers_a_new_one(written: World, page: str) -> None:
    path = own_link(written, ANNA) + page
    written.clock.advance(days=1)
    assert written.client().get(path).status_code == 200
    written.clock.advance(seconds=2)
    late = written.client().get(path)
    assert late.status_code == 410
    assert 'href="/trust/link"' in late.text
    assert "anna" not in late.text


@pytest.mark.parametrize("page", ["", "/export.json", "/erase"])
def test_a_link_opens_nothing_once_its_person_is_erased_or_merged(written: World, page: str) -> None:
    gone, merged = own_link(written, ANNA), own_link(written, BERT)
    written.tell("person_erased", "anna")
    written.tell("person_merged", "bert", "cleo")
    for path in (gone, merged):
        answer = written.client().get(path + page)
        assert answer.status_code == 410
        assert "Words of" not in answer.text


def test_a_merged_account_shows_under_the_one_that_it_has_become(written: World) -> None:
    written.tell("person_merged", "bert", "anna")
    for viewer in ("anna", "bert"):
        written.shop.viewer = viewer
        page = written.client().get("/trust/me").text
        assert "Words of anna" in page
        assert "Words of bert" in page


# The link by mail


def ask(world: World, email: str, **options: Any) -> Any:
    (form,) = [each for each in Page(world.client().get("/trust/link").text).forms if "email" in each.fields]
    return world.client().post(form.action, data={**form.fields, "email": email}, **options)


def test_the_link_comes_by_mail_and_opens_the_page(written: World) -> None:
    written.shop.find_people = lambda email: ["anna"] if email == "anna@customer.example" else []  # type: ignore[method-assign]
    assert ask(written, "anna@customer.example").status_code == 303
    written.run()
    mail = next(each for each in written.mails() if each["Subject"] == "Your reviews and your data")
    assert mail["To"] == "anna@customer.example"
    path = re.search(r"http://localhost(/trust/me/\S+)", written.text_of(mail))
    assert path
    assert "Words of anna" in written.client().get(path[1]).text


def test_a_guest_gets_one_too_although_the_shop_keeps_no_account(written: World) -> None:
    email = "guest@customer.example"
    with written.app.app_context():
        guest = Person(guest_id(email), "Guest", email)
    written.review("o3", 5, buyer=guest)
    del written.shop.all_people[guest.id]
    written.app.config.update(SECRET_KEY="a newer one", SECRET_KEY_FALLBACKS=["a secret of tests"])
    ask(written, f" {email.upper()} ")
    written.run()
    assert [str(mail["To"]) for mail in written.mails() if "data" in mail["Subject"]] == [email]


@pytest.mark.parametrize("known", ["order", "address"])
def test_a_guests_link_goes_to_nobody_to_whom_the_shop_has_given_the_order_since(written: World, known: str) -> None:
    email = "guest@customer.example"
    with written.app.app_context():
        guest = Person(guest_id(email), "Guest", email)
    written.review("o3", 5, buyer=guest)
    order = written.shop.all_orders["o3"]
    written.shop.add(replace(order, buyer=BERT if known == "order" else Person("cleo", "Cleo", email)))
    del written.shop.all_people[guest.id]
    ask(written, email)
    written.run()
    mails = [mail["To"] for mail in written.mails() if "data" in mail["Subject"]]
    assert mails == ([] if known == "order" else [email])
    (row,) = [row for row in written.all(Outgoing) if row.kind == "own_link"]
    assert row.error_code == ("no_address" if known == "order" else None)


def test_somebody_who_wants_no_mails_gets_the_one_they_ask_for(written: World) -> None:
    press(written, own_link(written, ANNA), "no-mails")
    written.shop.find_people = lambda email: ["anna"]  # type: ignore[method-assign]
    ask(written, "anna@customer.example")
    written.run()
    assert [mail["Subject"] for mail in written.mails()].count("Your reviews and your data") == 1


def test_the_answer_does_not_tell_whether_an_address_is_known(written: World) -> None:
    written.shop.find_people = lambda email: ["anna"] if email.startswith("anna") else ["stranger"]  # type: ignore[method-assign]
    answers = []
    for email in ("anna@customer.example", "nobody@customer.example"):
        answer = ask(written, email)
        answers.append((answer.status_code, answer.location, answer.text, sorted(answer.headers)))
    assert answers[0] == answers[1]
    shown = written.client().get("/trust/link?sent=1").text
    assert "If something was ordered with this address" in shown
    written.run()
    assert [mail["To"] for mail in written.mails()].count("anna@customer.example") == 1
    rows = [row for row in written.all(Outgoing) if row.kind == "own_link"]
    assert [(row.state, row.error_code) for row in rows] == [("sent", None), ("dropped", "nobody")]


def test_the_answer_takes_the_same_steps_for_a_known_and_an_unknown_address(written: World) -> None:
    written.shop.find_people = lambda email: ["anna"] if email.startswith("anna") else ["stranger"]  # type: ignore[method-assign]
    ask(written, "first@customer.example")
    said: list[list[str]] = []
    with written.app.app_context():
        engine = written.db.engine
    for email in ("anna@customer.example", "nobody@customer.example"):
        steps: list[str] = []

        def note(*told: Any, steps: list[str] = steps) -> None:
            steps.append(told[2])

        sa.event.listen(engine, "before_cursor_execute", note)
        ask(written, email)
        sa.event.remove(engine, "before_cursor_execute", note)
        said.append(steps)
    assert said[0] == said[1]
    assert sum("INSERT INTO trust_outbox" in step for step in said[0]) == 1


def test_a_new_hour_of_the_clock_is_no_new_mail(written: World) -> None:
    written.shop.find_people = lambda email: ["anna"]  # type: ignore[method-assign]
    for start in (10, 23):
        written.clock.now = written.clock().replace(hour=start, minute=58)
        for minutes, email in (
            (0, "anna@customer.example"),
            (4, " Anna@Customer.example"),
            (55, "ANNA@customer.example"),
        ):
            written.clock.advance(minutes=minutes)
            ask(written, email)
            written.run()
        assert [mail["To"] for mail in written.mails() if "data" in mail["Subject"]] == ["anna@customer.example"] * (
            1 if start == 10 else 2
        )


def with_a_guest(world: World) -> Person:
    """Let Anna order once more, without signing in."""
    with world.app.app_context():
        guest = Person(guest_id("Anna@customer.example"), "Anna", "anna@customer.example")
    world.review("o3", 5, buyer=guest, number="o3")
    return guest


def test_account_and_guest_with_one_address_get_one_mail_with_both_links(written: World) -> None:
    guest = with_a_guest(written)
    written.shop.find_people = lambda email: ["anna", guest.id]  # type: ignore[method-assign]
    ask(written, "anna@customer.example")
    written.run()
    (mail,) = [mail for mail in written.mails() if "data" in mail["Subject"]]
    links_in = re.findall(r"/trust/me/[\w.~-]+", written.text_of(mail))
    pages = [written.client().get(link).text for link in dict.fromkeys(links_in)]
    assert sorted(("Order o1" in page, "Order o3" in page) for page in pages) == [(False, True), (True, False)]


@pytest.mark.parametrize("action", ["erase", "erase-both"])
def test_what_was_written_as_a_guest_can_be_erased_in_the_same_step(written: World, how: str, action: str) -> None:
    guest = with_a_guest(written)
    path = f"{door(written, how)}/erase"
    assert "You have also ordered without signing in" in written.client().get(path).text
    assert press(written, path, action).status_code == 303
    states = [row.state for row in written.all(Review)]
    assert states == ["erased", "shown", "erased" if action == "erase-both" else "shown"]
    keys = {row.key for row in written.all(PersonRow)} - {None}
    assert keys == ({"bert"} if action == "erase-both" else {"bert", guest.id})
    assert written.cli("check").exit_code == 0


def test_nobody_is_offered_what_somebody_else_wrote(written: World, how: str) -> None:
    with_a_guest(written)
    path = f"{door(written, how, BERT)}/erase"
    page = written.client().get(path).text
    assert "without signing in" not in page
    form = next(each for each in Page(page).forms if ("action", "erase") in each.buttons)
    assert written.client().post(form.action, data={**form.fields, "action": "erase-both"}).status_code == 303
    assert [row.state for row in written.all(Review)] == ["shown", "erased", "shown"]


def test_a_failing_adapter_is_no_other_answer(written: World) -> None:
    def fail(email: str) -> list[str]:
        raise RuntimeError(email)

    written.shop.find_people = fail  # type: ignore[method-assign]
    assert ask(written, "anna@customer.example").status_code == 303


def test_one_mailbox_gets_one_mail_an_hour_and_one_place_asks_ten_times(written: World) -> None:
    written.shop.find_people = lambda email: ["anna"]  # type: ignore[method-assign]
    assert [ask(written, "anna@customer.example").status_code for _ in range(12)] == [303] * 10 + [429] * 2
    assert [row.kind for row in written.all(Outgoing)].count("own_link") == 1
    written.clock.advance(hours=1, minutes=1)
    assert ask(written, "anna@customer.example").status_code == 303
    assert [row.kind for row in written.all(Outgoing)].count("own_link") == 2


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@", "@x.example", "a@b@c", "anna@customer.example\nBcc: x@y.example"]
)
def test_what_is_no_address_is_refused(written: World, email: str) -> None:
    answer = ask(written, email)
    assert answer.status_code == 422
    assert "Please give the e-mail address" in answer.text


def test_a_program_that_fills_in_everything_gets_nothing(written: World) -> None:
    written.shop.find_people = lambda email: ["anna"]  # type: ignore[method-assign]
    (form,) = [each for each in Page(written.client().get("/trust/link").text).forms if "email" in each.fields]
    data = {**form.fields, "email": "anna@customer.example", "website": "http://spam.example"}
    assert written.client().post(form.action, data=data).status_code == 303
    assert [row for row in written.all(Outgoing) if row.kind == "own_link"] == []


def test_without_mails_the_page_says_whom_to_write_to(make_world: Any) -> None:
    world = make_world(TRUST_MAIL_URL=...)
    page = world.client().get("/trust/link").text
    assert "Please write to the shop" in page
    assert "1 Market Street" in page
    assert "<form" not in page


def test_the_link_of_somebody_who_was_erased_meanwhile_does_not_leave(written: World) -> None:
    written.shop.find_people = lambda email: ["anna"]  # type: ignore[method-assign]
    ask(written, "anna@customer.example")
    written.tell("person_erased", "anna")
    written.run()
    assert written.mails() == []


# What waits


def texts_but_mails(told: Any) -> list[str]:
    """Return all values in a person's file that do not tell of mails they got."""
    tables = [each for each in told["tables"] if each["table"] != "trust_outbox"]
    return [str(value) for each in tables for row in each["rows"] for value in row.values()]


def test_what_a_seller_took_back_unread_is_named_and_nothing_more(world: World) -> None:
    world.shop.add(Seller("tom", "Tom"))
    deal(world)
    world.clock.advance(hours=3)
    with world.app.app_context(), world.state.session() as session:
        row = session.get_one(Deal, 1)
        actions.write_buyer_rating(session, row, BuyerDraft(paid=False), 1, world.clock())
        actions.withdraw_buyer_rating(session, row, 1, world.clock())
        session.commit()
    world.shop.viewer = "anna"
    told: Any = world.client().get("/trust/me/export.json").json
    (found,) = [each for each in told["tables"] if each["table"] == "trust_buyer_rating"]
    assert sorted(found["rows"][0]) == ["deal_id", "id", "state"]


def test_what_waits_is_named_and_not_shown(world: World) -> None:
    from flask_trust.desk import actions as desk
    from flask_trust.scores.queries import find_subject_id

    world.shop.add(Seller("tom", "Tom"))
    deal(world)
    world.clock.advance(minutes=77)
    seller = world.read(lambda session: find_subject_id(session, "seller", "tom"))
    assert seller is not None
    with world.app.test_request_context():
        speaker = desk.Speaker("tina", seller)
        desk.answer(world.state, speaker, world.one(Deal).id, BuyerDraft(paid=False, again=False), 0)
    world.shop.viewer = "anna"
    page = world.client().get("/trust/me")
    told: Any = world.client().get("/trust/me/export.json").json
    assert "The seller has said something. You can read it from" in page.text
    assert "Paid promptly" not in page.text
    (waiting,) = [each for each in told["tables"] if each["table"] == "trust_buyer_rating"]
    assert sorted(waiting["rows"][0]) == ["deal_id", "id", "shown_at"]
    moment = world.one(BuyerRating).written_at
    world.clock.advance(hours=5)
    assert moment.isoformat() not in "".join(texts_but_mails(world.client().get("/trust/me/export.json").json))
    world.pass_days(31)
    assert "Paid promptly: No" in world.client().get("/trust/me").text
    later: Any = world.client().get("/trust/me/export.json").json
    (readable,) = [each for each in later["tables"] if each["table"] == "trust_buyer_rating"]
    assert readable["rows"][0]["paid"] is False
    assert [row.key for row in world.all(PersonRow) if row.key == "anna"]


def test_mails_are_named_as_their_reader_would_name_them(world: World) -> None:
    world.order("o1", buyer=Person("anna", "Anna", "anna@customer.example"))
    world.deliver("o1")
    world.pass_days(8)
    world.shop.viewer = "anna"
    assert "Mail of 11 May 2027: would you review your order?" in open_page(world, "/trust/me").text


def test_mails_of_every_kind_have_a_name_for_their_reader(world: World) -> None:
    with world.app.test_request_context():
        assert own_kind_words().keys() == kind_words().keys()


def test_the_safe_choice_comes_before_the_one_that_erases(written: World) -> None:
    written.shop.viewer = "anna"
    html = written.client().get("/trust/me/erase").text
    assert html.index("Keep it") < html.index("Yes, erase everything")


def test_an_author_hears_of_a_decision_and_not_of_a_report(world: World) -> None:
    world.review("o1", 2)
    public_id = world.one(Review).public_id
    reported(world, public_id)
    assert "What was decided about it" not in look(world, "buyer-o1", "/trust/me").text
    decided(world, public_id, "keep")
    page = look(world, "buyer-o1", "/trust/me")
    assert "What was decided about it" in page.text
    assert any("/trust/cases/" in link.get("href", "") for link in page.all("a"))
