"""A small interpreter of our own JSON Schemas over the tree of a file: yes or no, in a millisecond.

jsonschema costs 65 ms to import, more than checking a good file does. So this gate answers for good files, and
jsonschema is asked only to explain a refusal. The gate knows the keywords our schemas use and refuses to read a
schema with any other; a test holds both to the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import cast

from ..source import Mapping, Node, Scalar, Sequence

_ANNOTATIONS = frozenset({"$schema", "$id", "$comment", "$defs", "title", "description", "errorMessage"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema, read. An absent keyword is None or empty, and holds for everything.

    types    names of JSON types; a scalar of a rule file is always a `string`
    all_of   what `$ref` leads to
    choice   the schemas under `if`, `then` and `else`
    """

    types: frozenset[str] | None = None
    choices: frozenset[str] | None = None
    min_length: int = 0
    properties: Map[str, Shape] = field(default_factory=dict)
    additional: Shape | None = None
    required: tuple[str, ...] = ()
    min_properties: int = 0
    max_properties: int | None = None
    items: Shape | None = None
    min_items: int = 0
    all_of: tuple[Shape, ...] = ()
    negated: Shape | None = None
    choice: tuple[Shape, Shape, Shape] | None = None


ANYTHING = Shape()
NOTHING = Shape(types=frozenset())


def read_schema(document: Map[str, object]) -> Shape:
    """The shape a schema document describes. Raises ValueError for a keyword the gate does not know."""
    definitions = cast("Map[str, object]", document.get("$defs", {}))
    return _Reader(definitions).shape(document)


def holds(shape: Shape, node: Node) -> bool:
    """Whether a node has this shape."""
    if not all(holds(part, node) for part in shape.all_of):
        return False
    if shape.negated is not None and holds(shape.negated, node):
        return False
    if shape.choice is not None:
        condition, then, otherwise = shape.choice
        if not holds(then if holds(condition, node) else otherwise, node):
            return False
    if isinstance(node, Scalar):
        return _scalar_holds(shape, node)
    if shape.choices is not None:
        return False
    return _sequence_holds(shape, node) if isinstance(node, Sequence) else _mapping_holds(shape, node)


def _scalar_holds(shape: Shape, node: Scalar) -> bool:
    return (
        (shape.types is None or "string" in shape.types)
        and (shape.choices is None or node.text in shape.choices)
        and len(node.text) >= shape.min_length
    )


def _sequence_holds(shape: Shape, node: Sequence) -> bool:
    if (shape.types is not None and "array" not in shape.types) or len(node.items) < shape.min_items:
        return False
    items = shape.items
    return items is None or all(holds(items, item) for item in node.items)


def _mapping_holds(shape: Shape, node: Mapping) -> bool:
    if shape.types is not None and "object" not in shape.types:
        return False
    size = len(node.entries)
    if size < shape.min_properties or (shape.max_properties is not None and size > shape.max_properties):
        return False
    if any(node.get(key) is None for key in shape.required):
        return False
    for key, value in node.items():
        part = shape.properties.get(key, shape.additional)
        if part is not None and not holds(part, value):
            return False
    return True


@dataclass(slots=True)
class _Reader:
    """Reads schemas, each definition once."""

    definitions: Map[str, object]
    known: dict[str, Shape] = field(default_factory=dict)
    reading: set[str] = field(default_factory=set)

    def shape(self, schema: object) -> Shape:
        if isinstance(schema, bool):
            return ANYTHING if schema else NOTHING
        words = dict(cast("Map[str, object]", schema))
        types = words.pop("type", None)
        choices = words.pop("enum", None)
        properties = cast("Map[str, object]", words.pop("properties", {}))
        chosen = {"if", "then", "else"} & words.keys()
        shape = Shape(
            types=None if types is None else frozenset([types] if isinstance(types, str) else cast("list[str]", types)),
            choices=None
            if choices is None
            else frozenset(c for c in cast("list[object]", choices) if isinstance(c, str)),
            min_length=_count(words.pop("minLength", 0)),
            properties={key: self.shape(part) for key, part in properties.items()},
            additional=self._part(words, "additionalProperties"),
            required=tuple(cast("list[str]", words.pop("required", []))),
            min_properties=_count(words.pop("minProperties", 0)),
            max_properties=_count(words.pop("maxProperties")) if "maxProperties" in words else None,
            items=self._part(words, "items"),
            min_items=_count(words.pop("minItems", 0)),
            all_of=(self._definition(str(words.pop("$ref"))),) if "$ref" in words else (),
            negated=self._part(words, "not"),
            choice=self._choice(words) if chosen else None,
        )
        unknown = words.keys() - _ANNOTATIONS
        if unknown:
            raise ValueError(f"the gate does not know the keyword {min(unknown)}")
        return shape

    def _part(self, words: dict[str, object], key: str) -> Shape | None:
        return self.shape(words.pop(key)) if key in words else None

    def _choice(self, words: dict[str, object]) -> tuple[Shape, Shape, Shape]:
        condition, then, otherwise = (self._part(words, key) or ANYTHING for key in ("if", "then", "else"))
        return condition, then, otherwise

    def _definition(self, reference: str) -> Shape:
        name = reference.removeprefix("#/$defs/")
        if name in self.reading:
            raise ValueError(f"the gate does not read schemas that contain themselves, as {name} does")
        if name not in self.known:
            self.reading.add(name)
            self.known[name] = self.shape(self.definitions[name])
            self.reading.discard(name)
        return self.known[name]


def _count(value: object) -> int:
    return int(str(value))
