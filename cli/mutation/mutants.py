"""Every mutant of one rule file: its expressions, numbers, tiers, cases, statuses and amendments, one slip each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ...compiler.rulebook import Layer, ParameterText, RuleFile
from ...compiler.rulebook.layers import read_layers
from ...compiler.rulebook.texts import DefinitionText, FunctionText, LayerText
from ...compiler.source import Entry, Mapping, Node, Scalar, Sequence, SourceFile
from ...compiler.syntax import Expression, parse_expression
from ...program.literal import instant
from ...program.number import NumberError, canonical, read_number
from .cuts import without_entry, without_item, without_lines
from .operators import other_numbers, slips

_NUMBER = re.compile(r"(\s*)(\d[\d_]*(?:\.\d+)?)(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a mutant is in, so that only cases that compute it are run.

    what   `definition`, `function`, `rung`, `parameter`, `default`, or `amendment`
    key    scope and name of a definition, name of a function, place of a rung, plural, row and field of a parameter,
           plural and field of a default, instant of an amendment
    """

    what: str
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutant:
    """One slip: `after` stands from `start` to `end` instead of `before`.

    name     of what it is in, as people call it
    values   whether nothing but values of parameters changes, so that the definitions need no second check
    """

    operator: str
    start: int
    end: int
    before: str
    after: str
    line: int
    name: str
    touched: Touched
    values: bool = False

    def applied(self, text: str) -> str:
        return text[: self.start] + self.after + text[self.end :]

    @property
    def told(self) -> str:
        """Both texts on one line."""
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"`{_cut(before)}` left out" if not after else f"`{_cut(before)}` is `{_cut(after)}`"


def _cut(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:88]} ..."


def mutants_of(file: RuleFile) -> list[Mutant]:
    """All of them, in the order of the file."""
    layers, _ = read_layers(file.source, file.root, file.prefix)
    found = [mutant for layer in layers for mutant in _of_layer(layer)]
    found += _of_amendments(file)
    unique = {(m.start, m.end, m.after): m for m in found if m.after != m.before}
    return sorted(unique.values(), key=lambda m: (m.start, m.end, m.operator, m.after))


def _of_layer(text: LayerText) -> Iterator[Mutant]:
    for definition in text.definitions:
        scope, name = definition.key
        touched = Touched("definition", (*scope, name))
        called = ".".join((*(kind for kind in scope if kind != "account"), name))
        yield from _of_definition(definition, called, touched)
        if definition.section == "haircuts" and definition.expression is not None:
            yield _whole(definition.layer.file, definition.expression, "0%", "a haircut left out", called, touched)
    for function in text.functions:
        name = function.layer.named(function.name.text)
        yield from _of_definition(function, f"{name}()", Touched("function", (name,)))
    yield from _of_ladder(text)
    for parameter in text.parameters:
        yield from _of_parameter(parameter)
    for kind in text.kinds:
        for field in kind.fields:
            if isinstance(field.value, Scalar) and "=" in field.value.text:
                yield from _of_default(field.layer, field.value, (kind.plural, field.name.text))


def _of_definition(text: DefinitionText | FunctionText, name: str, touched: Touched) -> Iterator[Mutant]:
    file = text.layer.file
    scalars = [text.expression] if text.expression is not None else [part for case in text.cases for part in case]
    for scalar in scalars:
        if scalar is not None:
            yield from _of_expression(file, scalar, name, touched)
    for when, _ in text.cases[:-1]:
        if when is not None:
            item = _item_at(file, when)
            if item is not None:
                yield _made(file, "a case left out", *without_lines(file, item), name, touched)


def _of_expression(file: SourceFile, scalar: Scalar, name: str, touched: Touched) -> Iterator[Mutant]:
    expression = parse_expression(file, scalar)
    if not isinstance(expression, Expression):
        return
    for operator, node, after in slips(expression):
        if expression.base is not None:
            start, end = expression.base + node.start, expression.base + node.end
            yield _made(file, operator, start, end, after, name, touched)
        else:  # quotes with escapes: all of the scalar is written anew
            text = expression.text[: node.start] + after + expression.text[node.end :]
            yield _whole(file, scalar, "'" + text.replace("'", "''") + "'", operator, name, touched)


def _of_ladder(text: LayerText) -> Iterator[Mutant]:
    ladder = text.ladder or ()
    for position, rung in enumerate(ladder):
        file, touched = rung.layer.file, Touched("rung", (str(position),))
        name = f"status {rung.name.text}"
        if rung.when is None:
            continue
        yield from _of_expression(file, rung.when, name, touched)
        item = _item_at(file, rung.name)
        if item is not None and len(ladder) > 1:
            yield _made(file, "a status left out", *without_lines(file, item), name, touched)


# ---- values


def _of_parameter(text: ParameterText) -> Iterator[Mutant]:
    yield from _of_value(text.layer, text.value, (text.name,))


