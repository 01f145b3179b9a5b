"""A program as canonical JSON and its hashes. (Reading one back and re-checking it: `load.py`.)"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from .diagnostic import Span
from .dimension import Dimension, Unit
from .number import Value, canonical
from .program import (
    Constant,
    Field,
    Function,
    Kind,
    Moment,
    Node,
    Origin,
    Origins,
    Piece,
    Program,
    RowKey,
    TableValue,
    VectorValue,
)
from .types import Label, Number, Row, Rows, Table, Type, Vector

FORMAT = 2
Json = Any


def sealed(program: Program) -> Program:
    """The same program with its hashes."""
    body = encode_body(program)
    code = {key: body[key] for key in ("language", "kinds", "nodes", "functions", "definitions")}
    return replace(program, code_hash=_hash(code), hash=_hash(body))


def dump(program: Program) -> str:
    """The artifact: one line of JSON, equal for equal rule files wherever they lie."""
    body, origins = encode_body(program), encode_origins(replace(program, origins=portable(program.origins)))
    artifact = {
        "marginc_program": FORMAT,
        "body": body,
        "origins": origins,
        "hash": _hash(body),
        "origins_hash": _hash(origins),
    }
    return _text(artifact) + "\n"


def portable(origins: Origins) -> Origins:
    """The same story with files named from the folder above the rulebook's, not from wherever it was compiled."""
    told_of: tuple[Mapping[Any, Origin], ...] = (
        origins.definitions, origins.functions, origins.rungs, origins.fields,
    )  # fmt: skip
    spans = [origin.span for stories in told_of for origin in stories.values()]
    spans += [origin.span for story in origins.parameters.values() for _, origin in story]
    spans += origins.nodes.values()
    files = {span.file: PurePosixPath(span.file) for span in spans}
    folders = [path.parent.parts for path in files.values()]
    shared = 0
    while folders and all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    names = {
        file: PurePosixPath(*path.parts[max(0, shared - 1) :]).as_posix().lstrip("/") for file, path in files.items()
    }

    def place(span: Span) -> Span:
        return replace(span, file=names[span.file])

    def told(origin: Origin) -> Origin:
        return replace(origin, span=place(origin.span))

    return replace(
        origins,
        definitions={number: told(origin) for number, origin in origins.definitions.items()},
        functions={number: told(origin) for number, origin in origins.functions.items()},
        parameters={
            key: tuple((value, told(origin)) for value, origin in story) for key, story in origins.parameters.items()
        },
        nodes={key: place(span) for key, span in origins.nodes.items()},
        rungs={position: told(origin) for position, origin in origins.rungs.items()},
        fields={key: told(origin) for key, origin in origins.fields.items()},
    )


def _hash(document: Json) -> str:
    return "sha256:" + hashlib.sha256(_text(document).encode()).hexdigest()


def _text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def encode_body(program: Program) -> dict[str, Json]:
    return {
        "language": 1,
        "rulebook": program.rulebook,
        "numeraire": program.numeraire,
        "valid": list(program.valid),
        "kinds": [_kind(kind) for kind in program.kinds.values()],
        "parameters": [
            [kind, [[key, {name: encode_constant(value) for name, value in row.items()}] for key, row in rows.items()]]
            for kind, rows in program.parameters.items()
        ],
        "nodes": [_node(node) for node in program.nodes],
        "definitions": [
            [d.name, list(d.scope), d.section, d.node, encode_type(d.type), d.approximate] for d in program.definitions
        ],
        "functions": [_function(function) for function in program.functions],
        "ladder": [[rung.name, rung.definition, _pieces(rung.message)] for rung in program.ladder],
        "checks": [[check.definition, check.severity, _pieces(check.message)] for check in program.checks],
        "outputs": [[output.definition, output.label, output.format] for output in program.outputs],
    }


