"""The load tool: wrk, which every Linux has as a package."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

SCRIPT = Path(__file__).parent / "requests.lua"
CONNECTIONS = 4

#: The method, the path and the form.
Request: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What wrk says about one run; `p50` and `p99` in milliseconds."""

    rate: float  # requests a second
    p50: float
    p99: float


def unavailable() -> str | None:
    """Return None where wrk can be used, otherwise what is missing."""
    return None if shutil.which("wrk") else "wrk is not installed (Debian, Ubuntu, Homebrew: package wrk)"


def run(address: str, requests: Iterable[Request], seconds: float) -> Told:
    """Send requests in turn, over four connections at once; raises RuntimeError where an answer is an error."""
    # wrk takes the first request to see whether they differ, and does not send it: no post may be lost that way.
    listed = list(requests)
    listed.insert(0, next(each for each in listed if each[0] == "GET"))
    with tempfile.NamedTemporaryFile("w", suffix=".requests", encoding="utf-8") as file:
        file.writelines("\t".join(each) + "\n" for each in listed)
        file.flush()
        whole = max(1, round(seconds))  # wrk knows whole seconds only
        options = ["-t", "1", "-c", str(CONNECTIONS), "-d", str(whole), "--timeout", "30", "-s", str(SCRIPT)]
        command = ["wrk", *options, address, "--", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    (line,) = [each for each in done.stdout.splitlines() if each.startswith("JSON ")]
    told = json.loads(line.removeprefix("JSON "))
    if told["refused"] or told["failed"] or not told["requests"]:
        raise RuntimeError(f"{address}: {told['refused']} answers were errors, {told['failed']} did not come")
    return Told(told["requests"] / told["seconds"], told["p50"], told["p99"])
