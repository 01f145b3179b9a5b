"""What a rulebook's own schema says of a place: the keys that may stand there, and the plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

Schema = Mapping[str, object]
_MOST = 64
"""Schemas that may hold at one place; ours have two or three."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A key or value an editor may offer, and what is said of it."""

    text: str
    about: str = ""
    default: str = ""


def keys_at(schema: Schema, keys: tuple[str, ...]) -> list[Offered]:
    """The keys that may stand below these; `-` is an item of a list."""
    found: dict[str, Offered] = {}
    for here in _at(schema, keys):
        for name, part in cast("dict[str, Schema]", here.get("properties", {})).items():
            if "not" not in part:
                about = next((str(one["description"]) for one in _open(schema, part) if "description" in one), "")
                found.setdefault(name, Offered(name, about, str(part.get("default", ""))))
    return list(found.values())


def values_at(schema: Schema, keys: tuple[str, ...]) -> list[Offered]:
    """The values that may stand there, where they are few words; the default among them."""
    found: dict[str, Offered] = {}
    for here in _at(schema, keys):
        if "default" in here:
            found.setdefault(str(here["default"]), Offered(str(here["default"]), "the default"))
        for value in cast("list[object]", here.get("enum", [])):
            if isinstance(value, str):
                found.setdefault(value, Offered(value))
        if "|none)" in str(here.get("pattern", "")):
            found.setdefault("none", Offered("none"))
    return list(found.values())


def _at(schema: Schema, keys: tuple[str, ...]) -> list[Schema]:
    here = list(_open(schema, schema))
    for key in keys:
        here = [part for one in here for inner in _inside(one, key) for part in _open(schema, inner)][:_MOST]
    return here


def _inside(schema: Schema, key: str) -> Iterator[Schema]:
    if key == "-":
        items = schema.get("items")
        if isinstance(items, Mapping):
            yield items
        return
    properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
    patterns = cast("Mapping[str, Schema]", schema.get("patternProperties", {}))
    named = [properties[key]] if key in properties else [p for form, p in patterns.items() if re.search(form, key)]
    otherwise = schema.get("additionalProperties")
    yield from named or ([otherwise] if isinstance(otherwise, Mapping) else [])


def _open(schema: Schema, part: Schema, depth: int = 0) -> Iterator[Schema]:
    """A schema, what it refers to, and its alternatives."""
    if depth > 8:
        return
    yield part
    reference = part.get("$ref")
    if isinstance(reference, str):
        shared = cast("Mapping[str, Schema]", schema["$defs"])
        yield from _open(schema, shared.get(reference.removeprefix("#/$defs/"), {}), depth + 1)
    for alternative in cast("list[Schema]", part.get("anyOf", [])):
        yield from _open(schema, alternative, depth + 1)
