"""The IR as Python closures, one a node, built once for a snapshot: calling is all that is left to do per account.

A closure takes the rows in scope, a list by slot. Values are exact numbers, truths, labels, rows, tables or None.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...program.number import ONE, VALUE_LIMIT, Ratio, Value, divide, extreme, power, total
from ...program.program import Node, Program
from . import calls, functions, tables
from .chain import DEEPEST, Step, Unwound, followed, row_keys
from .failure import Failure
from .groups import form_groups
from .rows import Reference, Row, Unknown, resolved
from .strict import Closure, strict

ROW_LIMIT = 20_000_000
"""Rows that aggregations may visit for one account: bounds nested aggregations over hostile accounts."""


class Machine:
    """Closures for every node of a program over one snapshot's reference rows."""

    def __init__(self, program: Program, reference: Reference, own: Row, as_of: Decimal, replaced: dict[int, Value]):
        self.program = program
        self.reference = reference
        self.own = own
        self.as_of = as_of
        self.visits = 0
        self.account_memo: dict[tuple[Any, ...], Any] = {}
        self.reference_memo: dict[tuple[Any, ...], Any] = {}
        self.replaced = replaced
        self.chain: list[Step] = []
        """Definitions being computed, each needed by the one before it."""
        widest = 1 + max((int(str(n.attributes[1])) for n in program.nodes if n.operation == "reduce"), default=0)
        self.spare = [None] * widest
        self.closures: list[Closure] = []
        for number, node in enumerate(program.nodes):
            self.closures.append(self._closure(number, node))

    def value(self, definition: int, *rows: Row) -> Any:
        """A definition at rows, from memory where it was computed before. Raises Failure."""
        memo, key = self.memory(definition, rows)
        if key in memo:
            return memo[key]
        if definition in self.replaced:
            value: Any = self.replaced[definition]
        elif self.chain:
            value = self.computed(definition, rows)
        else:
            value = followed(self, definition, rows)
        memo[key] = value
        return value

    def memory(self, definition: int, rows: tuple[Row, ...]) -> tuple[dict[Any, Any], Any]:
        """Where the value of a definition at rows is kept, and under which key."""
        if len(rows) == 1:
            return rows[0].memo, definition
        roles = self.program.kinds
        of_account = any(roles[row.kind].role != "reference" for row in rows)
        return (self.account_memo if of_account else self.reference_memo), (definition, *rows)

    def computed(self, definition: int, rows: tuple[Row, ...]) -> Any:
        """A definition at rows, as the last of the chain of those that wait for one another."""
        chain = self.chain
        if len(chain) >= DEEPEST:
            raise Unwound(*chain[DEEPEST // 2])
        chain.append((definition, rows))
        try:
            value = self.closures[self.program.definitions[definition].node]([*rows, *self.spare])
        except Failure as failure:
            if failure.definition < 0:
                failure.definition = definition
                failure.row = row_keys(rows)
            raise
        except RecursionError:  # expressions so long that even this chain is too deep
            if len(chain) == 1:
                raise Failure("too_deep", definition=definition, row=row_keys(rows)) from None
            raise Unwound(*chain[len(chain) // 2]) from None
        finally:
            chain.pop()
        if isinstance(value, Decimal | Ratio) and not -VALUE_LIMIT < value < VALUE_LIMIT:
            raise Failure("too_large", definition=definition, row=row_keys(rows))
        return value

    def add(self, node: Node) -> int:
        """The number of one more operation, on those there are."""
        number = len(self.closures)
        self.program = replace(self.program, nodes=(*self.program.nodes, node))
        self.closures.append(self._closure(number, node))
        return number

    def forget_account(self) -> None:
        self.account_memo.clear()
        self.visits = 0

    def visit(self, count: int, node: int) -> None:
        self.visits += count
        if self.visits > ROW_LIMIT:
            raise Failure("too_many_rows", (ROW_LIMIT,), node)

    def _closure(self, number: int, node: Node) -> Closure:
        arguments = [self.closures[argument] for argument in node.arguments]
        maker = getattr(self, f"_{node.operation}", None)
        if maker is not None:
            made: Closure = maker(number, node, *arguments)
            return made
        return strict(node, arguments)

    # ---- leaves and reads

    def _constant(self, number: int, node: Node) -> Closure:
        value = resolved(node.attributes[0])  # type: ignore[arg-type]  # a constant's attribute is one
        return lambda rows: value

    def _index(self, number: int, node: Node) -> Closure:
        slot = int(str(node.attributes[0]))
        return lambda rows: rows[slot]

    def _as_of(self, number: int, node: Node) -> Closure:
        value = self.as_of
        return lambda rows: value

    def _keyed(self, number: int, node: Node) -> Closure:
        kind, key = str(node.attributes[0]), str(node.attributes[1])
        row = self.reference[kind].get(key)

        def keyed(rows: list[Any]) -> Any:
            if row is None:
                raise Failure("unknown_row", (kind, key), number)
            return row

        return keyed

    def _load(self, number: int, node: Node, *arguments: Closure) -> Closure:
        kind, name = str(node.attributes[0]), str(node.attributes[1])
        if not arguments:
            own = self.own
            return lambda rows: _field(own, kind, name, number)
        owner = arguments[0]
        if len(arguments) == 2:
            return _vector(number, name, owner, arguments[1])
        if node.shape.startswith("r"):

            def row(rows: list[Any]) -> Any:
                value = _field(owner(rows), kind, name, number)
                if isinstance(value, Unknown):
                    raise Failure("unknown_row", (value.kind, value.key), number)
                return value

            return row

        def load(rows: list[Any]) -> Any:
            row = owner(rows)
            if row is None:
                return None
            try:
                return row.values[name]
            except KeyError:
                raise _lacking(row, name, number) from None

        return load

    def _read(self, number: int, node: Node, *arguments: Closure) -> Closure:
        definition = int(str(node.attributes[0]))
        value = self.value
        if len(arguments) != 1:

            def crossed(rows: list[Any]) -> Any:
                at = [argument(rows) for argument in arguments]
                return None if None in at else value(definition, *at)

            return crossed
        owner = arguments[0]

        def read(rows: list[Any]) -> Any:
            row = owner(rows)
            if row is None:
                return None
            memo = row.memo
            return memo[definition] if definition in memo else value(definition, row)

        return read

    def _argument(self, number: int, node: Node) -> Closure:
        return calls.argument(node)

    def _call(self, number: int, node: Node, *arguments: Closure) -> Closure:
        return calls.call(self, number, node, arguments)

    def _all(self, number: int, node: Node) -> Closure:
        everything = list(self.reference[str(node.attributes[0])].values())
        return lambda rows: everything

    def _members(self, number: int, node: Node, owner: Closure) -> Closure:
        kind = str(node.attributes[0])

        def members(rows: list[Any]) -> Any:
            row = owner(rows)
            if kind not in row.members:
                self.form_groups(row, kind)
            return row.members[kind]

        return members

    def _group(self, number: int, node: Node, argument: Closure) -> Closure:
        kind = str(node.attributes[0])

        def group(rows: list[Any]) -> Any:
            row = argument(rows)
            if row is None:
                return None
            if kind not in row.groups:
                self.form_groups(row.owner, kind)
            return row.groups[kind]

        return group

    def form_groups(self, account: Row, kind: str) -> None:
        """The rows of a group of this account, and of the groups it is made of."""
        form_groups(self, account, kind)

    def _previous(self, number: int, node: Node, argument: Closure) -> Closure:
        order = list(self.reference[node.shape[2:]].values())

        def previous(rows: list[Any]) -> Any:
            row = argument(rows)
            return order[row.number - 1] if row is not None and row.number > 0 else None

        return previous

    # ---- aggregation

    def _reduce(self, number: int, node: Node, source: Closure, body: Closure, where: Closure) -> Closure:
        function, slot = str(node.attributes[0]), int(str(node.attributes[1]))
        condition = self.program.nodes[node.arguments[2]]
        always = condition.operation == "constant" and condition.attributes[0] is True

        def chosen(rows: list[Any]) -> Any:
            collection = source(rows)
            self.visit(len(collection), number)
            for row in collection:
                rows[slot] = row
                if always or where(rows):
                    yield row

        if function == "count":
            return lambda rows: Decimal(sum(1 for _ in chosen(rows)))
        if function == "any":
            return lambda rows: any(body(rows) for _ in chosen(rows))
        if function == "all":
            return lambda rows: all(body(rows) for _ in chosen(rows))

        def values(rows: list[Any]) -> list[Value]:
            found = [body(rows) for _ in chosen(rows)]
            return [value for value in found if value is not None]

        if function == "sum":
            return lambda rows: total(values(rows))
        if function in ("min", "max"):
            least = function == "min"
            return lambda rows: extreme(values(rows), least)
        least_row = function == "argmin"

        def best(rows: list[Any]) -> Any:
            winner: Any = None
            record: Any = None
            for row in chosen(rows):
                value = body(rows)
                if value is not None and (record is None or (value < record if least_row else value > record)):
                    winner, record = row, value
            return winner

        return best

    # ---- what can fail

    def _divide(self, number: int, node: Node, left: Closure, right: Closure) -> Closure:
        def quotient(rows: list[Any]) -> Any:
            try:
                return divide(left(rows), right(rows))
            except ZeroDivisionError:
                raise Failure("division_by_zero", (), number) from None

        return quotient

    def _power(self, number: int, node: Node, base: Closure) -> Closure:
        exponent = int(str(node.attributes[0]))

        def raised(rows: list[Any]) -> Any:
            try:
                return power(base(rows), exponent)
            except ZeroDivisionError:
                raise Failure("division_by_zero", (), number) from None

        return raised

    def _require(self, number: int, node: Node, argument: Closure) -> Closure:
        contract = str(node.attributes[0])

        def require(rows: list[Any]) -> Any:
            value = argument(rows)
            if value is not None and (value < 0 or (contract == "share" and value > ONE)):
                raise Failure("contract", (contract, value), number)
            return value

        return require

    def _bracket(self, number: int, node: Node, table: Closure, at: Closure) -> Closure:
        return tables.bracket(number, node, table, at)

    def _slices(self, number: int, node: Node, table: Closure, at: Closure) -> Closure:
        return tables.slices(number, table, at)

    def _lookup(self, number: int, node: Node, table: Closure, *keys: Closure) -> Closure:
        ranged = self.program.nodes[node.arguments[-1]].shape == "n"
        return tables.lookup(number, node, ranged, table, *keys)

    def _rounding(self, number: int, node: Node, value: Closure, step: Closure) -> Closure:
        mode = {"floor": "floor", "ceil": "ceil", "trunc": "down"}.get(node.operation) or str(node.attributes[0])

        def rounded(rows: list[Any]) -> Any:
            try:
                return functions.round_to(value(rows), step(rows), mode)
            except functions.DomainError as error:
                raise Failure("domain", (str(error),), number) from None

        return rounded

    _floor = _ceil = _trunc = _round = _rounding

    def _transcendental(self, number: int, node: Node, argument: Closure) -> Closure:
        function = getattr(functions, node.operation)

        def computed(rows: list[Any]) -> Any:
            try:
                return function(argument(rows))
            except functions.DomainError as error:
                raise Failure("domain", (str(error),), number) from None

        return computed

    _square_root = _exponential = _logarithm = _normal_cdf = _transcendental


def _vector(number: int, name: str, owner: Closure, index: Closure) -> Closure:
    """A field with a value for each row of a kind, at one of them."""

    def load(rows: list[Any]) -> Any:
        row, at = owner(rows), index(rows)
        vector = _field(row, row.kind, name, number) if row is not None and at is not None else None
        if vector is None:
            return None
        try:
            return vector[at.key]
        except KeyError:
            raise Failure("missing_cell", (row.kind, row.key, name, at.kind, at.key), number) from None

    return load


def _field(row: Row | None, kind: str, name: str, number: int) -> Any:
    if row is None:
        return None
    try:
        return row.values[name]
    except KeyError:
        raise _lacking(row, name, number) from None


def _lacking(row: Row, name: str, number: int) -> Failure:
    """The failure of a row without this value: itself unknown, where only a table names it."""
    reason = "unknown_row" if row.number < 0 else "missing"
    return Failure(reason, (row.kind, row.key) if row.number < 0 else (row.kind, row.key, name), number)
