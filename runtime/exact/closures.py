"""The IR as Python closures, one a node, built once for a snapshot: calling is all that is left to do per account.

A closure takes the rows in scope, a list by slot. Values are exact numbers, truths, labels, rows, tables or None.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ...program.number import ONE, VALUE_LIMIT, Ratio, Value, add, canonical, divide, multiply, power, subtract, total
from ...program.program import Node, Program, TableValue
from . import functions
from .failure import Failure
from .rows import Entry, Reference, Row, Unknown, resolved

Closure = Callable[[list[Any]], Any]

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
        self.slots = [1] * len(program.definitions)
        widest = 1 + max((int(str(n.attributes[1])) for n in program.nodes if n.operation == "reduce"), default=0)
        self.spare = [None] * widest
        self.closures: list[Closure] = []
        for number, node in enumerate(program.nodes):
            self.closures.append(self._closure(number, node))

    def value(self, definition: int, *rows: Row) -> Any:
        """A definition at rows, from memory where it was computed before. Raises Failure."""
        memo: dict[Any, Any]
        key: Any
        if len(rows) == 1:
            memo, key = rows[0].memo, definition
        else:
            roles = self.program.kinds
            of_account = any(roles[row.kind].role != "reference" for row in rows)
            memo, key = (self.account_memo if of_account else self.reference_memo), (definition, *rows)
        if key in memo:
            return memo[key]
        if definition in self.replaced:
            value: Any = self.replaced[definition]
        else:
            try:
                value = self.closures[self.program.definitions[definition].node]([*rows, *self.spare])
            except Failure as failure:
                if failure.definition < 0:
                    failure.definition = definition
                    failure.row = ", ".join(row.key for row in rows if row.kind != "account")
                raise
            if isinstance(value, Decimal | Ratio) and not -VALUE_LIMIT < value < VALUE_LIMIT:
                of_row = ", ".join(row.key for row in rows if row.kind != "account")
                raise Failure("too_large", (), -1, definition, of_row)
        memo[key] = value
        return value

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
        return _plain(node, arguments)

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
            try:
                return row.values[name]
            except KeyError:
                raise Failure("missing", (kind, row.key, name), number) from None

        return load

    def _read(self, number: int, node: Node, *arguments: Closure) -> Closure:
        definition = int(str(node.attributes[0]))
        value = self.value
        if len(arguments) != 1:
            return lambda rows: value(definition, *[argument(rows) for argument in arguments])
        owner = arguments[0]

        def read(rows: list[Any]) -> Any:
            row = owner(rows)
            memo = row.memo
            return memo[definition] if definition in memo else value(definition, row)

        return read

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
            if kind not in row.groups:
                self.form_groups(row.owner, kind)
            return row.groups[kind]

        return group

    def form_groups(self, account: Row, kind: str) -> None:
        """The rows of a group, in the order in which their first members come; a member with a none key has none."""
        group = self.program.kinds[kind]
        found: dict[tuple[Any, ...], Row] = {}
        for member_kind in group.of:
            if member_kind not in account.members:
                self.form_groups(account, member_kind)
            for row in account.members[member_kind]:
                keys = tuple(self._key(row, name) for name in group.by)
                if any(key is None for key in keys):
                    row.groups[kind] = None
                    continue
                joined = found.get(keys)
                if joined is None:
                    joined = found[keys] = Row(kind, "/".join(_shown(key) for key in keys), account, len(found))
                    joined.values = dict(zip(group.by, keys, strict=True))
                    joined.members = {of: [] for of in group.of}
                joined.members[member_kind].append(row)
                row.groups[kind] = joined
        account.members[kind] = list(found.values())

    def _key(self, row: Row, name: str) -> Any:
        """A member's key: a field of it, or a definition."""
        if self.program.kinds[row.kind].field(name) is None:
            definition = self.program.find(name, row.kind)
            return self.value(definition, row) if definition is not None else None
        value = row.values.get(name)
        if name not in row.values:
            raise Failure("missing", (row.kind, row.key, name))
        if isinstance(value, Unknown):
            raise Failure("unknown_row", (value.kind, value.key))
        return value

    def _previous(self, number: int, node: Node, argument: Closure) -> Closure:
        order = list(self.reference[node.shape[2:]].values())

        def previous(rows: list[Any]) -> Any:
            place = argument(rows).number
            return order[place - 1] if place else None

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
            return lambda rows: _extreme(values(rows), least)
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
        def bracket(rows: list[Any]) -> Any:
            found, x = table(rows), at(rows)
            for row in reversed(found.rows):
                if row.low <= x:
                    return Entry(row)
            raise Failure("below_table", (x,), number)

        return bracket

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

    _square_root = _exponential = _logarithm = _transcendental


