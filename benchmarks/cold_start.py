"""`python -m benchmarks.cold_start`: what mounting flask_trust adds to the start of a Flask shop with a database.

Fresh interpreters take turns: one starts the bare shop, one the shop with flask_trust. CPU time is counted, from the
first import to the app that could answer, since it is steadier than the clock on the wall.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = 1 / 3
BARE = """
import time
began = time.process_time()
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
app, db = Flask("shop"), SQLAlchemy()
app.config.update(SECRET_KEY="public", SQLALCHEMY_DATABASE_URI="sqlite://")
db.init_app(app)
"""
MOUNTED = """
from flask_trust import Shop, Trust
class Adapter(Shop):
    def orders(self, ids): return {}
    def products(self, ids): return {}
    def people(self, ids): return {}
Trust(db, Adapter()).init_app(app)
"""
TELL = "print((time.process_time() - began) * 1000)"


def started(program: str, compiled: str) -> float:
    """Return the milliseconds of CPU that a fresh interpreter needs for a program."""
    # Compiled files are kept apart and kept, as on a server, whatever the caller's environment says about them.
    known = {"PYTHONPYCACHEPREFIX": compiled, "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program + TELL], cwd=ROOT, env=known, capture_output=True, check=True)
    return float(done.stdout)


def measure(pairs: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of both shops, one start after the other."""
    with tempfile.TemporaryDirectory(prefix="trust_bench_") as compiled:
        started(BARE + MOUNTED, compiled)  # compiles
        both = [(started(BARE, compiled), started(BARE + MOUNTED, compiled)) for _ in range(pairs)]
    return [bare for bare, _ in both], [mounted for _, mounted in both]


def main(arguments: list[str]) -> int:
    """Measure, print, and return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    bare, mounted = measure(parser.parse_args(arguments).pairs)
    added = statistics.median(both - alone for alone, both in zip(bare, mounted, strict=True))
    base = statistics.median(bare)
    print(f"Flask and Flask-SQLAlchemy  {base:6.0f} ms of CPU")
    print(f"flask_trust adds            {added:6.0f} ms, {added / base:.2f} of that (target {TARGET:.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
