"""What gunicorn serves, one shop to a server: `benchmarks.load.serve:ours()`, `…:ideal()` or `…:bare()`.

The database, or the file whose bytes the bare page answers, is named by the environment.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, render_template
from werkzeug.wrappers import Response

from ..ideal import make_ideal
from ..ideal_queries import TOTALS
from ..ideal_sums import stars_of, starts_of
from ..shop import make_app

DATABASE, PAGE = "TRUST_BENCH_DATABASE", "TRUST_BENCH_PAGE"
SHELVES = "/shelves/<int:number>"
SHELF = 50  # products in one list of the shop


def product(number: int) -> str:
    """Return the key of one of the many products of the mixed load."""
    return f"thing-{number}"


def on_shelf(number: int) -> list[str]:
    """Return the products of one of the shop's lists."""
    return [product(each) for each in range(number * SHELF, (number + 1) * SHELF)]


def ours() -> Flask:
    """Return our shop, with lists of many products."""
    app, _ = make_app(os.environ[DATABASE])
    app.add_url_rule(SHELVES, "shelf", lambda number: render_template("list.html", keys=on_shelf(number)))
    return app


def ideal() -> Flask:
    """Return the hand-written shop, with the same lists."""
    app, shop = make_ideal(os.environ[DATABASE])

    def shelf(number: int) -> str:
        keys = on_shelf(number)
        with shop.engine.connect() as connection:
            rows = connection.execute(TOTALS, {"keys": keys}).all()
        starts = starts_of(next(row for row in rows if row.kind == "shop"))
        scores = {row.key: stars_of(row, starts) for row in rows}
        return render_template("ideal_list.html", keys=keys, scores=scores)

    app.add_url_rule(SHELVES, "shelf", shelf)
    return app


def bare() -> Flask:
    """Return a shop that answers every product's page with the same bytes from memory."""
    app, page = Flask(__name__), Path(os.environ[PAGE]).read_bytes()
    app.add_url_rule("/trust/products/<key>", "page", lambda key: Response(page, mimetype="text/html"))
    return app
