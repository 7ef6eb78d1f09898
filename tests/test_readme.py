"""The README's quick start, carried out exactly as it is printed, in a small shop that was there before."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from flask_trust.settings import read_settings
from tests.world import form_fields

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

MODELS = """\
from datetime import datetime, timezone

from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def now():
    return datetime.now(timezone.utc).replace(tzinfo=None)


class Customer(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)
    email = db.Column(db.String(120), nullable=False)


class Product(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    customer_id = db.Column(db.ForeignKey("customer.id"), nullable=False)
    created_at = db.Column(db.DateTime, nullable=False, default=now)
    customer = db.relationship(Customer)
    lines = db.relationship("OrderLine")


class OrderLine(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    order_id = db.Column(db.ForeignKey("order.id"), nullable=False)
    product_id = db.Column(db.ForeignKey("product.id"), nullable=False)
    product = db.relationship(Product)
"""

APP = """\
from flask import Flask, render_template

from models import Customer, Order, OrderLine, Product, db

app = Flask(__name__)
app.config["SECRET_KEY"] = "of the shop"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.sqlite3"
db.init_app(app)

{tables}

@app.get("/products/<int:product_id>")
def product(product_id):
    return render_template("product.html", product=db.get_or_404(Product, product_id))


@app.cli.command()
def sell():
    lamp, mug = Product(name="Reading lamp"), Product(name="Tea mug")
    db.session.add(Customer(name="Olga Owner", email="olga@shop.example"))  # runs the shop: rates nothing
    db.session.flush()
    anna = Customer(name="Anna Virtanen", email="anna@customer.example")
    db.session.add(Order(customer=anna, lines=[OrderLine(product=lamp), OrderLine(product=mug)]))
    db.session.commit()
"""

BASE = """\
<!doctype html>
<html lang="en">
<head>
<title>Corner Shop</title>
</head>
<body>
<main>{% block content %}{% endblock %}</main>
</body>
</html>
"""

PRODUCT = """\
{% extends "base.html" %}
{% block content %}
<h1>{{ product.name }}</h1>
{% endblock %}
"""

VISIT = """\
import json, sys
from app import app
path, data = json.loads(sys.argv[1])
client = app.test_client()
answer = client.post(path, data=data) if data else client.get(path)
print(json.dumps([answer.status_code, answer.text]))
"""

#: How the shop made its tables before; with the first, the README's step 4 is nothing to type.
TABLES = {
    "create_all": "with app.app_context():\n    db.create_all()\n",
    "flask_migrate": "from flask_migrate import Migrate\n\nMigrate(app, db)\n",
}


@dataclass(frozen=True)
class Block:
    """A piece of code of the README: its language and its text, line ends included."""

    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        return self.text.splitlines()


def blocks() -> list[Block]:
    return [Block(*found) for found in re.findall(r"^```([\w+]+)\n(.*?)^```$", README, re.M | re.S)]


def block(language: str, beginning: str) -> Block:
    """Return the one block in this language that begins so."""
    (found,) = [each for each in blocks() if each.language == language and each.text.startswith(beginning)]
    return found


REVIEWS = block("python", "# reviews.py\n")
MOUNT = block("python", "# app.py, below db.init_app(app)\n")
HEAD = block("html+jinja", "{# templates/base.html, in the head #}\n")
SHOW = block("html+jinja", "{# templates/product.html #}\n")
MIGRATE = block("sh", "flask db migrate")
SEE = block("sh", "flask trust delivered 1")
LOOK = block("sh", "flask trust delivered --since")
CRON = block("cron", "*/5 * * * * ")


class OldShop:
    """A small shop in a folder: integer keys, no logins, no sellers, no date of delivery, and one order."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        for name, text in {
            "models.py": MODELS,
            "app.py": APP.replace("{tables}", TABLES[kind]),
            "templates/base.html": BASE,
            "templates/product.html": PRODUCT,
        }.items():
            self.write(name, text)
        if kind == "flask_migrate":
            for command in ("flask db init", "flask db migrate -m Shop", "flask db upgrade"):
                self.shell(command)
        self.shell("flask sell")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def insert(self, name: str, text: str, *, after: str = "", before: str = "") -> None:
        """Put the README's words into one of the shop's files, and change nothing else."""
        known = (self.folder / name).read_text(encoding="utf-8")
        place = after or before
        assert known.count(place) == 1
        self.write(name, known.replace(place, f"{after}\n{text}{before}"))

    def shell(self, command: str) -> str:
        """Run a command as somebody in the shop's folder would, and return what it printed."""
        return self._run(command)

    def visit(self, path: str, **data: str) -> tuple[int, str]:
        """Open a page of the shop, or post to it, in a process of its own; return status and text."""
        self.write("visit.py", VISIT)
        status, text = json.loads(self._run([sys.executable, "visit.py", json.dumps([path, data])]))
        return status, text

    def _run(self, command: str | list[str]) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "TRUST_"))}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        done = subprocess.run(
            command,
            shell=isinstance(command, str),
            cwd=self.folder,
            env={**kept, "PATH": programs, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow_readme(self) -> None:
        """Carry out steps 1 to 4."""
        self.write("reviews.py", REVIEWS.text)
        self.insert("app.py", MOUNT.text, after="db.init_app(app)\n")
        self.insert("templates/base.html", HEAD.text, before="</head>")
        self.insert("templates/product.html", SHOW.text, before="{% endblock %}")
        if self.kind == "flask_migrate":
            for command in MIGRATE.commands:
                self.shell(command)


@pytest.fixture(params=sorted(TABLES))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> OldShop:
    return OldShop(tmp_path, request.param)


@pytest.mark.slow
def test_shop_mounted_by_the_readme_asks_takes_and_shows_a_review(shop: OldShop) -> None:
    assert shop.visit("/products/1")[0] == 200
    shop.follow_readme()
    said, mail = [shop.shell(command) for command in SEE.commands]
    assert re.search(r"\b1 orders? will be asked about", said)
    assert "To: anna@customer.example" in mail
    assert "* Reading lamp\n* Tea mug" in mail

    assert "No ratings yet" in shop.visit("/products/1")[1]
    status, page = shop.visit(link_in(mail))
    assert status == 200
    assert "Reading lamp" in page
    words = {"line-0-stars": "4", "line-0-text": "Bright, and it does not hum.", "action": "publish"}
    assert shop.visit(link_in(mail), **{**form_fields(page), **words})[0] == 303

    status, page = shop.visit("/products/1")
    assert status == 200
    assert '<link rel="stylesheet" href="/trust/static/trust.css">' in page.split("</head>")[0]
    assert 'href="/trust/products/1"' in page
    assert "4.0" in page
    assert "Bright, and it does not hum." in page
    assert "Bright, and it does not hum." in shop.visit("/trust/products/1")[1]


def link_in(mail: str) -> str:
    """Return the path of the page behind the mail's link, which must lead to the address set in step 2."""
    base = re.search(r'TRUST_BASE_URL="([^"]+)"', MOUNT.text)
    assert base
    found = re.search(rf"^{re.escape(base[1])}(/trust/rate/\S+)$", mail, re.M)
    assert found, mail
    return found[1]


def test_cron_line_of_the_readme_hears_of_orders_that_were_placed_before(tmp_path: Path) -> None:
    shop = OldShop(tmp_path, "create_all")
    shop.follow_readme()
    line = re.fullmatch(r"\*/5 \* \* \* \* cd /srv/shop && \.venv/bin/(flask .+)\n", CRON.text)
    assert line
    assert line[1].endswith(" --quiet")
    looked = [shop.shell(command) for command in LOOK.commands]
    assert [bool(each.strip()) for each in looked] == [True]
    assert re.search(r"\btold of 1 order", shop.shell(line[1].removesuffix(" --quiet")))
    assert shop.shell(line[1]) == ""


def test_mail_address_of_the_last_step_is_one_that_the_settings_take() -> None:
    printed = re.search(r'`TRUST_MAIL_URL="([^"]+)"`', README)
    assert printed
    config = dict(re.findall(r'(TRUST_\w+)="([^"]+)"', MOUNT.text))
    assert read_settings({**config, "TRUST_MAIL_URL": printed[1]}).mail_is_on


def test_quick_start_stays_under_forty_lines() -> None:
    typed = [line for each in (REVIEWS, MOUNT, HEAD, SHOW) for line in each.commands if line.strip()]
    code = [line for line in typed if not line.lstrip().startswith(("#", "{#"))]
    assert len(code) < 40


def test_every_block_of_the_readme_is_tried() -> None:
    tried = [REVIEWS, MOUNT, HEAD, SHOW, MIGRATE, SEE, LOOK, CRON]
    both_commands = Block("sh", "python dev.py demo\npython dev.py test\n")
    assert [each for each in blocks() if each not in tried] == [both_commands]
