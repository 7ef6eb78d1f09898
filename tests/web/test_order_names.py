"""What pages and mails call an order: what was bought, its day, and the number that the shop prints on it."""

from __future__ import annotations

import pytest

from flask_trust import Line
from tests.web.deals import TOM, buyer_rates, deal, look, press
from tests.web.pages import Page, counted
from tests.world import World

DESK, REPLIES, ORDER, ME = "/trust/desk/deals", "/trust/desk/replies", "/trust/orders/8f3a", "/trust/me"
SELLERS = [("tina", DESK), ("tina", REPLIES), ("tina", ORDER)]
CUP, HAT = Line("cup", "cup", "tom", "Cup"), Line("hat", "hat", "una", "Hat")


def bought(world: World, number: str = "N-1001") -> None:
    """Let Anna buy a lamp and a cup from Tom and a hat from Una, and rate Tom, who has nothing to say."""
    deal(world, "8f3a", TOM, CUP, HAT, number=number)
    buyer_rates(world, "8f3a")
    press(world, "tina", "pass", ORDER)
    deal(world, "waits", TOM, CUP, HAT, number=number)


@pytest.mark.parametrize(("viewer", "path"), SELLERS)
def test_a_seller_reads_what_was_bought_from_them_the_day_and_the_printed_number(
    world: World, viewer: str, path: str
) -> None:
    bought(world)
    text = look(world, viewer, path).text
    for words in ("Lamp and 1 more", "3 May 2027", "Order N-1001"):
        assert words in text
    assert "8f3a" not in text
    assert "Hat" not in text
    assert "and 2 more" not in text


@pytest.mark.parametrize(("path", "words"), [(ORDER, "Lamp and 2 more"), (ME, "Lamp, Cup, Hat")])
def test_a_buyer_reads_all_that_was_bought(world: World, path: str, words: str) -> None:
    bought(world)
    text = look(world, "anna", path).text
    assert words in text
    assert "Order N-1001" in text
    assert "8f3a" not in text


@pytest.mark.parametrize(("viewer", "path"), [*SELLERS, ("anna", ORDER), ("anna", ME)])
def test_a_shop_that_prints_no_number_shows_none(world: World, viewer: str, path: str) -> None:
    bought(world, number="")
    page = look(world, viewer, path)
    assert "Lamp" in page.text
    assert [words for words in page.words if words.startswith("Order ")] == []


@pytest.mark.parametrize(("viewer", "path"), [*SELLERS, ("anna", ORDER), ("anna", ME)])
def test_where_the_adapter_fails_the_id_stands_in_place_of_the_number(world: World, viewer: str, path: str) -> None:
    bought(world)
    world.shop.failing.add("orders")
    text = look(world, viewer, path).text
    assert "Lamp" in text
    assert "Order 8f3a" in text or "Order waits" in text


@pytest.mark.parametrize("path", [DESK, REPLIES, ME])
def test_a_list_asks_the_shop_once_and_takes_as_many_statements_for_many_orders_as_for_one(
    any_world: World, path: str
) -> None:
    costs = []
    for number in range(8):
        deal(any_world, f"said{number}")
        buyer_rates(any_world, f"said{number}")
        press(any_world, "tina", "pass", f"/trust/orders/said{number}")
        deal(any_world, f"waits{number}")
        any_world.shop.asked.clear()
        with counted(any_world) as seen:
            look(any_world, "anna" if path == ME else "tina", path)
        costs.append(len(seen))
        assert [name for name, _ in any_world.shop.asked].count("orders") == 1
    assert len(set(costs)) == 1, costs


def test_the_ways_to_an_order_tell_it_apart_for_those_who_hear_the_page(world: World) -> None:
    bought(world)
    page = look(world, "tina", DESK)
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    ways = [each["aria-labelledby"].split() for each in page.all("a") if "/orders/" in each["href"]]
    assert len(ways) == 2
    assert {each for way in ways for each in way} <= ids
    assert len({way[0] for way in ways}) == 2


def test_titles_and_numbers_of_the_shop_cannot_turn_the_words_around_them(world: World) -> None:
    deal(world, "8f3a", Line("lamp", "lamp", "tom", "La\u202emp"), number="N\u202e1")
    for viewer, path in (("tina", DESK), ("tina", ORDER), ("anna", ORDER)):
        text = look(world, viewer, path).text
        assert "\u202e" not in text
        assert "Lamp" in text
        assert "Order N1" in text


def test_what_has_no_title_is_called_by_the_shop_s_id_of_the_product(world: World) -> None:
    deal(world, "8f3a", Line("1", "lamp-7", "tom"))
    assert "lamp-7" in look(world, "tina", DESK).words
    assert isinstance(look(world, "anna", ORDER), Page)
