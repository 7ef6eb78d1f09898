"""A whole small world for a test: an app with the extension, a shop in memory, a clock, and short words for both."""

from __future__ import annotations

import email
import email.policy
import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar, cast

from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from jinja2 import StrictUndefined
from sqlalchemy import select
from sqlalchemy.orm import Session

from flask_trust import Line, Order, Person, Product, Trust, links
from flask_trust.orders.queries import find
from flask_trust.people.models import Person as PersonRow
from flask_trust.state import State, state_of
from flask_trust.testing import FakeShop, SettableClock
from tests.support.reuse import TEMPLATES, KeptRule, put_back

T = TypeVar("T")

MAIL_SETTINGS = {
    "TRUST_SHOP_NAME": "Corner Shop",
    "TRUST_BASE_URL": "http://localhost",
    "TRUST_SHOP_ADDRESS": "1 Market Street\nOldtown",
    "TRUST_MAIL_FROM": "reviews@shop.example",
    "TRUST_MAIL_BASIS": "customers",
    "TRUST_POLICY": Path(__file__).with_name("policy.toml"),
}


class World:
    """An app on one database with everything a test needs; `prepare` gets the app before our extension does."""

    def __init__(
        self,
        url: str,
        folder: Path,
        prepare: Callable[[Flask], object] = lambda app: None,
        db: SQLAlchemy | None = None,
        **config: Any,
    ) -> None:
        self.clock, self.shop, self.folder = SettableClock(), FakeShop(), folder / "mails"
        self.db = SQLAlchemy() if db is None else db
        self.trust = Trust(self.db, self.shop, clock=self.clock)
        self.app = Flask("world")
        self.app.url_rule_class = KeptRule
        # Strict, as careful shops are: a name that no view gives fails the test whose page asks for it.
        strict = {"bytecode_cache": TEMPLATES, "undefined": StrictUndefined}
        self.app.jinja_options = {**self.app.jinja_options, **strict}
        self.app.config.update(
            SECRET_KEY="a secret of tests",
            TESTING=True,
            SQLALCHEMY_DATABASE_URI=url,
            TRUST_MAIL_URL=f"folder://{self.folder}",
            TRUST_ERASURE_FILE=str(folder / "erasures.log"),
            **MAIL_SETTINGS,
        )
        self.app.config.update({key: value for key, value in config.items() if value is not ...})
        for key in [key for key, value in config.items() if value is ...]:
            del self.app.config[key]
        prepare(self.app)
        self.db.init_app(self.app)
        self.trust.init_app(self.app)

    @property
    def state(self) -> State:
        return state_of(self.app)

    def close(self) -> None:
        with self.app.app_context():
            for engine in self.db.engines.values():
                put_back(engine)

    def order(self, key: str, *products: str, buyer: Person | None = None, **fields: Any) -> Order:
        """Add an order of these products (each also a line's id) to the shop and return it."""
        products = products or ("bowl",)
        lines = fields.pop("lines", None) or [Line(each, each, title=each.title()) for each in products]
        for each in lines:
            self.shop.add(Product(each.product_id, each.product_id.title(), f"/products/{each.product_id}"))
        buyer = buyer or Person(f"buyer-{key}", "Anna", f"{key}@customer.example")
        order = Order(key, buyer, lines, fields.pop("placed_at", self.clock()), **fields)
        self.shop.add(order)
        return order

    def deliver(self, key: str, *line_ids: str, at: datetime | None = None) -> None:
        """Tell that an order (or some of its lines) has arrived, as a shop does: in its own transaction."""
        with self.app.app_context():
            self.trust.order_delivered(key, line_ids or None, at)
            self.db.session.commit()

    def tell(self, event: str, *arguments: Any, **keywords: Any) -> None:
        """Call one of the event methods and commit."""
        with self.app.app_context():
            getattr(self.trust, event)(*arguments, **keywords)
            self.db.session.commit()

    def run(self) -> dict[str, int]:
        """Do all that is due, in a context of its own as the shell does."""
        with self.app.app_context():
            return self.trust.run_due()

    def pass_days(self, days: float) -> dict[str, int]:
        """Let time pass, then do all that is due."""
        self.clock.now += timedelta(days=days)
        return self.run()

    def read(self, query: Callable[[Session], T]) -> T:
        with self.app.app_context(), self.state.session() as session:
            return query(session)

    def all(self, model: type[T]) -> list[T]:
        """Return all rows of a table in the order of their ids."""
        return self.read(lambda session: list(session.scalars(select(model).order_by(cast("Any", model).id))))

    def one(self, model: type[T]) -> T:
        (row,) = self.all(model)
        return row

    def mails(self) -> list[EmailMessage]:
        """Return the sent mails, oldest first."""
        files = sorted(self.folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]

    def text_of(self, mail: EmailMessage) -> str:
        part = mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    def rate_path(self, key: str) -> str:
        """Return the path of the page behind the link of an order."""
        with self.app.test_request_context(), self.state.session() as session:
            order = find(session, key)
            assert order is not None
            return f"/trust/rate/{links.sign('rate', order.id, order.link_version)}"

    def person(self, key: str) -> PersonRow:
        found = self.read(lambda session: session.scalar(select(PersonRow).where(PersonRow.key == key)))
        assert found is not None
        return found

    def client(self, **options: Any) -> FlaskClient:
        return self.app.test_client(**options)

    def rate(self, key: str, client: FlaskClient | None = None, **fields: str) -> Any:
        """Open the page of an order and post its form with these fields (`line_0_stars="4"`); returns the answer."""
        client, path = client or self.client(use_cookies=False), self.rate_path(key)
        posted = {**form_fields(client.get(path).text), "action": "publish"}
        posted |= {
            name.replace("_", "-") if name.startswith(("line_", "seller_")) else name: value
            for name, value in fields.items()
        }
        return client.post(path, data=posted)

    def review(self, key: str, stars: int = 5, product: str = "bowl", **order: Any) -> None:
        """Let an order of one product be placed, arrive and be rated."""
        self.order(key, product, **order)
        self.deliver(key)
        answer = self.rate(key, line_0_stars=str(stars))
        assert answer.status_code == 303, answer.text

    def cli(self, *arguments: str, **options: Any) -> Any:
        return self.app.test_cli_runner().invoke(args=["trust", *arguments], **options)


def form_fields(page: str) -> dict[str, str]:
    """Return what the page's main form would post as it stands."""
    form = page.split('<form id="rate"')[-1].split("</form>")[0]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and ('type="radio"' not in tag or "checked" in tag):
            fields[name[1]] = html.unescape(value[1]) if value else ""
    # Browsers drop a line's end right behind the opening tag.
    for name, value in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        fields[name] = html.unescape(value)
    return fields
