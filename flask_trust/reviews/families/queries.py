"""Reading which products share their reviews, and which reviews count elsewhere than they should."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from ...db import as_it_is_now
from ...db.dialect import table_of
from ...db.types import MYSQL
from ...orders.models import Line
from ...scores.models import Reader, Subject
from ..models import Review

_product, _family = aliased(Subject), aliased(Subject)
_row, _line, _subject = (table_of(model).c for model in (Review, Line, Subject))


def about_product(reviews: Select[Any]) -> Select[Any]:
    """Add id and name of the product that each review is about, whatever it counts for."""
    query = reviews.add_columns(_subject.key, _subject.title.label("product_title"))
    query = query.join(table_of(Line), _line.id == _row.line_id)
    return query.join(table_of(Subject), _subject.id == _line.subject_id)


def find_products(reader: Reader, reviews: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return id and name of the products that these reviews are about, by public id."""
    query = about_product(select(_row.public_id)).where(_row.public_id.in_(reviews))
    for name in MYSQL:
        # Where few products are sold, it would begin with a product and read all its lines.
        query = query.prefix_with("STRAIGHT_JOIN", dialect=name)
    return {row[0]: (row[1], row[2]) for row in reader.execute(query)}


def find_home(session: Session, product: str) -> int | None:
    """Return our number of what the reviews of a product count for."""
    home = func.coalesce(Subject.family_id, Subject.id)
    return session.scalar(select(home).where(Subject.kind == "product", Subject.key == product))


class Member(NamedTuple):
    """A product: our number, the shop's id, and the shop's id of its family (None where it stands alone)."""

    id: int
    key: str
    family: str | None


def _members() -> Select[Any]:
    query: Any = select(_product.id, _product.key, _family.key)
    query = query.outerjoin(_family, _family.id == _product.family_id)
    found: Select[Any] = query.where(_product.kind == "product").order_by(_product.id)
    return found


def members(session: Session, products: Collection[int]) -> list[Member]:
    """Return these products with their families."""
    return [Member(*row) for row in session.execute(_members().where(_product.id.in_(products)))]


def members_after(session: Session, number: int, size: int) -> list[Member]:
    """Return the next products in the order of our numbers, with their families."""
    return [Member(*row) for row in session.execute(_members().where(_product.id > number).limit(size))]


def authors_of(session: Session, product: int, counting_for: int, size: int) -> Sequence[int]:
    """Return some of the people whose reviews of a product count for a subject, as it stands under the shop's lock."""
    query = select(Review.person_id).join(Line, Line.id == Review.line_id)
    query = query.where(Review.subject_id == counting_for, Line.subject_id == product)
    for name in MYSQL:
        # From the product's lines it would lock them all, and the place of those that are being bought.
        query = query.prefix_with("STRAIGHT_JOIN", dialect=name)
    query = query.distinct().order_by(Review.person_id).limit(size)
    return session.scalars(as_it_is_now(session, query)).all()


def misplaced(session: Session) -> Sequence[int]:
    """Return the products of which some review counts for neither their family nor, without one, themselves."""
    home = func.coalesce(Subject.family_id, Subject.id)
    query = select(Subject.id).join(Line, Line.subject_id == Subject.id).join(Review, Review.line_id == Line.id)
    return session.scalars(query.where(Review.subject_id != home).distinct().order_by(Subject.id)).all()


def counts_for(session: Session, product: int) -> Sequence[int]:
    """Return for which subjects the reviews of a product count; it may miss what came since a transaction began."""
    query = select(Review.subject_id).join(Line, Line.id == Review.line_id).where(Line.subject_id == product)
    return session.scalars(query.distinct().order_by(Review.subject_id)).all()
