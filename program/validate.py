"""The check of a program's nodes: what an executor may rely on. Flat loops over arrays, no recursion."""

from __future__ import annotations

from collections.abc import Mapping

from .decode import Bad
from .degree import LIMIT, degrees, self_products
from .functions import argument_slot, called, check_functions, check_sizes
from .number import Value
from .operations import COMPARISONS, CONTRACTS, OPERATIONS, REDUCTIONS, ROUNDING_MODES, TABLE_ROWS
from .program import Constant, Kind, Moment, Node, Program, RowKey, TableValue, VectorValue
from .recursion import TooLong, endless_recursion
from .tables import fits_table, is_table, kinds_of, read_cell, read_table
from .types import Date, Label, Nothing, Number, Row, Rows, Table, Truth, Type, Vector, shape

DEEPEST_CHAIN = 10_000
"""Definitions that need one another in a row."""


def check_nodes(program: Program) -> None:
    """Raises Bad where an operation does not fit its arguments, or a name means nothing."""
    _check_kinds(program)
    for number, node in enumerate(program.nodes):
        _check_node(program, number, node)
    bound = _slots(program)
    for definition in program.definitions:
        if not 0 <= definition.node < len(program.nodes):
            raise Bad("has a definition without its operation")
        if any(kind not in program.kinds or not kind for kind in definition.scope) or not definition.scope:
            raise Bad("has a definition on no kind")
        rows = {slot: f"r {kind}" for slot, kind in enumerate(definition.scope)}
        if any(rows.get(slot) != row for slot, row in bound[definition.node].items()):
            raise Bad("reads a row that nothing binds")
    check_functions(program, bound)
    for position, rung in enumerate(program.ladder):
        _check_truth(program, rung.definition, position == len(program.ladder) - 1)
    for check in program.checks:
        _check_truth(program, check.definition, False)
    numbers = [output.definition for output in program.outputs]
    numbers += [piece.definition for rung in program.ladder for piece in rung.message if piece.definition != -1]
    numbers += [piece.definition for check in program.checks for piece in check.message if piece.definition != -1]
    if any(not 0 <= number < len(program.definitions) for number in numbers):
        raise Bad("shows a definition that is not there")
    _check_chains(program)
    try:
        if endless_recursion(program):
            raise Bad("has a definition that needs itself on other than earlier rows")
    except TooLong:
        raise Bad("has more recursion than can be looked through") from None
    check_sizes(program)
    if any(degree > LIMIT for degree in degrees(program)) or self_products(program):
        raise Bad("multiplies more values with one another than numbers may grow by")


def _check_kinds(program: Program) -> None:
    if "" not in program.kinds or "account" not in program.kinds:
        raise Bad("lacks the account or the rulebook's own parameters")
    for name, rows in program.parameters.items():
        kind = program.kinds.get(name)
        if kind is None or kind.role not in ("reference", "globals"):
            raise Bad("has parameters of a kind that takes none")
        for row in rows.values():
            for field_name, value in row.items():
                field = kind.field(field_name)
                if field is None or field.origin != "parameter" or not fits(value, field.type):
                    raise Bad(f"has a value for `{field_name}` that does not fit")
    for kind in program.kinds.values():
        _check_group(program, kind)
        for field in kind.fields:
            if field.has_default and not fits(field.default, field.type):
                raise Bad(f"has a default for `{field.name}` that does not fit")
            if isinstance(field.type, Row) and field.type.kind not in program.kinds:
                raise Bad(f"has `{field.name}` refer to an unknown kind")
            if isinstance(field.type, Table):
                _check_table(program, field.name, field.type)


def _check_table(program: Program, name: str, type_: Table) -> None:
    kinds = [program.kinds.get(kind) for kind in kinds_of(type_)]
    if not is_table(type_) or any(kind is None or kind.role != "reference" for kind in kinds):
        raise Bad(f"has `{name}`, a table whose keys or columns are none")


def _check_group(program: Program, kind: Kind) -> None:
    """A group is made of kinds that come before it, so that groups of groups end."""
    earlier = list(program.kinds)[: list(program.kinds).index(kind.name)]
    for member in kind.of:
        if member not in earlier or program.kinds[member].role not in ("rows", "group"):
            raise Bad(f"makes the group `{kind.name}` of something that is no earlier collection")
        for name in kind.by:
            if program.kinds[member].field(name) is None and program.find(name, member) is None:
                raise Bad(f"has a group key `{name}` that its members lack")
    if (kind.role == "group") != bool(kind.of) or (kind.role == "group") != bool(kind.by):
        raise Bad(f"has a group `{kind.name}` without members or keys")


