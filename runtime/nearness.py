"""How far an account is from the worst status: the sides of the comparisons that decide it, as outputs of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from ..program.codec import sealed
from ..program.dimension import RATIO
from ..program.program import Definition, Node, Output, Program
from ..program.types import Number, Truth, Type

_MOST = 32
"""Operations of a condition that are looked through; what lies deeper is true or false and no distance."""


@dataclass(frozen=True, slots=True)
class Near:
    """How a condition's distance comes about: negative where it holds.

    kind     less: of its two outputs, the left less the right, as a share of the larger; true: of its one output,
             without a measure; all: the largest of its parts; any: the least; not: the other way round
    columns  names of outputs
    """

    kind: Literal["less", "true", "all", "any", "not"]
    columns: tuple[str, ...] = ()
    parts: tuple[Near, ...] = ()


def with_nearness(program: Program) -> tuple[Program, Near] | None:
    """The program with outputs that tell how far an account is from the worst status; None without a ladder.

    What a condition would not look at is none there, so nothing can fail that did not fail before.
    """
    if len(program.ladder) < 2 or program.ladder[0].definition < 0:
        return None
    builder = _Builder(program)
    near = builder.near(program.definitions[program.ladder[0].definition].node, None)
    numbers = range(len(program.definitions), len(program.definitions) + len(builder.definitions))
    return (
        sealed(
            replace(
                program,
                nodes=(*program.nodes, *builder.nodes),
                definitions=(*program.definitions, *builder.definitions),
                outputs=(*program.outputs, *(Output(number, "") for number in numbers)),
            )
        ),
        near,
    )


@dataclass(slots=True)
class _Builder:
    program: Program
    nodes: list[Node] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    steps: int = 0

    def near(self, number: int, guard: int | None) -> Near:
        """The distance of a truth that is only looked at where `guard` holds."""
        self.steps += 1
        node = self.node(number)
        if self.steps > _MOST:
            return Near("true", (self.output(number, guard, Truth(optional=True)),))
        match node.operation:
            case "less" | "less_equal" if all(self.node(side).shape == "n" for side in node.arguments):
                sides = tuple(self.output(side, guard, Number(RATIO, optional=True)) for side in node.arguments)
                return Near("less", sides)
            case "not":
                return Near("not", parts=(self.near(node.arguments[0], guard),))
            case "read" if self.program.definitions[int(str(node.attributes[0]))].scope == ("account",):
                return self.near(self.program.definitions[int(str(node.attributes[0]))].node, guard)
            case "select" if self.constant(node.arguments[2]) is False:
                first, second, _ = node.arguments
                return Near("all", parts=(self.near(first, guard), self.near(second, self.both(guard, first))))
            case "select" if self.constant(node.arguments[1]) is True:
                first, _, second = node.arguments
                otherwise = self.added("not", (first,), (), "b")
                return Near("any", parts=(self.near(first, guard), self.near(second, self.both(guard, otherwise))))
            case _:
                return Near("true", (self.output(number, guard, Truth(optional=True)),))

    def node(self, number: int) -> Node:
        known = len(self.program.nodes)
        return self.program.nodes[number] if number < known else self.nodes[number - known]

    def constant(self, number: int) -> object:
        node = self.node(number)
        return node.attributes[0] if node.operation == "constant" else ()

    def added(self, operation: str, arguments: tuple[int, ...], attributes: tuple[bool | None, ...], shape: str) -> int:
        self.nodes.append(Node(operation, arguments, attributes, shape))
        return len(self.program.nodes) + len(self.nodes) - 1

    def both(self, guard: int | None, other: int) -> int:
        if guard is None:
            return other
        return self.added("select", (guard, other, self.added("constant", (), (False,), "b")), (), "b")

    def output(self, number: int, guard: int | None, type_: Type) -> str:
        """A new output of the account, none where the guard does not hold; its name has a blank, as no other has."""
        if guard is not None:
            none = self.added("constant", (), (None,), "v")
            number = self.added("select", (guard, number, none), (), self.node(number).shape)
        name = f"near {len(self.definitions)}"
        self.definitions.append(Definition(name, ("account",), "formulas", number, type_))
        return name
