"""The further parts of the benchmark: load, all rows at once, and the table about django-oscar."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import batches, load, report
from benchmarks.__main__ import main
from benchmarks.batches.report import table as table_of_batches
from benchmarks.load.report import table as table_of_load
from benchmarks.load.run import Row
from benchmarks.load.wrk import Told
from benchmarks.oscar import environment
from benchmarks.oscar import report as oscar_report
from benchmarks.oscar.run import Row as OscarRow
from benchmarks.oscar.run import as_django
from tests.support import cannot_run, databases
from tests.test_benchmarks import compared

SMALL = ["--load-reviews", "30", "--mixed-rows", "500", "--load-rounds", "1", "--seconds", "1"]


@pytest.mark.slow
def test_a_real_server_answers_pages_lists_and_posts_under_load(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if reason := load.unavailable():
        cannot_run(reason)
    written = tmp_path / "performance.md"
    code = main(["--parts", "load", "--databases", "sqlite", *SMALL, "--out", str(written)])
    printed = capfd.readouterr()
    assert code == 0, printed.err
    document = written.read_text(encoding="utf-8")
    assert document == printed.out
    for shop in ("flask_trust", "hand-written", "bare"):
        assert f"| sqlite | a product's page | 30 | {shop} |" in document
    assert "| sqlite | pages, lists, posts | 500 | flask_trust |" in document
    assert "| sqlite | pages, lists, posts | 500 | hand-written |" in document


def test_without_the_load_tool_the_document_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--parts", "load", "--databases", "sqlite"]) == 0
    printed = capsys.readouterr()
    assert "Not measured: wrk is not installed" in printed.out
    assert "no document is written" in printed.err


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_jobs_over_all_rows_do_beside_core_what_they_should(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    databases.require(database)
    written = tmp_path / "performance.md"
    small = ["--bulk-rows", "120", "--bulk-rounds", "1", "--out", str(written)]
    assert main(["--parts", "bulk", "--databases", database, *small]) == 0, capsys.readouterr().err
    document = written.read_text(encoding="utf-8")
    for job in ("check", "check --repair", "export", "forgetting visitors", "deleting old mails"):
        assert f"| {database} | {job} | 120 |" in document


@pytest.mark.parametrize(("p99", "result"), [(30.4, "| 3 | met |"), (31.0, "| 3 | **missed** |")])
def test_a_slow_hundredth_misses_its_target(p99: float, result: str) -> None:
    row = Row("sqlite", "a product's page", "ours", 30, [Told(100.0, 10.0, p99)])
    assert result in table_of_load([row])
    row.shop = "ideal"
    assert "|  |  |" in table_of_load([row])


@pytest.mark.parametrize(
    ("seconds", "memory", "result"),
    [(2.0, 2_600_000, "met |"), (2.1, 2_600_000, "**speed missed** |"), (2.0, 2_620_000, "**memory missed** |")],
)
def test_a_job_says_which_of_its_targets_is_missed(seconds: float, memory: int, result: str) -> None:
    few = batches.Row("sqlite", "check", 10, 10, [1.0], [1.0], 2_000_000)
    many = batches.Row("sqlite", "check", 100, 100, [seconds], [1.0], memory)
    assert table_of_batches([few, many]).splitlines()[-1].endswith(result)


def test_where_django_oscar_cannot_be_installed_the_document_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cannot() -> Path:
        raise environment.Missing("ERROR: No matching distribution found for django-oscar")

    monkeypatch.setattr(environment, "prepared", cannot)
    assert main(["--parts", "oscar", "--databases", "sqlite"]) == 0
    assert "could not be installed here: ERROR: No matching distribution" in capsys.readouterr().out


def test_django_oscar_stands_beside_both_of_ours() -> None:
    rows = []
    for reviews, theirs in ((1_000, 30.0), (10_000, 45.0)):
        pair = compared("a page", "a page")
        pair.reviews, pair.ours.cpu, pair.ideal.cpu = reviews, [1.5], [1.0]
        rows.append(OscarRow("sqlite", pair, 52, 49_000, [theirs], [theirs]))
    small, large = oscar_report.table(rows).splitlines()[2:]
    assert "| 0 / 0 / 52 | 0.0 / 0.0 / 49.0 | 1.5 / 1.0 / 30.0 | 1.5 | 30.0 |  |  |" in small
    assert "| 1.5 / 1.0 / 45.0 | 1.5 | 45.0 | 1.00 | 1.50 |" in large


def test_django_is_told_where_a_database_is() -> None:
    told = as_django("postgresql+psycopg://anna:a%40b@127.0.0.1:5433/shop")
    assert (told["ENGINE"], told["PASSWORD"], told["PORT"]) == ("django.db.backends.postgresql", "a@b", 5433)
    assert as_django("sqlite:////folder/shop.sqlite")["NAME"] == "/folder/shop.sqlite"


def test_sizes_are_told_in_one_word_or_in_several(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--sizes", "many"])
    assert "--sizes" in capsys.readouterr().err
    assert report.document([], ["sqlite 3"]).startswith("# What the pages cost")
