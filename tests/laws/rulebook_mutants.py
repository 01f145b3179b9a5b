"""Mutants of the shipped rulebooks: one slip each, made by a named operator, and what the compiler says of it.

A rulebook with a slip must be refused at the slip or at what reads it, or mean something else that an account shows.
`make rulebook-mutants` tries 10,000 and writes `docs/mutants.md`; a test tries a few with another seed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mutant_books import ROOT, Book, Place, all_readers, errors, line_starts, open_books, place, whole
from mutant_operators import OPERATORS, WHOLE, Site
from mutant_page import page

from marginc.compiler.check import DefinitionKey, check_structure, read_parameters
from marginc.compiler.lower import lower, too_high_degrees, with_parameters
from marginc.compiler.rulebook import DefinitionText, Layer, effective_at, read_rulebook
from marginc.compiler.schema import check_shape
from marginc.compiler.source import Scalar
from marginc.compiler.source.read import parse_source
from marginc.compiler.syntax import ast, parse_expression
from marginc.program.codec import sealed
from marginc.program.diagnostic import Diagnostic
from marginc.program.program import Program


@dataclass(frozen=True, slots=True)
class Mutant:
    """One slip. `key` is the definition it is in, None in the status ladder; `own` are the places it may be told at."""

    operator: str
    rulebook: int
    instant: int | None
    file: int
    start: int
    end: int
    text: str
    key: DefinitionKey | None
    own: tuple[Place, ...]

    def told(self, book: Book) -> str:
        file = book.files[self.file].source
        line = file.span(self.start, self.end).line
        name = "status" if self.key is None else ".".join((*(k for k in self.key[0] if k != "account"), self.key[1]))
        before = " ".join(file.text[self.start : self.end].split())
        return f"{file.name}:{line} {name}: `{before[:90]}` -> `{' '.join(self.text.split())[:90]}`"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant (see `mutant_page`), and what shows it."""

    outcome: str
    operator: str
    mutant: str
    shown: str = ""
    code: str = ""


# ---- making mutants


def make_mutants(books: list[Book], count: int, seed: int) -> list[Mutant]:
    """That many different mutants, the operators in turn as long as each has new ones."""
    chance = random.Random(seed)
    by_operator: dict[str, dict[Mutant, None]] = {name: {} for name in (*OPERATORS, *WHOLE)}
    seen: set[tuple[str, int, int, str]] = set()
    for number, book in enumerate(books):
        for mutant in _of_book(book, number, chance):
            source = book.files[mutant.file].source
            identity = (source.name, mutant.start, mutant.end, mutant.text)
            changes = source.text[mutant.start : mutant.end] != mutant.text
            if changes and (identity not in seen or mutant.operator in WHOLE):
                seen.add(identity)
                by_operator[mutant.operator][mutant] = None
    waiting = {name: list(mutants) for name, mutants in by_operator.items()}
    for mutants in waiting.values():
        chance.shuffle(mutants)
    chosen: list[Mutant] = []
    while len(chosen) < count and any(waiting.values()):
        for mutants in waiting.values():
            if mutants and len(chosen) < count:
                chosen.append(mutants.pop())
    return chosen


def _of_book(book: Book, number: int, chance: random.Random) -> Iterator[Mutant]:
    names = _names(book)
    for key, texts in book.effective.definitions.items():
        text = texts[-1]
        own = tuple(whole(book, each) for each in texts)
        for scalar in (text.expression, *(part for case in text.cases for part in case)):
            if scalar is not None:
                yield from _of_expression(book, number, text.layer, scalar, key, own, names, chance)
        yield from _of_definition(book, number, text, key, own)
    for rung in book.effective.ladder:
        if rung.when is not None:
            own = (place(book, rung.layer, rung.when),)
            yield from _of_expression(book, number, rung.layer, rung.when, None, own, names, chance)


def _names(book: Book) -> dict[str, dict[str, str]]:
    names = {kind.name: {f.name: str(f.type) for f in kind.fields} for kind in book.program.kinds.values()}
    for (scope, name), checked in book.structure.definitions.checked.items():
        for kind in scope:
            names[kind][name] = str(checked.type)
    return names


def _of_expression(
    book: Book, number: int, layer: Layer, scalar: Scalar, key: DefinitionKey | None, own: tuple[Place, ...],
    names: dict[str, dict[str, str]], chance: random.Random,
) -> Iterator[Mutant]:  # fmt: skip
    expression = parse_expression(layer.file, scalar)
    if isinstance(expression, Diagnostic) or expression.base is None:
        return
    site = Site(book, expression, key[0] if key is not None else ("account",), names)
    waiting: list[ast.Expr] = [expression.root]
    while waiting:
        node = waiting.pop()
        waiting += ast.children(node)
        begin, end = expression.base + node.start, expression.base + node.end
        for operator, change in OPERATORS.items():
            for text in change(site, node, chance):
                yield Mutant(operator, number, book.instant, book.number(layer.file), begin, end, text, key, own)


def _of_definition(
    book: Book, number: int, text: DefinitionText, key: DefinitionKey, own: tuple[Place, ...]
) -> Iterator[Mutant]:
    file = book.number(text.layer.file)
    mapping, entry = book.entries[file, text.name.start]
    name = text.name
    renamed = f"{name.text}_renamed"
    yield Mutant("rename a definition", number, book.instant, file, name.start, name.end, renamed, key, own)
    if not mapping.flow and len(mapping.entries) > 1:
        begin = text.layer.file.line_start(entry.start)
        yield Mutant("delete a definition", number, book.instant, file, begin, entry.end, "", key, own)