def fits(value: Constant, type_: Type) -> bool:
    """Whether a constant is a value of a type."""
    if value is None:
        return type_.optional
    match type_:
        case Number():
            return isinstance(value, Value)
        case Truth():
            return isinstance(value, bool)
        case Label(choices=choices):
            return isinstance(value, str) and (choices is None or value in choices)
        case Date():
            return isinstance(value, Moment)
        case Row(kind=kind):
            return isinstance(value, RowKey) and value.kind == kind
        case Table():
            return fits_table(value, type_, fits)
        case Vector():
            return isinstance(value, VectorValue)
        case Rows() | Nothing():
            return False


def _check_node(program: Program, number: int, node: Node) -> None:
    operation = OPERATIONS[node.operation]
    if len(node.attributes) != operation.attributes:
        raise Bad(f"gives `{node.operation}` the wrong attributes")
    if any(not 0 <= argument < number for argument in node.arguments):
        raise Bad(f"lets `{node.operation}` use a later operation")
    shapes = [program.nodes[argument].shape for argument in node.arguments]
    _check_arguments(node, operation.takes, shapes)
    expected = _expected(program, node, shapes)
    if expected is not None and node.shape not in expected:
        raise Bad(f"lets `{node.operation}` give what it cannot")


def _check_arguments(node: Node, takes: str, shapes: list[str]) -> None:
    wanted = [letter for letter in takes if letter not in "?*"]
    if takes.endswith("*"):
        least = 0 if node.operation == "load" else len(wanted)
        if len(shapes) < least or (node.operation == "load" and len(shapes) > 2):
            raise Bad(f"gives `{node.operation}` too few arguments")
        wanted = (wanted + [wanted[-1]] * len(shapes))[: len(shapes)]
    if len(wanted) != len(shapes):
        raise Bad(f"gives `{node.operation}` the wrong number of arguments")
    for letter, given in zip(wanted, shapes, strict=True):
        dates = letter == "n" and given == "d" and node.operation in ("add", "subtract")
        if not (letter == "v" or given[0] in (letter, "v") or dates):
            raise Bad(f"gives `{node.operation}` an argument that does not fit")


def _expected(program: Program, node: Node, shapes: list[str]) -> tuple[str, ...] | None:
    """The shapes that an operation may give; None where any letter of its row is fine."""
    attributes = node.attributes
    match node.operation:
        case "load":
            return _load(program, node, shapes)
        case "read":
            return _read(program, node, shapes)
        case "argument":
            return None if _is_slot(attributes[0]) else ()
        case "call":
            return called(program, node, shapes)
        case "index":
            return None if _is_slot(attributes[0]) and node.shape[:1] == "r" else ()
        case "keyed" | "all":
            kind = program.kinds.get(str(attributes[0]))
            letter = "r" if node.operation == "keyed" else "R"
            return (f"{letter} {kind.name}",) if kind is not None and kind.role == "reference" else ()
        case "members":
            kind = program.kinds.get(str(attributes[0]))
            holder = program.kinds.get(shapes[0][2:])
            of_account = kind is not None and kind.role in ("rows", "group") and shapes[0] == "r account"
            of_group = kind is not None and holder is not None and kind.name in holder.of
            return (f"R {attributes[0]}",) if of_account or of_group else ()
        case "group":
            kind = program.kinds.get(str(attributes[0]))
            return (f"r {kind.name}",) if kind is not None and shapes[0][2:] in kind.of else ()
        case "owner":
            return ("r account",)
        case "previous":
            return (shapes[0],) if _role(program, shapes[0]) == "reference" else ()
        case "entries" | "slices" | "bracket" | "lookup":
            return read_table(program, node, shapes)
        case "cell":
            return read_cell(program, node) if shapes[0][2:] in TABLE_ROWS else ()
        case "reduce":
            known = attributes[0] in REDUCTIONS and _is_slot(attributes[1])
            return None if known else ()
        case "round":
            return ("n",) if attributes[0] in ROUNDING_MODES else ()
        case "require":
            return ("n",) if attributes[0] in CONTRACTS else ()
        case "power":
            small = isinstance(attributes[0], int) and abs(attributes[0]) <= 16
            return ("n",) if small else ()
        case "chain":
            operators = attributes[0] if isinstance(attributes[0], tuple) else ()
            return ("b",) if len(operators) == len(shapes) - 1 and set(operators) <= set(COMPARISONS) else ()
        case "member":
            return ("b",) if isinstance(attributes[0], tuple) else ()
        case "constant":
            return (_constant_shape(attributes[0]),)
        case "add" | "subtract":
            return ("n", "d")
        case "select" | "default":
            return None
    return (OPERATIONS[node.operation].gives,)


def _load(program: Program, node: Node, shapes: list[str]) -> tuple[str, ...]:
    kind = program.kinds.get(str(node.attributes[0]))
    field = kind.field(str(node.attributes[1])) if kind is not None else None
    if kind is None or field is None:
        return ()
    from_globals = not shapes and kind.name == ""
    by = [f"r {field.type.kind}"] if isinstance(field.type, Vector) else []
    if not from_globals and shapes != [f"r {kind.name}", *by]:
        return ()
    return (shape(field.type),)


