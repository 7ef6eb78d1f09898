"""`flask trust check` and the start of an app say what a privacy policy still lacks, and where a mistake is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flask_trust.errors import SettingsError
from tests.world import World

NEW = "TRUST_POLICY is not set: the privacy page is a notice about reviews only."


def test_a_new_owner_is_told_in_one_list_what_to_fill_in(make_world: Callable[..., World]) -> None:
    answer = make_world(TRUST_POLICY=...).cli("check")
    lines = answer.output.splitlines()
    assert answer.exit_code == 1
    assert lines[:2] == [
        "All totals agree with a recount, and nothing stops a first mail or review.",
        "Before you go live:",
    ]
    assert lines[2].startswith(f"- {NEW}")
    assert (
        "- The privacy policy lacks who is responsible, with address and contact (GDPR Art. 13(1)(a); UK GDPR "
        "Art. 13(1)(a)): write [controller] with name, address, and email or phone." in lines
    )
    assert (
        "- The privacy policy lacks the authority to complain to (GDPR Art. 13(2)(d); UK GDPR Art. 13(2)(d)): "
        "write one [[authorities]] with name and url or phone." in lines
    )
    assert all(line.startswith("- ") for line in lines[2:])
    assert len(lines) < 20


def test_what_stops_a_first_mail_comes_before_what_can_wait(make_world: Callable[..., World]) -> None:
    settings = {"TRUST_POLICY": ..., "TRUST_MAIL_URL": ..., "TRUST_BASE_URL": "http://shop.example"}
    lines = make_world(**settings).cli("check").output.splitlines()
    here = lines.index("Before you go live:")
    assert [line.partition(":")[0] for line in lines[:here]] == ["- TRUST_MAIL_URL is not set"]
    assert lines[here + 1].startswith("- TRUST_BASE_URL begins with http")
    assert lines[here + 2].startswith(f"- {NEW}")
    assert "nothing stops" not in "".join(lines)


def test_nothing_can_wait_where_all_that_is_missing_stops_a_mail(make_world: Callable[..., World]) -> None:
    assert "Before you go live" not in make_world(TRUST_MAIL_URL=...).cli("check").output


def test_nothing_is_asked_once_all_is_written(world: World) -> None:
    assert world.cli("check").output == "All totals agree with a recount, and nothing is missing.\n"


def test_each_law_that_the_shop_names_asks_for_its_own(make_world: Callable[..., World], tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    complete = (Path(__file__).parents[1] / "policy.toml").read_text("utf-8")
    file.write_text(f'laws = ["GDPR", "APPI", "PIPA"]\n{complete}', "utf-8")
    output = make_world(TRUST_POLICY=str(file)).cli("check").output
    assert "and the name of the representative (APPI Art. 32(1)(i)): write [controller]" in output
    assert "with a telephone number (PIPA Art. 30(1)6): write [officer] with name and phone." in output
    assert "GDPR" not in output


def test_a_shop_with_a_policy_of_its_own_elsewhere_has_nothing_to_fill_in(
    make_world: Callable[..., World], tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('own_policy = "/privacy"', "utf-8")
    assert make_world(TRUST_POLICY=str(file)).cli("check").exit_code == 0


def test_a_mistake_in_the_file_stops_the_start(make_world: Callable[..., World], tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[controler]\nname = "Corner Shop"', "utf-8")
    with pytest.raises(SettingsError, match=r"policy\.toml controler cannot be used: known here are laws, effective"):
        make_world(TRUST_POLICY=str(file))


@pytest.mark.parametrize("value", ["/no/such/file.toml", 7, Path(__file__).parent, b"/policy.toml"])
def test_a_path_that_cannot_be_used_stops_the_start(make_world: Callable[..., World], value: object) -> None:
    with pytest.raises(SettingsError, match=r"TRUST_POLICY = .* cannot be used: write the path of a TOML file"):
        make_world(TRUST_POLICY=value)


def test_the_desk_names_it_in_the_reader_s_language_and_what_to_type_in_english(
    make_world: Callable[..., World],
) -> None:
    world = make_world(TRUST_POLICY=...)
    world.shop.staff, world.shop.viewer = {"olga"}, "olga"
    page = world.client().get("/trust/desk/health", headers={"Accept-Language": "de"}).text
    assert "Bevor Sie live gehen" in page
    assert "Der Datenschutzerklärung fehlt: die Behörde, bei der man sich beschweren kann (GDPR Art. 13(2)(d)" in page
    assert '<span lang="en" dir="ltr">write one [[authorities]] with name and url or phone.</span>' in page
    assert "The privacy policy lacks" not in page
    assert "<code>flask trust check</code>" in page
