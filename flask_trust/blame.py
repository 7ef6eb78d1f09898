"""Where in the shop's own code something went wrong: a file and a line to open."""

from __future__ import annotations

import inspect
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

_OURS = Path(__file__).parent
_PYTHON = Path(sysconfig.get_path("stdlib"))
_INSTALLED = {"site-packages", "dist-packages"}


def place_of(error: BaseException) -> str | None:
    """Return the innermost place of the shop's own code on the way to an error, or None."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return next((_place(frame.filename, frame.lineno) for frame in frames if _is_the_shops(frame.filename)), None)


def _is_the_shops(file: str) -> bool:
    path = Path(file)
    foreign = path.is_relative_to(_OURS) or path.is_relative_to(_PYTHON) or _INSTALLED & set(path.parts)
    return not foreign and not file.startswith("<")


def place_of_method(method: Callable[..., Any]) -> str:
    """Return where a method begins."""
    code: CodeType | None = getattr(inspect.unwrap(method), "__code__", None)
    return _place(code.co_filename, code.co_firstlineno) if code else "code without a file"


def _place(file: str, line: int | None) -> str:
    return f"{file}, line {line}"
