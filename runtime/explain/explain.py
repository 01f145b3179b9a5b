"""`explain`: the tree of values behind a definition of one account, and why the account has its status."""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from ...program.number import EXACT, Value
from ...program.program import Program
from ..exact.chain import deep_frames
from ..exact.evaluate import Bound, bind
from ..exact.failure import Failure
from ..exact.rows import Row, account_row
from ..snapshot.data import AccountData
from .names import Target, check_key
from .reading import Reader
from .rows import CUT, LISTED, once
from .sources import Observed, Sources
from .tree import Explanation, RungStep, Step
from .walk import Walk

DEPTH = 12


def explain(
    program: Program,
    as_of: Decimal,
    reference: Observed,
    account: AccountData,
    target: int | Target,
    replaced: Mapping[int, Value] | None = None,
    *,
    full: bool = False,
    depth: int = DEPTH,
) -> Explanation:
    """The tree behind a definition (by number, or at one row), every value as the exact executor computes it.

    reference   observations of reference rows by kind name, key and field, as in a `Snapshot`
    replaced    definitions by number that a what-if gives a value
    full        also what rests on the snapshot alone; without it such values take one line
    depth       levels of definitions and rows; what lies below is cut

    An account with errors of its own cannot be explained; show these instead. A value that fails says why.

    Raises UnknownNameError where the target is a row of a group that the account does not have.
    """
    target = Target(target) if isinstance(target, int) else target
    with deep_frames(), decimal.localcontext(EXACT):
        bound = bind(program, as_of, reference, replaced)
        return _explained(bound, reference, account, target, full, depth)


def _explained(
    bound: Bound, reference: Observed, account: AccountData, target: Target, full: bool, depth: int
) -> Explanation:
    program = bound.program
    row = account_row(program, account, bound.reference)
    origin = program.origins.definitions.get(target.definition)
    file = origin.span.file if origin is not None else ""
    walk = Walk(Reader(program, bound.machine), Sources(program, reference, account, file), full, depth)
    root = _root(walk, bound, row, target)
    return Explanation(account.account, bound.as_of, program.rulebook, file, root, tuple(_rungs(walk, row)))


def _root(walk: Walk, bound: Bound, account: Row, target: Target) -> Step:
    definition = bound.program.definitions[target.definition]
    try:
        choices = [_rows(bound, account, kind, target) for kind in definition.scope]
    except Failure as failure:
        origin = bound.program.origins.definitions.get(target.definition)
        return Step(definition.full_name, None, None, origin, error=walk.told(failure))
    number = 1
    for rows in choices:
        number *= len(rows)
    if number == 1:
        only = tuple(rows[0] for rows in choices)
        return walk.definition(target.definition, only, _label(definition.name, only), 0)
    steps: list[Step] = []
    walk.one_line = True
    for combination in itertools.islice(itertools.product(*choices), LISTED if number <= LISTED else CUT):
        step = walk.definition(target.definition, combination, _key(combination), 1)
        steps.append(replace(step, about=""))
    if number > len(steps):
        steps.append(Step(f"{number - len(steps)} more", None, cut=True))
    note = f"{number} rows; name one of them for its tree" if number else "no rows"
    origin = bound.program.origins.definitions.get(target.definition)
    about = origin.about if origin is not None else ""
    return Step(definition.full_name, None, None, origin, note, children=once(steps), about=about)


def _rows(bound: Bound, account: Row, kind: str, target: Target) -> list[Row]:
    """Raises Failure where the rows of a group cannot be formed, UnknownNameError where it lacks the row."""
    if kind == "account":
        return [account]
    if kind not in bound.reference and kind not in account.members:
        bound.machine.form_groups(account, kind)
    rows = list(bound.reference[kind].values()) if kind in bound.reference else account.members[kind]
    if kind != target.kind:
        return rows
    name = bound.program.definitions[target.definition].name
    check_key(bound.program.kinds[kind], target.key, [row.key for row in rows], name)
    return [row for row in rows if row.key == target.key]


def _label(name: str, rows: tuple[Row, ...]) -> str:
    key = _key(rows)
    return f"{name} of {key}" if key else name


def _key(rows: tuple[Row, ...]) -> str:
    return ", ".join(row.name for row in rows if row.kind != "account")


def _rungs(walk: Walk, account: Row) -> Iterator[RungStep]:
    """The rungs of the ladder up to the one that holds."""
    origins = walk.program.origins.rungs
    for position, rung in enumerate(walk.program.ladder):
        origin = origins.get(position)
        if rung.definition < 0:
            yield RungStep(rung.name, True, "", origin)
            return
        try:
            holds = bool(walk.reader.machine.value(rung.definition, account))
            node = walk.program.definitions[rung.definition].node
            because = walk.reasons.opened(node, walk.reader.place(rung.definition, (account,)), holds)
        except Failure as failure:
            yield RungStep(rung.name, False, "", origin, walk.told(failure))
            return
        yield RungStep(rung.name, holds, because, origin)
        if holds:
            return
