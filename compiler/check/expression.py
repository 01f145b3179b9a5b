"""Expressions to terms: names resolved, types and dimensions inferred bottom-up, without unification."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ...program.diagnostic import Span
from ...program.dimension import RATIO, TIME, Dimension
from ...program.literal import RATIO_SUFFIXES, TIME_UNITS, LiteralError, instant, unit_scale
from ...program.number import EXACT, Value, divide
from ...program.program import Moment
from ...program.types import Date, Label, Nothing, Number, Row, Rows, Table, Truth, Type, Vector, optional
from ..diagnostics import calls as call_findings
from ..diagnostics import names as name_findings
from ..diagnostics import types as findings
from ..syntax import Expression, ast
from .facts import known_if
from .scope import Scope
from .term import Refused, Term


class Checker:
    """Checks the nodes of one expression; `place` gives their spans."""

    def __init__(self, expression: Expression):
        self.expression = expression

    def place(self, node: ast.Node) -> Span:
        return self.expression.span(node)

    def check(self, node: ast.Expr, scope: Scope) -> Term:
        term = self._check(node, scope)
        if term.type.optional and node in scope.known and not isinstance(term.type, Nothing):
            return term.typed(optional(term.type, False))
        return term

    def _check(self, node: ast.Expr, scope: Scope) -> Term:
        span = self.place(node)
        match node:
            case ast.Quantity():
                return self._quantity(node, scope, span)
            case ast.Word(text=text):
                return Term("constant", (), (text,), Label((text,)), span)
            case ast.Day(text=text):
                return self._date(text, span)
            case ast.Truth(value=value):
                return Term("constant", (), (value,), Truth(), span)
            case ast.Nothing():
                return Term("constant", (), (None,), Nothing(), span)
            case ast.Name(name=name):
                return self._name(name, scope, span)
            case ast.Member():
                return self._member(node, scope, span)
            case ast.Call():
                from .builtins import call  # here: the two need each other

                return call(self, node, scope, span)
            case ast.Aggregate():
                from .aggregate import aggregate  # here: the two need each other

                return aggregate(self, node, scope, span)
            case ast.Negate(operand=operand):
                term = self.number(operand, scope)
                return Term("negate", (term,), (), term.type, span)
            case ast.Arithmetic():
                return self._arithmetic(node, scope, span)
            case ast.Power(base=base, exponent=exponent):
                return self._power(base, exponent, scope, span)
            case _:
                return self._truth(node, scope, span)

    def _truth(self, node: ast.Expr, scope: Scope, span: Span) -> Term:
        match node:
            case ast.Not(operand=operand):
                return Term("not", (self.truth(operand, scope),), (), Truth(), span)
            case ast.Comparison():
                return self._comparison(node, scope, span)
            case ast.Membership():
                return self._membership(node, scope, span)
            case ast.NoneTest(operand=operand, negated=negated):
                term = self.check(operand, scope)
                test = Term("is_none", (term,), (), Truth(), span)
                return Term("not", (test,), (), Truth(), span) if negated else test
            case ast.Logical(operator=operator, left=left, right=right):
                first = self.truth(left, scope)
                second = self.truth(right, scope.knowing(known_if(left, operator == "and")))
                constant = Term("constant", (), (operator == "or",), Truth(), span)
                branches = (first, constant, second) if operator == "or" else (first, second, constant)
                return Term("select", branches, (), Truth(), span)
            case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
                test = self.truth(condition, scope)
                yes = self.check(then, scope.knowing(known_if(condition, True)))
                no = self.check(otherwise, scope.knowing(known_if(condition, False)))
                return self.choose(test, yes, no, span)
            case _:
                raise AssertionError(node)

    def _name(self, name: str, scope: Scope, span: Span) -> Term:
        """A bare name; one that is all of a scalar in double quotes was mostly meant as a label."""
        scalar = self.expression.scalar
        try:
            return scope.name(name, span)
        except Refused as refusal:
            if scalar.style != '"' or scalar.text != name or refusal.finding.code not in ("MC203", "MC369"):
                raise
        raise Refused(name_findings.unknown_name(span, name, [], "", self.expression.file.span_of(scalar)))

    def choose(self, test: Term, yes: Term, no: Term, span: Span) -> Term:
        return Term("select", (test, yes, no), (), self.join(yes, no), span)

    # ---- operands

    def settled(self, node: ast.Expr, scope: Scope) -> Term:
        """A value that cannot be none here."""
        return self.never_none(self.check(node, scope), node)

    def never_none(self, term: Term, node: ast.Expr) -> Term:
        if term.type.optional:
            raise Refused(findings.may_be_none(term.span, self.expression.slice(node)))
        return term

    def number(self, node: ast.Expr, scope: Scope) -> Term:
        return self.as_number(self.settled(node, scope), node)

    def as_number(self, term: Term, node: ast.Expr) -> Term:
        """A checked operand that has to be a number. (Operands are checked once: twice would double at every level.)"""
        if not isinstance(term.type, Number):
            raise Refused(findings.number_wanted(term.span, self.expression.slice(node), what(term.type)))
        return term

    def truth(self, node: ast.Expr, scope: Scope) -> Term:
        term = self.settled(node, scope)
        if not isinstance(term.type, Truth):
            raise Refused(findings.truth_wanted(term.span, self.expression.slice(node), what(term.type)))
        return term

    def join(self, left: Term, right: Term) -> Type:
        """The type of a value that is either of two. Raises Refused where they do not go together."""
        one, other = left.type, right.type
        either = one.optional or other.optional
        if isinstance(one, Nothing):
            return optional(other)
        if isinstance(other, Nothing):
            return optional(one)
        if isinstance(one, Number) and isinstance(other, Number):
            return Number(self.same_dimension(left, right), optional=either)
        if isinstance(one, Label) and isinstance(other, Label):
            known = one.choices is not None and other.choices is not None
            choices = tuple(dict.fromkeys((*(one.choices or ()), *(other.choices or ())))) if known else None
            return Label(choices, either)
        if isinstance(one, Row) and isinstance(other, Row) and one.kind == other.kind and one.table == other.table:
            return Row(one.kind, one.path if one.path == other.path else None, either, one.table)
        if type(one) is type(other) and not isinstance(one, Row | Rows | Table):
            return optional(one, either)
        raise Refused(findings.kinds_differ(right.span, what(other), left.span, what(one)))

    def same_dimension(self, left: Term, right: Term) -> Dimension | None:
        one, other = dimension_of(left), dimension_of(right)
        if one is None or other is None or one == other:
            return other if one is None else one
        raise Refused(findings.dimensions_differ(left.span, one, right.span, other))

    # ---- forms

    def _quantity(self, node: ast.Quantity, scope: Scope, span: Span) -> Term:
        currencies = scope.world.model.currencies
        text = self.expression.slice(node)
        if not node.suffix and not node.per and not node.value:
            return Term("constant", (), (node.value,), Number(None), span)
        try:
            scale, dimension = unit_scale(node.suffix, currencies)
        except LiteralError:
            known = [*(name for name in RATIO_SUFFIXES if name), *sorted(currencies), *TIME_UNITS]
            factors = () if node.per else scope.visible()
            raise Refused(findings.unknown_unit(span, text, node.suffix, known, factors)) from None
        value: Value = EXACT.multiply(node.value, scale) if isinstance(node.value, Decimal) else node.value * scale
        if node.per:
            if node.per not in TIME_UNITS:
                raise Refused(findings.unknown_unit(span, text, node.per, list(TIME_UNITS), ()))
            value = divide(value, TIME_UNITS[node.per])
            dimension = dimension / Dimension(((TIME, 1),))
        return Term("constant", (), (value,), Number(dimension), span)

    def _date(self, text: str, span: Span) -> Term:
        try:
            return Term("constant", (), (Moment(RATIO_SUFFIXES[""] * instant(text)),), Date(), span)
        except LiteralError as error:
            raise Refused(findings.bad_date_here(span, str(error), error.help)) from None

    def _member(self, node: ast.Member, scope: Scope, span: Span) -> Term:
        imported = scope.behind_prefix(node)
        if imported is not None:
            before, name = imported
            if before is None:
                return scope.name(name, span)
            node = ast.Member(node.start, node.end, before, name)
        owner = self.check(node.owner, scope)
        if owner.type.optional and isinstance(owner.type, Row):
            there = self._member_of(owner.typed(optional(owner.type, False)), node, scope, span)
            if isinstance(there.type, Rows):
                raise Refused(findings.may_be_none(owner.span, self.expression.slice(node.owner)))
            return there.typed(optional(there.type))  # what is read through none is none
        return self._member_of(owner, node, scope, span)

    def _member_of(self, owner: Term, node: ast.Member, scope: Scope, span: Span) -> Term:
        if isinstance(owner.type, Rows):
            raise Refused(call_findings.not_aggregated(span, self.expression.slice(node)))
        if isinstance(owner.type, Row):
            cells = self.cells(owner, node.name, self._name_place(node))
            if cells is not None:
                return self.cell(owner, node, cells)
            return scope.member(owner, node.name, span, self._name_place(node))
        raise Refused(findings.no_members(owner.span, self.expression.slice(node.owner), what(owner.type), node.name))

    def cell(self, owner: Term, node: ast.Member, cells: Mapping[str, Type]) -> Term:
        """One cell of a table's row. Raises Refused for a column it does not have."""
        if node.name not in cells:
            raise Refused(name_findings.unknown_member(self._name_place(node), "table row", node.name, list(cells)))
        return Term("cell", (owner,), (node.name,), cells[node.name], self.place(node))

    def _name_place(self, node: ast.Member) -> Span:
        """The name behind the dot."""
        return self.place(ast.Node(node.end - len(node.name), node.end))

    def cells(self, row: Term, name: str = "", place: Span | None = None) -> dict[str, Type] | None:
        """The cells of a table's row by name, None for other rows."""
        from .lookups import cells_of  # here: the two need each other

        return cells_of(row.type, place or row.span, name) if isinstance(row.type, Row) else None

    def _arithmetic(self, node: ast.Arithmetic, scope: Scope, span: Span) -> Term:
        left, right = self.settled(node.left, scope), self.settled(node.right, scope)
        if isinstance(left.type, Date) or isinstance(right.type, Date):
            return self._dates(node, left, right, span)
        left, right = self.as_number(left, node.left), self.as_number(right, node.right)
        if node.operator in "+-":
            name = "add" if node.operator == "+" else "subtract"
            return Term(name, (left, right), (), Number(self.same_dimension(left, right)), span)
        one, other = dimension_of(left), dimension_of(right)
        if node.operator == "/" and right.operation == "constant" and not right.attributes[0]:
            raise Refused(findings.divides_by_zero(right.span))
        if one is None or other is None:
            dimension = None if one is None or node.operator == "*" else one
        else:
            dimension = one * other if node.operator == "*" else one / other
        return Term("multiply" if node.operator == "*" else "divide", (left, right), (), Number(dimension), span)

    def _dates(self, node: ast.Arithmetic, left: Term, right: Term, span: Span) -> Term:
        time = Dimension(((TIME, 1),))
        both = isinstance(left.type, Date) and isinstance(right.type, Date)
        if both and node.operator == "-":
            return Term("subtract", (left, right), (), Number(time), span)
        if not both and node.operator in "+-" and isinstance(left.type, Date) and dimension_of(right) in (time, None):
            name = "add" if node.operator == "+" else "subtract"
            return Term(name, (left, right), (), Date(), span)
        raise Refused(findings.date_arithmetic(span))

    def _power(self, base: ast.Expr, exponent: int, scope: Scope, span: Span) -> Term:
        term = self.number(base, scope)
        dimension = dimension_of(term)
        return Term("power", (term,), (exponent,), Number(None if dimension is None else dimension**exponent), span)

    def _comparison(self, node: ast.Comparison, scope: Scope, span: Span) -> Term:
        terms = [self.check(operand, scope) for operand in node.operands]  # each once: twice would double each level
        for position, operator in enumerate(node.operators):
            self._ordered(operator, node.operands[position : position + 2], terms[position], terms[position + 1])
        if len(terms) > 2:
            return Term("chain", tuple(terms), (node.operators,), Truth(), span)
        operator, (left, right) = node.operators[0], terms
        if operator in ("==", "!="):
            equal = Term("equal", (left, right), (), Truth(), span)
            return equal if operator == "==" else Term("not", (equal,), (), Truth(), span)
        name = "less" if operator in ("<", ">") else "less_equal"
        return Term(name, (left, right) if operator in ("<", "<=") else (right, left), (), Truth(), span)

    def _ordered(self, operator: str, nodes: tuple[ast.Expr, ...], left: Term, right: Term) -> None:
        """Whether one operator can stand between two checked operands."""
        if operator in ("==", "!="):
            self._comparable(left, right)
            return
        for term, node in zip((left, right), nodes, strict=True):
            self.never_none(term, node)
        if not (isinstance(left.type, Date) and isinstance(right.type, Date)):
            self.same_dimension(self.as_number(left, nodes[0]), self.as_number(right, nodes[1]))

    def _comparable(self, left: Term, right: Term) -> None:
        for side in (left, right):
            if row_table(side.type) is not None:
                raise Refused(call_findings.not_compared(side.span))
        self.join(left, right)
        for label, choice in ((left, right), (right, left)):
            if isinstance(choice.type, Label) and isinstance(label.type, Label) and choice.operation == "constant":
                self.check_choice(str(choice.attributes[0]), label.type, choice.span)

    def check_choice(self, text: str, type_: Label, span: Span) -> None:
        if type_.choices is not None and text not in type_.choices:
            raise Refused(findings.unknown_choice(span, text, list(type_.choices)))

    def _membership(self, node: ast.Membership, scope: Scope, span: Span) -> Term:
        operand, labels = node.operand, node.labels
        term = self.settled(operand, scope)
        if not isinstance(term.type, Label):
            raise Refused(findings.label_wanted(term.span, self.expression.slice(operand), what(term.type)))
        for label in labels:
            begin = self.expression.text.find(f'"{label}"', node.operand.end, node.end)
            self.check_choice(label, term.type, self.place(ast.Node(begin, begin + len(label) + 2)))
        return Term("member", (term,), (labels,), Truth(), span)


def row_table(type_: Type) -> Table | None:
    return type_.table if isinstance(type_, Row) else None


def what(type_: Type) -> str:
    match type_:
        case Number(dimension=dimension):
            return "a number" if dimension is None else "a ratio" if dimension == RATIO else f"an amount in {dimension}"
        case Truth():
            return "true or false"
        case Label():
            return "a label"
        case Date():
            return "a date"
        case Row(kind=kind):
            return f"a row of {kind}"
        case Rows():
            return "several rows"
        case Vector(kind=kind):
            return f"a number for each {kind}"
        case Table():
            return "a table"
        case Nothing():
            return "none"


def dimension_of(term: Term) -> Dimension | None:
    return term.type.dimension if isinstance(term.type, Number) else None
