"""The environment of its own in which django-oscar lives: made once, kept beside the checkout's others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..telling import say

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-oscar"
PACKAGES = ("django-oscar[sorl-thumbnail]", "psycopg[binary]")
MINUTES = 10


class Missing(Exception):
    """django-oscar cannot be installed here; the message says why."""


def prepared(folder: Path = FOLDER) -> Path:
    """Return the Python with django-oscar, the newest version that installs; raises `Missing`."""
    python, stamp = folder / "bin" / "python", folder / "made.txt"
    if stamp.exists():
        return python
    say(f"Making an environment for django-oscar in {folder.name}; it takes a minute, once.")
    _do([sys.executable, "-m", "venv", "--clear", str(folder)])
    _do([str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq", *PACKAGES])
    stamp.write_text("\n".join(PACKAGES) + "\n", encoding="utf-8")
    return python


def _do(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * MINUTES, check=False)
    except subprocess.TimeoutExpired as error:
        raise Missing(f"pip did not end within {MINUTES} minutes") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        raise Missing(said[-1].strip())


def version(python: Path, package: str) -> str:
    """Return the version of a package in that environment."""
    program = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
