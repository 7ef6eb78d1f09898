"""The house: floors, who may import whom, where SQL stands, and how long things may get."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "flask_trust"
PACKAGE = ROOT.name

FLOORS: list[set[str]] = [
    {
        "addresses", "blame", "clock", "db", "errors", "figures", "i18n", "inventory", "lazy", "links", "logs",
        "lookup", "settings", "shop", "signals", "state", "text", "viewer", "web",
    },
    {"orders", "people", "scores", "mail", "journal", "verdicts", "limits"},
    {"invitations", "reviews", "ratings"},
    {"intake", "moderation", "privacy"},
    {"submission", "jobs", "health"},
    {"reputation", "desk", "account", "cli", "celery"},
    {"extension", "routes", "tables", "mails", "testing"},
    {"__init__"},
]  # fmt: skip

#: Within a floor only along these arrows; floor 0 is the ground everybody stands on, itself included.
SIDEWAYS: set[tuple[str, str]] = {
    ("ratings", "reviews"),
    ("ratings", "invitations"),  # their mails go out at the same times of day and with the same way out
    ("extension", "routes"),
    ("extension", "tables"),
    ("extension", "mails"),
    ("privacy", "moderation"),
    ("intake", "moderation"),  # who is erased or merged takes their cases along
    ("intake", "privacy"),  # the shop's call and the person's own page erase in one way
    ("verdicts", "journal"),
    ("scores", "verdicts"),  # in which states something is kept from being read
    ("orders", "scores"),  # a line keeps the number of its product's score row
    ("orders", "journal"),
    ("people", "journal"),
}

PURE = ("rules.py", "maths.py", "listing.py", "figures.py")
LONGEST_FILE = 300  # lines
LONGEST_FUNCTION = 40  # lines, its signature and docstring included

#: Functions that may be longer, each with its reason.
LONG_FUNCTIONS: dict[str, str] = {}

#: Files besides queries.py, actions.py and db/ that may hold statements, each with its reason.
SQL_ELSEWHERE = {
    "health/recount.py": "the proof counts again in a way of its own and must not share code with what it proves",
}

FILES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    """Return the folder directly below the package, or the file's own name where it lies there itself."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the full dotted name of everything a file imports, lazy imports and those for types included."""
    package = (PACKAGE, *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def outside_packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imported_modules(path)} - {PACKAGE}


def rooms_used(path: Path) -> set[str]:
    """Return the rooms of ours that a file imports from; names of the package itself count as its __init__."""
    used = set()
    for module in imported_modules(path):
        parts = module.split(".")
        if parts[0] == PACKAGE and len(parts) > 1:
            known = (ROOT / parts[1]).is_dir() or (ROOT / f"{parts[1]}.py").is_file()
            used.add(parts[1] if known else "__init__")
    return used - {room_of(path)}


def floor_of(room: str) -> int:
    (floor,) = [number for number, rooms in enumerate(FLOORS) if room in rooms]
    return floor


def arrows() -> set[tuple[str, str]]:
    return {(room_of(path), used) for path in FILES for used in rooms_used(path)}


def test_every_room_stands_on_exactly_one_floor() -> None:
    rooms = {room_of(path) for path in FILES}
    assert {room: sum(room in floor for floor in FLOORS) for room in rooms} == dict.fromkeys(rooms, 1)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_imports_only_from_floors_below_its_own(path: Path) -> None:
    room = room_of(path)
    wrong = {
        used
        for used in rooms_used(path)
        if floor_of(used) >= floor_of(room) and floor_of(room) > 0 and (room, used) not in SIDEWAYS
    }
    assert not wrong, f"{name_of(path)} imports from {sorted(wrong)}"


def test_the_ground_floor_imports_from_no_other() -> None:
    upward = {(room, used) for room, used in arrows() if floor_of(room) == 0 and floor_of(used) > 0}
    assert not upward


def test_no_two_rooms_of_one_floor_import_each_other() -> None:
    level = {(one, other) for one, other in arrows() if floor_of(one) == floor_of(other) > 0}
    assert not {(one, other) for one, other in level if (other, one) in level}


@pytest.mark.parametrize("path", [each for each in FILES if each.name in PURE], ids=name_of)
def test_rules_and_maths_know_neither_flask_nor_sqlalchemy(path: Path) -> None:
    frameworks = {"flask", "flask_sqlalchemy", "flask_login", "sqlalchemy", "werkzeug", "wtforms"}
    assert not outside_packages(path) & frameworks
    assert not rooms_used(path) & {"db", "state", "web", "links", "i18n", "lookup"}


def test_only_the_text_room_knows_bleach() -> None:
    assert [name_of(path) for path in FILES if "bleach" in outside_packages(path)] == ["text.py"]


STATEMENTS = {"select", "update", "insert", "delete", "union_all", "text"}


def sql_of(path: Path) -> list[str]:
    """Return the statements that are made in a file: SQLAlchemy's functions by name, and session.query()."""
    from_sqlalchemy = {
        module.split(".")[-1] for module in imported_modules(path) if module.split(".")[0] == "sqlalchemy"
    }
    found = []
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in STATEMENTS & from_sqlalchemy:
                found.append(f"{name}( in line {node.lineno}")
            case ast.Call(func=ast.Attribute(attr="query")):
                found.append(f".query( in line {node.lineno}")
    return found


def may_hold_sql(path: Path) -> bool:
    return path.name in ("queries.py", "actions.py") or room_of(path) == "db" or name_of(path) in SQL_ELSEWHERE


@pytest.mark.parametrize("path", [each for each in FILES if not may_hold_sql(each)], ids=name_of)
def test_statements_stand_only_in_queries_and_actions(path: Path) -> None:
    assert sql_of(path) == []


@pytest.mark.parametrize("name", sorted(SQL_ELSEWHERE))
def test_an_exception_that_is_no_longer_needed_is_taken_off_the_list(name: str) -> None:
    assert sql_of(ROOT / name)


@pytest.mark.parametrize("path", [each for each in FILES if each.name == "queries.py"], ids=name_of)
def test_queries_only_read(path: Path) -> None:
    writes = ("update(", "insert(", "delete(")
    assert [each for each in sql_of(path) if each.startswith(writes)] == []


def clock_reads(path: Path) -> list[int]:
    """Return the lines in which a file looks at the time by itself."""
    return [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today", "time")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date", "time", "func")
    ]


def test_only_the_clock_looks_at_the_time() -> None:
    assert {name_of(path) for path in FILES if clock_reads(path)} == {"clock.py"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_stays_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST_FILE


def long_functions() -> Iterator[str]:
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{name_of(path)}:{node.name}"


def test_functions_do_one_step() -> None:
    assert set(long_functions()) == set(LONG_FUNCTIONS)
