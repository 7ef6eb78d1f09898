"""The page of an order for both sides, and the seller's list: who sees what and when, and what their buttons do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import DictLoader

from flask_trust import Line, Person, Seller
from flask_trust.desk.rules import PAGE
from flask_trust.journal.models import Entry
from flask_trust.orders.models import Deal
from flask_trust.ratings.models import BuyerRating, Rating, Reply, SellerChoice
from tests.web.deals import ANNA, TOM, buyer_rates, deal, form_with, look, press
from tests.web.pages import Page, everything
from tests.world import World

MakeWorld = Callable[..., World]
DESK = "/trust/desk/deals"
ALL_YES = {"paid": "yes", "reachable": "yes", "again": "yes"}
SECRET = "zx-chipped-zx"
NOTE = "zx-for-tom-zx"


def buttons(page: Page) -> set[str]:
    return {value for form in page.forms for name, value in form.buttons if name == "action"}


# Who may


@pytest.mark.parametrize("path", ["/trust/orders/o1", DESK])
def test_nobody_but_the_parties_finds_a_page(world: World, path: str) -> None:
    deal(world)
    world.shop.staff.add("boss")
    world.shop.acting["una's"] = {"una"}
    for viewer in (None, "", "stranger", "boss"):
        look(world, viewer, path, 404)
    look(world, "una's", f"{DESK}?seller=tom", 404)
    look(world, "una's", "/trust/orders/o1", 404)
    for nothing in ("never", "no\x01", "%00", "a" * 80):
        look(world, "tina", f"/trust/orders/{nothing}", 404)


def test_an_adapter_that_fails_gets_a_page_that_says_so(world: World, caplog: pytest.LogCaptureFixture) -> None:
    deal(world)
    world.shop.failing.add("acts_for")
    for path in ("/trust/orders/o1", DESK):
        assert "That is not possible just now" in look(world, "tina", path, 503).text
        assert "acts_for failed" in caplog.text
        assert "customer.example" not in caplog.text
    world.shop.failing = {"sellers"}
    assert "tom" in look(world, "anna").words


def test_a_viewer_that_cannot_be_an_id_is_the_adapter_s_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deal(world)
    monkeypatch.setattr(world.shop, "viewer_id", lambda: "a/b")
    assert world.client().get("/trust/orders/o1").status_code == 503


def test_pages_are_kept_nowhere_even_their_errors(world: World) -> None:
    deal(world)
    for viewer, path in (("anna", "/trust/orders/o1"), ("tina", DESK), (None, DESK), ("x", "/trust/orders/o1")):
        world.shop.viewer = viewer
        answer = world.client().get(path)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers


def test_a_seller_sees_their_own_part_of_an_order_alone(world: World) -> None:
    world.shop.acting["una's"] = {"una"}
    deal(world, "o1", TOM, Line("cup", "cup", seller_id="una"), Line("bag", "bag"))
    page = look(world, "una's")
    assert "Una & Sons" in page.text
    assert "Tom's Lamps" not in page.text
    assert [form.fields["seller"] for form in page.forms] == ["una"]
    buyer = look(world, "anna").text
    assert "Una & Sons" in buyer
    assert "Tom's Lamps" in buyer


def test_who_bought_it_and_speaks_for_the_seller_sees_the_buyer_s_side_alone(world: World) -> None:
    deal(world)
    posted = form_with(look(world, "tina"), "answer")
    world.shop.acting["anna"] = {"tom"}
    page = look(world, "anna")
    assert page.forms == []
    before = everything(world)
    answer = world.client().post(posted.action, data={**posted.fields, "action": "answer", **ALL_YES})
    assert answer.status_code == 404
    assert everything(world) == before
    assert "Lamp" not in look(world, "anna", DESK).words
    form = form_with(look(world, "tina", DESK), "never")
    world.shop.viewer = "anna"
    many = world.client().post(form.action, data={**form.fields, "order": "o1", "action": "answer", **ALL_YES})
    assert many.status_code == 422  # another person's form token
    assert world.all(BuyerRating) == []


def test_whom_nobody_rates_is_led_to_the_reviews(world: World) -> None:
    deal(world, "o1", Line("bag", "bag"))
    page = look(world, "anna")
    assert "nobody rates you" in page.text
    look(world, "tina", status=404)
    world.shop.acting["staff"] = {"shop"}
    look(world, "staff", status=404)


# How things stand


def test_the_buyer_reads_how_things_stand_at_every_step(world: World) -> None:
    deal(world, arrives=False)
    world.tell("order_placed", "o1")
    assert "once something has arrived" in look(world, "anna").text
    world.deliver("o1")
    assert "Nothing is written yet. You and Tom's Lamps have until 2 June 2027." in look(world, "anna").text
    buyer_rates(world)
    assert "You have written. Tom's Lamps has until 10 May 2027; then both can be read." in look(world, "anna").text
    world.clock.advance(days=7)
    text = look(world, "anna").text
    assert "What you wrote can be read now. Tom's Lamps has written nothing." in text
    assert "4 of 5 stars" in text


def test_the_buyer_reads_what_the_seller_says_when_it_is_time(world: World) -> None:
    deal(world)
    assert press(world, "tina", "answer", paid="yes", again="no").status_code == 303
    before = look(world, "anna").text
    assert "Tom's Lamps has written. You have until 2 June 2027; then both can be read." in before
    assert "Paid promptly" not in before
    buyer_rates(world)
    after = look(world, "anna").text
    assert "both can be read now" in after
    assert "Paid promptly: Yes Easy to reach: No answer Would sell again: No" in after
    press(world, "tina", "reply", reply="Thank you,\n\nAnna")
    assert "What Tom's Lamps replies Thank you, Anna written on 3 May 2027" in look(world, "anna").text


def test_the_buyer_reads_that_the_seller_passed_or_that_nothing_was_written(world: World) -> None:
    deal(world, "o1")
    deal(world, "o2")
    press(world, "tina", "pass")
    assert "Tom's Lamps has nothing to say about this order." in look(world, "anna").text
    world.pass_days(31)
    assert "Tom's Lamps had nothing to say, and you have not rated them." in look(world, "anna").text
    assert "Nobody has written anything" in look(world, "anna", "/trust/orders/o2").text


@pytest.mark.parametrize("seller_wrote", [False, True])
def test_a_seller_whose_buyer_only_reviewed_the_goods_reads_no_more_than_that(world: World, seller_wrote: bool) -> None:
    for key, rates in (("o1", False), ("o2", True)):
        deal(world, key, buyer=Person(key, "B", f"{key}@customer.example"))
        if seller_wrote and not rates:
            press(world, "tina", "answer", f"/trust/orders/{key}", **ALL_YES)
        if rates and not seller_wrote:
            buyer_rates(world, key)
        else:
            world.rate(key, line_0_stars="3")
    texts = {key: look(world, "tina", f"/trust/orders/{key}").text for key in ("o1", "o2")}
    if seller_wrote:
        assert "You and the buyer have written. It can be read from 10 May 2027 at the latest." in texts["o1"]
        assert "You have not rated Tom's Lamps yet." in look(world, "o1").text
    else:
        assert texts["o1"].replace("o1", "o2") == texts["o2"]


def test_everybody_reads_at_once_where_only_buyers_rate(make_world: MakeWorld) -> None:
    world = make_world(TRUST_MUTUAL="buyers")
    deal(world)
    assert "You can rate Tom's Lamps until" in look(world, "anna").text
    buyer_rates(world, text=SECRET)
    page = look(world, "tina")
    assert SECRET in page.text
    assert buttons(page) == {"reply"}
    assert "No order waits" in look(world, "tina", DESK).text


def test_no_page_of_the_seller_depends_on_what_nobody_may_read_yet(make_world: MakeWorld) -> None:
    seen = []
    for stars, text in ((1, SECRET), (5, "")):
        world = make_world()
        deal(world)
        deal(world, "o2")
        buyer_rates(world, stars=stars, text=text, note=text, service=str(stars))
        pages = []
        for path in (DESK, "/trust/orders/o1", "/trust/orders/o2"):
            world.shop.viewer = "tina"
            pages.append(world.client().get(path).data)
        world.shop.viewer = "anna"
        pages.append(world.client().get("/trust/orders/o1").data)
        seen.append(pages)
    assert seen[0] == seen[1]
    assert b"the buyer has written" in seen[0][0]


def test_the_link_to_rate_is_not_in_the_page_and_leads_there(world: World) -> None:
    deal(world)
    page = look(world, "anna")
    (link,) = [each["href"] for each in page.all("a") if "to=rate" in each["href"]]
    assert "/trust/rate/" not in str(page.tags)
    answer = world.client().get(link)
    assert answer.status_code == 303
    assert answer.location == world.rate_path("o1")
    assert answer.headers["Cache-Control"] == "private, no-store"
    world.shop.viewer = "tina"
    assert world.client().get(link).status_code == 200


# What a seller does with one order


def test_a_seller_answers_changes_takes_back_and_passes(world: World) -> None:
    deal(world)
    assert buttons(look(world, "tina")) == {"answer", "pass"}
    answer = press(world, "tina", "answer", paid="no")
    assert answer.status_code == 303
    assert "Your answers are saved." in look(world, "tina", answer.location).text
    page = look(world, "tina")
    assert buttons(page) == {"answer", "take-back"}
    assert page.chosen == {"paid": "no", "reachable": "", "again": ""}
    press(world, "theo", "answer", paid="yes")
    assert world.one(BuyerRating).paid is True
    assert "You have written." in look(world, "tina").text
    press(world, "tina", "take-back")
    assert world.one(BuyerRating).state == "withdrawn"
    press(world, "tina", "pass")
    assert buttons(look(world, "tina")) == set()
    assert world.one(Deal).passed_at is not None


def test_after_the_opening_a_seller_reads_all_and_can_change_once(world: World) -> None:
    deal(world)
    buyer_rates(world, stars=2, text=SECRET, note=NOTE, price="1")
    before = look(world, "tina").text
    assert SECRET not in before
    press(world, "tina", "answer", **ALL_YES)
    page = look(world, "tina")
    for words in (SECRET, NOTE, "2 of 5 stars", "Price and postage: 1 of 5 stars", "until 2 July 2027"):
        assert words in page.text, words
    assert buttons(page) == {"answer", "reply"}
    press(world, "tina", "answer", paid="no", reachable="no", again="no")
    assert buttons(look(world, "tina")) == {"reply"}
    assert NOTE not in look(world, "anna").text
    assert world.one(BuyerRating).revised_at == world.clock()


def test_questions_without_an_answer_come_back(world: World) -> None:
    deal(world)
    answer = press(world, "tina", "answer")
    assert answer.status_code == 422
    assert "Please answer at least one question" in answer.text
    assert world.all(BuyerRating) == []


def test_a_reply_that_is_empty_or_too_long_comes_back_with_every_word(world: World) -> None:
    deal(world)
    buyer_rates(world)
    press(world, "tina", "pass")
    assert "Please write your reply first." in press(world, "tina", "reply", reply=" \u200b").text
    long = press(world, "tina", "reply", reply="w" * 1001)
    assert long.status_code == 422
    assert "at most 1000 characters, yours has 1001" in long.text
    assert "w" * 1001 in long.text
    assert press(world, "tina", "reply", reply="w" * 1000).status_code == 303
    world.clock.advance(days=5)
    assert press(world, "tina", "reply", reply="<b>Sorry</b>").status_code == 303
    page = look(world, "tina")
    assert "<b>Sorry</b>" in page.text
    assert "written on 3 May 2027, changed on 8 May 2027" in page.text
    assert world.one(Reply).text == "<b>Sorry</b>"


def test_two_windows_and_late_buttons_lose_nothing_and_overwrite_nothing(world: World) -> None:
    deal(world)
    old = form_with(look(world, "tina"), "answer")
    press(world, "theo", "answer", paid="yes")
    world.shop.viewer = "tina"
    answer = world.client().post(old.action, data={**old.fields, "action": "answer", "paid": "no"})
    assert answer.status_code == 409
    assert "changed in another window" in answer.text
    again = form_with(Page(answer.text), "answer")
    assert again.fields["paid"] == "no"
    assert world.client().post(again.action, data={**again.fields, "action": "answer"}).status_code == 303
    assert world.one(BuyerRating).paid is False
    late = form_with(look(world, "tina"), "take-back")
    world.clock.advance(days=30)
    answer = world.client().post(late.action, data={**late.fields, "action": "take-back"})
    assert answer.status_code == 409
    assert "not possible any more" in answer.text


def test_opening_a_page_changes_nothing(world: World) -> None:
    deal(world)
    buyer_rates(world)
    before = everything(world)
    for viewer, path in (("anna", "/trust/orders/o1?to=rate"), ("tina", "/trust/orders/o1"), ("tina", DESK)):
        world.shop.viewer = viewer
        assert world.client().get(path).status_code in (200, 303)
    assert everything(world) == before


# The buyer's record


def test_the_record_is_shown_while_the_order_is_open_and_no_longer(world: World) -> None:
    world.shop.acting["una's"] = {"una"}
    deal(world, "old", Line("cup", "cup", seller_id="una"))
    press(world, "una's", "answer", "/trust/orders/old", paid="no")
    deal(world, arrives=False)
    world.tell("order_placed", "o1")
    assert "What sellers say about this buyer's other orders Nothing yet." in look(world, "tina").text
    buyer_rates(world, "old", seller="una")
    assert "Paid promptly: 0 yes, 1 no" in look(world, "tina").text
    world.deliver("o1")
    assert "Paid promptly: 0 yes, 1 no" in look(world, "tina").text
    assert "0 yes, 1 no" not in look(world, "anna").text
    world.clock.advance(days=30)
    assert "this buyer's other orders" not in look(world, "tina").text


# The seller's list


def many(world: World, count: int) -> None:
    for number in range(count):
        buyer = Person(f"b{number}", "B", f"b{number}@customer.example")
        deal(world, f"o{number}", buyer=buyer, number=f"N{number}")


def press_many(world: World, action: str, orders: list[str], viewer: str = "tina", **fields: Any) -> Any:
    return press(world, viewer, action, DESK, order=orders, **fields)


def test_many_orders_get_one_answer_and_the_page_counts_them(world: World) -> None:
    many(world, 4)
    form = form_with(look(world, "tina", DESK), "answer")
    posted = {**form.fields, "action": "answer", "order": ["o0", "o2", "never"], **ALL_YES}
    for _ in range(2):
        answer = world.client().post(form.action, data=posted)
        assert "2 orders are rated. 1 order could not be changed" in look(world, "tina", answer.location).text
    assert [each.again for each in world.all(BuyerRating)] == [True, True]
    page = look(world, "tina", DESK)
    assert [each["value"] for each in page.all("input") if each.get("type") == "checkbox"] == ["o1", "o3"]
    answer = press_many(world, "pass", ["o1", "o3"])
    page = look(world, "tina", answer.location)
    assert "You have nothing to say about 2 orders." in page.text
    assert "No order waits for your rating." in page.text
    assert [each.passed_at is not None for each in world.all(Deal)] == [False, True, False, True]


def test_ticks_and_answers_come_back_where_something_is_missing(world: World) -> None:
    many(world, 3)
    answer = press_many(world, "answer", ["o1"])
    assert answer.status_code == 422
    assert "Nothing is saved yet. Please answer at least one question" in Page(answer.text).text
    ticked = [each["value"] for each in Page(answer.text).all("input") if each.get("type") == "checkbox"]
    assert ticked == ["o0", "o1", "o2"]
    assert [each["value"] for each in Page(answer.text).all("input") if "checked" in each and each["value"]] == ["o1"]
    answer = press_many(world, "answer", [], **ALL_YES)
    assert "Nothing is saved yet. Please tick at least one order." in Page(answer.text).text
    assert Page(answer.text).chosen == ALL_YES
    assert "Please tick at least one order." in press_many(world, "pass", []).text
    answer = press_many(world, "pass", [f"o{number}" for number in range(PAGE + 1)])
    assert "Please tick at most 50 orders at once." in answer.text
    assert not any(each.passed_at for each in world.all(Deal))


def test_the_list_goes_on_on_another_page(world: World) -> None:
    many(world, PAGE + 1)
    page = look(world, "tina", DESK)
    (more,) = [each["href"] for each in page.all("a") if "after=" in each["href"]]
    assert "Order N50" not in page.words
    rest = look(world, "tina", more)
    assert "Order N50" in rest.words
    assert "Order N1" not in rest.words
    look(world, "tina", f"{DESK}?after=nonsense", 404)


def test_who_speaks_for_several_sellers_chooses_one(world: World) -> None:
    deal(world, number="N1")
    world.shop.acting["tina"].add("una")
    page = look(world, "tina", DESK)
    assert "For which seller?" in page.text
    links = [each["href"] for each in page.all("a") if "seller=" in each["href"]]
    assert links == ["/trust/desk/deals?seller=tom", "/trust/desk/deals?seller=una"]
    assert "Order N1" in look(world, "tina", links[0]).words
    assert "No order waits for your rating." in look(world, "tina", links[1]).text
    look(world, "tina", f"{DESK}?seller=shop", 404)


def test_a_seller_nobody_has_ordered_from_can_choose_too(world: World) -> None:
    world.shop.acting["max"] = {"mex"}
    world.shop.add(Seller("mex", "Mex"))
    assert press(world, "max", "never", DESK).status_code == 303
    assert world.one(SellerChoice).passes_since == world.clock()


def test_never_rating_buyers_is_a_switch(world: World) -> None:
    deal(world, number="N1")
    answer = press(world, "tina", "never", DESK)
    page = look(world, "tina", answer.location)
    assert "From now on Tom's Lamps says nothing about buyers. What waits below still waits." in page.text
    assert "Since 3 May 2027" in page.text
    assert "Order N1" in page.words
    press(world, "tina", "always", DESK)
    assert world.one(SellerChoice).passes_since is None
    assert [entry.event for entry in world.all(Entry) if entry.kind == "seller"] == ["never_rates", "rates_buyers"]


def test_ratings_without_a_reply_lead_to_the_order(world: World) -> None:
    deal(world)
    buyer_rates(world, text=SECRET)
    assert SECRET not in look(world, "tina", DESK).text
    press(world, "tina", "pass")
    page = look(world, "tina", DESK)
    assert SECRET in page.text
    assert "/trust/orders/o1" in [each["href"] for each in page.all("a")]
    press(world, "tina", "reply", reply="Sorry")
    assert SECRET not in look(world, "tina", DESK).text


# Forms from elsewhere


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_forms_of_other_sites_are_refused(world: World, headers: dict[str, str], status: int) -> None:
    deal(world)
    for path, action in (("/trust/orders/o1", "answer"), (DESK, "never")):
        form = form_with(look(world, "tina", path), action)
        answer = world.client().post(form.action, data={**form.fields, "action": action, **ALL_YES}, headers=headers)
        assert answer.status_code == status
    assert bool(world.all(BuyerRating)) == bool(world.all(SellerChoice)) == (status == 303)


def test_a_form_token_is_one_person_s_for_one_page(world: World) -> None:
    deal(world)
    deal(world, "o2", buyer=Person("ben", "Ben", "ben@customer.example"))
    token = form_with(look(world, "tina"), "answer").fields["form_token"]
    for viewer, path, action in (
        ("theo", "/trust/orders/o1", "answer"),
        ("tina", "/trust/orders/o2", "answer"),
        ("tina", DESK, "never"),
    ):
        answer = press(world, viewer, action, path, form_token=token, **ALL_YES)
        assert answer.status_code == 422
        assert "This page is out of date." in answer.text
    assert world.all(BuyerRating) == []


def test_a_global_csrf_protection_lets_our_own_tokens_do(make_world: MakeWorld) -> None:
    world = make_world(prepare=lambda app: app.config.update(WTF_CSRF_ENABLED=True))
    CSRFProtect(world.app)
    deal(world)
    assert press(world, "tina", "answer", **ALL_YES).status_code == 303
    assert press(world, "tina", "never", DESK).status_code == 303


def test_the_pages_stand_in_the_shop_s_frame_with_the_shop_s_policy(make_world: MakeWorld) -> None:
    blocks = "{% block trust_title %}{% endblock %}{% block trust_content %}{% endblock %}"
    frame = "<p>{{ user }}</p>" + blocks

    def prepare(app: Flask) -> None:
        app.jinja_loader = DictLoader({"trust/base.html": frame})
        app.context_processor(lambda: {"user": "Hello Tina"})

    world = make_world(prepare=prepare)
    deal(world)
    for path in ("/trust/orders/o1", DESK):
        world.shop.viewer = "tina"
        answer = world.client().get(path)
        assert "Hello Tina" in answer.text
        assert "Content-Security-Policy" not in answer.headers
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_an_unknown_button_does_nothing(world: World) -> None:
    deal(world)
    before = everything(world)
    for path, button in (("/trust/orders/o1", "answer"), (DESK, "never")):
        form = form_with(look(world, "tina", path), button)
        for wrong in ({"action": "erase"}, {"action": ""}):
            assert world.client().post(form.action, data={**form.fields, **ALL_YES, **wrong}).status_code == 404
    assert press(world, "tina", "answer", seller="una", **ALL_YES).status_code == 404
    assert everything(world) == before


def test_what_was_erased_is_on_no_page(world: World) -> None:
    deal(world)
    buyer_rates(world, text=SECRET, note=NOTE)
    press(world, "tina", "answer", **ALL_YES)
    world.tell("person_erased", ANNA.id)
    for viewer in ("tina", "anna"):
        page = look(world, viewer, status=404)
        assert SECRET not in page.text
        assert NOTE not in page.text
    assert SECRET not in look(world, "tina", "/trust/desk/deals").text
    assert world.one(Rating).state == "erased"


def test_an_old_pass_after_answers_that_were_taken_back_passes_nothing(world: World) -> None:
    deal(world)
    old = form_with(look(world, "tina"), "pass")
    press(world, "tina", "answer", paid="yes")
    press(world, "tina", "take-back")
    assert world.client().post(old.action, data={**old.fields, "action": "pass"}).status_code == 409
    assert world.one(Deal).passed_at is None
    fresh = form_with(look(world, "tina"), "pass")
    for _ in range(2):
        assert world.client().post(fresh.action, data={**fresh.fields, "action": "pass"}).status_code == 303


def test_an_order_that_is_not_theirs_leaves_no_mark_on_anybody(world: World) -> None:
    deal(world)
    form = form_with(look(world, "tina"), "answer")
    posted = {**form.fields, "action": "answer", "again": "no"}
    many_form = form_with(look(world, "tina", DESK), "answer")
    world.rate("o1", action="not-mine")
    answer = world.client().post(form.action, data=posted)
    assert answer.status_code == 409
    assert "not possible any more" in answer.text
    assert buttons(look(world, "tina")) & {"answer"} == set()
    page = look(world, "tina", DESK)
    assert "No order waits for your rating." in page.text
    wanted = {**many_form.fields, "action": "answer", "order": ["o1"], **ALL_YES}
    assert world.client().post(many_form.action, data=wanted).location.endswith("done=0&over=1")
    assert world.all(BuyerRating) == []


def test_a_list_that_is_done_says_what_was_wrong_with_a_late_answer(world: World) -> None:
    deal(world)
    form = form_with(look(world, "tina", DESK), "answer")
    press(world, "tina", "pass")
    answer = world.client().post(form.action, data={**form.fields, "action": "answer", "order": ["o1"]})
    assert answer.status_code == 422
    assert "Please answer at least one question" in answer.text
    answer = world.client().post(form.action, data={"form_token": form.fields["form_token"], "action": "pass"})
    assert answer.status_code == 422
    assert "Please tick at least one order." in answer.text


@pytest.mark.parametrize(("name", "shown"), [("Tom\u202eevil", "Tomevil"), ("\u202e\u200b", "tom")])
def test_a_seller_s_name_cannot_turn_the_words_around_it(world: World, name: str, shown: str) -> None:
    deal(world)
    world.shop.add(Seller("tom", name))
    for viewer, path in (("anna", "/trust/orders/o1"), ("tina", DESK), (None, world.rate_path("o1"))):
        words = look(world, viewer, path).text
        assert "\u202e" not in words
        assert shown in words
    buyer_rates(world)
    world.pass_days(8)
    assert "\u202e" not in look(world, None, "/trust/sellers/tom").text


@pytest.mark.parametrize("viewer", ["anna", "tina"])
def test_where_the_buyer_works_for_the_seller_both_read_why_nothing_can_be_written(world: World, viewer: str) -> None:
    deal(world)
    world.shop.acting["anna"] = {"tom"}
    page = look(world, viewer)
    assert ("you and they cannot rate each other" if viewer == "anna" else "works for you too") in " ".join(page.words)
    assert "You and the buyer have until" not in " ".join(page.words)
    assert [button for form in page.forms for button in form.buttons if button == ("action", "answer")] == []


@pytest.mark.parametrize("path", ["/trust/desk/deals?seller=tom", "/trust/desk/replies?seller=tom", "/trust/orders/o1"])
def test_who_gets_the_mails_of_a_seller_can_open_what_they_lead_to(world: World, path: str) -> None:
    deal(world)
    look(world, "mona", path, 404)
    world.shop.add(Seller("tom", "Tom's Lamps", people=["mona"]))
    look(world, "mona", path)
    look(world, "mona", path.replace("tom", "una"), 404 if "seller" in path else 200)


@pytest.mark.parametrize("viewer", ["tina", "mona"])
@pytest.mark.parametrize("path", ["/trust/desk/", DESK, "/trust/desk/replies"])
def test_a_seller_s_pages_lead_to_each_other_and_mark_the_present_one(world: World, viewer: str, path: str) -> None:
    deal(world)
    world.shop.add(Seller("tom", "Tom's Lamps", people=["mona"]))  # "mona" comes from a mail, and acts for nobody else
    page = look(world, viewer, f"{path}?seller=tom")
    ways = {each["href"]: each.get("aria-current") for each in page.all("a") if each["href"].startswith("/trust/desk/")}
    assert {way: mark for way, mark in ways.items() if mark} == {f"{path}?seller=tom": "page"}
    assert {f"{each}?seller=tom" for each in ("/trust/desk/", DESK, "/trust/desk/replies")} <= set(ways)
    for way in ways:
        look(world, viewer, way)


def test_who_speaks_for_several_sellers_finds_the_same_ways_before_choosing(world: World) -> None:
    deal(world)
    world.shop.acting["tina"].add("una")
    for path in ("/trust/desk/", DESK, "/trust/desk/replies"):
        ways = {each["href"] for each in look(world, "tina", path).all("a")}
        assert {"/trust/desk/", DESK, "/trust/desk/replies"} <= ways
