"""Rows of a kind: which fields a snapshot may give, and how each is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...program.diagnostic import Span
from ...program.number import Value, canonical
from ...program.program import Constant, Kind, Origin, Program
from ..diagnostics import snapshot as pages
from ..format import value_text
from .data import RowData
from .findings import MOST, AtOne, Findings
from .positions import JsonPath, Place
from .values import Reader, Refused, reader, wrong_shape


@dataclass(frozen=True, slots=True)
class RowReader:
    """How rows of one kind are read.

    readers    by observed field
    decided    names the rulebook decides or computes instead: how it does, and where it says so
    defaults   of observed fields that have one
    """

    kind: Kind
    readers: Mapping[str, Reader]
    decided: Mapping[str, tuple[str, Span | None]]
    defaults: Mapping[str, Constant]

    def unknown(self, name: str, owner: str, others: Collection[str] = ()) -> AtOne:
        """The finding for a field that may not be given here; `others` are names known beside the fields."""
        if name in self.decided:
            how, declared = self.decided[name]
            return lambda span: pages.decided_by_rulebook(span, name, how, declared)
        return lambda span: pages.unknown_name(span, owner, name, {*self.readers, *others})

    def read_field(
        self, name: str, value: object, path: JsonPath, owner: str, findings: Findings, into: dict[str, Constant]
    ) -> None:
        """Reads one field into `into`, or notes why it is refused."""
        read = self.readers.get(name)
        if read is None:
            findings.add(self.unknown(name, owner), (*path, name), key=True)
            return
        try:
            into[name] = read(value)
        except Refused as refused:
            note_refusal(refused, f"`{name}` of {owner}", (*path, name), findings)

    def read(self, row: object, path: JsonPath, owner: str, findings: Findings) -> dict[str, Constant]:
        """The observed fields of one row that are there."""
        values: dict[str, Constant] = {}
        if not isinstance(row, dict):
            note_refusal(wrong_shape(row, "an object"), owner, path, findings)
            return values
        findings.check_repeats(row, path)
        for name, value in row.items():
            self.read_field(name, value, path, owner, findings, values)
        return values

    def read_collection(self, rows: object, path: JsonPath, owner: str, findings: Findings) -> tuple[RowData, ...]:
        """The rows of an account's collection, told apart by their key."""
        if not isinstance(rows, list):
            note_refusal(wrong_shape(rows, "an array"), f"`{self.kind.plural}` of {owner}", path, findings)
            return ()
        collected: list[RowData] = []
        seen: dict[tuple[str, ...], int] = {}
        for number, row in enumerate(rows):
            if len(findings) >= MOST:
                break
            here = (*path, number)
            refusals = len(findings)
            values = self.read(row, here, self._called(row, number), findings)
            if len(findings) > refusals:
                continue
            key = self._key(values, here, number, findings)
            if key is None:
                continue
            first = seen.setdefault(key, number) if self.kind.key else number
            if first != number:
                self._note_repeat("/".join(key), here, (*path, first), findings)
            collected.append(RowData("/".join(key) if self.kind.key else f"#{number + 1}", values))
        return tuple(collected)

    def _key(
        self, values: Mapping[str, Constant], path: JsonPath, number: int, findings: Findings
    ) -> tuple[str, ...] | None:
        for name in self.kind.key:
            if name not in values and name not in self.defaults:
                self._note_missing(name, number, path, findings)
                return None
        return tuple(constant_text(values.get(name, self.defaults.get(name))) for name in self.kind.key)

    def _note_missing(self, name: str, number: int, path: JsonPath, findings: Findings) -> None:
        owner = f"{self.kind.name} {number + 1}"
        findings.add(lambda span: pages.missing(span, owner, name, "which tells it from the others"), path)

    def _note_repeat(self, key: str, path: JsonPath, first: JsonPath, findings: Findings) -> None:
        field = self.kind.key[0]
        findings.add_pair(
            lambda span, before: pages.row_repeated(span, before, self.kind.name, key),
            Place((*path, field)),
            Place((*first, field)),
        )

    def _called(self, row: object, number: int) -> str:
        """How messages name a row that is not read yet."""
        given = [row.get(name) for name in self.kind.key] if isinstance(row, dict) else []
        words = [word for word in given if isinstance(word, str)]
        if words and len(words) == len(self.kind.key):
            return f"{self.kind.name} {pages.quoted('/'.join(words))}"
        return f"{self.kind.name} {number + 1}"


def row_reader(program: Program, kind: Kind) -> RowReader:
    """How a snapshot's rows of `kind` are read against `program`."""
    observed = [field for field in kind.fields if field.origin == "observed"]
    decided: dict[str, tuple[str, Span | None]] = {
        definition.name: ("computes", _span(program.origins.definitions.get(number)))
        for number, definition in enumerate(program.definitions)
        if definition.scope == (kind.name,)
    }
    for field in kind.fields:
        if field.origin == "parameter":
            decided[field.name] = ("decides", _span(program.origins.fields.get((kind.name, field.name))))
    return RowReader(
        kind,
        {field.name: reader(field.type) for field in observed},
        decided,
        {field.name: field.default for field in observed if field.has_default},
    )


def _span(origin: Origin | None) -> Span | None:
    return origin.span if origin else None


def note_refusal(refused: Refused, what: str, path: JsonPath, findings: Findings, *, key: bool = False) -> None:
    """Notes a refused value (or key) at its place, called `what`."""
    findings.add(lambda span: refused.build(span, what), path, key=key)


def constant_text(value: Constant) -> str:
    """A key's value as people write it, numbers in full."""
    return canonical(value) if isinstance(value, Value) else value_text(value, None)
