"""What the cases of a pack compute of its rules: each definition and function, both ways of each choice, each rung.

A choice is an `if`, a row of `cases:`, an `and` or an `or`: one operation of a compiled program. What changed with an
amendment counts for each of its forms.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marginc.cli.cases import read_cases, run_case
from marginc.compiler.pipeline import Source, read
from marginc.program.program import Node, Origin, Program
from marginc.runtime.exact.closures import Machine
from marginc.runtime.exact.strict import Closure, strict
from marginc.tests.hyperliquid.rule_edits import opened

Place = tuple[str, str]
"""`definition`, `branch` or `rung`, and what it is made of."""
WAYS = (True, False)
EXECUTOR = importlib.import_module("marginc.runtime.exact.evaluate")  # whose package calls a function the same


@dataclass(frozen=True, slots=True)
class Coverage:
    """A pack: how many cases it has, its places by what people call them, and those that no case computes."""

    cases: int
    places: dict[Place, str]
    unseen: dict[Place, str]

    def count(self, what: str) -> str:
        """How many are computed, `of` how many where it is not all of them."""
        there = sum(place[0] == what for place in self.places)
        missing = sum(place[0] == what for place in self.unseen)
        return f"{there - missing} of {there}" if missing else f"{there}"


class Book:
    """A compiled rulebook whose nodes are told apart by what they compute, whatever their numbers."""

    def __init__(self, program: Program):
        self.program = program
        self.keys: list[str] = []
        for node in program.nodes:
            said = repr((node.operation, self._attributes(node), [self.keys[number] for number in node.arguments]))
            self.keys.append(hashlib.sha256(said.encode()).hexdigest()[:16])

    def _attributes(self, node: Node) -> object:
        if node.operation == "read":
            return self.program.definitions[int(str(node.attributes[0]))].full_name
        if node.operation == "call":
            return self.program.functions[int(str(node.attributes[0]))].name
        return node.attributes

    def definition(self, number: int) -> Place:
        definition = self.program.definitions[number]
        return "definition", f"{definition.full_name} {self.keys[definition.node]}"

    def branch(self, node: int, way: bool) -> Place:
        return "branch", f"{self.keys[node]} {way}"

    def rung(self, place: int) -> Place:
        rung = self.program.ladder[place]
        return "rung", f"{rung.name} {self.keys[self.program.definitions[rung.definition].node]}"

    def places(self, folder: Path) -> Iterator[tuple[Place, str]]:
        """All that the files of the folder say, with the words for it."""
        program, origins = self.program, self.program.origins

        def is_here(origin: Origin | None) -> bool:
            return origin is not None and Path(origin.span.file).resolve().parent == folder

        for number, definition in enumerate(program.definitions):
            if definition.section != "status" and is_here(origins.definitions.get(number)):
                yield self.definition(number), definition.full_name
                yield from self.branches(definition.node, definition.full_name)
        for number, function in enumerate(program.functions):
            if is_here(origins.functions.get(number)):
                yield from self.branches(function.node, f"{function.name}()")
        for number, rung in enumerate(program.ladder):
            if rung.definition >= 0 and is_here(origins.rungs.get(number)):
                yield self.rung(number), f"rung {number + 1}, {rung.name}"
                yield from self.branches(program.definitions[rung.definition].node, f"rung {number + 1}, {rung.name}")

    def branches(self, node: int, name: str) -> Iterator[tuple[Place, str]]:
        """Both ways of the choices in the expression that ends in a node."""
        waiting, met = [node], {node}
        while waiting:
            number = waiting.pop()
            if self.program.nodes[number].operation == "select":
                yield from ((self.branch(number, way), f"{name}, choice {number}: {way}") for way in WAYS)
            new = [argument for argument in self.program.nodes[number].arguments if argument not in met]
            met.update(new)
            waiting += new


@contextmanager
def recorded(see: Callable[[Place], None]) -> Iterator[None]:
    """Tells `see` of every place that is computed meanwhile."""
    books: dict[int, Book] = {}

    class Recorder(Machine):
        def __init__(self, program: Program, *others: Any):
            # the nodes of a program that is copied with other outputs are the same; they are kept, so ids stay theirs
            self.book = books.setdefault(id(program.nodes), Book(program))
            self.rungs = {rung.definition: number for number, rung in enumerate(program.ladder)}
            super().__init__(program, *others)

        def computed(self, definition: int, rows: Any) -> Any:
            see(self.book.definition(definition))
            value = super().computed(definition, rows)
            if value is True and definition in self.rungs:
                see(self.book.rung(self.rungs[definition]))
            return value

        def _closure(self, number: int, node: Node) -> Closure:
            if node.operation != "select":
                return super()._closure(number, node)
            condition, *arms = (self.closures[argument] for argument in node.arguments)
            ways = [self.way(self.book.branch(number, way), arm) for way, arm in zip(WAYS, arms, strict=True)]
            return strict(node, [condition, *ways])

        @staticmethod
        def way(place: Place, arm: Closure) -> Closure:
            def taken(rows: list[Any]) -> Any:
                see(place)
                return arm(rows)

            return taken

    EXECUTOR.Machine = Recorder  # type: ignore[attr-defined]  # in the place of its parent, for as long as this lasts
    try:
        yield
    finally:
        EXECUTOR.Machine = Machine  # type: ignore[attr-defined]


def coverage(folder: Path) -> Coverage:
    """The rulebooks in a folder under the cases beside them, which have to pass."""
    sources: dict[Path, Source] = {}
    places: dict[Place, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        source, found, _ = read(path, str(path))
        assert source is not None, found
        sources[path] = source
        for instant in (None, *source.rulebook.instants):
            program, _ = source.program_at(instant)
            if program is not None:  # a definition left to others is computed in theirs
                places |= Book(program).places(folder)
    seen: set[Place] = set()
    count = 0
    with recorded(seen.add):
        for path in sorted((folder / "cases").glob("*.yaml")):
            file, problems, _ = read_cases(path, path.name)
            assert file is not None, problems
            open_rules = opened(sources[(path.parent / file.rulebook.text).resolve()])
            for case in file.cases:
                assert run_case(file, case, open_rules) == [], case.name
                count += 1
    unseen = {place: words for place, words in places.items() if place not in seen}
    return Coverage(count, places, unseen)
