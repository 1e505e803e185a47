"""Frozen dataclasses to JSON-ready values and back, by their own type hints.

Pure. Used for commands, events, views, transactions and reports alike, so that
each has one written form. A class says its name under "is" only where it stands
in a union; everywhere else the hint says it. Unknown fields are ignored when
reading (a newer writer may add some), missing ones take their default.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Coder = Callable[[Any], Any]

_SCALARS = frozenset((str, int, bool, type(None)))


class Unreadable(ValueError):
    """The plain value does not fit the type; says where."""


def to_plain(value: Any) -> Any:
    """A dataclass, tuple, mapping, enum or scalar as JSON-ready values."""
    kind: Any = type(value)
    return value if kind in _SCALARS else _writer(kind)(value)


def from_plain(kind: type[T], plain: Any) -> T:
    """Read a value of `kind`; raises Unreadable with the field's name."""
    try:
        hint: Any = kind
        return typing.cast("T", _reader(hint)(plain))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Unreadable(f"{kind.__name__}: {problem}") from problem


def tagged(value: Any) -> dict[str, Any]:
    """A dataclass as plain values with its class name under "is"."""
    return {"is": type(value).__name__, **to_plain(value)}


def tagged_reader(kinds: Iterable[type[Any]]) -> Callable[[dict[str, Any]], Any]:
    """A reader for what `tagged` wrote, limited to these classes."""
    by_name = {kind.__name__: kind for kind in kinds}

    def read(plain: dict[str, Any]) -> Any:
        name = plain.get("is") if isinstance(plain, dict) else None
        if name not in by_name:
            raise Unreadable(f"no such kind: {name!r}")
        return from_plain(by_name[name], plain)

    return read


@cache
def _writer(kind: Any) -> Coder:
    if is_dataclass(kind):
        return _dataclass_writer(tuple(field.name for field in fields(kind)))
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, (tuple, list, frozenset)):
        return lambda value: [to_plain(part) for part in value]
    if issubclass(kind, dict):
        return lambda value: {key: to_plain(part) for key, part in value.items()}
    raise Unreadable(f"no plain form for {kind.__name__}")


def _dataclass_writer(names: tuple[str, ...]) -> Coder:
    # Every sale is written by this; most fields are scalars, so they skip a call.
    def write(value: Any) -> dict[str, Any]:
        plain = {}
        for name in names:
            part = getattr(value, name)
            kind: Any = type(part)
            plain[name] = part if kind in _SCALARS else _writer(kind)(part)
        return plain

    return write


@cache
def _reader(kind: Any) -> Coder:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union_reader(get_args(kind))
    if origin in (tuple, list):
        return _sequence_reader(get_args(kind))
    if origin is dict:
        part = _reader(get_args(kind)[1])
        return lambda plain: {str(key): part(value) for key, value in plain.items()}
    if kind is Any:
        return lambda plain: plain
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if is_dataclass(kind):
        return _dataclass_reader(typing.cast("type[Any]", kind))
    return _scalar_reader(kind)


def _scalar_reader(kind: type[Any]) -> Coder:
    def read(plain: Any) -> Any:
        if type(plain) is not kind:
            raise Unreadable(f"{plain!r} is not {kind.__name__}")
        return plain

    return read


def _sequence_reader(arguments: tuple[Any, ...]) -> Coder:
    if len(arguments) > 1 and arguments[-1] is not Ellipsis:
        parts = [_reader(argument) for argument in arguments]
        return lambda plain: tuple(part(value) for part, value in zip(parts, plain, strict=True))
    part = _reader(arguments[0])
    return lambda plain: tuple(part(value) for value in plain)


def _union_reader(arguments: tuple[Any, ...]) -> Coder:
    some = [argument for argument in arguments if argument is not type(None)]
    if len(some) == 1:
        read = _reader(some[0])
        return lambda plain: None if plain is None else read(plain)

    def read_scalar(plain: Any) -> Any:
        if (plain is None and type(None) in arguments) or type(plain) in some:
            return plain
        raise Unreadable(f"{plain!r} is none of {arguments}")

    return read_scalar


def _dataclass_reader(kind: type[Any]) -> Coder:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    scalars = [(name, hints[name]) for name in names if hints[name] in _SCALARS]
    parts = [(name, _reader(hints[name])) for name in names if hints[name] not in _SCALARS]
    required = {
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }

    # Every receipt is read by this; most fields are scalars, so they skip a call.
    def read(plain: Any) -> Any:
        values = {}
        for name, scalar in scalars:
            if name in plain:
                value = plain[name]
                if type(value) is not scalar:
                    raise Unreadable(f"{value!r} is not {scalar.__name__}")
                values[name] = value
        for name, part in parts:
            if name in plain:
                values[name] = part(plain[name])
        if not required <= values.keys():
            missing = ", ".join(sorted(required - values.keys()))
            raise Unreadable(f"{kind.__name__} lacks {missing}")
        return kind(**values)

    return read
