"""Telling how far it is."""

from __future__ import annotations

import sys


def say(sentence: str) -> None:
    """Tell how far it is; on the error stream, so that the table can be piped."""
    print(f"bench: {sentence}", file=sys.stderr, flush=True)
