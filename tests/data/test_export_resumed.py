"""An export of everything into a file can be stopped and gone on with: every row stands in it once."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import BinaryIO

import pytest

from flask_trust.cli import export as room
from flask_trust.cli.progress import Bar
from flask_trust.privacy.rights.export.whole import queries
from tests.data.lives import guest, live, member
from tests.world import World

pytestmark = pytest.mark.usefixtures("ctrl_c")


@pytest.fixture
def lived(any_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A shop in which two people did all that can be done, exported three rows at a time."""
    for module in (room, queries):
        monkeypatch.setattr(module, "AT_ONCE", 3)
    live(any_world, member(any_world, "zyqone"), guest(any_world, "zyqother"))
    return any_world


def stop_after(pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter(range(pieces))

    def stop(_bar: Bar, _done: int, _whole: int) -> None:
        if next(left, None) is None:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Bar, "__call__", stop)


@pytest.mark.parametrize("torn", [0, 5])
def test_stopped_again_and_again_it_has_every_row_once(
    torn: int, lived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, file, part = lived.cli("export").stdout, tmp_path / "all.jsonl", tmp_path / "all.jsonl.part"
    stopped = 0
    for _ in range(200):
        with monkeypatch.context() as stopping:
            stop_after(4, stopping)
            answer = lived.cli("export", "--to", str(file))
        if answer.exit_code == 0:
            break
        assert (answer.exit_code, file.exists()) == (130, False), repr(answer.exception)
        assert part.name in answer.stderr
        written = part.read_bytes()
        part.write_bytes(written[: len(written) - torn])
        stopped += 1
    assert stopped > 3
    assert file.read_text(encoding="utf-8") == whole
    assert not part.exists()


def test_the_file_is_its_owners_and_none_is_overwritten(lived: World, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    assert lived.cli("export", "--to", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    again = lived.cli("export", "--to", str(file))
    assert (again.exit_code, "is there already" in again.output) == (1, True)


def test_a_part_that_others_could_read_is_its_owners_again(lived: World, tmp_path: Path) -> None:
    file, part = tmp_path / "all.jsonl", tmp_path / "all.jsonl.part"
    part.touch()
    part.chmod(0o666)
    answer = lived.cli("export", "--to", str(file))
    assert (answer.exit_code, "Going on" in answer.stderr) == (0, False)
    assert file.stat().st_mode & 0o777 == 0o600


def test_whoever_goes_on_reads_what_may_be_missing(
    lived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.jsonl"
    with monkeypatch.context() as stopping:
        stop_after(4, stopping)
        assert "Going on" not in lived.cli("export", "--to", str(file)).stderr
    (line,) = lived.cli("export", "--to", str(file)).stderr.splitlines()
    assert line.startswith("Going on behind the last row of trust_")
    assert line.endswith("; what came since may be missing.")


def test_a_second_export_into_the_same_file_is_refused_and_the_first_goes_on(
    lived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, file = lived.cli("export").stdout, tmp_path / "all.jsonl"
    once, second = iter(["now"]), []

    def overlap(_bar: Bar, _done: int, _whole: int) -> None:
        if next(once, None):
            second.append(lived.cli("export", "--to", str(file)))

    monkeypatch.setattr(Bar, "__call__", overlap)
    assert lived.cli("export", "--to", str(file)).exit_code == 0
    assert (second[0].exit_code, "Another export is writing" in second[0].output) == (1, True)
    assert file.read_text(encoding="utf-8") == whole


def test_a_part_that_was_renamed_while_it_was_opened_is_not_written(
    lived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, part = tmp_path / "all.jsonl", tmp_path / "all.jsonl.part"
    really = room._lock

    def late(opened: BinaryIO) -> bool:
        part.replace(file)
        return really(opened)

    monkeypatch.setattr(room, "_lock", late)
    answer = lived.cli("export", "--to", str(file))
    assert (answer.exit_code, "Another export is writing" in answer.output) == (1, True)
    assert file.read_bytes() == b""


@pytest.mark.parametrize(
    "content", ["a letter", "a letter\nwith lines\n", '{"table": "other", "row": {"id": 1}}\n', "[]\n"]
)
def test_what_is_no_part_of_an_export_is_left_alone(content: str, world: World, tmp_path: Path) -> None:
    part = tmp_path / "all.jsonl.part"
    part.write_text(content, encoding="utf-8")
    answer = world.cli("export", "--to", str(tmp_path / "all.jsonl"))
    assert (answer.exit_code, "is not part of an export" in answer.output) == (1, True)
    assert part.read_text(encoding="utf-8") == content


def test_a_single_person_goes_into_no_file(world: World, tmp_path: Path) -> None:
    answer = world.cli("export", "zyqone", "--to", str(tmp_path / "one.json"))
    assert (answer.exit_code, "--to is for everything" in answer.output) == (2, True)