def _read(program: Program, node: Node, shapes: list[str]) -> tuple[str, ...]:
    number = node.attributes[0]
    if not isinstance(number, int) or not 0 <= number < len(program.definitions):
        return ()
    definition = program.definitions[number]
    fits_scope = [f"r {kind}" for kind in definition.scope] == shapes
    return (shape(definition.type),) if fits_scope else ()


def _constant_shape(value: object) -> str:
    match value:
        case None:
            return "v"
        case bool():
            return "b"
        case str():
            return "l"
        case Moment():
            return "d"
        case TableValue():
            return "t"
        case RowKey(kind=kind):
            return f"r {kind}"
        case _:
            return "n"


def _role(program: Program, shape: str) -> str:
    kind: Kind | None = program.kinds.get(shape[2:])
    return kind.role if kind is not None else ""


def _is_slot(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 64


Slots = Mapping[int, str]
_NONE: Slots = {}


def _slots(program: Program) -> list[Slots]:
    """The slots each node reads and does not bind itself, with the shape of row it finds there."""
    free: list[Slots] = []
    for node in program.nodes:
        if node.operation == "index":
            free.append({int(str(node.attributes[0])): node.shape})
        elif node.operation == "argument":
            free.append({argument_slot(node): node.shape})
        elif node.operation == "reduce":
            rows, body, where = node.arguments
            slot, row = int(str(node.attributes[1])), "r" + program.nodes[rows].shape[1:]
            inner = _together([free[body], free[where]])
            if inner.get(slot, row) != row:
                raise Bad("binds rows of one kind and reads another")
            outer = {other: shape_ for other, shape_ in inner.items() if other != slot}
            free.append(_together([free[rows], outer]))
        else:
            free.append(_together([free[argument] for argument in node.arguments]))
    return free


def _together(parts: list[Slots]) -> Slots:
    """All slots of the parts, which agree; the same mapping again where one part has them all."""
    result = _NONE
    for part in parts:
        if part is result or not part:
            continue
        if not result:
            result = part
            continue
        for slot, row in part.items():
            if result.get(slot, row) != row:
                raise Bad("reads rows of two kinds from one slot")
        if not part.keys() <= result.keys():
            result = {**result, **part}
    return result


def _check_truth(program: Program, number: int, last: bool) -> None:
    if number == -1 and last:
        return
    if not 0 <= number < len(program.definitions) or not isinstance(program.definitions[number].type, Truth):
        raise Bad("decides by something that is neither true nor false")


def _check_chains(program: Program) -> None:
    """No definition needs itself, and no chain of them is deeper than an executor can follow.

    One walk over nodes, definitions and functions together: definition d is the vertex `len(nodes) + d`, function f
    stands behind the definitions.
    """
    nodes = program.nodes
    depth = [-1] * (len(nodes) + len(program.definitions) + len(program.functions))
    for start in range(len(nodes), len(depth)):
        stack = [(start, iter(_needs(program, start)))]
        open_ = {start}
        while stack:
            vertex, waiting = stack[-1]
            following = next((other for other in waiting if depth[other] < 0), None)
            if following is None:
                stack.pop()
                open_.discard(vertex)
                own = 1 if vertex >= len(nodes) else 0
                depth[vertex] = own + max((depth[other] for other in _needs(program, vertex)), default=0)
                if depth[vertex] > DEEPEST_CHAIN:
                    raise Bad(f"has a chain of more than {DEEPEST_CHAIN:,} definitions")
            elif following in open_:
                raise Bad("has a definition that needs itself")
            else:
                open_.add(following)
                stack.append((following, iter(_needs(program, following))))


def _needs(program: Program, vertex: int) -> tuple[int, ...]:
    own = len(program.nodes) + len(program.definitions)
    if vertex >= own:
        return (program.functions[vertex - own].node,)
    if vertex >= len(program.nodes):
        return (program.definitions[vertex - len(program.nodes)].node,)
    node = program.nodes[vertex]
    if node.operation == "read":
        if any(program.nodes[argument].operation == "previous" for argument in node.arguments):
            return node.arguments  # on an earlier row: that ends by itself
        return (*node.arguments, len(program.nodes) + int(str(node.attributes[0])))
    if node.operation == "call":
        return (*node.arguments, own + int(str(node.attributes[0])))
    if node.operation in ("members", "group"):
        return (*node.arguments, *(len(program.nodes) + d for d in _keys(program, str(node.attributes[0]))))
    return node.arguments


def _keys(program: Program, kind: str) -> list[int]:
    """The definitions that tell a group's members apart."""
    group = program.kinds[kind]
    found = (program.find(name, member) for member in group.of for name in group.by)
    return [number for number in found if number is not None]
