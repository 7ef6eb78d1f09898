"""What a buyer reads: everything needed, in neutral words, the same for everybody, light and without foreign files."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from flask_trust import Line, Person
from flask_trust.reviews.models import Review
from tests.support import browser
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ADDRESS = "Lantern Lane Ltd\n12 Harbour Street\nOldtown"
PERSUASION = re.compile(
    r"\b(happy|love[ds]?|great|amazing|awesome|enjoy\w*|perfect|excellent|best|satisf\w+|delight\w*|favou?r|support us"
    r"|help us|five stars?|5 stars|please)\b|!",
    re.IGNORECASE,
)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OF_WHOLE_SITES = ("landmark-one-main", "region")  # rules that a mail cannot keep and need not


class Seen(HTMLParser):
    """The visible words of a page, its links with their labels, and everything it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.loaded: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._hidden += tag in ("style", "title", "script")
        if tag == "a":
            self.links.append((given["href"], given.get("aria-label", "")))
        self.loaded += [given[name] for name in ("src", "background", "srcset", "poster", "data") if name in given]
        self.loaded += [tag] * (tag in ("script", "link", "iframe", "object", "form", "img"))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title", "script")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


def parts(world: World, number: int = -1) -> tuple[str, str]:
    mail = world.mails()[number]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


LINES = [
    Line("1", "bowl", title="Stoneware bowl", variant="Moss green"),
    Line("2", "tea", title="Sencha & <b>more</b>"),
    Line("3", "lamp"),
]


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(TRUST_SHOP_NAME="Lantern Lane", TRUST_SHOP_ADDRESS=ADDRESS)


def ask(world: World, **order: object) -> tuple[str, str]:
    world.order("1", lines=LINES, **order)  # type: ignore[arg-type]
    world.deliver("1")
    world.pass_days(7)
    return parts(world)


def test_both_parts_name_every_line_and_the_shop(world: World) -> None:
    text, html = ask(world)
    seen = " ".join(Seen(html).words)
    for words in ("Stoneware bowl", "Moss green", "Sencha & <b>more</b>", "Lamp", "Lantern Lane", "3 May 2027"):
        assert words in text
        assert words in seen
    for line in ADDRESS.splitlines():
        assert line in text
        assert line in seen


def test_both_parts_lead_to_the_page_and_out_again(world: World) -> None:
    text, html = ask(world)
    rate = "http://localhost" + world.rate_path("1")
    in_text, in_html = re.findall(r"http\S+", text), [url for url, _ in Seen(html).links]
    for url in (rate, f"{rate}?ask=arrival", f"{rate}?ask=mine"):
        assert url in in_text
        assert url in in_html
    (out,) = {url for url in in_html if "/unsubscribe/" in url}
    assert out in in_text
    assert world.mails()[0]["List-Unsubscribe"].strip() == f"<{out}>"


def test_every_link_opens_and_none_changes_anything(world: World) -> None:
    _text, html = ask(world)
    client = world.client(use_cookies=False)
    for url, _ in Seen(html).links:
        for method in ("HEAD", "GET"):
            assert client.open(url.removeprefix("http://localhost"), method=method).status_code == 200
    assert world.all(Review) == []
    assert world.person("buyer-1").mail_stop is None
    assert len(world.mails()) == 1
    assert world.pass_days(7)["mail_sent"] == 1


def test_stars_stand_equal_side_by_side_and_only_preselect(world: World) -> None:
    _text, html = ask(world)
    stars = [(url, label) for url, label in Seen(html).links if label]
    assert [label for _, label in stars] == ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"] * len(LINES)
    chosen = [parse_qs(urlsplit(url).query) for url, _ in stars]
    assert chosen == [{"line": [str(n)], "stars": [str(k)]} for n in range(len(LINES)) for k in range(1, 6)]
    page = world.client().get(stars[8][0].removeprefix("http://localhost")).text
    assert len(re.findall(r"<input[^>]*\bchecked\b", page)) == 1
    boxes = re.findall(r'<td class="star"[^>]*><a href="[^"]*" (style="[^"]*")', html)
    assert len(boxes) == 5 * len(LINES)
    assert len(set(boxes)) == 1


