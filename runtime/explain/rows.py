"""Aggregations: one step for each row that counts, or a single line where the rows rest on the snapshot alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...program.number import Value, total
from ...program.types import Number
from ..exact.failure import Failure
from ..exact.rows import Row
from ..exact.tables import Entry
from .figures import briefly, operand
from .neutral import is_one
from .parts import Body, Here
from .roots import told_apart
from .tree import Step

if TYPE_CHECKING:
    from .walk import Walk

LISTED, CUT = 20, 12
"""More rows than the first are cut to the second."""
_NEXT = 5
"""Rows of a smallest or largest that are listed, itself among them."""
_IN_LINE, _IN_LONG_LINE = 4, 2
_SIZES = {"min": "smallest", "max": "largest", "argmin": "least", "argmax": "most"}


@dataclass(frozen=True, slots=True)
class One:
    """A row that the aggregation takes, and what it takes from it."""

    row: Any
    here: Here
    value: Any
    error: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows by what they give, what matters most first; `passing` passed the condition, `seen` were looked at."""

    ones: tuple[One, ...]
    passing: int
    seen: int


def counted(walk: Walk, node: int, here: Here) -> Counted:
    """Raises Failure where the collection itself fails; a row that fails counts, with its error."""
    function, slot = _function(walk, node), int(str(walk.nodes[node].attributes[1]))
    source, body, where = walk.nodes[node].arguments
    table = walk.reader.table(source, here.place)
    rows = walk.reader.value(source, here.place)
    outside = told_apart(walk.reader, here.place, node)
    passing: list[One] = []
    for row in rows:
        place = outside.bind(slot, row, table)
        inside = Here(place, here.depth + 1, row.key if isinstance(row, Row) else here.key)
        try:
            if walk.reader.value(where, place):
                value = None if function == "count" else walk.reader.value(body, place)
                passing.append(One(row, inside, value))
        except Failure as failure:
            passing.append(One(row, inside, None, walk.told(failure)))
    ones = [one for one in passing if one.error or one.value is not None]
    if function == "sum":
        ones = [one for one in ones if one.error or one.value != 0]
    failed = [one for one in ones if one.error]
    numbers = [one for one in ones if isinstance(one.value, Value)]
    if function in ("min", "argmin"):
        numbers.sort(key=lambda one: one.value)
    else:
        numbers.sort(key=(lambda one: abs(one.value)) if function == "sum" else (lambda one: one.value), reverse=True)
    truths = [one for one in ones if isinstance(one.value, bool)]
    return Counted((*failed, *numbers, *truths), len(passing), len(rows))


def reduction(walk: Walk, node: int, here: Here) -> Step:
    """An aggregation as a step of its own; where one row is all there is, that row's step."""
    body = walk.nodes[node].arguments[1]
    simple = walk.nodes[body].operation in ("read", "load")
    plural, function = _plural(walk, node), _function(walk, node)
    name = walk.words.name(body, here.place).rpartition(".")[2]
    folds = walk.folds(walk.reader.ruled(node, here.place))
    if not folds and simple and function == "sum":
        try:
            found = counted(walk, node, here)
        except Failure:
            found = Counted((), 0, 0)
        if len(found.ones) == 1 and isinstance(found.ones[0].row, Row):
            one = found.ones[0]
            return row_step(walk, body, one, f"{name} of {one.row.name}")
    label = name if simple and function == "sum" else f"{function} of {plural}"
    inside = replace(here, depth=here.depth + 1)
    return walk.value_step(node, inside, label, walk.folded if folds else walk.body)


def reduced(walk: Walk, node: int, here: Here) -> Body:
    """The rows of an aggregation. Raises Failure."""
    function = _function(walk, node)
    found = counted(walk, node, here)
    body = walk.nodes[node].arguments[1]
    if function in ("any", "all"):
        return _decided(walk, node, found)
    if function == "count":
        return Body(_told(walk, node, found, here))
    if found.ones and isinstance(found.ones[0].row, Entry):
        return _tiers(walk, node, found, here)
    alone = _alone(walk, body, found) if function == "sum" and not walk.full else None
    if alone is not None:
        return alone
    if function in _SIZES:
        return Body(_told(walk, node, found, here), _ranked(walk, body, found.ones))
    listed = found.ones if len(found.ones) <= LISTED else found.ones[:CUT]
    steps = [row_step(walk, body, one, _key(one.row)) for one in listed]
    rest = found.ones[len(listed) :]
    if rest:
        steps.append(_rest(function, rest, steps[0]))
    return Body(_told(walk, node, found, here), once(steps))