# ---- trying one


def try_mutant(mutant: Mutant, books: list[Book]) -> Verdict:
    """What the compiler makes of a mutant, and where it is accepted, what it changes."""
    book = books[mutant.rulebook]
    told = mutant.told(book)
    try:
        program, found, text = _compiled(mutant, book)
        if program is None:
            outcome, finding = _refusal(mutant, book, found, text)
            shown = f"{finding.span.file}:{finding.span.line}: {finding.message}"
            return Verdict(outcome, mutant.operator, told, shown, finding.code)
        program = sealed(program)
        if program.code_hash == book.program.code_hash:
            return Verdict("same_program", mutant.operator, told)
        difference = book.accounts.difference(program, mutant.key)
    except Exception:
        return Verdict("crash", mutant.operator, told, traceback.format_exc(limit=-3))
    if difference is None:
        return Verdict("no_difference", mutant.operator, told)
    return Verdict(difference.outcome, mutant.operator, told, difference.told)


def _compiled(mutant: Mutant, book: Book) -> tuple[Program | None, list[Diagnostic], str]:
    """The structure check at one instant; files that did not change are not read again."""
    before = book.files[mutant.file]
    text = before.source.text[: mutant.start] + mutant.text + before.source.text[mutant.end :]
    source, root, found = parse_source(text, before.source.name)
    found = found or (check_shape(source, root) if root is not None else [])
    if found or root is None:
        return None, found, text
    files = [*book.files]
    files[mutant.file] = replace(before, source=source, root=root)
    rulebook, found = read_rulebook(files)
    effective = effective_at(rulebook, mutant.instant)
    structure = check_structure(rulebook, effective)
    found = [*found, *errors(structure.found)]
    if found:
        return None, found, text
    program = lower(structure)
    found = too_high_degrees(program)
    parameters, _ = read_parameters(structure.model, effective)
    program, broken = with_parameters(program, parameters, book.program.valid)
    found = [*found, *errors(broken)]
    return (None if found else program), found, text


def _refusal(mutant: Mutant, book: Book, found: list[Diagnostic], text: str) -> tuple[str, Diagnostic]:
    """Whether a finding stands at the slip or at what reads it, or only at what reads that, or somewhere else."""
    direct = [*mutant.own, *(book.readers.get(mutant.key, []) if mutant.key is not None else [])]
    farther = all_readers(book, mutant.key) if mutant.key is not None else []
    for outcome, allowed in (("refused", direct), ("refused_farther", farther)):
        for finding in found:
            if any(_inside(mutant, book, finding, place, text) for place in allowed):
                return outcome, finding
    return "refused_elsewhere", found[0]


def _inside(mutant: Mutant, book: Book, finding: Diagnostic, place: Place, text: str) -> bool:
    """Whether a finding stands in a place, told as it was before the slip."""
    span, (file, low, high) = finding.span, place
    if book.files[file].source.name != span.file:
        return False
    lines = line_starts(text if file == mutant.file else book.files[file].source.text)
    begin, end = lines[span.line - 1] + span.column - 1, lines[span.end_line - 1] + span.end_column - 1
    if file == mutant.file:
        shift = len(mutant.text) - (mutant.end - mutant.start)
        low += shift if low >= mutant.end else 0
        high += shift if high >= mutant.end else 0
    return low <= begin and end <= high + 1


# ---- all of them

_BOOKS: list[Book] = []


def _try(mutant: Mutant) -> Verdict:
    return try_mutant(mutant, _BOOKS)


def run(count: int, seed: int) -> list[Verdict]:
    """Verdicts on that many mutants of the shipped rulebooks."""
    return list(verdicts_on(count, seed, processes=1))


def verdicts_on(count: int, seed: int, processes: int) -> Iterator[Verdict]:
    """The same one by one, as they are reached."""
    _BOOKS[:] = open_books(ROOT / "rules")
    mutants = make_mutants(_BOOKS, count, seed)
    if processes == 1:
        yield from map(_try, mutants)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap(_try, mutants, chunksize=4)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    options.add_argument("--write", type=Path, help="the page to write; written anew after every 250 mutants")
    options.add_argument("--details", type=Path, help="a file for one line a mutant, as they are tried")
    chosen = options.parse_args()
    begin = time.monotonic()
    verdicts: list[Verdict] = []
    with (chosen.details or Path(os.devnull)).open("w", encoding="utf-8", buffering=1) as details:
        for verdict in verdicts_on(chosen.count, chosen.seed, chosen.processes):
            verdicts.append(verdict)
            told = (verdict.outcome, verdict.operator, verdict.code, verdict.mutant, repr(verdict.shown))
            details.write("\t".join(told) + "\n")
            if chosen.write is not None and len(verdicts) % 250 == 0:
                _write_page(chosen.write, verdicts, chosen.seed)
    if chosen.write is not None:
        _write_page(chosen.write, verdicts, chosen.seed)
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    sys.stderr.write(f"{len(verdicts)} mutants in {time.monotonic() - begin:.0f} s: {dict(outcomes)}\n")
    sys.exit(1 if outcomes["crash"] or outcomes["refused_elsewhere"] else 0)


def _write_page(path: Path, verdicts: list[Verdict], seed: int) -> None:
    path.write_text(page(verdicts, [book.name for book in _BOOKS], seed), encoding="utf-8")


if __name__ == "__main__":
    main()
