"""Edits of a rulebook, line by line, and whether a case or the check of the rules notices them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from marginc.cli.cases import Case, CaseFile, read_cases, run_case
from marginc.cli.refusal import Refusal
from marginc.cli.rules import Rules
from marginc.compiler.pipeline import Source, read
from marginc.program.diagnostic import Diagnostic
from marginc.program.program import Program
from marginc.program.types import Label, Number, Row, Truth, Type

RULES = Path(__file__).resolve().parents[2] / "rules"
SECTIONS = ("eligibility", "haircuts", "borrow_caps", "maintenance", "initial", "formulas")
Entry = tuple[ScalarNode, Node]


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited rulebook. `words` are what cases about the edited line have; `values`: nothing but values changed."""

    name: str
    words: tuple[str, ...]
    text: str
    values: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """A rulebook, its cases, and the path at which edited copies are read."""

    text: str
    path: Path
    source: Source
    cases: tuple[tuple[CaseFile, Case, str], ...]

    def notices(self, edit: Edit) -> str:
        """What notices an edit: `check` where the rules are refused, the name of a case, or nothing."""
        self.path.write_text(edit.text, "utf-8")
        source, found, _ = read(self.path, self.path.name)
        if source is not None and edit.values:  # the same definitions need no second check
            source = Source(source.rulebook, source.sources, self.source._structures)
        if source is None or has_errors(found):
            return "check"
        return self.failing(source, edit.words) or ("check" if has_errors(source.findings()) else "")

    def failing(self, source: Source, words: tuple[str, ...]) -> str:
        """The first case that fails, `check` where it finds the rules refused on its day, or nothing."""
        refused: list[bool] = []
        rules = opened(source, lambda: refused.append(True))
        likely_first = sorted(self.cases, key=lambda one: -sum(word in one[2] for word in words))
        name = next((case.name for file, case, _ in likely_first if run_case(file, case, rules)), "")
        return "check" if refused else name


def has_errors(found: list[Diagnostic]) -> bool:
    return any(finding.severity == "error" for finding in found)


def bench_of(rulebook: str, folder: Path, also: str = "") -> Bench:
    """A shipped rulebook with its cases, and those of `also`; edited copies stand beside a copy of all rules."""
    own = RULES / f"{rulebook}.yaml"
    source, found, _ = read(own, own.name)
    assert source is not None
    assert not found + source.findings()
    (folder / "marginc.toml").touch()  # imports stay below it
    shutil.copytree(RULES, folder, ignore=shutil.ignore_patterns("cases"), dirs_exist_ok=True)
    cases: list[tuple[CaseFile, Case, str]] = []
    for path in sorted((own.parent / "cases").glob("*.yaml")):
        file, problems, _ = read_cases(path, path.name)
        assert file is not None, problems
        if file.rulebook.text in (f"../{own.name}", f"../{also}"):
            cases += [(file, case, text_of(file, case)) for case in file.cases]
    bench = Bench(own.read_text("utf-8"), folder / f"{rulebook}.yaml", source, tuple(cases))
    assert bench.notices(Edit("as it stands", (), bench.text)) == ""
    return bench


def undeleted(bench: Bench, but: Collection[str] = ()) -> list[str]:
    """Lines that can go unnoticed, `but` some that are known to."""
    return [edit.name for edit in deletions(bench.text) if edit.name not in but and not bench.notices(edit)]


def unchanged(bench: Bench) -> list[str]:
    """Lines that can change so that no case fails; for those that cannot go because others read them."""
    program, _ = bench.source.program_at(max(bench.source.rulebook.instants, default=None))
    assert program is not None
    found = ((edit, bench.notices(edit)) for edit in changes(bench.text, program))
    return [f"{edit.name} {by}" for edit, by in found if by in ("", "check")]


