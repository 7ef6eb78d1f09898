"""The owner's desk: who may see it, what its pages say, and that only a button changes anything."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_wtf import CSRFProtect

from flask_trust import Person, Seller
from flask_trust.cli.mail import WHY
from flask_trust.desk.owner.rules import BadQuery, Queue, Spot, read_number, read_queue, read_spot
from flask_trust.invitations.rules import REASONS
from flask_trust.invitations.words import reason_words
from flask_trust.mail.models import Outgoing
from flask_trust.mail.words import kind_words, why_words
from flask_trust.reviews.models import Review
from flask_trust.scores.models import Subject
from flask_trust.testing import SettableClock
from tests.web.cases import reported, written
from tests.web.deals import buyer_rates, deal, form_with, look, press
from tests.web.pages import everything
from tests.world import World

PAGES = ("", "reviews", "replies", "invitations", "arrivals", "mails", "health", "export.csv", "export.json",
         "decisions.csv", "decisions.json")  # fmt: skip
OWNER_ONLY = [each for each in PAGES if each not in ("", "replies")]


def desk(world: World, page: str = "", viewer: str | None = "olga", status: int = 200) -> Any:
    """Open a page of the desk as the owner, or as somebody else."""
    world.shop.staff.add("olga")
    return look(world, viewer, f"/trust/desk/{page}", status)


def raw(world: World, page: str) -> str:
    desk(world)
    return str(world.client().get(f"/trust/desk/{page}").text)


@pytest.mark.parametrize("page", PAGES)
def test_whoever_is_neither_owner_nor_seller_finds_nothing(world: World, page: str) -> None:
    world.review("o1")
    desk(world, page, viewer=None, status=404)
    desk(world, page, viewer="buyer-o1", status=404)


@pytest.mark.parametrize("page", OWNER_ONLY)
def test_sellers_people_do_not_see_the_owner_s_pages(world: World, page: str) -> None:
    deal(world)
    desk(world, page, viewer="tina", status=404)


@pytest.mark.parametrize("page", PAGES)
def test_opening_a_page_changes_nothing(world: World, page: str) -> None:
    world.review("o1", 2)
    before = everything(world)
    desk(world, page)
    assert everything(world) == before


@pytest.mark.parametrize(
    "page",
    ["reviews?stars=6", "reviews?after=x", "reviews?after=1-99999999999999999999", "reviews?unanswered=2",
     "invitations?state=x", "invitations?before=-1", "mails?before=x", "arrivals?after=1", "replies?seller=nobody",
     "replies?before=x"],
)  # fmt: skip
def test_an_address_that_asks_for_no_list_is_not_found(world: World, page: str) -> None:
    desk(world, page, status=404)


def test_a_new_shop_is_told_what_to_type_next(make_world: Any) -> None:
    world = make_world(TRUST_MAIL_URL=..., TRUST_BASE_URL=..., TRUST_SHOP_NAME=...)
    text = desk(world).text
    assert "8 steps are still to be done." in text
    for typed in ("TRUST_SHOP_NAME", "TRUST_BASE_URL", "TRUST_MAIL_URL", "trust.order_shipped", "flask trust run"):
        assert typed in text


def test_the_steps_go_as_they_are_done(world: World) -> None:
    world.shop.add(Seller("shop", "Corner Shop", people=["olga"]))
    assert "4 steps are still to be done." in desk(world).text
    world.order("o1")
    world.deliver("o1")
    assert "2 steps are still to be done." in desk(world).text
    world.pass_days(8)
    assert "Everything is set up." in desk(world).text
    world.clock.advance(hours=3)
    text = desk(world).text
    assert "1 step is still to be done." in text
    assert "It ran last on 11 May 2027." in text


def test_what_waits_for_the_owner_is_told_first_and_leads_there(world: World) -> None:
    assert "Nothing waits." in desk(world).text
    public_id = written(world, "o1")
    reported(world, public_id)
    world.pass_days(8)
    change(world, sa.update(Outgoing).values(state="held", error_code="server_down", due=None))
    page = desk(world)
    assert "1 report to decide" in page.text
    assert "1 mail that was given up" in page.text
    assert "request about data" not in page.text
    assert {"/trust/desk/reports", "/trust/desk/mails"} <= {link["href"] for link in page.all("a")}


def test_the_queue_lists_the_newest_first_and_can_be_filtered(world: World) -> None:
    for key, stars, product in (("o1", 5, "bowl"), ("o2", 1, "cup"), ("o3", 1, "bowl")):
        world.review(key, stars, product)
        world.clock.advance(hours=1)
    assert [each["href"].split("/")[-2] for each in reply_links(desk(world, "reviews"))] == newest(world)
    assert len(reply_links(desk(world, "reviews?stars=1"))) == 2
    assert len(reply_links(desk(world, "reviews?product=bowl"))) == 2
    assert len(reply_links(desk(world, "reviews?product=bowl&stars=1"))) == 1
    assert reply_links(desk(world, "reviews?product=plate")) == []


def reply_links(page: Any) -> list[dict[str, str]]:
    return [link for link in page.all("a") if link["href"].endswith("/reply")]


def newest(world: World) -> list[str]:
    return [row.public_id for row in sorted(world.all(Review), key=lambda row: row.shown_at, reverse=True)]


def test_what_was_answered_leaves_the_list_of_replies_due(world: World) -> None:
    world.review("o1", 2)
    (link,) = reply_links(desk(world, "replies"))
    press(world, "olga", "publish", link["href"], reply="Thank you, Anna.")
    assert reply_links(desk(world, "replies")) == []
    assert reply_links(desk(world, "reviews?unanswered=1")) == []
    assert len(reply_links(desk(world, "reviews"))) == 1


def test_the_queue_goes_on_without_leaving_out_or_repeating(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        world.review(f"o{number}", 1 + number % 2)
    monkeypatch.setattr("flask_trust.desk.owner.queries.PAGE", 2)
    monkeypatch.setattr("flask_trust.desk.owner.queries.BLOCK", 3)
    for query, wanted in (("", 7), ("?stars=2", 3), ("?unanswered=1", 7)):
        seen, path = [], f"reviews{query}"
        while path:
            page = desk(world, path)
            seen += [each["href"] for each in reply_links(page)]
            more = [link["href"] for link in page.all("a") if link.get("rel") == "next"]
            path = more[0].removeprefix("/trust/desk/") if more else ""
        assert len(seen) == len(set(seen)) == wanted


def test_a_seller_s_people_see_what_waits_for_their_own_reply(world: World) -> None:
    deal(world, number="N1")
    world.review("own", 3)
    world.tell("order_delivered", "o1")
    world.rate("o1", line_0_stars="1")
    buyer_rates(world, stars=2)
    world.pass_days(40)
    page = desk(world, "replies", viewer="tina")
    assert len(reply_links(page)) == 1
    assert "Order N1" in page.text
    assert "/trust/desk/deals?seller=tom" in [link["href"] for link in desk(world, viewer="tina").all("a")]
    assert len(reply_links(desk(world, "replies"))) == 1  # the shop's own, and not Tom's
    desk(world, "replies?seller=una", viewer="tina", status=404)


def test_invitations_say_in_words_why_somebody_is_not_asked(world: World) -> None:
    world.order("o1")
    world.deliver("o1")
    world.order("o2", placed_at=world.clock() - timedelta(days=60))
    world.deliver("o2", at=world.clock() - timedelta(days=50))
    assert "Order o1 to be asked on 10 May 2027" in desk(world, "invitations").text
    skipped = desk(world, "invitations?state=skipped").text
    assert "had arrived more than 14 days before we heard of it" in skipped
    world.pass_days(8)
    assert "asked on 11 May 2027" in desk(world, "invitations?state=asked").text


def test_buyers_who_say_that_nothing_arrived_are_listed(world: World) -> None:
    world.order("o1")
    world.deliver("o1")
    world.rate("o1", action="not-arrived")
    assert "Order o1 told on 3 May 2027" in desk(world, "arrivals").text


def test_mails_that_were_given_up_are_tried_again_at_the_press_of_a_button(world: World) -> None:
    world.order("o1")
    world.deliver("o1")
    world.pass_days(8)
    change(world, sa.update(Outgoing).values(state="held", error_code="server_down", due=None))
    page = desk(world, "mails")
    assert "asks for a review Order o1 the mail server did not answer" in page.text
    answer = press(world, "olga", "retry", "/trust/desk/mails")
    assert answer.status_code == 303
    assert "1 mail will be tried again at the next run." in look(world, "olga", answer.location).text
    assert world.one(Outgoing).state == "waiting"
    assert "asks for a review" in desk(world, "mails?state=waiting").text


def change(world: World, statement: sa.UpdateBase) -> None:
    with world.app.app_context(), world.state.session() as session:
        session.execute(statement)
        session.commit()


def test_health_says_what_is_wrong_and_mends_it_only_when_asked(world: World) -> None:
    world.review("o1", 4)
    assert "All is well" in desk(world, "health").text
    change(world, sa.update(Subject).where(Subject.kind == "product").values(n4=7))
    assert "The totals of product 'bowl' say" in desk(world, "health").text
    answer = press(world, "olga", "repair", "/trust/desk/health")
    assert "wrong totals were set right" in look(world, "olga", answer.location).text
    assert "All is well" in desk(world, "health").text


def test_health_marks_what_it_can_only_say_in_english(make_world: Any) -> None:
    world = make_world(TRUST_LOCALE="de", TRUST_MAIL_URL=...)
    world.review("o1", 2)
    world.shop.failing.add("people")
    items = [given for tag, given in desk(world, "health").tags if tag == "li" and given.get("lang") == "en"]
    assert items == [{"lang": "en", "dir": "ltr"}]


@pytest.mark.parametrize(("page", "action"), [("mails", "retry"), ("health", "repair")])
def test_a_button_needs_the_token_of_whoever_is_signed_in(world: World, page: str, action: str) -> None:
    desk(world, page)
    world.shop.staff.add("other")
    world.shop.viewer = "other"
    forged = {"action": action, "form_token": "0" * 64}
    assert world.client().post(f"/trust/desk/{page}", data=forged).status_code == 422
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert world.client().post(f"/trust/desk/{page}", data=forged, headers=elsewhere).status_code == 403


def test_an_export_holds_all_that_can_be_read_and_nothing_else(world: World) -> None:
    deal(world)
    world.review("o2", 3, buyer=Person("eve", "Eve", "eve@customer.example"))
    buyer_rates(world, stars=2, text="=SUM(1)", note="For Tom alone")
    as_csv, as_json = raw(world, "export.csv"), raw(world, "export.json")
    assert [row["kind"] for row in json.loads(as_json)] == ["review"]
    world.pass_days(40)
    as_csv, as_json = raw(world, "export.csv"), raw(world, "export.json")
    rows = list(csv.DictReader(io.StringIO(as_csv)))
    assert [(row["kind"], row["seller"], row["stars"]) for row in rows] == [
        ("review", "shop", "3"),
        ("rating", "tom", "2"),
    ]
    assert rows[1]["text"] == "'=SUM(1)"  # a spreadsheet must not take a stranger's words for a formula
    assert [row["text"] for row in json.loads(as_json)] == ["", "=SUM(1)"]
    assert not any(secret in as_csv + as_json for secret in ("customer.example", "For Tom alone", "Eve"))


def test_an_export_goes_on_beyond_one_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_trust.desk.owner.queries.BLOCK", 2)
    for number in range(5):
        world.review(f"o{number}")
    assert len(json.loads(raw(world, "export.json"))) == 5


def test_screens_and_shell_give_the_same_reasons(world: World) -> None:
    with world.app.test_request_context():
        assert reason_words() == REASONS
        assert why_words() == WHY
        assert set(kind_words()) == set(world.state.mails)


def test_queries_and_cursors_are_read_as_they_are_written() -> None:
    spot = Spot(_moment(), 7)
    assert read_spot(str(spot)) == spot
    assert read_spot("") is None is read_number(None)
    assert read_number("12") == 12
    assert read_queue({"product": " bowl ", "stars": "4", "unanswered": "1"}) == Queue("bowl", 4, True)
    for wrong in ("x", "1-", "9" * 19 + "-1"):
        with pytest.raises(BadQuery):
            read_spot(wrong)


def _moment() -> Any:
    return SettableClock()()


def test_form_of_a_page_stands_only_where_there_is_something_to_press(world: World) -> None:
    assert desk(world, "health").forms == []
    world.review("o1")
    change(world, sa.update(Subject).where(Subject.kind == "shop").values(n4=7))
    assert form_with(desk(world, "health"), "repair")


def test_form_tokens_of_the_shop_do_not_get_in_the_way_of_ours(make_world: Any) -> None:
    world = make_world(prepare=CSRFProtect)
    world.shop.staff.add("olga")
    world.review("o1", 4)
    path = f"/trust/reviews/{world.one(Review).public_id}/reply"
    assert press(world, "olga", "publish", path, reply="Thank you.").status_code == 303
    change(world, sa.update(Subject).where(Subject.kind == "product").values(n4=7))
    assert press(world, "olga", "repair", "/trust/desk/health").status_code == 303
    change(world, sa.update(Outgoing).values(state="held", error_code="server_down", due=None))
    assert press(world, "olga", "retry", "/trust/desk/mails").status_code == 303