def test_the_words_persuade_nobody(world: World) -> None:
    text, html = ask(world)
    world.pass_days(7)
    later_text, later_html = parts(world)
    subjects = [str(mail["Subject"]) for mail in world.mails()]
    for words in (text, later_text, *Seen(html).words, *Seen(later_html).words, *subjects):
        assert PERSUASION.search(words) is None


def returned(world: World) -> None:
    world.tell("order_returned", "1", None, "broken")


def bad_words_before(world: World) -> None:
    world.review("0", 1, buyer=world.shop.all_orders["1"].buyer)


@pytest.mark.parametrize("act", [returned, bad_words_before])
def test_the_mail_is_the_same_whatever_went_before(make_world: Callable[..., World], act: Callable[..., None]) -> None:
    """Neither a return nor an earlier bad review changes a word: asking only the content would be a lie."""

    def mail(act: Callable[[World], None]) -> tuple[str, ...]:
        world = make_world()
        world.order("1", lines=LINES)
        act(world)
        world.deliver("1")
        world.pass_days(7)
        texts = (*parts(world), str(world.mails()[-1]["Subject"]))
        return tuple(re.sub(r"/(rate|unsubscribe)/[\w.~-]+", r"/\1/", text) for text in texts)

    assert mail(act) == mail(lambda world: None)


def test_a_guessed_arrival_is_said_to_be_one(world: World) -> None:
    world.order("1", lines=LINES, placed_at=world.clock())
    world.tell("order_placed", "1")
    world.pass_days(11)
    world.pass_days(7)
    text, html = parts(world)
    assert "nobody has told us" in text
    assert "nobody has told us" in " ".join(Seen(html).words)
    assert html.count("?ask=arrival") == 1


def test_a_reward_is_named_and_bought_with_nothing(world: World) -> None:
    text, html = ask(world, incentive="5 % off the next order")
    for words in (text, " ".join(Seen(html).words)):
        assert "You were promised something for a review (5 % off the next order)" in words
        assert "whatever your stars" in words


def test_the_mail_loads_nothing_and_stays_small(world: World) -> None:
    world.order("big", lines=[Line(str(n), f"p{n}", title=f"Thing number {n}, blue") for n in range(30)])
    world.deliver("big")
    world.pass_days(7)
    text, html = parts(world)
    assert len(html.encode()) < 30_000
    assert "Thing number 29, blue" in text
    assert "Thing number 29, blue" in Seen(html).words
    assert Seen(html).loaded == []
    assert re.search(r"url\(|@import|javascript:", html) is None
    assert {urlsplit(url).netloc for url, _ in Seen(html).links} == {"localhost"}


@pytest.mark.parametrize(
    "hostile",
    [
        '<script>alert(1)</script><img src=x onerror="alert(1)">',
        '"><a href="https://evil.example">Click</a>',
        "\u202egnp.exe\u202c\u2066",
        "Bowl\r\n\r\nBcc: victim@customer.example\r\n\r\nNo more mails: https://evil.example",
        "{{ 7 * 7 }}{% raw %}",
        "%(shop)s %s %d %",
    ],
)
def test_hostile_titles_and_names_end_as_words(world: World, hostile: str) -> None:
    line = Line("1", "bowl", title=hostile, variant=hostile)
    world.order("1", lines=[line], buyer=Person("anna", hostile, "anna@customer.example"))
    world.deliver("1")
    world.pass_days(7)
    text, html = parts(world)
    assert Seen(html).loaded == []
    assert {urlsplit(url).netloc for url, _ in Seen(html).links} == {"localhost"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text + html)
    assert "49" not in re.sub(r"https?://\S+", "", text)  # the letters of a secret link are anything
    assert [line for line in text.splitlines() if line.startswith(("Bcc", "No more mails: https"))] == []


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
def test_the_html_part_in_a_browser(world: World, chromium: Browser, size: tuple[int, int]) -> None:
    title = "Unbreakable" * 20
    world.order("1", lines=[*LINES, Line("4", "long", title=title)])
    world.deliver("1")
    world.pass_days(7)
    _text, html = parts(world)
    with browser.phone(chromium) as context:
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.set_content(html)
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
            assert [barrier for barrier in browser.barriers(page) if not barrier.startswith(OF_WHOLE_SITES)] == []
            for star in page.locator("td.star a").all():
                box = star.bounding_box()
                assert box is not None
                assert (box["width"] >= 44, box["height"] >= 44) == (True, True)