def _vector(number: int, name: str, owner: Closure, index: Closure) -> Closure:
    """A field with a value for each row of a kind, at one of them."""

    def load(rows: list[Any]) -> Any:
        row, at = owner(rows), index(rows)
        vector = _field(row, row.kind, name, number)
        if vector is None:
            return None
        try:
            return vector[at.key]
        except KeyError:
            raise Failure("missing_cell", (row.kind, row.key, name, at.kind, at.key), number) from None

    return load


def _field(row: Row, kind: str, name: str, number: int) -> Any:
    try:
        return row.values[name]
    except KeyError:
        raise Failure("missing", (kind, row.key, name), number) from None


def _shown(key: Any) -> str:
    if isinstance(key, Row):
        return key.key
    return canonical(key) if isinstance(key, Value) else str(key).lower() if isinstance(key, bool) else str(key)


def _plain(node: Node, arguments: list[Closure]) -> Closure:
    """Operations that cannot fail on well-typed values."""
    name, attributes = node.operation, node.attributes
    if name == "select":
        condition, yes, no = arguments
        return lambda rows: yes(rows) if condition(rows) else no(rows)
    if name in ("minimum", "maximum"):
        least = name == "minimum"
        return lambda rows: _extreme([v for v in (f(rows) for f in arguments) if v is not None], least)
    if name == "member":
        labels = frozenset(attributes[0])  # type: ignore[arg-type]  # a tuple of labels
        (label,) = arguments
        return lambda rows: label(rows) in labels
    if name == "cell":
        column = str(attributes[0])
        (entry,) = arguments
        return lambda rows: entry(rows).cells[column]
    function = _STRICT[name]
    if len(arguments) == 1:
        (one,) = arguments
        return lambda rows: function(one(rows))
    if len(arguments) == 2:
        left, right = arguments
        if name == "default":
            return lambda rows: right(rows) if (value := left(rows)) is None else value
        return lambda rows: function(left(rows), right(rows))
    first, second, third = arguments
    return lambda rows: function(first(rows), second(rows), third(rows))


def _extreme(values: list[Value], least: bool) -> Value | None:
    best: Value | None = None
    for value in values:
        if best is None or (value < best if least else value > best):
            best = value
    return best


def _clamp(value: Value, low: Value | None, high: Value | None) -> Value:
    if low is not None and value < low:
        value = low
    return high if high is not None and value > high else value


def _slices(table: TableValue, at: Value) -> list[Entry]:
    """Each row with the width of [0, x] that falls in it; rows that begin beyond x have none and are left out."""
    found = []
    for row in table.rows:
        if row.low < at:
            end = at if row.high is None or at < row.high else row.high
            found.append(Entry(row, subtract(end, row.low)))
    return found


_STRICT: dict[str, Callable[..., Any]] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "negate": lambda value: -value,
    "absolute": abs,
    "clamp": _clamp,
    "less": lambda left, right: left < right,
    "less_equal": lambda left, right: left <= right,
    "equal": lambda left, right: left == right,
    "not": lambda value: not value,
    "is_none": lambda value: value is None,
    "default": lambda value, otherwise: otherwise if value is None else value,
    "owner": lambda row: row.owner or row,
    "entries": lambda table: [Entry(row) for row in table.rows],
    "slices": _slices,
}
