"""The named operators that make mutants: what may stand in an expression instead of one of its parts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mutant_books import Book

from marginc.compiler.syntax import Expression, ast, print_expression


@dataclass(frozen=True, slots=True)
class Site:
    """An expression to damage: where it stands, and the names and types around it."""

    book: Book
    expression: Expression
    scope: tuple[str, ...]
    names: dict[str, dict[str, str]]
    """Types of names as text, by kind."""

    def text(self, node: ast.Node) -> str:
        return self.expression.text[node.start : node.end]

    def bare(self) -> dict[str, str]:
        """Bare names of the scope with their types."""
        return {name: type_ for kind in (*self.scope, "") for name, type_ in self.names.get(kind, {}).items()}

    def type_of(self, node: ast.Expr) -> str:
        """The type of a name or of what is read last, as far as names tell it."""
        if isinstance(node, ast.Name):
            return self.bare().get(node.name, "")
        if isinstance(node, ast.Member):
            kinds = [kind for kind, names in self.names.items() if node.name in names]
            return self.names[kinds[0]][node.name] if kinds else ""
        return ""


Operator = Callable[[Site, ast.Expr, random.Random], Iterator[str]]
"""What may stand instead of a node."""


def _wrapped(site: Site, node: ast.Expr) -> str:
    return f"({site.text(node)})"


def _drop_price(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Arithmetic) and node.operator == "*":
        for dropped, kept in ((node.left, node.right), (node.right, node.left)):
            if "/" in site.type_of(dropped):
                yield _wrapped(site, kept)


def _drop_factor(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Arithmetic) and node.operator in "*/":
        yield _wrapped(site, node.left)
        if node.operator == "*":
            yield _wrapped(site, node.right)


def _drop_summand(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Arithmetic) and node.operator in "+-":
        yield _wrapped(site, node.left)
        yield _wrapped(site, node.right)


def _other_names(site: Site, node: ast.Expr, chance: random.Random, same: bool) -> Iterator[str]:
    if isinstance(node, ast.Name):
        known, prefix = site.bare(), ""
        name = node.name
    elif isinstance(node, ast.Member):
        kinds = [kind for kind, names in site.names.items() if node.name in names]
        known = site.names[chance.choice(kinds)] if kinds else {}
        prefix, name = site.text(node.owner) + ".", node.name
    else:
        return
    if name not in known:
        return
    others = [other for other, type_ in known.items() if other != name and (type_ == known[name]) == same]
    if others:
        yield prefix + chance.choice(others)


def _swap_reference_same(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    yield from _other_names(site, node, chance, True)


def _swap_reference_other(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    yield from _other_names(site, node, chance, False)


def _misspell(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Name) and len(node.name) > 2:
        place = chance.randrange(len(node.name) - 1)
        yield node.name[:place] + node.name[place + 1] + node.name[place] + node.name[place + 2 :] + "e"
    elif isinstance(node, ast.Member):
        yield site.text(node) + "s"


def _drop_member(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Member):
        yield site.text(node.owner)


def _money_for_ratio(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    numeraire = site.book.program.numeraire
    if isinstance(node, ast.Quantity) and node.suffix in ("", "%", "bp") and node.value and not node.per:
        yield f"{site.text(node).rstrip('%bp ')} {numeraire}"
    elif site.type_of(node) == "ratio":
        yield f"20 {numeraire}"


def _ratio_for_money(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if site.type_of(node) == site.book.program.numeraire:
        yield "50%"


def _remove_else(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Conditional):
        yield f"if {site.text(node.condition)} then {_wrapped(site, node.then)}"


def _keep_branch(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Conditional):
        yield _wrapped(site, node.then)
        yield _wrapped(site, node.otherwise)


def _swap_branches(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Conditional):
        yield f"if {site.text(node.condition)} then {_wrapped(site, node.otherwise)} else {_wrapped(site, node.then)}"


def _drop_default(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Call) and site.text(node.callee) == "default":
        yield _wrapped(site, node.arguments[0])


_OTHER_ARITHMETIC = {"+": "*-", "-": "+*", "*": "+/", "/": "*-"}


def _swap_arithmetic(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Arithmetic):
        for other in _OTHER_ARITHMETIC[node.operator]:
            yield f"({_wrapped(site, node.left)} {other} {_wrapped(site, node.right)})"


def _swap_operands(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Arithmetic):
        yield f"({_wrapped(site, node.right)} {node.operator} {_wrapped(site, node.left)})"


_OTHER_COMPARISON = {
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "==": ("!=",),
    "!=": ("==",),
}


def _change_comparison(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Comparison):
        place = chance.randrange(len(node.operators))
        for other in _OTHER_COMPARISON[node.operators[place]]:
            operators = (*node.operators[:place], other, *node.operators[place + 1 :])
            yield print_expression(replace(node, operators=operators))


def _negate_none_test(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.NoneTest):
        yield print_expression(replace(node, negated=not node.negated))


def _swap_logic(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Logical):
        other = "or" if node.operator == "and" else "and"
        yield f"({_wrapped(site, node.left)} {other} {_wrapped(site, node.right)})"


def _drop_condition(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Logical):
        yield _wrapped(site, node.left)
        yield _wrapped(site, node.right)


def _negate_condition(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Comparison | ast.Membership):
        yield f"(not {_wrapped(site, node)})"


def _drop_where(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Aggregate) and node.where is not None:
        yield print_expression(replace(node, where=None))


def _change_binder(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Aggregate):
        first, *rest = node.binders
        yield print_expression(replace(node, binders=(replace(first, name="zz"), *rest)))
        plurals = [kind.plural for kind in site.book.program.kinds.values() if kind.plural]
        other = ast.Name(0, 0, chance.choice(plurals))
        if other != first.collection:
            yield print_expression(replace(node, binders=(replace(first, collection=other), *rest)))


_OTHER_FUNCTION = {
    "sum": "max", "max": "min", "min": "max", "any": "all", "all": "any", "count": "any", "argmin": "argmax",
    "argmax": "argmin", "floor": "ceil", "ceil": "floor", "slices": "bracket", "exp": "sqrt", "sqrt": "exp",
}  # fmt: skip


def _change_function(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    callee = node.callee if isinstance(node, ast.Call) else node.function if isinstance(node, ast.Aggregate) else None
    other = _OTHER_FUNCTION.get(callee.name) if isinstance(callee, ast.Name) else None
    if callee is not None and other is not None:
        yield other + site.expression.text[callee.end : node.end]


def _drop_argument(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Call) and len(node.arguments) > 1:
        place = chance.randrange(len(node.arguments))
        yield print_expression(replace(node, arguments=(*node.arguments[:place], *node.arguments[place + 1 :])))


def _unwrap_call(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Call) and node.arguments:
        yield _wrapped(site, chance.choice(node.arguments))


def _is_number(site: Site, node: ast.Expr) -> bool:
    return isinstance(node, ast.Arithmetic | ast.Negate | ast.Power) or any(
        mark in site.type_of(node) for mark in ("unit", "ratio", site.book.program.numeraire)
    )


def _wrap_in_abs(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if _is_number(site, node):
        yield f"abs({site.text(node)})"


def _negate(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if _is_number(site, node):
        yield f"(-{_wrapped(site, node)})"


def _change_constant(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Quantity):
        yield print_expression(replace(node, value=node.value + 1))  # type: ignore[arg-type,operator]
    elif isinstance(node, ast.Truth):
        yield "false" if node.value else "true"


def _change_label(site: Site, node: ast.Expr, chance: random.Random) -> Iterator[str]:
    if isinstance(node, ast.Word):
        yield f'"{node.text}s"'
        labels = sorted({label for names in site.names.values() for type_ in names.values() if " | " in type_
                         for label in type_.split(" | ") if label != "none"} - {node.text})  # fmt: skip
        if labels:
            yield f'"{chance.choice(labels)}"'


OPERATORS: dict[str, Operator] = {
    "drop a price": _drop_price,
    "drop a factor": _drop_factor,
    "drop a summand": _drop_summand,
    "another reference of the same type": _swap_reference_same,
    "another reference of another type": _swap_reference_other,
    "misspell a name": _misspell,
    "drop a member": _drop_member,
    "money for a ratio": _money_for_ratio,
    "a ratio for money": _ratio_for_money,
    "remove an else": _remove_else,
    "keep one branch": _keep_branch,
    "swap branches": _swap_branches,
    "drop default()": _drop_default,
    "swap + - * /": _swap_arithmetic,
    "swap operands": _swap_operands,
    "change a comparison": _change_comparison,
    "negate a test for none": _negate_none_test,
    "swap and / or": _swap_logic,
    "drop a condition": _drop_condition,
    "negate a condition": _negate_condition,
    "drop a where": _drop_where,
    "change a binder": _change_binder,
    "change a function": _change_function,
    "drop an argument": _drop_argument,
    "unwrap a call": _unwrap_call,
    "wrap in abs()": _wrap_in_abs,
    "negate": _negate,
    "change a constant": _change_constant,
    "change a label": _change_label,
}
WHOLE = ("delete a definition", "rename a definition")
