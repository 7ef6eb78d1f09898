"""The shop's Flask extensions, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base class of the shop's tables."""


db = SQLAlchemy(model_class=Base)
login_manager = LoginManager()

# Type checkers cannot follow a base class that is made at run time; both names are the same thing.
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model
