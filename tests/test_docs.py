"""README and docs/ say all that there is, lead somewhere, and keep to the words of the house."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import click
import pytest
from blinker import NamedSignal
from flask import Flask

import flask_trust
from flask_trust import Shop, Trust, signals
from flask_trust import text as texts
from flask_trust.cli.commands import trust_cli
from flask_trust.cli.mail import WHY
from flask_trust.db import Base
from flask_trust.intake.polls import FIRST_LOOK_BACK
from flask_trust.invitations import rules as asking
from flask_trust.invitations.rules import REASONS
from flask_trust.links import MAX_AGE
from flask_trust.mail import rules as mail
from flask_trust.orders.rules import AFTER_PROMISED
from flask_trust.reputation.helpers import TemplateHelpers
from flask_trust.reviews.rules import WRITE_FOR
from flask_trust.scores import maths
from flask_trust.settings import Settings, key_of, read_settings
from flask_trust.shop import ID_BYTES
from tests.world import World

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "flask_trust"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {path.name if path.parent != ROOT else "/README.md": path.read_text(encoding="utf-8") for path in PAGES}
DOCS = "\n".join(TEXT.values())
LARGEST_PICTURE = 150_000  # bytes

FENCE = re.compile(r"^( *)```([\w+]*)\n(.*?)^ *```$", re.M | re.S)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def row_of(page: str, name: str) -> str:
    """Return the table row of a page that explains a name in its first cell."""
    rows = [line for line in TEXT[page].splitlines() if line.startswith("|") and f"`{name}" in line.split("|")[1]]
    assert len(rows) == 1, f"{page} has {len(rows)} rows about {name}"
    return rows[0]


# What there is


KEYS = list(Settings.__dataclass_fields__)


@pytest.mark.parametrize("name", KEYS)
def test_every_setting_is_explained_with_its_default(name: str) -> None:
    row = row_of("settings.md", key_of(name))
    default = getattr(read_settings({}), name)
    printed = f'"{default}"' if isinstance(default, str) and default else repr(default).replace("'", '"')
    assert row.split("|")[2].strip().startswith("none" if default == "" else f"`{printed}`")


def test_no_setting_is_explained_that_does_not_exist() -> None:
    known = {key_of(name) for name in KEYS}
    assert set(re.findall(r"TRUST_[A-Z]{2}\w+", DOCS)) <= known


def test_every_key_that_mail_needs_stands_in_the_quick_start() -> None:
    needed = ["TRUST_SHOP_NAME", "TRUST_BASE_URL", "TRUST_SHOP_ADDRESS", "TRUST_MAIL_FROM", "TRUST_MAIL_BASIS"]
    assert [key for key in needed if key not in TEXT["/README.md"]] == []


@pytest.mark.parametrize("name", [n for n, value in vars(signals).items() if isinstance(value, NamedSignal)])
def test_every_signal_is_explained(name: str) -> None:
    assert row_of("signals.md", name)


@pytest.mark.parametrize("name", flask_trust.__all__)
def test_every_public_name_is_in_the_adapters_page(name: str) -> None:
    assert re.search(rf"`{name}\b", TEXT["adapter.md"])


@pytest.mark.parametrize("name", [name for name in vars(Shop) if not name.startswith("_")])
def test_every_question_to_a_shop_is_explained(name: str) -> None:
    assert row_of("adapter.md", f"{name}(")


CALLS = [name for name in vars(Trust) if not name.startswith("_") and name not in ("init_app", "run_due")]


@pytest.mark.parametrize("name", CALLS)
def test_every_call_of_a_shop_is_explained_with_its_arguments(name: str) -> None:
    code = getattr(Trust, name).__code__
    row = row_of("adapter.md", f"trust.{name}(")
    assert [each for each in code.co_varnames[1 : code.co_argcount] if each not in row] == []


@pytest.mark.parametrize("name", [name for name in vars(TemplateHelpers) if not name.startswith("_")])
def test_every_template_helper_is_explained(name: str) -> None:
    assert re.search(rf"^\| `(\{{\{{ )?trust\.{name}\(", TEXT["pages.md"], re.M)


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(trust_cli, "flask trust"))


def section(page: str, heading: str) -> str:
    """Return the text below the one heading that begins so, up to the next one."""
    (found,) = [part for part in re.split(r"^## ", TEXT[page], flags=re.M) if part.startswith(f"`{heading}")]
    return found


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_explained_with_its_options(path: str) -> None:
    said = section("commands.md", path)
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option):
            assert f"| `{parameter.opts[0]}" in said
        elif parameter.metavar is None:
            assert str(parameter.name).upper() in said


def test_no_command_is_explained_that_does_not_exist() -> None:
    told = re.findall(r"flask(?: --\S+(?: yourshop)?)? trust((?: [a-z]+)+)", DOCS)
    known = {path.removeprefix("flask trust") for path in COMMANDS}
    assert {words for words in told if not any(f"{words} ".startswith(f"{each} ") for each in known)} <= {" mail"}


@pytest.mark.parametrize("block", ["trust_title", "trust_head", "trust_content"])
def test_every_block_of_a_frame_is_explained(block: str) -> None:
    assert row_of("pages.md", block)


TEMPLATES = sorted((PACKAGE / "templates").rglob("*.*"))


def test_templates_offer_no_other_block() -> None:
    found = {name for path in TEMPLATES for name in re.findall(r"{% block (\w+) %}", path.read_text("utf-8"))}
    assert found == {"trust_title", "trust_head", "trust_content"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_template_that_can_be_replaced_is_named(path: Path) -> None:
    assert f"`{path.relative_to(PACKAGE / 'templates').as_posix()}`" in TEXT["pages.md"]


def test_every_colour_is_explained() -> None:
    colours = re.findall(r"(--trust-[\w-]+):", (PACKAGE / "static/trust.css").read_text("utf-8"))
    assert {name for name in colours if f"`{name}`" not in TEXT["pages.md"]} == set()


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_for_not_asking_is_explained_in_the_same_words(reason: str) -> None:
    assert REASONS[reason] in row_of("delivery.md", f"{reason}`")


@pytest.mark.parametrize("code", WHY)
def test_every_reason_for_not_sending_is_explained_in_the_same_words(code: str) -> None:
    assert WHY[code] in row_of("mail.md", f"{code}`")


def days(span: timedelta) -> str:
    return f"{span.days} days"


FIGURES = [
    ("mail.md", f"double from {mail.FIRST_PAUSE.seconds // 60} minute to {mail.LONGEST_PAUSE.seconds // 3600} hours"),
    ("mail.md", f"After {days(mail.PATIENCE)} of trying"),
    ("mail.md", f"after {mail.LEASE.seconds // 60} minutes the mail is tried once more"),
    ("commands.md", f"arrived more than {days(asking.OLD_AFTER)} ago"),
    ("delivery.md", f"arrived more than {days(asking.OLD_AFTER)} ago is noted and not asked"),
    ("delivery.md", f"asked more than {days(asking.LATE_AFTER)} ago is skipped"),
    ("delivery.md", f"nothing waits more than {days(asking.SPREAD)} longer"),
    ("delivery.md", f"one mail in {days(asking.ONE_MAIL_IN)} at most"),
    ("delivery.md", f"the mail waits, {days(asking.LONGEST_PAUSE)} at most"),
    ("delivery.md", f"between {asking.DAY_STARTS:%H:%M} and {asking.DAY_ENDS:%H:%M}"),
    ("delivery.md", f"for the last {days(FIRST_LOOK_BACK)}"),
    ("delivery.md", f"Promised + {days(AFTER_PROMISED)}"),
    ("pages.md", f"up to {texts.TEXT_LENGTH:,} characters, {texts.TITLE_LENGTH} for the headline"),
    ("pages.md", f"{texts.NAME_LENGTH} for the public name"),
    ("pages.md", f"for {MAX_AGE['rate'] // 365 // 86400} years: reviews can be written for {days(WRITE_FOR)} after"),
    ("adapter.md", f"An id has 1 to {ID_BYTES} bytes"),
]


@pytest.mark.parametrize(("page", "phrase"), FIGURES)
def test_figures_are_those_of_the_code(page: str, phrase: str) -> None:
    assert phrase in " ".join(TEXT[page].split())


def test_every_public_page_is_explained(world: World) -> None:
    app: Flask = world.app
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("trust.")]
    endpoints = {rule.endpoint: rule.rule for rule in rules if rule.endpoint != "trust.static"}
    told = dict(re.findall(r"^\| `(/trust/\S*)` \| `(trust\.\w+)` \|", TEXT["pages.md"], re.M))
    assert {endpoint: rule for rule, endpoint in told.items()} == endpoints


def test_every_table_is_named_with_the_way_to_remove_it() -> None:
    tables = set(Base.metadata.tables)
    dropped = re.search(r"DROP TABLE ([^;]+);", TEXT["upgrading.md"])
    assert dropped
    order = [name.strip() for name in dropped[1].split(",")]
    assert set(order) == tables
    assert set(re.findall(r"`(trust_\w+)`", TEXT["how-it-works.md"])) >= tables
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            assert order.index(table.name) < order.index(key.column.table.name)


def test_the_picture_of_the_house_shows_every_room() -> None:
    (picture,) = [code for _, language, code in FENCE.findall(TEXT["how-it-works.md"]) if language == "text"]
    rooms = {
        path.name + ("/" if path.is_dir() else "")
        for path in PACKAGE.iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.name != "__init__.py"
    }
    assert {room for room in rooms if room not in picture.split()} == set()


# Errors


def raised(names: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the first fixed words of each error that is raised, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                parts = [each.value for each in ast.walk(node.args[-1]) if isinstance(each, ast.Constant)]
                words = [part.strip(" :'\"(),.%=") for part in parts if isinstance(part, str) and len(part.split()) > 1]
                yield from ((each, f"{name_of(path)}:{node.lineno}") for each in words[:1])


NAMED_ERRORS = {"SettingsError", "NotSetUp", "BadValue", "AdapterError", "UnknownOrder", "_fail"}
MESSAGES = dict(raised(NAMED_ERRORS))
PLAIN_TROUBLE = re.sub(r"\s+", " ", TEXT["troubleshooting.md"].replace("`", ""))


def first_words(message: str) -> str:
    """Return the beginning of a message, as much as a heading repeats of it."""
    return " ".join(re.sub(r"\s+", " ", message).split(" ")[:3])


@pytest.mark.parametrize("message", MESSAGES, ids=MESSAGES.get)
def test_every_error_is_explained(message: str) -> None:
    assert first_words(message) in PLAIN_TROUBLE


# The pages themselves


LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")


def relative_links() -> Iterator[tuple[Path, str]]:
    for path in PAGES:
        for markdown, picture in LINK.findall(FENCE.sub("", path.read_text("utf-8"))):
            target = markdown or picture
            if not re.match(r"https?://", target):
                yield path, target


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, made as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    ("page", "target"), sorted(relative_links(), key=str), ids=lambda it: it if isinstance(it, str) else name_of(it)
)
def test_every_link_leads_somewhere(page: Path, target: str) -> None:
    place, _, anchor = target.partition("#")
    found = (page.parent / place).resolve() if place else page
    assert found.is_file()
    assert found.is_relative_to(ROOT)
    assert not anchor or anchor in anchors(found)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_can_be_reached_from_the_readme(page: Path) -> None:
    reached, new = set(), {ROOT / "README.md"}
    while new:
        reached |= new
        links = {(path.parent / target.split("#")[0]).resolve() for path, target in relative_links() if path in new}
        new = {link for link in links if link.suffix == ".md"} - reached
    assert page in reached


def code_blocks(language: str) -> list[tuple[str, str]]:
    return [
        (f"{page}:{TEXT[page][: found.start()].count(chr(10)) + 1}", re.sub(rf"^{found[1]}", "", found[3], flags=re.M))
        for page in TEXT
        for found in FENCE.finditer(TEXT[page])
        if found[2] == language
    ]


@pytest.mark.parametrize(("place", "code"), code_blocks("python"))
def test_every_piece_of_python_compiles(place: str, code: str) -> None:
    compile(code, place, "exec")


@pytest.mark.parametrize(("place", "code"), code_blocks("python"))
def test_every_name_imported_from_us_exists(place: str, code: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "flask_trust":
            module = __import__(str(node.module), fromlist=["*"])
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == [], place


@pytest.mark.parametrize(("place", "code"), code_blocks("html+jinja"))
def test_every_piece_of_a_template_compiles(place: str, code: str, world: World) -> None:
    assert world.app.jinja_env.parse(code, place)


def test_every_code_block_says_its_language() -> None:
    assert [page for page, text in TEXT.items() for found in FENCE.findall(text) if not found[1]] == []


def test_test_of_a_shop_from_the_cookbook_passes(tmp_path: Path) -> None:
    (code,) = [code for _, code in code_blocks("python") if "def test_a_buyer_is_asked" in code]
    names: dict[str, object] = {}
    exec(compile(code, "cookbook", "exec"), names)
    names["test_a_buyer_is_asked_after_a_week"](tmp_path)  # type: ignore[operator]


def test_formula_of_the_scores_page_agrees_with_the_code() -> None:
    (code,) = [code for _, code in code_blocks("python") if "def score(" in code]
    names: dict[str, object] = {}
    exec(compile(code, "scores", "exec"), names)
    today = date(2027, 5, 3)
    ages: dict[int, list[int]] = {1: [0, 900], 2: [], 3: [40], 4: [3, 3], 5: [1, 10, 365, 1095]}
    ratings = [(k, date.fromordinal(today.toordinal() - age)) for k in ages for age in ages[k]]
    for kind, usual in (("product", (0, 0, 0, 0, 49)), ("seller", (6, 3, 6, 15, 70)), ("shop", (1, 2, 3, 4, 50))):
        found = maths.score_of(ratings, today, maths.HALF_LIFE[kind], usual)
        told = names["score"](ages, kind, usual)  # type: ignore[operator]
        assert told == pytest.approx((found.score, found.low, found.high), abs=1e-12)


def examples() -> Iterator[tuple[tuple[int, ...], list[int], list[str]]]:
    young, grown = TEXT["scores.md"].split("## Examples")[1].split("Then for a shop")
    for text, usual in ((young, (0, 0, 0, 0, 0)), (grown, (6, 3, 6, 15, 70))):
        for row in re.findall(r"^\| (\d[\d, ]*) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.M):
            yield usual, [int(each) for each in row[0].split(",")], list(row[1:])


@pytest.mark.parametrize(("usual", "counts", "told"), list(examples()))
def test_every_example_of_a_score_is_right(usual: tuple[int, ...], counts: list[int], told: list[str]) -> None:
    found = maths.estimate([float(each) for each in counts], maths.prior(usual))
    assert [f"{each:.6f}" for each in (found.score, found.low, found.high)] == told


PICTURES = sorted((ROOT / "docs/images").glob("*"))


@pytest.mark.parametrize("path", PICTURES, ids=name_of)
def test_pictures_are_small_and_used(path: Path) -> None:
    assert path.stat().st_size < LARGEST_PICTURE
    assert f"images/{path.name}" in DOCS


# Words


JARGON = re.compile(r"\b(seal|reveal|envelope|deal|held|ground|insider|journal)(s|ed|ing)?\b", re.I)


def screen_text(template: str) -> str:
    """Return what a template can print: its own text, and the strings in it that are texts for people."""
    strings = re.findall(r"n?t_\(\s*((?:\"(?:[^\"\\]|\\.)*\"(?:,\s*)?)+)", template)
    return " ".join([*strings, re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", template, flags=re.S)])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_screen_speaks_the_words_of_the_code(path: Path) -> None:
    assert JARGON.findall(screen_text(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ('{{ t_("Held back") }}', True),
        ("<p>Your deal</p>", True),
        ('{{ nt_("%(n)d sealed rating", "%(n)d sealed ratings", 2) }}', True),
        ("{% if card.insider %}works for the seller{% endif %}", False),
        ('<p class="trust-ground">{{ view.deal }}</p>', False),
    ],
)
def test_search_for_such_words_finds_texts_and_no_code(template: str, found: bool) -> None:
    assert bool(JARGON.search(screen_text(template))) is found


def literals(path: Path) -> Iterator[str]:
    """Yield the texts for people in a file of code: the first arguments of `_` and `ngettext`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("_", "ngettext"):
            yield from (
                each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


def test_no_text_of_the_code_for_screens_speaks_them_either() -> None:
    texts = [text for path in PACKAGE.rglob("*.py") for text in literals(path)]
    assert texts
    assert [text for text in texts if JARGON.search(text)] == []
