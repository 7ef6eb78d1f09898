"""The one file that mounts flask_trust into this shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path

from flask import Flask, current_app, has_request_context, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from flask_trust import Line, Order, Person, Product, Seller, Shop, Trust, guest_id

from . import models
from .demo.clock import now
from .extensions import db


class ExampleShop(Shop):
    """Answers what flask_trust wants to know about this shop, always for many ids at once."""

    def orders(self, ids: Sequence[str]) -> Mapping[str, Order]:
        wanted = select(models.Order).where(models.Order.id.in_(numbers(ids)))
        load = (
            joinedload(models.Order.buyer),
            selectinload(models.Order.lines).joinedload(models.OrderLine.product),
        )
        return {str(each.id): order(each) for each in db.session.scalars(wanted.options(*load))}

    def products(self, ids: Sequence[str]) -> Mapping[str, Product]:
        wanted = select(models.Product).where(models.Product.id.in_(numbers(ids)))
        return {str(each.id): product(each) for each in db.session.scalars(wanted)}

    def people(self, ids: Sequence[str]) -> Mapping[str, Person]:
        wanted = select(models.Person).where(models.Person.id.in_(numbers(ids)))
        return {str(each.id): person(each) for each in db.session.scalars(wanted)}

    def sellers(self, ids: Sequence[str]) -> Mapping[str, Seller]:
        wanted = select(models.Seller).where(models.Seller.id.in_(numbers(ids)))
        rows = db.session.scalars(wanted.options(joinedload(models.Seller.people))).unique()
        return {str(each.id): seller(each) for each in rows}

    def acts_for(self, person_id: str) -> Iterable[str]:
        wanted = select(models.Person.seller_id).where(models.Person.id.in_(numbers([person_id])))
        return [str(each) for each in db.session.scalars(wanted) if each is not None]

    def is_staff(self, person_id: str) -> bool:
        wanted = select(models.Person.is_staff).where(models.Person.id.in_(numbers([person_id])))
        return bool(db.session.scalar(wanted))

    def find_people(self, email: str) -> Iterable[str]:
        wanted = select(models.Person.id).where(models.Person.email == email.strip().lower())
        return [*(str(each) for each in db.session.scalars(wanted)), guest_id(email)]


trust = Trust(db, ExampleShop(), clock=now)


def numbers(ids: Sequence[str]) -> list[int]:
    """Return the shop's own ids; a guest's id is no number and has no row."""
    return [int(each) for each in ids if each.isascii() and each.isdecimal()]


def order(row: models.Order) -> Order:
    """Say an order in the plugin's words."""
    return Order(
        id=str(row.id),
        buyer=buyer(row),
        lines=[line(each) for each in row.lines],
        placed_at=row.placed_at,
        promised_at=row.promised_on and datetime.combine(row.promised_on, time(12), UTC),
        number=row.code,
    )


def line(row: models.OrderLine) -> Line:
    """Say a position in the plugin's words."""
    return Line(
        id=str(row.id),
        product_id=str(row.product_id),
        seller_id=str(row.product.seller_id),
        title=row.product.title,
        variant=row.option,
    )


def buyer(row: models.Order) -> Person:
    """Return the account behind an order, or the guest."""
    if row.buyer is not None:
        return person(row.buyer)
    email = row.guest_email or ""
    return Person(id=guest_id(email), name=row.guest_name or "", email=email)


def person(row: models.Person) -> Person:
    """Say an account in the plugin's words."""
    return Person(str(row.id), row.name, row.email, locale=row.locale, timezone=row.timezone)


def product(row: models.Product) -> Product:
    """Say a product in the plugin's words."""
    return Product(
        id=str(row.id),
        name=row.title,
        url=f"{site()}/products/{row.id}",
        image_url=f"{site()}/static/art/{row.picture}.svg",
        sku=row.sku,
        family=row.article,
    )


def seller(row: models.Seller) -> Seller:
    """Say a workshop in the plugin's words."""
    people = [str(each.id) for each in row.people]
    return Seller(str(row.id), row.name, url=f"{site()}/sellers/{row.id}", people=people)


def site() -> str:
    """Return the shop's own address; a worker that sends mails has no request to read it from."""
    address = request.url_root if has_request_context() else current_app.config["TRUST_BASE_URL"]
    return str(address).rstrip("/")


def settings(app: Flask) -> dict[str, object]:
    """Return the settings of flask_trust for this shop."""
    return {
        "TRUST_SHOP_NAME": "Lantern Lane",
        "TRUST_BASE_URL": "http://127.0.0.1:5000",
        "TRUST_SHOP_ADDRESS": "Lantern Lane Oy, Lyhtykuja 3, 00170 Helsinki, Finland",
        "TRUST_MAIL_URL": f"folder://{Path(app.instance_path, 'mail').as_posix()}",
        "TRUST_MAIL_FROM": "hello@lantern-lane.example",
        "TRUST_MAIL_BASIS": "customers",
        "TRUST_TIMEZONE": "Europe/Helsinki",
        "TRUST_POLICY": Path(__file__).with_name("policy.toml"),
    }
