"""The shop's own part of the example shop, and the search for columns that it leaves out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from example_shop.extensions import db
from flask_trust.privacy.scan import undeclared, unknown
from flask_trust.privacy.shop_part import Data, ShopPart, Words, read_shop_part
from tests.world import World

PART = read_shop_part(str(Path(__file__).parents[2] / "example_shop/policy.toml"))
LANGUAGES = {"en", "de", "ja", "ko"}


def test_every_column_that_looks_personal_is_declared() -> None:
    assert undeclared(db.metadata, PART) == []
    assert unknown(db.metadata, PART) == []


def test_without_a_declaration_the_search_finds_them() -> None:
    found = undeclared(db.metadata, replace(PART, data=()))
    assert {"person.name", "person.email", "orders.guest_email", "orders.buyer_id", "parcel.tracking"} <= set(found)
    assert not {"product.title", "product.picture", "orders.code", "order_line.quantity"} & set(found)


def texts(value: object) -> list[Words]:
    if isinstance(value, tuple):
        return [found for each in value for found in texts(each)]
    if isinstance(value, dict):
        return [value]
    return [found for name in getattr(value, "__slots__", ()) for found in texts(getattr(value, name))]


def test_every_text_is_there_in_all_four_languages() -> None:
    found = [text for text in texts(PART) if "" not in text]
    assert len(found) > 30
    assert [text for text in found if set(text) != LANGUAGES] == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("guest_email", True), ("guestEmail", True), ("EMAIL", True), ("phone_number", True), ("birth_date", True),
        ("ip", True), ("last_ip", True), ("iban", True), ("street", True), ("customer_id", True), ("shipping", False),
        ("chip", False), ("description", False), ("price", False), ("mailed", False), ("name", False),
    ],
)  # fmt: skip
def test_names_are_told_apart_by_their_words(name: str, found: bool) -> None:
    metadata = sa.MetaData()
    sa.Table("thing", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column(name, sa.String))
    assert undeclared(metadata, ShopPart()) == ([f"thing.{name}"] if found else [])


def test_a_name_is_personal_in_a_table_of_people_and_ours_are_left_alone() -> None:
    metadata = sa.MetaData()
    for table in ("customers", "products", "trust_person"):
        sa.Table(table, metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
    assert undeclared(metadata, ShopPart()) == ["customers.name"]


def test_what_is_declared_and_not_there_is_told(world: World) -> None:
    wrong = Data(what={}, purpose={}, basis="contract", keep={}, seen_by={}, columns=("customer.shoe",))
    assert unknown(db.metadata, ShopPart(data=(wrong,))) == ["customer.shoe"]
    assert world.cli("policy", "scan").output == "Every column that looks personal is declared.\n"
    sa.Table("customer", world.db.metadata, sa.Column("email", sa.String))
    answer = world.cli("policy", "scan")
    assert answer.exit_code == 1
    assert "- customer.email looks personal" in answer.output