def _ranked(walk: Walk, body: int, ones: Sequence[One]) -> tuple[Step, ...]:
    """Of a smallest or largest the row that is it, with all below; the next ones in a line each."""
    steps = [row_step(walk, body, one, _key(one.row)) for one in ones[:1]]
    before, walk.one_line = walk.one_line, True
    try:
        steps += [row_step(walk, body, one, _key(one.row)) for one in ones[1:_NEXT]]
    finally:
        walk.one_line = before
    if len(ones) > _NEXT:
        steps.append(Step(f"{len(ones) - _NEXT} more", None))
    return once(steps)


def _alone(walk: Walk, body: int, found: Counted) -> Body | None:
    """Where one row gives all, and it is one definition's value as it stands, that definition in the sum's place."""
    if len(found.ones) != 1 or found.ones[0].error or walk.nodes[body].operation == "read":
        return None
    one = found.ones[0]
    counting = [o for o in walk.operands(body, one.here) if not is_one(walk.reader, body, o, one.here)]
    if len(counting) != 1 or walk.nodes[counting[0]].operation != "read":
        return None
    try:
        if walk.reader.value(counting[0], one.here.place) != one.value:
            return None
    except Failure:
        return None
    step = walk.operand(counting[0], one.here)
    whole = not step.repeated and not step.cut and not step.error
    return Body(step.note, step.children, step.because) if whole else None


def row_step(walk: Walk, body: int, one: One, label: str) -> Step:
    """What one row gives."""
    found = walk.nodes[body]
    if found.operation == "read":
        try:
            rows = walk.reader.rows_of_read(found, one.here.place)
            if None in rows:
                return Step(label, None, note="no such row")
            return walk.definition(int(str(found.attributes[0])), rows, label, one.here.depth, one.here.key)
        except Failure as failure:
            return Step(label, None, error=walk.told(failure))
    if found.operation == "load":
        return walk.field(body, one.here, label)
    folds = walk.folds(walk.reader.ruled(body, one.here.place)) and not isinstance(one.row, Entry)
    return walk.value_step(body, one.here, label, walk.folded if folds else walk.body)


def in_one_line(walk: Walk, node: int, here: Here) -> str:
    """`14 positions: WLD 843.47, LIT 810.41, 12 more`. Raises Failure."""
    found = counted(walk, node, here)
    function = _function(walk, node)
    numbers = [one for one in found.ones if isinstance(one.value, Value)]
    if function not in ("sum", "min", "max") or not numbers:
        return _told(walk, node, found, here)
    if len(numbers) == 1 and isinstance(numbers[0].row, Entry):
        return walk.words.calculated(walk.nodes[node].arguments[1], numbers[0].here.place)
    dimension = walk.reader.dimension(node, here.place)
    shown = numbers[: _IN_LINE if len(numbers) <= _IN_LINE else _IN_LONG_LINE]
    told = [f"{_key(one.row)} {briefly(one.value, dimension)}" for one in shown]
    rest = len(numbers) - len(shown)
    if not rest:
        return ", ".join(told)
    return f"{len(numbers)} {_plural(walk, node)}: {', '.join((*told, f'{rest} more'))}"


def _tiers(walk: Walk, node: int, found: Counted, here: Here) -> Body:
    """Rows of a table: one slice in the note, several as children, then what the table was asked."""
    source, body, _ = walk.nodes[node].arguments
    asked = [one for argument in walk.nodes[source].arguments[1:] for one in walk.operands(argument, here)]
    below = [walk.operand(one, here) for one in asked if not walk.folds(walk.reader.ruled(one, here.place))]
    place = _table_place(walk, source, here)
    if len(found.ones) == 1 and not found.ones[0].error:
        one = found.ones[0]
        inside = walk.body(body, one.here)
        cells = one.row.cells
        several = "from" not in cells or cells["to"] is not None or cells["from"] != 0
        tier = f", {_piece(walk, source)} {_key(one.row)}" if several else ""
        return Body(f"{inside.note}{tier}{place}", (*inside.children, *below), inside.because)
    steps = [row_step(walk, body, one, f"{_piece(walk, source)} {_key(one.row)}") for one in found.ones]
    return Body(f"{_told(walk, node, found, here)}{place}", once([*steps, *below]))


