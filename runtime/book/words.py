"""Numbers for the words of labels: machine code compares numbers, people read words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...program.program import Constant, Program, TableValue
from ...program.types import Label, Table, Type


class Texts:
    """Every text has one number, from 0 without gaps; a text met later follows those before it."""

    def __init__(self, texts: Iterable[str]):
        self.texts = list(texts)
        self._numbers = {text: number for number, text in enumerate(self.texts)}
        self.fixed = len(self.texts)
        """How many there were at first."""

    def __len__(self) -> int:
        return len(self.texts)

    def number(self, text: str) -> int:
        """The number of a text; a new one for a new text."""
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


class Words(Texts):
    """The words of labels, shared by all columns of a book.

    The words of the program come first, in their order as text, so that machine code made for it may name them.
    """

    def __init__(self, program: Program):
        super().__init__(sorted(set(_words(program))))


def _words(program: Program) -> Iterator[str]:
    """Every word that the program itself names: choices of types, constants, and the values of parameters."""
    for kind in program.kinds.values():
        for field in kind.fields:
            yield from _of_type(field.type)
            yield from _of_value(field.default, field.type)
    for name, rows in program.parameters.items():
        types = {field.name: field.type for field in program.kinds[name].fields}
        for row in rows.values():
            for name_, value in row.items():
                yield from _of_value(value, types.get(name_))
    for definition in program.definitions:
        yield from _of_type(definition.type)
    for function in program.functions:
        for type_ in (function.type, *(type_ for _, type_ in function.parameters)):
            yield from _of_type(type_)
    for node in program.nodes:
        if node.operation == "constant" and node.shape.startswith("l"):
            yield from _texts(node.attributes)
        elif node.operation == "member":
            yield from _texts(*(value if isinstance(value, tuple) else (value,) for value in node.attributes))


def _of_type(type_: Type) -> Iterator[str]:
    match type_:
        case Label(choices=tuple() as choices):
            yield from choices
        case Table(keys=keys, columns=columns):
            for inner in (*(key.type for key in keys), *(column for _, column in columns)):
                yield from _of_type(inner)
        case _:
            return


def _of_value(value: Constant, type_: Type | None) -> Iterator[str]:
    if isinstance(value, str) and isinstance(type_, Label):
        yield value
    elif isinstance(value, TableValue):
        for row in value.rows:
            yield from _texts(cell for _, cell in (*row.cells, *row.keys))


def _texts(*groups: Iterable[object]) -> Iterator[str]:
    return (value for group in groups for value in group if isinstance(value, str))
