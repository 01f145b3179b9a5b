"""Accounts on the edge: one number of an account moved to where a decision of the rulebook flips, and next to it.

The place is found by bisection in exact arithmetic, always trying the shortest decimal in between: a boundary that is a
short decimal is hit itself, so that exact ties are among what is found.
"""

from __future__ import annotations

import decimal
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from marginc.program.number import EXACT
from marginc.program.program import Constant, Node, Program
from marginc.program.types import Number
from marginc.runtime.exact import Bound, bind
from marginc.runtime.exact.closures import Machine
from marginc.runtime.exact.rows import Row
from marginc.runtime.snapshot.data import AccountData, RowData, Snapshot

DECISIONS = frozenset(
    {"less", "less_equal", "equal", "chain", "floor", "ceil", "trunc", "round", "bracket", "lookup", "reduce"}
)
CLOSE = Decimal("1e-15")
"""The share of the number at which both sides are neighbours, as far as doubles tell."""
STOPS = tuple(Decimal(digit).scaleb(-places) for places in range(3, 15) for digit in (1, Decimal("0.3")))
"""Shares at which both sides are accounts to be tried: a bound may be too narrow at any distance from an edge."""
MOST_STEPS = 120
PLACES = Decimal("1e-18")


class Watching(Machine):
    """The exact executor's machine, which notes how every decision went."""

    trace: list[Any] | None = None

    def computed(self, definition: int, rows: tuple[Row, ...]) -> Any:
        """What reference rows alone decide is kept from account to account, and flips for none of them."""
        if any(self.program.kinds[row.kind].role != "reference" for row in rows):
            return super().computed(definition, rows)
        trace, self.trace = self.trace, None
        try:
            return super().computed(definition, rows)
        finally:
            self.trace = trace

    def _closure(self, number: int, node: Node) -> Any:
        inner = super()._closure(number, node)
        chooses = node.operation != "reduce" or node.attributes[0] in ("argmin", "argmax", "any", "all")
        if node.operation not in DECISIONS or not chooses:
            return inner

        def watched(rows: list[Any]) -> Any:
            value = inner(rows)
            if self.trace is not None:
                told = getattr(value, "key", None) or getattr(value, "low", None) or getattr(value, "number", value)
                self.trace.append((number, str(told)))
            return value

        return watched


class Adversary:
    """Finds accounts on edges of a program over a snapshot's reference rows."""

    def __init__(self, program: Program, world: Snapshot):
        self.program = program
        self.bound: Bound = bind(program, world.as_of, world.reference, machine=Watching)

    def signature(self, account: AccountData) -> int:
        """How all decisions about an account went: equal where they went alike."""
        machine = self.bound.machine
        assert isinstance(machine, Watching)
        machine.trace = []
        result = self.bound.evaluate(account)
        trace, machine.trace = machine.trace, None
        return hash((result.rung, tuple(sorted(e.code for e in result.errors)), tuple(sorted(set(trace)))))

    def edges(self, account: AccountData, chance: random.Random) -> Iterator[AccountData]:
        """Accounts around one edge in one of the account's numbers, nothing where there is none in reach."""
        places = list(_numbers(self.program, account))
        chance.shuffle(places)
        for value, put, integer in places[:3]:
            other = _elsewhere(value, chance)
            found = list(self._between(put, value, other, integer))
            if found:
                yield from found
                return

    def _between(
        self, put: Callable[[Decimal], AccountData], one: Decimal, other: Decimal, integer: bool
    ) -> Iterator[AccountData]:
        low, high = min(one, other), max(one, other)
        below, above = self.signature(put(low)), self.signature(put(high))
        if below == above:
            return
        stops, tried = list(STOPS), set[Decimal]()
        for _ in range(MOST_STEPS):
            middle = between(low, high)
            if middle is None or (integer and middle != middle.to_integral_value()):
                break
            here = self.signature(put(middle))
            if here == below:
                low = middle
            else:
                high, above = middle, here
            size = max(abs(low), abs(high), PLACES)
            if stops and high - low <= size * stops[0]:
                stops = [stop for stop in stops if high - low > size * stop]
                yield from (put(side) for side in (low, high) if side not in tried)
                tried |= {low, high}
            if high - low <= size * CLOSE:
                break
        yield from (put(side) for side in (low, high) if side not in tried)


def between(low: Decimal, high: Decimal) -> Decimal | None:
    """The shortest decimal in the middle part of an interval; None where nothing lies between."""
    with decimal.localcontext(EXACT):
        width = high - low
        if width <= 0:
            return None
        left, right = low + width / 4, high - width / 4
        exponent = width.adjusted() + 1
        while exponent > -40:
            step = Decimal(1).scaleb(exponent)
            found = (right / step).to_integral_value(decimal.ROUND_FLOOR) * step if step else right
            if left <= found <= right:
                return found.normalize() if found else Decimal(0)
            exponent -= 1
    return None


def _numbers(
    program: Program, account: AccountData
) -> Iterator[tuple[Decimal, Callable[[Decimal], AccountData], bool]]:
    """Every number of an account, how to put another in its place, and whether it is an integer."""
    own = program.kinds["account"]
    for declared in own.fields:
        value = account.values.get(declared.name)
        if isinstance(declared.type, Number) and isinstance(value, Decimal):
            yield value, lambda new, name=declared.name: replace(
                account, values={**account.values, name: new}
            ), declared.type.integer  # fmt: skip
    for kind in program.kinds.values():
        rows: Sequence[RowData] = account.rows.get(kind.plural, ()) if kind.role == "rows" else ()
        for place, row in enumerate(rows):
            for declared in kind.fields:
                value = row.values.get(declared.name)
                if isinstance(declared.type, Number) and isinstance(value, Decimal):
                    yield value, _putter(account, kind.plural, place, declared.name), declared.type.integer


def _putter(account: AccountData, plural: str, place: int, name: str) -> Callable[[Decimal], AccountData]:
    def put(new: Decimal) -> AccountData:
        rows = list(account.rows[plural])
        values: dict[str, Constant] = {**rows[place].values, name: new}
        rows[place] = replace(rows[place], values=values)
        return replace(account, rows={**account.rows, plural: tuple(rows)})

    return put


def _elsewhere(value: Decimal, chance: random.Random) -> Decimal:
    """Another number, far enough away for something to change on the way."""
    with decimal.localcontext(EXACT):
        base = value or Decimal(chance.choice(("1", "100", "100_000")))
        return base * Decimal(chance.choice(("-1", "0", "0.1", "0.5", "2", "3", "10", "30", "1000")))


def adversarial(
    program: Program, world: Snapshot, accounts: Sequence[AccountData], count: int, seed: int
) -> list[AccountData]:
    """At least `count` accounts on edges, found from these accounts; fewer where hardly anything has an edge."""
    chance = random.Random(seed)
    adversary = Adversary(program, world)
    found: list[AccountData] = []
    for _ in range(2 * count):
        if len(found) >= count or not accounts:
            break
        found += adversary.edges(chance.choice(accounts), chance)
    return [replace(account, account=str(number)) for number, account in enumerate(found)]