def _of_value(layer: Layer, node: Node, path: tuple[str, ...]) -> Iterator[Mutant]:
    """The numbers and truths under a parameter, and the rows of tables."""
    name, touched = ".".join(path), Touched("parameter", path[:3])
    if isinstance(node, Scalar):
        after = other_text(node.text)
        if after is not None and not node.style:
            yield _whole(layer.file, node, after, "a number one per cent off", name, touched, values=True)
    elif isinstance(node, Mapping):
        told = node.get("value")
        if told is not None and set(dict(node.items())) <= {"value", "source", "about"}:
            yield from _of_value(layer, told.value, path)
            return
        for entry in node.entries:
            yield from _of_value(layer, entry.value, (*path, entry.key.text))
    else:
        for number, item in enumerate(node.items):
            if isinstance(item, Mapping):
                for entry in item.entries:
                    yield from _of_value(layer, entry.value, path)
                if len(node.items) > 1:
                    cut = without_item(layer.file, node, number)
                    yield _made(layer.file, "a tier left out", *cut, name, touched, values=True)


def other_text(text: str) -> str | None:
    """Another number of the same kind for a value of a parameter, the other truth; None for words, dates and none."""
    if text in ("true", "false"):
        return "false" if text == "true" else "true"
    found = _NUMBER.match(text.lstrip("-"))
    if found is None:
        return None
    sign, suffix = "-" if text.startswith("-") else "", found[3]
    if re.match(r"\s*[-:T]\d|\s*[A-Za-z0-9]*[A-Za-z]+\d", suffix):  # a date, an instant, a name
        return None
    try:
        value = read_number(found[2].replace("_", ""))
    except NumberError:
        return None
    for other in other_numbers(value, True):
        return f"{sign}{canonical(other)}{suffix}"
    return None


def whole_number(mutant: Mutant) -> Mutant | None:
    """The same slip as one more instead of one per cent more: for what is counted in whole numbers."""
    try:
        after = canonical(read_number(mutant.before.replace("_", "")) + Decimal(1))
    except NumberError:
        return None
    return Mutant(
        "a whole number one off", mutant.start, mutant.end, mutant.before, after, mutant.line, mutant.name,
        mutant.touched, mutant.values,
    )  # fmt: skip


def _of_default(layer: Layer, scalar: Scalar, key: tuple[str, str]) -> Iterator[Mutant]:
    _, equals, default = scalar.text.rpartition("=")
    after = other_text(default.strip())
    if equals and after is not None and not scalar.style:
        start = scalar.end - len(default.lstrip())
        touched = Touched("default", key)
        yield _made(layer.file, "a default off", start, scalar.end, after, f"default of {key[1]}", touched)


# ---- amendments


def _of_amendments(file: RuleFile) -> Iterator[Mutant]:
    entry = file.root.get("amendments")
    if entry is None or not isinstance(entry.value, Sequence):
        return
    items = entry.value.items
    for number, item in enumerate(items):
        effective = item.get("effective") if isinstance(item, Mapping) else None
        if effective is None or not isinstance(effective.value, Scalar):
            continue
        about = f"amendment of {effective.value.text}"
        touched = Touched("amendment", (str(instant(effective.value.text)),))
        if len(items) == 1:
            cut = without_entry(file.source, file.root, entry)
        else:
            cut = without_item(file.source, entry.value, number)
        yield _made(file.source, "an amendment left out", *cut, about, touched)


# ---- making


def _whole(
    file: SourceFile, scalar: Scalar, after: str, operator: str, name: str, touched: Touched, values: bool = False
) -> Mutant:
    if scalar.style in ("|", ">"):
        indent = " " * (file.span_of(scalar).column + 1)
        after = f">-\n{indent}{after}"
    return _made(file, operator, scalar.start, scalar.end, after, name, touched, values)


def _made(
    file: SourceFile, operator: str, start: int, end: int, after: str, name: str, touched: Touched, values: bool = False
) -> Mutant:
    line = file.span(start, end).line
    return Mutant(operator, start, end, file.text[start:end], after, line, name, touched, values)


def _item_at(file: SourceFile, scalar: Scalar) -> tuple[int, int] | None:
    """Begin and end of the block list item whose mapping a scalar stands in, by its lines."""
    from ...compiler.source import parse_source

    _, root, _ = parse_source(file.text, file.name)
    waiting: list[Node] = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            for item in node.items:
                if isinstance(item, Mapping) and not node.flow and any(_is(e, scalar) for e in item.entries):
                    return item.start, item.end
            waiting += node.items
        elif isinstance(node, Mapping):
            waiting += [entry.value for entry in node.entries]
    return None


def _is(entry: Entry, scalar: Scalar) -> bool:
    return (entry.value.start, entry.value.end) == (scalar.start, scalar.end)
