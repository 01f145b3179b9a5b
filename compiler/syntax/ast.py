"""The expression tree: frozen nodes that know where they stand in their text.

`start` and `end` are offsets into the expression's own text and do not take part in equality, so that two
expressions are equal when they mean the same tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...program.number import Value


@dataclass(frozen=True, slots=True)
class Node:
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """`1_000`, `95%`, `20 USDC`, `5% per year`: the number as written, then its suffix and its `per`."""

    value: Value
    suffix: str = ""
    per: str = ""


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A label: `"cross"`."""

    text: str


@dataclass(frozen=True, slots=True)
class Day(Node):
    """A date: `2026-08-17`."""

    text: str


@dataclass(frozen=True, slots=True)
class Truth(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Nothing(Node):
    """`none`."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`owner.name`."""

    owner: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function's value, a row by its key, or a table's cell."""

    callee: Expr
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Binder(Node):
    """`for name in collection`."""

    name: str
    collection: Expr


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """`function(body for p in positions where condition)`."""

    function: Expr
    body: Expr
    binders: tuple[Binder, ...]
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Negate(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left operator right` with one of + - * /."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Power(Node):
    base: Expr
    exponent: int


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """A chain: `a < b <= c` has operands a, b, c."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """`operand in {"a", "b"}`."""

    operand: Expr
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneTest(Node):
    """`operand is none`, or `is not none` where `negated`."""

    operand: Expr
    negated: bool


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """`left and right` or `left or right`; the right side only where the left leaves it open."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    condition: Expr
    then: Expr
    otherwise: Expr


Expr = (
    Quantity | Word | Day | Truth | Nothing | Name | Member | Call | Aggregate | Negate | Not | Arithmetic | Power
    | Comparison | Membership | NoneTest | Logical | Conditional
)  # fmt: skip


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside, in the order they are written."""
    match node:
        case Member(owner=owner):
            return (owner,)
        case Call(callee=callee, arguments=arguments):
            return (callee, *arguments)
        case Aggregate(body=body, binders=binders, where=where):
            collections = tuple(binder.collection for binder in binders)
            return (body, *collections) if where is None else (body, *collections, where)
        case Negate(operand=operand) | Not(operand=operand) | Membership(operand=operand) | NoneTest(operand=operand):
            return (operand,)
        case Arithmetic(left=left, right=right) | Logical(left=left, right=right):
            return (left, right)
        case Power(base=base):
            return (base,)
        case Comparison(operands=operands):
            return operands
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case _:
            return ()


# A field's declaration: `unit | none = none`.


@dataclass(frozen=True, slots=True)
class Factor(Node):
    """A dotted name with an exponent: `asset.unit`, `USDC`, `unit^-1`."""

    path: tuple[str, ...]
    exponent: int


@dataclass(frozen=True, slots=True)
class Alternative(Node):
    """One side of `|`: a product of factors, or `none` where there are none."""

    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class Declaration(Node):
    """Alternatives, the kind it has one of each for ("": a single value), and where the default stands (None: none)."""

    alternatives: tuple[Alternative, ...]
    by: str
    default: tuple[int, int] | None = field(compare=False)
