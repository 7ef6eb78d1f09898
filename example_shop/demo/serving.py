"""Leaving the shop running: its site in this process, the plugin's worker in another."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

HOST = "127.0.0.1"
WORKER = ("-m", "flask", "--app", "example_shop", "trust", "run", "--every", "2")


def open_server(app: Flask, port: int) -> BaseWSGIServer:
    """Take the port before anything else happens; raises `click.ClickException` when somebody else has it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        return make_server(HOST, port, app, threaded=True)
    except (OSError, SystemExit):
        raise click.ClickException(
            f"Port {port} is in use. Stop what runs there, or choose another one: --port {port + 1}"
        ) from None


def serve(server: BaseWSGIServer, app: Flask) -> None:
    """Answer requests until Ctrl-C, with a worker beside; both are gone when this returns."""
    with worker(app), ctrl_c_for_both():
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("\nStopped.")
        finally:
            server.server_close()


@contextmanager
def worker(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    """Run the plugin's worker in a process of its own."""
    environment = os.environ | {
        "EXAMPLE_SHOP_INSTANCE": app.instance_path,
        "FLASK_TRUST_BASE_URL": app.config["TRUST_BASE_URL"],
    }
    with Path(app.instance_path, "worker.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  nothing of it comes from outside
            [sys.executable, *WORKER],
            cwd=Path(__file__).parents[2],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, with force when it does not go by itself."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def ctrl_c_for_both() -> Iterator[None]:
    """Let a polite request to end (SIGTERM) do the same as Ctrl-C, so that no worker stays behind."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
