"""`python -m benchmarks.oscar.child`: a django-oscar shop that tells what its pages and posts cost.

Reads one line of JSON for each order and answers with one: first `{"sizes": …, "posts": …}`, then any number of
`{"what": "list" or "post", "reviews": …, "requests": …}`. Requests go through the WSGI interface, as with ours.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django
from django.core.handlers.wsgi import WSGIHandler

TITLE, BODY = "Better than I thought", "It arrived early.\nAfter three weeks I would buy it again."
TOKEN = "t" * 32  # against forged forms: cookie and field only have to be the same
Environ = dict[str, Any]


class Oscar:
    """The shop in this process: one product with so many reviews for each size."""

    def __init__(self, sizes: list[int], posts: int) -> None:
        django.setup()
        from django.core.management import call_command

        call_command("migrate", run_syncdb=True, verbosity=0)
        self.handler = WSGIHandler()
        self.products = {size: self._product(size) for size in sizes}
        users = self._users(max(sizes))
        for size, product in self.products.items():
            self._reviews(product, users[:size])
        self.posts = {size: self._posts(product, posts) for size, product in self.products.items()}
        self.backends = list(self._backends())

    def _product(self, size: int) -> Any:
        from oscar.apps.catalogue.models import Product, ProductClass

        kind, _ = ProductClass.objects.get_or_create(name="Things", track_stock=False)
        return Product.objects.create(title=f"Thing with {size} reviews", product_class=kind)

    def _users(self, number: int) -> list[Any]:
        from django.contrib.auth import get_user_model

        model = get_user_model()
        new = (
            model(username=f"buyer{each}", email=f"buyer{each}@customer.example", first_name="Anna", last_name="B.")
            for each in range(number)
        )
        model.objects.bulk_create(new, batch_size=2_000)
        return list(model.objects.order_by("id"))

    def _reviews(self, product: Any, users: list[Any]) -> None:
        from oscar.apps.catalogue.reviews.models import ProductReview

        lots = random.Random(2027)
        new = (
            ProductReview(product=product, user=user, score=lots.randint(1, 5), title=TITLE, body=BODY, status=1)
            for user in users
        )
        ProductReview.objects.bulk_create(new, batch_size=2_000)
        product.update_rating()
        self._gather_statistics()

    def _gather_statistics(self) -> None:
        from django.db import connection

        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")

    def _posts(self, product: Any, number: int) -> Iterator[Environ]:
        """Yield the filled-in forms of signed-in buyers who have not written yet."""
        from django.contrib.auth import get_user_model
        from django.test import Client
        from django.urls import reverse

        path = reverse("catalogue:reviews-add", kwargs={"product_slug": product.slug, "product_pk": product.pk})
        found = []
        for each in range(number):
            name = f"writer{product.pk}x{each}"
            user = get_user_model().objects.create(username=name, email=f"{name}@customer.example")
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            session = client.cookies["sessionid"].value
            form = {"score": "4", "title": TITLE, "body": BODY, "csrfmiddlewaretoken": TOKEN}
            found.append(environ(path, f"sessionid={session}; csrftoken={TOKEN}", urlencode(form).encode()))
        return iter(found)

    def _backends(self) -> Iterator[Path]:
        """Yield where the kernel tells the processor time of the database's process, where that can be seen."""
        from django.db import connection

        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            folder = Path(f"/proc/{cursor.fetchone()[0]}")
        if (folder / "schedstat").exists() and (folder / "comm").read_text().startswith("postgres"):
            yield folder / "schedstat"

    def nanoseconds(self) -> int:
        """Return the processor time that this process and the database's have used so far."""
        return time.process_time_ns() + sum(int(path.read_text().split()[0]) for path in self.backends)

    def next_request(self, what: str, size: int) -> Callable[[], Environ]:
        """Return what makes the next request of a kind."""
        if what == "post":
            return lambda: next(self.posts[size])
        from django.urls import reverse

        product = self.products[size]
        names = {"product_slug": product.slug, "product_pk": product.pk}
        path = reverse("catalogue:reviews-list", kwargs=names)
        return lambda: environ(path)

    def measure(self, what: str, size: int, requests: int) -> dict[str, Any]:
        """Send requests; `cpu` is in milliseconds for one of them, `wall` for each."""
        make, wall = self.next_request(what, size), []
        status, length = 0, 0
        written, before = self._written(what, size), self.nanoseconds()
        for _ in range(requests):
            started = time.perf_counter_ns()
            status, length = self._call(make())
            wall.append((time.perf_counter_ns() - started) / 1e6)
            if status != (302 if what == "post" else 200):
                raise RuntimeError(f"django-oscar answered {status} to a {what}")
        cpu = (self.nanoseconds() - before) / requests / 1e6
        if self._written(what, size) - written != (requests if what == "post" else 0):
            raise RuntimeError(f"django-oscar did not take every {what}")
        return {"cpu": cpu, "wall": wall, "size": length}

    def _written(self, what: str, size: int) -> int:
        return int(self.products[size].reviews.count()) if what == "post" else 0

    def queries(self, what: str, size: int) -> int:
        """Return how many statements the next request sends."""
        from django.db import connection

        count = 0

        def counted(execute: Callable[..., Any], *given: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*given)

        with connection.execute_wrapper(counted):
            self._call(self.next_request(what, size)())
        return count

    def _call(self, request: Environ) -> tuple[int, int]:
        told: list[str] = []
        answer = self.handler(request, lambda status, *_: told.append(status))
        length = sum(len(chunk) for chunk in answer)
        answer.close()
        return int(told[0].split()[0]), length


def environ(path: str, cookies: str = "", body: bytes = b"") -> Environ:
    """Return a request as a server hands it over."""
    return {
        "REQUEST_METHOD": "POST" if body else "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": cookies,
        "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9,de;q=0.7",
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def main() -> int:
    """Answer orders until there are no more."""
    first = json.loads(sys.stdin.readline())
    shop = Oscar(first["sizes"], first["posts"])
    say({"django": django.get_version()})
    for line in sys.stdin:
        order = json.loads(line)
        what, size = order["what"], order["reviews"]
        if order["requests"]:
            say(shop.measure(what, size, order["requests"]))
        else:
            say({"queries": shop.queries(what, size)})
    return 0


def say(told: dict[str, Any]) -> None:
    """Answer the last order."""
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    sys.exit(main())
