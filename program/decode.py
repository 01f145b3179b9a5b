"""Parts of an artifact's JSON to their values. Anything of a wrong form raises; nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from .diagnostic import Span
from .dimension import Dimension, Path, Unit
from .number import NumberError, Value, read_canonical
from .operations import ABSENT, BOUNDS, OPERATIONS
from .program import (
    Attribute,
    Check,
    Constant,
    Definition,
    Field,
    Function,
    Kind,
    Moment,
    Node,
    Origin,
    Origins,
    Output,
    Piece,
    Program,
    Role,
    RowKey,
    Rung,
    TableRow,
    TableValue,
    VectorValue,
)
from .types import Date, Label, Nothing, Number, Row, Rows, Table, TableKey, Truth, Type, Vector

Json = Any
MOST_NODES = 2_000_000
_DEEPEST_TYPE = 3


class Bad(ValueError):
    """A part that no compiler wrote; the message ends the sentence `the program in FILE ...`."""


def decode_body(body: Json) -> Program:
    if body["language"] != 1:
        raise Bad(f"is written in language {str(body['language'])[:20]}")
    if len(body["nodes"]) > MOST_NODES:
        raise Bad(f"has more than {MOST_NODES:,} operations")
    kinds = [_kind(kind) for kind in body["kinds"]]
    return Program(
        rulebook=text(body["rulebook"]),
        numeraire=text(body["numeraire"]),
        valid=(_instant(body["valid"][0]), _instant(body["valid"][1])),
        kinds={kind.name: kind for kind in kinds},
        parameters={
            text(kind): {text(key): {text(f): constant(v) for f, v in row.items()} for key, row in rows}
            for kind, rows in body["parameters"]
        },
        nodes=tuple(_node(node) for node in body["nodes"]),
        definitions=tuple(_definition(definition) for definition in body["definitions"]),
        ladder=tuple(Rung(text(name), whole(number), _pieces(message)) for name, number, message in body["ladder"]),
        checks=tuple(
            Check(whole(number), _one_of(severity, ("error", "warning")), _pieces(message))
            for number, severity, message in body["checks"]
        ),
        outputs=tuple(Output(whole(number), text(label), text(form)) for number, label, form in body["outputs"]),
        functions=tuple(_function(function) for function in body["functions"]),
    )


def decode_origins(program: Program, origins: Json) -> Program:
    """The same program with its story."""
    parameters = {
        _key(key): tuple((constant(value), _origin(origin)) for value, origin in story)
        for key, story in origins["parameters"]
    }
    return replace(
        program,
        origins=Origins(
            definitions={whole(number): _origin(origin) for number, origin in origins["definitions"]},
            functions={whole(number): _origin(origin) for number, origin in origins["functions"]},
            parameters=parameters,
            nodes={(whole(key[0]), whole(key[1])): _span(span) for key, span in origins["nodes"]},
            rungs={whole(position): _origin(origin) for position, origin in origins["rungs"]},
            fields={(text(key[0]), text(key[1])): _origin(origin) for key, origin in origins["fields"]},
            later={_key(key): whole(moment) for key, moment in origins["later"]},
        ),
    )


def text(value: Json) -> str:
    if not isinstance(value, str):
        raise Bad("has something else where a text belongs")
    return value


def whole(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**15:
        raise Bad("has something else where a whole number belongs")
    return value


def truth(value: Json) -> bool:
    if not isinstance(value, bool):
        raise Bad("has something else where true or false belongs")
    return value


def constant(value: Json) -> Constant:
    if value is None or isinstance(value, bool):
        return value
    match value:
        case ["n", number]:
            return _number(number)
        case ["l", label]:
            return text(label)
        case ["d", moment]:
            return Moment(_number(moment))
        case ["r", kind, key]:
            return RowKey(text(kind), text(key))
        case ["t", rows]:
            return _table(rows)
        case ["v", cells]:
            return VectorValue(tuple((text(key), _number(number)) for key, number in cells))
    raise Bad("has a constant of no known form")


def _number(value: Json) -> Value:
    try:
        return read_canonical(text(value))
    except NumberError as error:
        raise Bad(f"has a number that {error}") from None


def _table(rows: Json) -> TableValue:
    return TableValue(
        tuple(TableRow(_bound(low), _bound(high), _cells(cells), _cells(keys)) for low, high, cells, keys in rows)
    )


def _bound(value: Json) -> Value | None:
    return None if value is None else _number(value)


def _cells(value: Json) -> tuple[tuple[str, Constant], ...]:
    return tuple((text(name), _plain(constant(cell))) for name, cell in value)


def _plain(value: Constant) -> Constant:
    if isinstance(value, TableValue | VectorValue):
        raise Bad("has a table in a table")
    return value


def decode_type(value: Json, depth: int = 0) -> Type:
    if depth > _DEEPEST_TYPE:
        raise Bad("has a type that nests too deep")
    match value:
        case ["n", dimension, integer, optional]:
            return Number(None if dimension is None else _dimension(dimension), truth(integer), truth(optional))
        case ["l", choices, optional]:
            return Label(None if choices is None else tuple(text(choice) for choice in choices), truth(optional))
        case ["r", kind, optional]:
            return Row(text(kind), optional=truth(optional))
        case ["R", kind]:
            return Rows(text(kind))
        case ["t", keys, columns, said, optional]:
            return _table_type(keys, columns, said, truth(optional), depth)
        case ["V", item, kind, optional]:
            number = decode_type(item, depth + 1)
            if not isinstance(number, Number):
                raise Bad("has a vector of something else than numbers")
            return Vector(number, text(kind), truth(optional))
        case ["b", optional]:
            return Truth(truth(optional))
        case ["d", optional]:
            return Date(truth(optional))
        case ["v", optional]:
            return Nothing(truth(optional))
    raise Bad("has a type of no known form")


def _table_type(keys: Json, columns: Json, said: Json, optional: bool, depth: int) -> Table:
    told_apart = []
    for name, key in keys:
        type_ = decode_type(key, depth + 1)
        if not isinstance(type_, Number | Row | Label | Truth):
            raise Bad("has a table by something that tells no rows apart")
        told_apart.append(TableKey(text(name), type_))
    cells = tuple((text(name), decode_type(column, depth + 1)) for name, column in columns)
    single, closed, beyond, missing, default, symmetric, diagonal = said
    return Table(
        tuple(told_apart), cells, truth(single),
        _one_of(closed, BOUNDS), _one_of(beyond, ("last", "error")), _one_of(missing, (*ABSENT, "value")),
        _plain(constant(default)), truth(symmetric), _plain(constant(diagonal)), optional,
    )  # fmt: skip


def _dimension(value: Json) -> Dimension:
    factors: list[tuple[str | Unit, int]] = []
    for atom, exponent in value:
        match atom:
            case ["unit", root, *steps]:
                factors.append((Unit(Path(text(root), tuple(text(step) for step in steps))), whole(exponent)))
            case [name]:
                factors.append((text(name), whole(exponent)))
            case _:
                raise Bad("has a unit of no known form")
    return Dimension(tuple(factors))


def _kind(value: Json) -> Kind:
    name, plural, role, fields, *names = value
    key, labels, of, by = (tuple(text(name) for name in part) for part in names)
    return Kind(
        text(name), text(plural), _one_of(role, get_args(Role)), tuple(_field(field) for field in fields),
        key, labels, of, by,
    )  # fmt: skip


def _field(value: Json) -> Field:
    name, type_, origin, has_default, default = value
    return Field(
        text(name),
        decode_type(type_),
        _one_of(origin, ("parameter", "observed")),
        truth(has_default),
        constant(default),
    )


def _node(value: Json) -> Node:
    operation, shape, arguments, attributes = value
    if operation not in OPERATIONS:
        raise Bad(f"has the unknown operation `{str(operation)[:30]}`")
    read = tuple(_attribute(operation, attribute) for attribute in attributes)
    return Node(operation, tuple(whole(argument) for argument in arguments), read, text(shape))


def _attribute(operation: str, value: Json) -> Attribute:
    if operation == "constant":
        return constant(value)
    if isinstance(value, list):
        return tuple(text(label) for label in value)
    return whole(value) if isinstance(value, int) else text(value)


def _definition(value: Json) -> Definition:
    name, scope, section, node, type_, approximate = value
    kinds = tuple(text(kind) for kind in scope)
    return Definition(text(name), kinds, text(section), whole(node), decode_type(type_), truth(approximate))


def _function(value: Json) -> Function:
    name, parameters, type_, node = value
    types = tuple((text(parameter), decode_type(given)) for parameter, given in parameters)
    return Function(text(name), types, decode_type(type_), whole(node))


def _pieces(value: Json) -> tuple[Piece, ...]:
    return tuple(Piece(text(words), whole(number), text(format_)) for words, number, format_ in value)


def _origin(value: Json) -> Origin:
    span, words, about, source, effective = value
    return Origin(_span(span), text(words), text(about), text(source), _instant(effective))


def _span(value: Json) -> Span:
    file, line, column, end_line, end_column = value
    if text(file).startswith("/") or ".." in text(file).split("/"):
        raise Bad("names a file outside its own folder")
    return Span(text(file), whole(line), whole(column), whole(end_line), whole(end_column))


def _key(value: Json) -> tuple[str, str, str]:
    kind, row, field = value
    return text(kind), text(row), text(field)


def _instant(value: Json) -> int | None:
    return None if value is None else whole(value)


def _one_of(value: Json, choices: tuple[Any, ...]) -> Any:
    if value not in choices:
        raise Bad(f"has `{str(value)[:30]}` where one of {', '.join(choices)} belongs")
    return value
