"""Random accounts and reference rows for any program: from the types of its fields, and from recorded values."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from marginc.program.program import Constant, Field, Kind, Moment, Program, RowKey, VectorValue
from marginc.program.types import Date, Label, Number, Truth, Vector
from marginc.program.types import Row as RowType
from marginc.runtime.snapshot.data import AccountData, RowData, Snapshot

NUMBERS = ("0", "1", "-1", "0.5", "2", "3", "-3", "10", "0.1", "0.3", "100", "1000", "12345.678", "0.0001", "250000")
EXTREME = (
    "1e20", "-1e20", "1e-20", "1e21", "1e40", "-1e40", "1e-40", "1e15", "9007199254740993", "123456789012345678",
    "0.1000000000000000055511151231257827", "3.333333333333333333333333333333333", "-0.0000000000000001",
)  # fmt: skip
MOST_ROWS = 12
DAY = 86_400


@dataclass(slots=True)
class Books:
    """Draws accounts of a program. `recorded` are snapshots whose values may come again, as they are or changed.

    extremes  the share of numbers that are very large, very small or very long
    missing   the share of values that are left out although nothing stands in for them, and of unknown references
    """

    program: Program
    recorded: Sequence[Snapshot] = ()
    extremes: float = 0.01
    missing: float = 0.002
    pool: dict[tuple[str, str], list[Constant]] = field(default_factory=dict)
    wild: bool = True

    def __post_init__(self) -> None:
        for snapshot in self.recorded:
            for kind, rows in snapshot.reference.items():
                self._note(kind, rows.values())
            for account in snapshot.accounts:
                self._note("account", [account.values])
                for kind in self.program.kinds.values():
                    if kind.role == "rows":
                        self._note(kind.name, (row.values for row in account.rows.get(kind.plural, ())))

    def _note(self, kind: str, rows: Iterable[Mapping[str, Constant]]) -> None:
        for values in rows:
            for name, value in values.items():
                self.pool.setdefault((kind, name), []).append(value)

    # ---- reference rows

    def world(self, seed: int) -> Snapshot:
        """Reference rows of one recorded snapshot, a few changed; every fourth world is a wild one.

        There half of the rows are drawn anew, rows of other snapshots and new ones come in, and values are missing.
        """
        chance = random.Random(seed)
        self.wild = seed % 4 == 3 or not self.recorded
        base = chance.choice(self.recorded) if self.recorded else Snapshot("random", Decimal(1_767_225_600), {}, ())
        keys: dict[str, list[str]] = {}
        for kind in self.program.kinds.values():
            if kind.role == "reference":
                keys[kind.name] = self._keys(kind, base, chance)
        every = {
            name: list(dict.fromkeys((*self._listed(self.program.kinds[name]), *some))) for name, some in keys.items()
        }
        reference: dict[str, dict[str, Mapping[str, Constant]]] = {}
        for name, some in keys.items():
            kind = self.program.kinds[name]
            known = base.reference.get(name, {})
            reference[name] = {
                key: known[key]
                if key in known and chance.random() < (0.5 if self.wild else 0.9)
                else self._values(kind, every, chance)
                for key in some
                if key in known or any(f.origin == "observed" for f in kind.fields) or not self._listed(kind)
            }
        return Snapshot("random", base.as_of, reference, ())

    def _listed(self, kind: Kind) -> Mapping[str, Any]:
        return self.program.parameters.get(kind.name, {})

    def _keys(self, kind: Kind, base: Snapshot, chance: random.Random) -> list[str]:
        known = list(base.reference.get(kind.name, {}))
        others = sorted({key for snapshot in self.recorded for key in snapshot.reference.get(kind.name, {})} - {*known})
        keys = known + (chance.sample(others, min(len(others), 2)) if self.wild else [])
        listed = self._listed(kind)
        if any(f.origin == "observed" and not f.has_default for f in kind.fields):
            keys += [key for key in listed if key not in keys][:40]  # a listed row that nobody observes cannot be used
        elif listed and not keys:
            return []
        while (self.wild and len(keys) + len(listed) < 3) or not keys + list(listed):
            keys.append(f"{kind.name.upper()}{len(keys)}")
        chance.shuffle(keys)
        return keys

    # ---- accounts

    def accounts(self, world: Snapshot, count: int, seed: int) -> Iterator[AccountData]:
        chance = random.Random(seed)
        keys = {
            kind.name: list(dict.fromkeys((*self._listed(kind), *world.reference.get(kind.name, {}))))
            for kind in self.program.kinds.values()
            if kind.role == "reference"
        }
        for number in range(count):
            yield self._account(str(number), keys, chance)

    def _account(self, name: str, keys: Mapping[str, list[str]], chance: random.Random) -> AccountData:
        rows: dict[str, tuple[RowData, ...]] = {}
        for kind in self.program.kinds.values():
            if kind.role == "rows":
                rows[kind.plural] = tuple(self._rows(kind, keys, chance))
        return AccountData(name, self._values(self.program.kinds["account"], keys, chance), rows)

    def _rows(self, kind: Kind, keys: Mapping[str, list[str]], chance: random.Random) -> Iterator[RowData]:
        """A few rows, seldom many; no key twice."""
        count = 0 if chance.random() < 0.1 else min(MOST_ROWS, int(chance.paretovariate(1.2)))
        seen: set[Any] = set()
        for number in range(count):
            values = self._values(kind, keys, chance)
            if kind.key:
                key = tuple(str(values.get(name)) for name in kind.key)
                if key in seen or any(name not in values and not _stands_in(kind, name) for name in kind.key):
                    continue
                seen.add(key)
            yield RowData(f"#{number + 1}", values)

    # ---- values

    def _values(self, kind: Kind, keys: Mapping[str, list[str]], chance: random.Random) -> dict[str, Constant]:
        found: dict[str, Constant] = {}
        for declared in kind.fields:
            if declared.origin != "observed":
                continue
            missing = self.missing if self.wild or kind.role != "reference" else 0.0
            left_out = 0.25 if declared.has_default else 0.1 if declared.type.optional else missing
            if chance.random() < left_out:
                if declared.type.optional and chance.random() < 0.5:
                    found[declared.name] = None
                continue
            value = self._value(kind, declared, keys, chance)
            if value is not None:
                found[declared.name] = value
        return found

    def _value(self, kind: Kind, declared: Field, keys: Mapping[str, list[str]], chance: random.Random) -> Constant:
        pool = self.pool.get((kind.name, declared.name), [])
        known = [value for value in pool if value is not None]
        match declared.type:
            case Number(integer=integer):
                return self._number(known, integer, chance)
            case Truth():
                return chance.random() < 0.5
            case Label(choices=choices):
                words = list(choices) if choices else [*(str(word) for word in known), "one", "two"]
                return chance.choice(words)
            case RowType(kind=other):
                if not keys.get(other) or chance.random() < self.missing:
                    return RowKey(other, "NOWHERE")
                recorded = [value for value in known if isinstance(value, RowKey) and value.key in keys[other]]
                return chance.choice(recorded) if recorded and chance.random() < 0.5 else (
                    RowKey(other, chance.choice(keys[other])))  # fmt: skip
            case Date():
                base = chance.choice(known) if known else Moment(Decimal(1_767_225_600))
                assert isinstance(base, Moment)
                moved = base.seconds + Decimal(DAY * chance.choice((0, 0, 1, -1, 7, 30, 365)))  # type: ignore[operator]
                return Moment(moved + chance.choice((0, 0, 0, 3600, Decimal("0.25"))))
            case Vector(kind=other):
                return self._vector(known, keys[other], chance)
        return None

    def _vector(self, known: list[Constant], keys: list[str], chance: random.Random) -> VectorValue:
        cells = [cell for value in known if isinstance(value, VectorValue) for _, cell in value.cells]
        rows = [key for key in keys if not self.wild or chance.random() >= self.missing]
        return VectorValue(tuple((key, self._number(cells, False, chance)) for key in rows))

    def _number(self, known: Sequence[Constant], integer: bool, chance: random.Random) -> Decimal:
        numbers = [value for value in known if isinstance(value, Decimal)]
        draw = chance.random()
        if draw < self.extremes and self.wild and not integer:
            return Decimal(chance.choice(EXTREME))
        if draw < 0.35 and numbers:
            value = chance.choice(numbers)
        elif draw < 0.85 and numbers:
            value = chance.choice(numbers) * Decimal(repr(math.exp(chance.gauss(0, 1.5))))
            value *= -1 if chance.random() < 0.1 and min(numbers) < 0 else 1
            value = _short(value, chance.choice((1, 2, 3, 5, 8, 12, 15)))
        elif draw < 0.92 and numbers:
            return Decimal(0)
        else:
            value = Decimal(chance.choice(NUMBERS))
            if numbers and min(numbers) >= 0 and chance.random() < 0.9:
                value = abs(value)
        return value.to_integral_value() if integer else value


def _short(value: Decimal, digits: int) -> Decimal:
    if not value:
        return value
    return round(value, digits - 1 - value.adjusted())


def _stands_in(kind: Kind, name: str) -> bool:
    declared = kind.field(name)
    return declared is not None and (declared.has_default or declared.type.optional)
