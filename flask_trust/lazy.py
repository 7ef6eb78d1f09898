"""What is imported when it is first called, so that a shop starts quickly (docs/performance.md has the figures)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_PACKAGE = __package__


class LazyFunction:
    """A function by the name of its module and its own, as Flask and form protection see it."""

    def __init__(self, module: str, name: str) -> None:
        self.__module__, self.__name__ = module, name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._function(*arguments, **keywords)

    @cached_property
    def _function(self) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(import_module(self.__module__), self.__name__)
        return function


class LazyModule:
    """A module whose functions can be named before it is imported."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> LazyFunction:
        return LazyFunction(self._name, name)


class LazyObject:
    """An object that is made when somebody first asks for something of it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    @cached_property
    def _made(self) -> Any:
        return self._make()


class LazyMapping(Mapping[str, T], Generic[T]):
    """A mapping that is made when it is first looked into."""

    def __init__(self, make: Callable[[], Mapping[str, T]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, T]:
        return self._make()

    def __getitem__(self, key: str) -> T:
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def lazy(name: str) -> LazyModule:
    """Return a module of ours, such as "reputation.views", to be imported by the first call of one of its functions."""
    return LazyModule(f"{_PACKAGE}.{name}")
