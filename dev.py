"""Try and test flask_trust with nothing but Python: ``python dev.py demo`` and ``python dev.py test``."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
EVERYTHING = ("browser", "celery", "lint", "migrate", "mysql", "postgres", "test")
FLOOR = re.compile(r"([\w.-]+)(?:\[[\w,-]+\])?>=([\d.]+)")
USAGE = """\
python dev.py demo [OPTIONS]       a small shop with reviews: its story in the terminal, then a site to click
python dev.py test [PYTEST ...]    the tests; without arguments all of them, several at a time
python dev.py lint                 style, format and types
python dev.py lowest [PYTEST ...]  the tests again, with the oldest versions that pyproject.toml allows
python dev.py bench [OPTIONS]      the speed figures"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment of this checkout: where it lies, what goes in, and which versions are held."""

    folder: Path
    extras: tuple[str, ...]
    constraints: str

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        return self.folder / "flask-trust-stamp.txt"

    @property
    def recipe(self) -> str:
        """What the environment is made from; a change of it means that the environment is out of date."""
        sources = (read("pyproject.toml") + self.constraints).encode()
        return f"{sys.version_info[0]}.{sys.version_info[1]} {hashlib.sha256(sources).hexdigest()}"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def say(sentence: str) -> None:
    print(f"dev.py: {sentence}", flush=True)


def stop(sentence: str) -> None:
    sys.exit(f"dev.py: {sentence}")


def main(arguments: list[str]) -> int:
    """Carry out one command and return its exit code."""
    commands = {"demo": demo, "test": test, "lint": lint, "lowest": lowest, "bench": bench}
    if not arguments or arguments[0] not in commands:
        print(USAGE)
        return 0 if arguments in (["help"], ["-h"], ["--help"]) else 2
    check_python()
    return commands[arguments[0]](arguments[1:])


def demo(arguments: list[str]) -> int:
    python = prepared(current(extras=()))
    say("Starting the demo shop. Ctrl-C ends it.")
    return run([python, "-m", "flask", "--app", "example_shop", "demo", *arguments])


def test(arguments: list[str]) -> int:
    python = prepared(current(EVERYTHING))
    say("Running the tests.")
    return run([python, "-m", "pytest", *(arguments or in_parallel())])


def lint(_arguments: list[str]) -> int:
    python = prepared(current(EVERYTHING))
    checks = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"])
    codes = []
    for check in checks:
        say(f"Checking with {' '.join(check)}.")
        codes.append(run([python, "-m", *check]))
    return max(codes)


def lowest(arguments: list[str]) -> int:
    python = prepared(Environment(ROOT / ".venv-lowest", ("migrate", "test"), floors()))
    say("Running the tests with the oldest versions allowed, on SQLite, without a browser and random steps.")
    os.environ.update(TRUST_TEST_DATABASES="sqlite", TRUST_TEST_BROWSER="off")
    return run([python, "-m", "pytest", *(arguments or [*in_parallel(), "-m", "not slow and not machine"])])


def bench(arguments: list[str]) -> int:
    return run([prepared(current(EVERYTHING)), "-m", "benchmarks", *arguments])


def in_parallel() -> list[str]:
    # A test spends a third of its time waiting for databases, mails and the browser, so one more than there are cores.
    return ["-n", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "worksteal"]


def unfit(version: tuple[int, int], modules: Iterable[str]) -> str | None:
    """Return in one sentence why a Python of this version and with these modules cannot be used, or None."""
    if version < (3, 11):
        return f"flask_trust needs Python 3.11 or newer, and this is {version[0]}.{version[1]}."
    # Debian and Ubuntu ship venv without ensurepip, so that venv alone proves nothing.
    if not {"venv", "ensurepip"} <= set(modules):
        return "This Python comes without venv and pip. On Debian and Ubuntu: apt install python3-venv"
    return None


def check_python() -> None:
    modules = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name)]
    reason = unfit((sys.version_info[0], sys.version_info[1]), modules)
    if reason:
        stop(reason)


def current(extras: tuple[str, ...]) -> Environment:
    return Environment(ROOT / ".venv", extras, read("constraints.txt"))


def prepared(environment: Environment) -> str:
    """Return the environment's Python, after making or renewing the environment where that is needed."""
    recipe, extras = stamped(environment)
    if recipe == environment.recipe and set(environment.extras) <= extras:
        return str(environment.python)
    made_here = recipe.split(" ")[0] == environment.recipe.split(" ")[0]
    if not (made_here and environment.python.exists()):
        make(environment)
    kept = extras if made_here else set()
    install(environment, tuple(sorted(kept.union(environment.extras))))
    return str(environment.python)


def stamped(environment: Environment) -> tuple[str, set[str]]:
    """Return the recipe and the extras that the environment was last made with."""
    if not (environment.stamp.exists() and environment.python.exists()):
        return "", set()
    recipe, extras = environment.stamp.read_text(encoding="utf-8").splitlines()
    return recipe, set(extras.split(",")) - {""}


def make(environment: Environment) -> None:
    say(f"Making a Python environment in {environment.folder.name} (it touches nothing outside this folder).")
    if run([sys.executable, "-m", "venv", "--clear", str(environment.folder)]):
        stop("Python could not make the environment; its reason stands above.")


def install(environment: Environment, extras: tuple[str, ...]) -> None:
    """Install the project and its extras, and note it in the stamp when all went well."""
    what = f"flask_trust with {', '.join(extras)}" if extras else "flask_trust"
    say(f"Installing {what}. The first time takes up to a minute.")
    environment.stamp.unlink(missing_ok=True)
    versions = environment.folder / "constraints.txt"
    versions.write_text(environment.constraints, encoding="utf-8")
    project = f".[{','.join(extras)}]" if extras else "."
    pip = [str(environment.python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    if run([*pip, "-c", str(versions), "-e", project]):
        stop("The packages could not be installed; pip's reason stands above. Is there a network?")
    environment.stamp.write_text(f"{environment.recipe}\n{','.join(extras)}\n", encoding="utf-8")


def floors() -> str:
    """Return constraints.txt with every package that users install held at the lowest version we declare."""
    import tomllib  # not at the top: older Pythons must get as far as check_python()

    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras["migrate"], *extras["postgres"], *extras["mysql"]]
    floor = {match[1]: match[2] for match in map(FLOOR.fullmatch, declared) if match}
    held = [line for line in read("constraints.txt").splitlines() if line.split("==")[0] not in floor]
    return "\n".join([*held, *(f"{name}=={version}" for name, version in floor.items())]) + "\n"


def run(command: list[str]) -> int:
    """Run a command in the project's folder and return its exit code; Ctrl-C and SIGTERM end the command."""
    environment = {"PYTHONUTF8": "1", **os.environ}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process, ending_with(process):
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the terminal told the command as well, and it may have things to put away


@contextmanager
def ending_with(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass SIGTERM on, so that ending this script leaves no site running."""
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