def opened(source: Source, refused: Callable[[], None] = lambda: None) -> Callable[[Path], Rules]:
    """What opens these rules for a case, whatever file the case names; calls `refused` where there is no program."""

    def at(moment: Decimal | int | None) -> Program:
        program, found = source.program_at(None if moment is None else int(moment // 1))
        if program is None:
            refused()
            raise Refusal(found, source.sources)
        return program

    rules = Rules(source.rulebook.name, {}, (), at)
    return lambda _: rules


def text_of(file: CaseFile, case: Case) -> str:
    """The lines of a case, from its name to the next one's."""
    return file.source.text.partition(f"- name: {case.name}\n")[2].partition("  - name: ")[0]


# --- the lines of a rulebook -----------------------------------------------------------------------------------------


def entries(node: Node | None, *path: str) -> Iterator[Entry]:
    """The entries of the mapping at `path`."""
    for key in path:
        node = next((v for k, v in entries(node) if k.value == key), None)
    if isinstance(node, MappingNode):
        yield from ((k, v) for k, v in node.value if isinstance(k, ScalarNode))


def without(text: str, start: Node, end: Node) -> str:
    """The text without the lines, or in `{ }` without the words, from one node to another."""
    first, last = start.start_mark.index, end.end_mark.index
    line = text.rindex("\n", 0, first) + 1
    if "{" in text[line:first]:
        rest = text[last:].lstrip(" ")
        return text[:first] + rest.removeprefix(",")
    while text[last - 1] != "\n":  # a comment behind the value goes with it
        last += 1
    return text[:line] + text[last:]


def expressions(body: Node) -> Iterator[ScalarNode]:
    """The expressions of a definition: what it is, or what it is in each of its cases."""
    if isinstance(body, ScalarNode):
        yield body
    for key, value in entries(body):
        if key.value == "let" and isinstance(value, ScalarNode):
            yield value
        if key.value == "cases" and isinstance(value, SequenceNode):
            for case in value.value:
                yield from (v for k, v in entries(case) if k.value in ("then", "else") and isinstance(v, ScalarNode))


def definitions(root: Node) -> Iterator[tuple[str, str, ScalarNode, Node]]:
    """Section, scope, name and body of each, those of amendments too."""
    for layer in (root, *amendments(root)):
        for section in SECTIONS:
            for scope, body in entries(layer, section):
                yield from ((section, scope.value, name, value) for name, value in entries(body))


def amendments(root: Node) -> list[Node]:
    return next((value.value for key, value in entries(root) if key.value == "amendments"), [])


def values(root: Node) -> Iterator[tuple[str, list[Entry]]]:
    """Every parameter value with its name: the entries around it, of which it is the innermost."""
    for name, value in entries(root, "parameters"):
        yield from leaves(name.value, [(name, value)])
    for amendment in amendments(root):
        date = next(v.value for k, v in entries(amendment) if k.value == "effective")
        for name, value in entries(amendment, "parameters"):
            yield from leaves(f"{date} {name.value}", [(name, value)])


def leaves(name: str, around: list[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    inner = list(entries(around[-1][1]))
    if any(key.value == "value" for key, _ in inner):
        inner = [(key, value) for key, value in inner if key.value == "value"]  # the rest tells of it
    if not inner:
        yield name, around
    for key, value in inner:
        yield from leaves(f"{name}.{key.value}", [*around, (key, value)])


def rungs(root: Node) -> list[MappingNode]:
    return next((value.value for key, value in entries(root) if key.value == "status"), [])


# --- edits -----------------------------------------------------------------------------------------------------------


def edited(text: str, node: Node, new: str) -> str:
    """The text with other words in the place of a scalar; a folded block stays one."""
    start, end = node.start_mark.index, node.end_mark.index
    if text[start] != ">":
        return text[:start] + new + text[end:]
    margin = " " * (node.start_mark.column + 2)
    return f"{text[:start]}>-\n{margin}{new}\n{text[end:]}"


def deletions(text: str) -> Iterator[Edit]:
    root = yaml.compose(text, yaml.SafeLoader)
    assert root is not None
    for _, scope, name, value in definitions(root):
        yield Edit(f"{scope}.{name.value} deleted", (f"{name.value}:",), without(text, name, value))
    ladder = rungs(root)
    for number, rung in enumerate(ladder, 1):
        status = rung.value[0][1].value
        yield Edit(f"rung {number}, {status}, deleted", (f"status: {status}", "message:"), without_rung(text, rung))
    for path, around in values(root):
        innermost = len(around) - 1
        while innermost and len(list(entries(around[innermost - 1][1]))) == 1:
            innermost -= 1  # what holds nothing else goes with it
        yield Edit(f"{path} deleted", words_of(path), without(text, *around[innermost]), values=True)


def without_rung(text: str, rung: Node) -> str:
    line = text.rindex("\n", 0, rung.start_mark.index) + 1
    end = rung.end_mark.index
    return text[:line] + text[text.rindex("\n", 0, end + 1) + 1 :]


def words_of(name: str) -> tuple[str, ...]:
    """Cases about `2026-08-17 assets.HYPE.ltv` have its date and its asset."""
    date, _, path = name.rpartition(" ")
    return (f"as_of: {date}", *(f"{part}:" for part in path.split(".")))


def changes(text: str, program: Program) -> Iterator[Edit]:
    root = yaml.compose(text, yaml.SafeLoader)
    assert root is not None
    types = {(", ".join(d.scope), d.name): d.type for d in program.definitions}
    for section, scope, name, body in definitions(root):
        for number, node in enumerate(expressions(body), 1):
            type_ = types[scope, name.value]
            if (node.value in ("none", "0") and isinstance(type_, Number)) or isinstance(type_, Row):
                continue  # nothing has no double, and no row
            new = changed(node.value, type_, section)
            yield Edit(f"{scope}.{name.value} changed ({number})", (f"{name.value}:",), edited(text, node, new))
    for number, rung in enumerate(rungs(root), 1):
        status = rung.value[0][1].value
        for key, value in entries(rung):
            if key.value == "when":
                turned = edited(text, value, f"not ({value.value})")
                yield Edit(f"rung {number}, {status}, turned", (f"status: {status}", "message:"), turned)
    for path, around in values(root):
        if (new := other(around[-1][1].value)) != around[-1][1].value:  # a row has no other
            yield Edit(f"{path} changed", words_of(path), edited(text, around[-1][1], new), values=True)


def changed(expression: str, type_: Type, section: str) -> str:
    """Another value of the same type: half of a haircut, twice any other number, the opposite, another word."""
    factor = "1/2" if section == "haircuts" else "2"
    if isinstance(type_, Truth):
        return f"not ({expression})"
    if isinstance(type_, Number):
        return f"{factor} * default(({expression}), 0)" if type_.optional else f"{factor} * ({expression})"
    assert isinstance(type_, Label)
    if type_.optional and expression != "none":
        return "none"
    another = next((word for word in type_.choices or ("another",) if word not in expression), "another")
    return f"'\"{another}\"'"


def other(value: str) -> str:
    """A value that is told apart: one more (ten, where it is 0), a half turned into a third, the opposite."""
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if "/" in value:
        return re.sub(r"/(\d+)", lambda match: f"/{int(match[1]) + 1}", value)
    return re.sub(r"^[\d_]+", lambda match: str(int(match[0]) + 1 if int(match[0]) else 10), value)