def _piece(walk: Walk, source: int) -> str:
    return "slice" if walk.nodes[source].operation == "slices" else "row"


def _table_place(walk: Walk, source: int, here: Here) -> str:
    table = walk.nodes[source].arguments[:1]
    load = walk.nodes[table[0]] if table else None
    if load is None or load.operation != "load":
        return ""
    row = walk.reader.row(load.arguments[0], here.place) if load.arguments else None
    origin = walk.sources.parameter_origin(row, str(load.attributes[0]), str(load.attributes[1]))
    told = walk.sources.place(origin) if origin is not None else ""
    return f" ({told})" if told else ""


def _decided(walk: Walk, node: int, found: Counted) -> Body:
    function, plural = _function(walk, node), _plural(walk, node)
    deciding = next((one for one in found.ones if not one.error and bool(one.value) == (function == "any")), None)
    if deciding is None:
        return Body(f"{'holds' if function == 'all' else 'does not hold'} for all of {found.passing} {plural}")
    step = row_step(walk, walk.nodes[node].arguments[1], deciding, _key(deciding.row))
    return Body(f"{'holds' if function == 'any' else 'does not hold'} for {_key(deciding.row)}", (step,))


def _rest(function: str, rest: Sequence[One], like: Step) -> Step:
    label = f"{len(rest)} more"
    if function != "sum" or any(one.error for one in rest):
        return Step(label, None, cut=True)
    type_ = like.type if isinstance(like.type, Number) else None
    return Step(label, total([one.value for one in rest]), type_, note="the smaller ones together")


def once(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same reason is told for the first of several rows, and where a row would say nothing else."""
    told: set[str] = set()
    result = []
    for step in steps:
        silent = not step.note and not step.children  # without its reason
        result.append(replace(step, because="") if step.because in told and not silent else step)
        told.add(step.because)
    return tuple(result)


def _told(walk: Walk, node: int, found: Counted, here: Here) -> str:
    """`4 of 18 positions, margin is cross`."""
    where = walk.nodes[node].arguments[2]
    function, plural = _function(walk, node), _plural(walk, node, found.seen)
    always = walk.reader.is_constant(where, True)
    number = len(found.ones) if always and function == "sum" else found.passing
    told = f"{number} {plural}" if number == found.seen else f"{number} of {found.seen} {plural}"
    if number == 1 and function in _SIZES:
        only = f"the only {plural}" if found.seen == 1 else f"the only one of {found.seen} {plural}"
        return only + ("" if always else f", {_filter(walk, where, here)}")
    if not found.seen:
        told = f"no {plural}"
    if function in _SIZES and found.ones:
        told = f"{_SIZES[function]} of {told}"
    return told if always or not found.seen else f"{told}, {_filter(walk, where, here)}"


def _filter(walk: Walk, where: int, here: Here) -> str:
    """The condition in words, else as the rules write it."""
    simple = walk.reasons.filter_text(where, here.place)
    if simple:
        return simple
    origin = walk.program.origins.definitions.get(here.place.definition)
    text = " ".join(origin.text.split()) if origin is not None else ""
    _, found, condition = text.partition(" where ")
    if found and " where " not in condition:
        surplus = condition.count(")") - condition.count("(")
        if condition.endswith(")" * surplus):
            return condition[: len(condition) - surplus]
    return walk.words.named(where, here.place) or "where its condition holds"


def _plural(walk: Walk, node: int, number: int = 2) -> str:
    source = walk.nodes[walk.nodes[node].arguments[0]]
    if source.operation in ("all", "members"):
        kind = walk.program.kinds[str(source.attributes[0])]
        return kind.name if number == 1 else kind.plural or kind.name
    one = "slice" if source.operation == "slices" else "row"
    return one if number == 1 else f"{one}s"


def _function(walk: Walk, node: int) -> str:
    return str(walk.nodes[node].attributes[0])


def _key(row: Any) -> str:
    if isinstance(row, Row):
        return row.name
    if not isinstance(row, Entry) or "from" not in row.cells or "," in row.key:
        return str(row.key)
    low, high = operand(row.cells["from"], None), row.cells["to"]
    return f"from {low}" if high is None else f"{low} to {operand(high, None)}"
