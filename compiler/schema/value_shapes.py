"""What may be written where a parameter of a type is set, as JSON Schema: for editors, which know no types of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from ...program.literal import RATIO_SUFFIXES, TIME_UNITS
from ...program.types import Date, Label, Number, Row, Table, Truth, Type, Vector

Schema = dict[str, object]

_DIGITS = r"\d+(_\d+)*"
_DATE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?Z?)?"
_STORY = ("about", "source", "loosen")


class ValueShapes:
    """Shapes of values, those that many fields share written once; `shared` holds them by name."""

    def __init__(self, currencies: frozenset[str], rows: Mapping[str, tuple[str, ...]]):
        self.currencies = currencies
        self.rows = rows
        self.shared: dict[str, Schema] = {}

    def parameter(self, type_: Type) -> Schema:
        """A value, or a block with `value:` and its story."""
        name = f"{_name(type_)}_and_story"
        if name not in self.shared:
            story: Schema = {key: {"$ref": "#/$defs/scalar"} for key in _STORY}
            block: Schema = {
                "type": "object",
                "required": ["value"],
                "additionalProperties": False,
                "properties": {"value": self.value(type_), **story},
            }
            self.shared[name] = {"anyOf": [self.value(type_), block]}
        return {"$ref": f"#/$defs/{name}"}

    def value(self, type_: Type) -> Schema:
        """A value alone."""
        name = _name(type_)
        if name not in self.shared:
            self.shared[name] = {}  # its place among the others, before what it is made of
            self.shared[name] = self._value(type_)
        return {"$ref": f"#/$defs/{name}"}

    def _value(self, type_: Type) -> Schema:
        match type_:
            case Number(integer=integer):
                return self._text(_whole() if integer else self._quantity(), type_.optional, "number")
            case Truth():
                return {"enum": [True, False, "true", "false", *_none(type_)]}
            case Label(choices=None) | Row():
                return {"$ref": "#/$defs/word"}
            case Label(choices=choices):
                return {"enum": [*(choices or ()), *_none(type_)]}
            case Date():
                return self._text(_DATE, type_.optional)
            case Vector(item=item, kind=kind):
                one = self.value(item)
                known: Schema = dict.fromkeys(self.rows.get(kind, ()), one)
                return {"type": "object", "properties": known, "additionalProperties": one}
            case Table():
                return self._table(type_, 0)
            case _:
                return {}  # no other is declared

    def _text(self, pattern: str, optional: bool, *others: str) -> Schema:
        """A text of this form; a number where an editor reads it as one."""
        return {"type": ["string", *others], "pattern": f"^({pattern}{'|none' if optional else ''})$"}

    def _quantity(self) -> str:
        units = "|".join(map(re.escape, sorted({*RATIO_SUFFIXES, *TIME_UNITS, *self.currencies} - {""})))
        return rf"[+-]?{_DIGITS}(\.{_DIGITS})?(/{_DIGITS})?\s*({units})?(\s+per\s+({'|'.join(sorted(TIME_UNITS))}))?"

    def _table(self, table: Table, depth: int) -> Schema:
        """Rows under the exact keys from `depth` on."""
        if depth < len(table.exact):
            key, inner = table.exact[depth].type, self._table(table, depth + 1)
            closed = isinstance(key, Truth) or (isinstance(key, Label) and key.choices is not None)
            return {
                "type": "object",
                "properties": dict.fromkeys(self._keys(key), inner),
                "additionalProperties": False if closed else inner,
            }
        cells = {name: self.value(column) for name, column in table.columns}
        if table.range is None:
            return cells["value"] if table.single else _block(cells)
        ends = {end: self.value(Number(table.range.dimension)) for end in ("from", "to")}
        return {"type": "array", "items": _block({**ends, **cells}, optional=("to",))}

    def _keys(self, key: Type) -> tuple[str, ...]:
        match key:
            case Row(kind=kind):
                return self.rows.get(kind, ())
            case Label(choices=choices):
                return choices or ()
            case _:
                return ("true", "false")


def _block(properties: Mapping[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
        "properties": cast("Schema", dict(properties)),
    }


def _whole() -> str:
    return rf"[+-]?{_DIGITS}"


def _none(type_: Type) -> list[str]:
    return ["none"] if type_.optional else []


def _name(type_: Type) -> str:
    """What a shape is called among the shared ones: numbers of all dimensions are written alike."""
    match type_:
        case Number(integer=integer):
            name = "integer" if integer else "number"
        case Row():
            name = "row_key"
        case Vector(kind=kind):
            name = f"number_for_each_{kind}"
        case _:
            name = re.sub(r"\W+", "_", str(type_)).strip("_")
            return f"{name}_told_apart" if name in ("scalar", "word") else name
    return f"{name}_or_none" if type_.optional else name
