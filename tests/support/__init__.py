"""What tests run against: real databases, a real mail server and a real browser, all on this machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def in_ci() -> bool:
    """Tell whether every test has to run, as in continuous integration."""
    return os.environ.get("CI", "").lower() == "true"


def cannot_run(reason: str) -> NoReturn:
    """Skip the test on a laptop, fail it in CI."""
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
