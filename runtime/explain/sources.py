"""Where a field's value comes from: the snapshot, a parameter with its history, a default, or a what-if."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...program.dimension import RATIO
from ...program.literal import instant_text
from ...program.number import Value
from ...program.program import Constant, Field, Origin, Program
from ...program.types import Type
from ..exact.rows import Row, resolved
from ..format import value_text
from ..snapshot.data import AccountData
from .figures import dimension_of, operand

Observed = Mapping[str, Mapping[str, Mapping[str, Constant]]]


class Sources:
    """Tells the story of field values of one account under one program."""

    def __init__(self, program: Program, observed: Observed, account: AccountData, file: str):
        self.program = program
        self.observed = observed
        self.account = account
        self.file = file

    def place(self, origin: Origin) -> str:
        """`line 19` of the explanation's own file, `base.yaml:57` of another; empty without a place."""
        if not origin.span.line:
            return ""
        if origin.span.file == self.file:
            return f"line {origin.span.line}"
        return f"{origin.span.file.rpartition('/')[2]}:{origin.span.line}"

    def field(self, row: Row | None, kind: str, declared: Field) -> tuple[Origin | None, str]:
        """The origin of a row's field and what to say about it; `row` is None for the rulebook's own parameters."""
        model = self.program.origins.fields.get((kind, declared.name))
        if declared.origin == "parameter":
            key = row.key if row is not None else ""
            return self._parameter(kind, key, declared, model)
        brought = self._brought(row) if row is not None else {}
        if declared.name in brought:
            return None, f"snapshot: {self._written(brought[declared.name], declared.type)}"
        return model, "default, the snapshot does not bring it"

    def parameter_origin(self, row: Row | None, kind: str, name: str) -> Origin | None:
        """Where the parameter in force was written."""
        declared = self.program.kinds[kind].field(name)
        if declared is None or declared.origin != "parameter":
            return None
        return self._parameter(kind, row.key if row is not None else "", declared, None)[0]

    def _parameter(self, kind: str, key: str, declared: Field, model: Origin | None) -> tuple[Origin | None, str]:
        story = self.program.origins.parameters.get((kind, key, declared.name), ())
        current = self.program.parameters.get(kind, {}).get(key, {})
        if declared.name not in current:
            return model, "default"
        value = current[declared.name]
        if not story or not _same(value, story[0][0]):
            return None, f"set for this question; {self._before(story[0], declared)} in force" if story else "set"
        origin = story[0][1]
        words = [origin.about] if origin.about and origin.effective is not None else []
        if origin.effective is not None:
            words.append(f"since {instant_text(origin.effective)}")
        told = ", ".join(words)
        if len(story) > 1:
            told += f"{'; ' if told else ''}{self._before(story[1], declared)} before"
            told += f" ({self.place(story[1][1])})" if self.place(story[1][1]) else ""
        return origin, told

    def _before(self, entry: tuple[Constant, Origin], declared: Field) -> str:
        value = entry[0]
        if isinstance(value, Value):
            dimension = dimension_of(declared.type)
            return operand(value, dimension if dimension == RATIO else None)
        return value_text(value, declared.type)

    @staticmethod
    def _written(value: Constant, type_: Type) -> str:
        return value_text(value, None if isinstance(value, Value) else type_)

    def _brought(self, row: Row) -> Mapping[str, Constant]:
        kind = self.program.kinds[row.kind]
        if kind.role == "reference":
            return self.observed.get(row.kind, {}).get(row.key, {})
        if kind.role == "account":
            return self.account.values
        rows = self.account.rows.get(kind.plural, ())
        return rows[row.number].values if row.number < len(rows) else {}


def _same(one: Constant, other: Constant) -> bool:
    left: Any = resolved(one)
    right: Any = resolved(other)
    return type(left) is type(right) and left == right if not isinstance(left, Value) else left == right
