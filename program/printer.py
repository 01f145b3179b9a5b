"""A program printed to be read: definitions, then every operation on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator

from .literal import instant_text
from .number import canonical
from .program import Attribute, Constant, Definition, Moment, Node, Program, RowKey, TableValue, VectorValue


def print_program(program: Program) -> str:
    """Operations in the order in which they are computed, each named `%number`, behind it the definitions it is of."""
    return "".join(f"{line}\n" for line in _lines(program))


def _lines(program: Program) -> Iterator[str]:
    yield f"rulebook {program.rulebook}, numeraire {program.numeraire}"
    yield f"valid {_bound(program.valid[0])} to {_bound(program.valid[1])}"
    yield f"program {program.hash}"
    yield f"code {program.code_hash}"
    yield ""
    owners: dict[int, list[str]] = {}
    for definition in program.definitions:
        owners.setdefault(definition.node, []).append(_heading(definition))
    for function in program.functions:
        owners.setdefault(function.node, []).append(f"function {function.name}: {function.type}")
    width = len(str(len(program.nodes)))
    for number, node in enumerate(program.nodes):
        text = f"%{number:<{width}} = {_operation(program, node)}"
        yield f"{text:<72} ; {', '.join(owners[number])}" if number in owners else text
    yield ""
    for rung in program.ladder:
        yield f"status {rung.name}" + (f" when {_name(program, rung.definition)}" if rung.definition >= 0 else "")
    for output in program.outputs:
        yield f"output {_name(program, output.definition)} as {output.label}"


def _operation(program: Program, node: Node) -> str:
    attributes = [_attribute(program, node, attribute) for attribute in node.attributes]
    arguments = [f"%{argument}" for argument in node.arguments]
    return " ".join([node.operation, *attributes, *arguments, f": {node.shape}"])


def _attribute(program: Program, node: Node, attribute: Attribute) -> str:
    if node.operation == "read" and isinstance(attribute, int):
        return _name(program, attribute)
    if node.operation == "call" and isinstance(attribute, int):
        return program.functions[attribute].name
    if node.operation in ("index", "argument"):
        return f"#{attribute}"
    if isinstance(attribute, tuple):
        return "{" + ", ".join(attribute) + "}"
    if isinstance(attribute, int) and not isinstance(attribute, bool):
        return str(attribute)
    if node.operation != "constant":
        return str(attribute) or "rules"
    return _constant(attribute)


def _constant(value: Constant) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case Moment(seconds=seconds):
            return canonical(seconds) + "s"
        case RowKey(kind=kind, key=key):
            return f'{kind}("{key}")'
        case TableValue(rows=rows):
            return f"table of {len(rows)}"
        case VectorValue(cells=cells):
            return f"vector of {len(cells)}"
        case _:
            return canonical(value)


def _heading(definition: Definition) -> str:
    return f"{definition.section} {definition.full_name}: {definition.type}"


def _name(program: Program, definition: int) -> str:
    return program.definitions[definition].full_name.replace(" ", "_")


def _bound(instant: int | None) -> str:
    return "unbounded" if instant is None else instant_text(instant)
