"""gunicorn with two workers on this machine, for as long as it is measured."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
WORKERS = 2
PATIENCE = 30.0  # seconds until a server must answer


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


@contextmanager
def gunicorn(
    target: str, environment: Mapping[str, str], *, python: str = sys.executable, root: Path = ROOT
) -> Iterator[str]:
    """Serve an app ("module:name") and lend the server's address."""
    port = free_port()
    options = ["--workers", str(WORKERS), "--bind", f"{HOST}:{port}", "--log-level", "error", "--no-control-socket"]
    command = [python, "-m", "gunicorn", *options, target]
    with subprocess.Popen(command, cwd=root, env={**os.environ, **environment}) as process:
        try:
            _wait(process, port)
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            ask(f"http://{HOST}:{port}", "/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("gunicorn does not answer; its reason stands above")


def ask(address: str, path: str) -> bytes:
    """Return what a server answers to one request, whatever its status."""
    with closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()
