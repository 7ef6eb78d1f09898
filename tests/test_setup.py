"""The files around the code: they hold together, and they speak of the project alone."""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dev
from tests.support import cannot_run

ROOT = Path(dev.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
FLOORED = [*PROJECT["dependencies"], *EXTRAS["migrate"], *EXTRAS["postgres"], *EXTRAS["mysql"]]
SHARED_FOLDERS = {"usr", "home", "Users", "opt", "tmp", "var", "srv", "root", "private", "mnt"}
REGISTRY = {
    "package file": r"https?://\S+\.(?:whl|tar\.gz|tgz|deb)\b",
    "package index": r"https?://\S+/simple(?:/|\b)",
    "index option": r"(?:^|\s)(?:--|-)?(?:extra-)?index-url\s*[=\s]|--find-links|--registry[=\s]",
}


def committed() -> list[Path]:
    """Return the files that are in the project's history or are about to be."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        cannot_run(f"this is no git checkout: {error}")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def lines() -> list[tuple[str, str]]:
    """Return every line of every committed text file, with its place."""
    found = []
    for path in committed():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), 1):
            found.append((f"{path.relative_to(ROOT)}:{number}", line))
    return found


def machine_paths() -> set[str]:
    """Return what a path of this very machine would start with."""
    paths = {str(ROOT), f"{Path.home()}{os.sep}"}
    top = ROOT.parts[1]
    return paths if top in SHARED_FOLDERS else {*paths, f"{ROOT.anchor}{top}{os.sep}"}


def index_hosts() -> set[str]:
    """Return the hosts that this machine's pip asks, so that they can be looked for without being named."""
    pip = [sys.executable, "-m", "pip", "config", "list"]
    settings = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"https?://(?:[^@/'\s]*@)?([^/:'\s]+)", settings)) - {"127.0.0.1", "localhost"}


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_no_committed_line_names_a_registry(kind: str) -> None:
    own = Path(__file__).name  # this file holds the patterns
    wrong = [place for place, line in lines() if own not in place and re.search(REGISTRY[kind], line)]
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        "https://files.example/" + "packages/flask-3.1.3-py3-none-any.whl",
        "--index-url https://mirror.example/simple/",
        "index-url = https://mirror.example/pypi",
        "pip install --extra-index-url=https://mirror.example flask",
        'registry = "https://mirror.example/simple"',
    ],
)
def test_registry_patterns_find_what_tools_write(line: str) -> None:
    assert any(re.search(pattern, line) for pattern in REGISTRY.values())


def test_no_committed_line_names_this_machine() -> None:
    secrets = machine_paths() | index_hosts()
    assert [place for place, line in lines() if any(secret in line for secret in secrets)] == []


def test_no_lock_file_is_committed() -> None:
    names = {path.name for path in committed()}
    assert names.isdisjoint({"uv.lock", "pylock.toml", "poetry.lock", "package-lock.json"})


def test_setup_cfg_holds_settings_of_tools_only() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    sections = set(settings.sections())
    assert sections
    assert not [name for name in sections if name == "metadata" or name.startswith("options")]


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "CHANGES.md", "CONTRIBUTING.md", "flask_trust/py.typed"])
def test_file_is_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_license_is_the_declared_one() -> None:
    assert PROJECT["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_ci_script_can_be_run() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_dev_imports_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("version", "modules", "words"),
    [
        ((3, 10), ["venv", "ensurepip"], "needs Python 3.11"),
        ((2, 7), [], "needs Python 3.11"),
        ((3, 11), ["venv"], "python3-venv"),
        ((3, 12), [], "python3-venv"),
    ],
)
def test_unfit_python_is_told_so_in_a_sentence(version: tuple[int, int], modules: list[str], words: str) -> None:
    assert words in str(dev.unfit(version, modules))


def test_fit_python_is_taken() -> None:
    assert dev.unfit((3, 11), ["ensurepip", "venv"]) is None
    assert dev.unfit((3, 14), ["ensurepip", "venv"]) is None


@pytest.mark.parametrize(("words", "code"), [([], 2), (["dance"], 2), (["help"], 0), (["--help"], 0)])
def test_usage_names_both_commands_of_the_readme(words: list[str], code: int) -> None:
    told = subprocess.run([sys.executable, ROOT / "dev.py", *words], capture_output=True, text=True, check=False)
    assert told.returncode == code
    assert "dev.py demo" in told.stdout
    assert "dev.py test" in told.stdout


def environment(folder: Path, constraints: str = "flask==3.1.3\n") -> dev.Environment:
    """Return an environment whose stamp says that it was made, with two extras."""
    made = dev.Environment(folder, ("lint", "test"), constraints)
    made.python.parent.mkdir(parents=True)
    made.python.touch()
    made.stamp.write_text(f"{made.recipe}\nlint,test\n", encoding="utf-8")
    return made


def test_stamp_tells_what_was_made(tmp_path: Path) -> None:
    made = environment(tmp_path)
    assert dev.stamped(made) == (made.recipe, {"lint", "test"})


def test_recipe_changes_with_the_versions_held(tmp_path: Path) -> None:
    made = environment(tmp_path)
    renewed = dev.Environment(tmp_path, made.extras, "flask==3.1.4\n")
    assert dev.stamped(renewed)[0] != renewed.recipe


def test_environment_without_its_python_is_not_taken_for_made(tmp_path: Path) -> None:
    made = environment(tmp_path)
    made.python.unlink()
    assert dev.stamped(made) == ("", set())


def test_half_made_environment_is_not_taken_for_made(tmp_path: Path) -> None:
    made = environment(tmp_path)
    made.stamp.unlink()
    assert dev.stamped(made) == ("", set())


def test_every_extra_is_in_the_test_environment() -> None:
    assert set(dev.EVERYTHING) == set(EXTRAS)


@pytest.mark.parametrize("requirement", FLOORED)
def test_what_users_install_has_a_floor_and_no_roof(requirement: str) -> None:
    assert dev.FLOOR.fullmatch(requirement)


@pytest.mark.parametrize("requirement", FLOORED)
def test_lowest_environment_holds_the_floor(requirement: str) -> None:
    match = dev.FLOOR.fullmatch(requirement)
    assert match
    held = [line for line in dev.floors().splitlines() if line.split("==")[0] == match[1]]
    assert held == [f"{match[1]}=={match[2]}"]


@pytest.mark.parametrize("requirement", DECLARED)
def test_constraints_hold_every_declared_package(requirement: str) -> None:
    name = re.split(r"[\[>=<]", requirement)[0]
    pattern = rf"^{re.escape(name)}==\d\S*$"
    assert re.search(pattern, (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
