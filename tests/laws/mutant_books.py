"""A shipped rulebook at one instant, checked and compiled, and where each of its definitions is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mutant_accounts import Accounts, has_cases

from marginc.compiler.check import DefinitionKey, Structure, Term, check_structure, read_parameters
from marginc.compiler.lower import lower, with_parameters
from marginc.compiler.rulebook import (
    DefinitionText,
    Effective,
    Layer,
    RuleFile,
    effective_at,
    load_files,
    read_rulebook,
)
from marginc.compiler.source import Entry, Mapping, Node, Sequence, SourceFile
from marginc.program.codec import sealed
from marginc.program.diagnostic import Diagnostic, Span
from marginc.program.program import Program

ROOT = Path(__file__).resolve().parents[2]
Place = tuple[int, int, int]
"""A file of the rulebook by its position, and offsets in it."""


@dataclass(slots=True)
class Book:
    """A shipped rulebook at one instant: checked, compiled, with its recorded accounts."""

    name: str
    instant: int | None
    files: list[RuleFile]
    structure: Structure
    effective: Effective
    program: Program
    readers: dict[DefinitionKey, list[Place]]
    """Where each definition is read."""
    accounts: Accounts
    reading: dict[DefinitionKey, set[DefinitionKey]] = field(default_factory=dict)
    """The definitions that read each."""
    entries: dict[tuple[int, int], tuple[Mapping, Entry]] = field(default_factory=dict)
    """By file and the offset of the key: the mapping an entry stands in."""

    def number(self, file: SourceFile) -> int:
        return next(n for n, other in enumerate(self.files) if other.source.name == file.name)


def open_books(folder: Path) -> list[Book]:
    """Every rulebook under a folder that has cases, at every instant at which its rules (not its numbers) change."""
    books: list[Book] = []
    for path in sorted(folder.rglob("*.yaml")):
        if not has_cases(path):
            continue  # a base is changed where it is extended
        files, found, _ = load_files(path, path.relative_to(ROOT).as_posix(), ROOT)
        if found or not files:
            raise SystemExit(f"{path}: {found[0].message if found else 'cannot be read'}")
        rulebook, _ = read_rulebook(files)
        seen: dict[tuple[int, ...], int | None] = {}
        for instant in (None, *rulebook.instants):
            seen[effective_at(rulebook, instant).structure] = instant  # the last instant with these rules
        for instant in seen.values():
            book = _open(path, files, instant)
            if book is not None:
                books.append(book)
    return books


def _open(path: Path, files: list[RuleFile], instant: int | None) -> Book | None:
    rulebook, _ = read_rulebook(files)
    effective = effective_at(rulebook, instant)
    structure = check_structure(rulebook, effective)
    if errors(structure.found) or any(c.term is None for c in structure.definitions.checked.values()):
        return None
    parameters, _ = read_parameters(structure.model, effective)
    program, found = with_parameters(lower(structure), parameters, rulebook.interval(instant))
    if errors(found):
        return None
    name = path.relative_to(ROOT / "rules").with_suffix("").as_posix()
    book = Book(name, instant, files, structure, effective, sealed(program), {}, Accounts(path, program))
    for number, file in enumerate(files):
        for mapping, entry in _entries(file.root):
            book.entries[number, entry.key.start] = mapping, entry
    _note_readers(book)
    return book


def _entries(node: Node) -> Iterator[tuple[Mapping, Entry]]:
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield node, entry
            yield from _entries(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _entries(item)


def _note_readers(book: Book) -> None:
    """Where each definition is read: expressions, conditions and messages of the ladder, outputs, keys of groups."""
    kinds = book.structure.model.kinds
    places: dict[str, list[Place]] = {}
    for plural_texts in book.effective.kinds.values():
        for text in plural_texts:
            each = text.each.text if text.each is not None else ""
            for scalar in (*text.by, *text.of):
                places.setdefault(each, []).append(place(book, text.layer, scalar))

    def note(term: Term | None, place: Place, reader: DefinitionKey | None = None) -> None:
        waiting = [term] if term is not None else []
        while waiting:
            part = waiting.pop()
            waiting += part.arguments
            if part.operation == "read" and reader is not None:
                book.reading.setdefault(part.attributes[0], set()).add(reader)  # type: ignore[arg-type]
            if part.operation == "read":
                book.readers.setdefault(part.attributes[0], []).append(place)  # type: ignore[arg-type]
            if part.operation in ("load", "group", "members"):
                group = kinds[str(part.attributes[0])]
                for member in group.of:
                    for key in group.by:
                        book.readers.setdefault(((member,), key), []).append(place)

    for key, checked in book.structure.definitions.checked.items():
        note(checked.term, whole(book, checked.text), key)
        message = checked.text.message
        if message is not None:
            book.readers.setdefault(key, []).append(place(book, checked.text.layer, message))
    for rung in book.structure.verdict.ladder:
        if rung.text.when is not None:
            note(rung.test, place(book, rung.text.layer, rung.text.when))
        for hole in rung.message:
            if rung.text.message is not None:
                note(hole.term, place(book, rung.text.layer, rung.text.message))
    for output in book.effective.outputs:
        scope, _, name = output.name.text.rpartition(".")
        key = (tuple(p.strip() for p in scope.split(",")) if scope else ("account",), name)
        book.readers.setdefault(key, []).append(place(book, output.layer, output.name))
    for kind in kinds.values():
        for member in kind.of:
            for name in kind.by:
                book.readers.setdefault(((member,), name), []).extend(places.get(kind.name, []))
                book.readers[(member,), name].append(_span_place(book, book.structure.model.spans[kind.name, ""]))


def place(book: Book, layer: Layer, node: Node | Entry) -> Place:
    return book.number(layer.file), node.start, node.end


def _span_place(book: Book, span: Span) -> Place:
    number = next(n for n, file in enumerate(book.files) if file.source.name == span.file)
    starts = line_starts(book.files[number].source.text)
    return number, starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def whole(book: Book, text: DefinitionText) -> Place:
    """A definition from its name to its end."""
    number = book.number(text.layer.file)
    _, entry = book.entries[number, text.name.start]
    return number, entry.start, entry.end


def line_starts(text: str) -> list[int]:
    """The offset at which each line begins, and the end."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def all_readers(book: Book, key: DefinitionKey) -> list[Place]:
    """Where a definition is read, and where what reads it is read, and so on: a unit passes through all of these."""
    seen, waiting = {key}, [key]
    while waiting:
        waiting += (more := book.reading.get(waiting.pop(), set()) - seen)
        seen |= more
    return [place for reader in seen for place in book.readers.get(reader, [])]


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings that refuse a rulebook; warnings do not."""
    return [finding for finding in found if finding.severity == "error"]
