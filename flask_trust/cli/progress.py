"""Showing on a terminal how far a long job has come."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import click


class Bar:
    """A bar on a terminal's error stream, and nothing anywhere else: cron mails every word."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.shown = sys.stderr.isatty()
        self._stack = ExitStack()
        self._bar: Any = None

    def __call__(self, done: int, whole: int) -> None:
        """Tell that so many more of the whole are done."""
        if not self.shown:
            return
        if self._bar is None:
            self._bar = self._stack.enter_context(click.progressbar(length=whole, label=self.label, file=sys.stderr))
        self._bar.update(done)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)