def encode_origins(program: Program) -> dict[str, Json]:
    origins = program.origins
    return {
        "definitions": [[number, _origin(origin)] for number, origin in sorted(origins.definitions.items())],
        "functions": [[number, _origin(origin)] for number, origin in sorted(origins.functions.items())],
        "parameters": [
            [list(key), [[encode_constant(value), _origin(origin)] for value, origin in story]]
            for key, story in origins.parameters.items()
        ],
        "nodes": [[list(key), _span(span)] for key, span in sorted(origins.nodes.items())],
        "rungs": [[position, _origin(origin)] for position, origin in sorted(origins.rungs.items())],
        "fields": [[list(key), _origin(origin)] for key, origin in origins.fields.items()],
        "later": [[list(key), moment] for key, moment in origins.later.items()],
    }


def encode_constant(value: Constant) -> Json:
    """One-letter tags: n number, l label, d date, r row, t table; truth and none are themselves."""
    match value:
        case None | bool():
            return value
        case str():
            return ["l", value]
        case Moment(seconds=seconds):
            return ["d", canonical(seconds)]
        case RowKey(kind=kind, key=key):
            return ["r", kind, key]
        case TableValue(rows=rows):
            return ["t", [[_bound(row.low), _bound(row.high), _cells(row.cells), _cells(row.keys)] for row in rows]]
        case VectorValue(cells=cells):
            return ["v", [[key, canonical(number)] for key, number in cells]]
        case _:
            return ["n", canonical(value)]


def _bound(bound: Value | None) -> str | None:
    return None if bound is None else canonical(bound)


def _cells(cells: tuple[tuple[str, Constant], ...]) -> Json:
    return [[name, encode_constant(value)] for name, value in cells]


def encode_type(type_: Type) -> Json:
    match type_:
        case Number(dimension=dimension, integer=integer):
            return ["n", None if dimension is None else encode_dimension(dimension), integer, type_.optional]
        case Label(choices=choices):
            return ["l", None if choices is None else list(choices), type_.optional]
        case Row(kind=kind):
            return ["r", kind, type_.optional]
        case Rows(kind=kind):
            return ["R", kind]
        case Vector(item=item, kind=kind):
            return ["V", encode_type(item), kind, type_.optional]
        case Table(keys=keys, columns=columns):
            said = [type_.single, type_.closed, type_.beyond, type_.missing, encode_constant(type_.default)]
            mirrored = [type_.symmetric, encode_constant(type_.diagonal)]
            told_apart = [[key.name, encode_type(key.type)] for key in keys]
            read = [[name, encode_type(column)] for name, column in columns]
            return ["t", told_apart, read, [*said, *mirrored], type_.optional]
        case _:
            return [{"Truth": "b", "Date": "d", "Nothing": "v"}[type(type_).__name__], type_.optional]


def encode_dimension(dimension: Dimension) -> Json:
    return [
        [["unit", atom.path.root, *atom.path.steps] if isinstance(atom, Unit) else [atom], exponent]
        for atom, exponent in dimension.factors
    ]


def _kind(kind: Kind) -> Json:
    fields = [_field(field) for field in kind.fields]
    shared = [list(names) for names in (kind.key, kind.labels, kind.of, kind.by)]
    return [kind.name, kind.plural, kind.role, fields, *shared]


def _field(field: Field) -> Json:
    return [field.name, encode_type(field.type), field.origin, field.has_default, encode_constant(field.default)]


def _node(node: Node) -> Json:
    attributes = [
        list(attribute) if isinstance(attribute, tuple) else _attribute(node, attribute)
        for attribute in node.attributes
    ]
    return [node.operation, node.shape, list(node.arguments), attributes]


def _attribute(node: Node, attribute: Any) -> Json:
    return encode_constant(attribute) if node.operation == "constant" else attribute


def _function(function: Function) -> Json:
    parameters = [[name, encode_type(type_)] for name, type_ in function.parameters]
    return [function.name, parameters, encode_type(function.type), function.node]


def _pieces(pieces: tuple[Piece, ...]) -> Json:
    return [[piece.text, piece.definition, piece.format] for piece in pieces]


def _origin(origin: Origin) -> Json:
    return [_span(origin.span), origin.text, origin.about, origin.source, origin.effective]


def _span(span: Span) -> Json:
    return [span.file, span.line, span.column, span.end_line, span.end_column]
