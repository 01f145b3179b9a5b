"""`min`, `max` and `clamp`: which of the values binds, and what the others would have been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...program.number import Value
from .figures import briefly
from .parts import Body, Here

if TYPE_CHECKING:
    from .walk import Walk

_SIMPLE = frozenset({"read", "load", "reduce", "argument"})


def bounded(walk: Walk, node: int, here: Here) -> Body:
    """Raises Failure."""
    found = walk.nodes[node]
    if found.operation == "clamp":
        return _clamped(walk, found.arguments, here)
    values = [walk.reader.value(argument, here.place) for argument in found.arguments]
    present = [(value, argument) for value, argument in zip(values, found.arguments, strict=True) if value is not None]
    if not present:
        return Body("nothing to compare, all of them are none")
    best = present[0]
    for one in present[1:]:
        if one[0] < best[0] if found.operation == "minimum" else one[0] > best[0]:
            best = one
    others = [one for one in present if one[1] != best[1]]
    if walk.reader.constant(best[1]):
        told = "; ".join(f"{_named(walk, one, here)} is {_figure(walk, one, value, here)}" for value, one in others)
        binds = f"{walk.words.named(best[1], here.place)} binds; {told}" if told else ""
        return Body(binds, _children(walk, others, here))
    inner = _inside(walk, best[1], here)
    if all(walk.reader.constant(argument) for _, argument in others):
        return Body(walk.words.named(node, here.place) if others else inner.note, inner.children, inner.because)
    if not any(walk.reader.ruled(argument, here.place) or walk.reader.constant(argument) for _, argument in present):
        told = _compared(walk, found.operation, best, others, here)
        return Body(f"{inner.note or _named(walk, best[1], here)}; {told}", inner.children, inner.because)
    if len(present) == 2 and others[0][1] == found.arguments[1] and _is_cap(walk, best[1]):
        told = f"{_named(walk, best[1], here)} binds; without it {_figure(walk, others[0][1], others[0][0], here)}"
        return Body(told, (*inner.children, *_children(walk, others, here)))
    told = "; ".join(
        f"{_known(walk, argument, value, here)}{_line(walk, argument, here)} does not bind"
        for value, argument in others
    )
    return Body(told, inner.children, inner.because)


def _clamped(walk: Walk, arguments: tuple[int, ...], here: Here) -> Body:
    subject, low, high = arguments
    value, floor, cap = (walk.reader.value(argument, here.place) for argument in arguments)
    figure = _figure(walk, subject, value, here)
    above = cap is not None and value > cap
    if cap is not None and (above or (floor is not None and floor > cap)):
        told = f"cap {_figure(walk, high, cap, here)}{_line(walk, high, here)}, of {figure}"
        return Body(told, _children(walk, [(cap, high), (value, subject)], here))
    if floor is not None and value < floor:
        told = f"floor {_figure(walk, low, floor, here)}{_line(walk, low, here)}"
        told += f"; {_named(walk, subject, here)} is {figure}"
        return Body(told, _children(walk, [(floor, low), (value, subject)], here))
    bound = "no cap" if cap is None else f"cap {_figure(walk, high, cap, here)}{_line(walk, high, here)}"
    return Body(f"all of it; {bound}", _children(walk, [(value, subject)], here))


def _inside(walk: Walk, node: int, here: Here) -> Body:
    """The value that binds, explained in its parent's place; a definition keeps its own line."""
    if walk.nodes[node].operation in ("read", "load"):
        return Body("", (walk.operand(node, here),))
    return walk.body(node, here)


def _children(walk: Walk, values: list[tuple[Any, int]], here: Here) -> tuple[Any, ...]:
    """What the rules have a say in, among what these values are made of."""
    operands = [one for _, node in values for one in walk.operands(node, here)]
    kept = [one for one in dict.fromkeys(operands) if not walk.folds(walk.reader.ruled(one, here.place))]
    return tuple(walk.operand(one, here) for one in kept)


def _compared(walk: Walk, found: str, best: tuple[Any, int], others: list[tuple[Any, int]], here: Here) -> str:
    """`smaller than oracle 10`, of values none of which is a bound by the rules."""
    word = "smaller" if found == "minimum" else "larger"
    told = [
        f"{'as large as' if value == best[0] else f'{word} than'} {_known(walk, one, value, here)}"
        for value, one in others
    ]
    return " and ".join(told)


def _is_cap(walk: Walk, node: int) -> bool:
    return walk.nodes[node].operation in _SIMPLE


def _figure(walk: Walk, node: int, value: Any, here: Here) -> str:
    return briefly(value, walk.reader.dimension(node, here.place)) if isinstance(value, Value) else "none"


def _known(walk: Walk, node: int, value: Any, here: Here) -> str:
    figure = _figure(walk, node, value, here)
    if walk.reader.constant(node):
        return figure
    sign = "" if walk.nodes[node].operation in _SIMPLE else "= "
    return f"{_named(walk, node, here)} {sign}{figure}"


def _named(walk: Walk, node: int, here: Here) -> str:
    found = walk.nodes[node]
    if found.operation in _SIMPLE - {"reduce"}:
        return walk.words.name(node, here.place)
    return walk.words.named(node, here.place) or ("the sum" if found.operation == "reduce" else "the other")


def _line(walk: Walk, node: int, here: Here) -> str:
    """Where a bounding parameter was written."""
    found = walk.nodes[node]
    if found.operation != "load":
        return ""
    row = walk.reader.row(found.arguments[0], here.place) if found.arguments else None
    origin = walk.sources.parameter_origin(row, str(found.attributes[0]), str(found.attributes[1]))
    place = walk.sources.place(origin) if origin is not None else ""
    return f" ({place})" if place else ""
