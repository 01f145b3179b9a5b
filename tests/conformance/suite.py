"""Reads the conformance data and holds an executor against it: the cases of `*.yaml`, a verdict for each.

    python tests/conformance/suite.py          every case, a line for each that fails
    python tests/conformance/suite.py --first NAME  the same, the file NAME before the others, stopping at the first

How a case is written is told in docs/conformance.md.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from cases import FILES, Case, CaseFile, Data, read_file

from marginc.compiler.pipeline import read
from marginc.program.diagnostic import Diagnostic, SnapshotError
from marginc.program.literal import instant_text
from marginc.program.number import Ratio, Value
from marginc.program.program import Constant, Definition, Moment, Program, RowKey
from marginc.program.types import Number, optional
from marginc.runtime.exact import evaluate
from marginc.runtime.results import Result
from marginc.runtime.snapshot import Snapshot, open_snapshot, read_snapshot

Executor = Callable[[Program, Snapshot], Iterable[Result]]
"""A second executor is one more of these; it has to give the results of the first."""
EXECUTORS: dict[str, Executor] = {"exact": evaluate}

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE]-?\d+)?(/\d+)?\Z")
_HEADER = re.compile(r"    (c\d+): \|-$")
AT_ONCE = 80
"""Refused definitions of one rulebook: fewer than the findings after which the compiler stops."""


# ---- compiling


class Refused(Exception):
    """A rulebook that does not compile; its findings."""

    def __init__(self, found: list[Diagnostic]):
        super().__init__("; ".join(f"{finding.code} {finding.message}" for finding in found))
        self.found = found
        self.codes = {finding.code for finding in found}


def compiled(folder: Path, text: str) -> tuple[Program, set[str]]:
    """The program of a rulebook's text, which may extend the file's own, and its warnings' codes. Raises Refused."""
    path = folder / "case.yaml"
    path.write_text(text, encoding="utf-8")
    source, found, _ = read(path, path.name, folder)
    found = found + source.findings() if source is not None else found
    errors = [finding for finding in found if finding.severity == "error"]
    if source is None or errors:
        raise Refused(errors)
    program, found = source.program_at(None)
    if program is None:
        raise Refused(found)
    return program, {finding.code for finding in found}


def rules_of(cases: Iterable[Case], kinds: Mapping[str, str]) -> str:
    """A rulebook with a definition for each case, and on the account what reads it where results do not show it."""
    sections: dict[str, dict[str, list[str]]] = {}
    outputs: list[str] = []
    for case in cases:
        body = "\n".join(f"        {line}" for line in case.expression.split("\n"))
        sections.setdefault(case.section, {}).setdefault(case.scope, []).append(f"    {case.name}: |-\n{body}\n")
        for name, reading in _readings(case, kinds):
            sections.setdefault("formulas", {}).setdefault("account", []).append(f"    {name}: {reading}\n")
            outputs.append(name)
        if case.scope == "account" or (case.scope in kinds and kinds[case.scope] != "reference"):
            outputs.append(case.name if case.scope == "account" else f"{case.scope}.{case.name}")
    text = "rulebook: case\nlanguage: 1\nextends: model.yaml\n"
    for section, scopes in sections.items():
        text += f"{section}:\n" + "".join(f"  {scope}:\n{''.join(lines)}" for scope, lines in scopes.items())
    return text + (f"outputs: [{', '.join(outputs)}]\n" if outputs else "")


def _readings(case: Case, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The value at each row of a reference kind, which the account reads by its key."""
    kind = next((k for k in case.scope.replace(",", " ").split() if kinds.get(k) == "reference"), None)
    if kind is not None and isinstance(case.expected, dict):
        for number, key in enumerate(case.expected):
            yield f"{case.name}_{number}", f'{kind}("{key}").{case.name}'


# ---- running


@dataclass(slots=True)
class Run:
    """One file against one executor."""

    file: CaseFile
    execute: Executor
    folder: Path
    kinds: dict[str, str] = field(default_factory=dict)

    def verdicts(self) -> Iterator[tuple[Case, str]]:
        """Each case, and what is wrong with it (nothing: it holds)."""
        for name, text in (("model", self.file.rulebook), ("library", self.file.library)):
            (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        empty = "rulebook: case\nlanguage: 1\nextends: model.yaml\n"
        try:
            self.kinds = {name: kind.role for name, kind in compiled(self.folder, empty)[0].kinds.items()}
        except Refused as refused:
            yield from ((case, f"is in a model that is refused: {refused}") for case in self.file.cases)
            return
        at_once = [case for case in self.file.cases if case.joins]
        yield from self._together(at_once)
        told = self._refused_together([case for case in self.file.cases if case.expression and not case.compiles])
        for case in self.file.cases:
            if not case.joins:
                yield case, "" if told.get(case.name) == {case.code} and not case.wrong else self._alone(case)

    def _together(self, cases: list[Case]) -> Iterator[tuple[Case, str]]:
        """Cases that should compile, in one rulebook; each alone where they do not."""
        try:
            program, _ = compiled(self.folder, rules_of(cases, self.kinds))
        except Exception:  # refused or crashed: which case it was shows when each stands alone
            yield from ((case, self._alone(case)) for case in cases)
            return
        for case in cases:
            if case.code:
                yield case, self._guarded(self._fails, program, case)
        waiting: dict[str, list[Case]] = {}
        for case in cases:
            if not case.code:
                waiting.setdefault(json.dumps(self._reference(case), sort_keys=True), []).append(case)
        for reference, group in waiting.items():
            accounts = list(dict.fromkeys(json.dumps(self._account(case), sort_keys=True) for case in group))
            try:
                results = self._results(program, json.loads(reference), [json.loads(account) for account in accounts])
            except Exception:  # one of them crashes the executor
                yield from ((case, self._alone(case)) for case in group)
                continue
            for case in group:
                found = results[accounts.index(json.dumps(self._account(case), sort_keys=True))]
                yield case, self._differs(program, case, found)

    def _refused_together(self, cases: list[Case]) -> dict[str, set[str]]:
        """The codes of the findings in each of many definitions, by name: what is refused does not touch the others.

        It is fast and no last word: a case that is not refused here with just its code is looked at alone.
        """
        told: dict[str, set[str]] = {}
        for begin in range(0, len(cases), AT_ONCE):
            text = rules_of(cases[begin : begin + AT_ONCE], self.kinds)
            headers = [_HEADER.match(line) for line in text.split("\n")]
            try:
                compiled(self.folder, text)
            except Refused as refused:
                for finding in refused.found:
                    above = (header[1] for header in reversed(headers[: finding.span.line]) if header)
                    told.setdefault(next(above, ""), set()).add(finding.code)
            except Exception:  # some case crashes; which one shows when each stands alone
                continue
        return {} if "" in told else told

    def _alone(self, case: Case) -> str:
        return self._guarded(self._by_itself, case)

    def _guarded(self, judge: Callable[..., str], *given: object) -> str:
        try:
            return judge(*given)
        except Exception as error:  # whatever it is, it is this case that shows it
            return f"crashes: {type(error).__name__} {error}"

    def _by_itself(self, case: Case) -> str:
        """What is wrong with a case in a rulebook of its own."""
        text = case.rules or rules_of([case], self.kinds)
        if case.rules and "numeraire:" not in text:
            text = f"rulebook: case\nlanguage: 1\nextends: model.yaml\n{text}"
        try:
            program, warned = compiled(self.folder, text)
        except Refused as refused:
            return "" if {case.code} == refused.codes else f"refused: {refused}"
        if not case.compiles:
            return "" if warned == {case.code} else f"compiles, expected {case.code}"
        if case.code:
            return self._fails(program, case)
        (result,) = self._results(program, self._reference(case), [self._account(case)])
        if not case.rules:
            return self._differs(program, case, result)
        return "; ".join(filter(None, (self._value(program, result, *wanted) for wanted in case.expected.items())))

    def _reference(self, case: Case) -> Data:
        """The snapshot without its accounts, as the case changes it: a row given is the whole row."""
        own = {name: value for name, value in self.file.snapshot.items() if name != "account"}
        given = {name: value for name, value in case.inputs.items() if name in own}
        changed = {n: {**own[n], **value} if isinstance(value, dict) else value for n, value in given.items()}
        return {"as_of": "2026-01-01", **own, **changed}

    def _account(self, case: Case) -> Data:
        own = {name for name in self.file.snapshot if name != "account"}
        return {**self.file.snapshot.get("account", {}), **{n: v for n, v in case.inputs.items() if n not in own}}

    def _results(self, program: Program, reference: Data, accounts: list[Data]) -> list[Result]:
        numbered = [{**account, "account": str(number)} for number, account in enumerate(accounts)]
        document = json.dumps(_typed({**reference, "accounts": numbered})).encode()
        return list(self.execute(program, read_snapshot(open_snapshot(None, "snapshot", document), program)))

    def _fails(self, program: Program, case: Case) -> str:
        """A case that is to fail for its account: it alone is asked for."""
        wanted = {case.name, f"{case.name}_0"}
        asked = tuple(output for output in program.outputs if program.definitions[output.definition].name in wanted)
        alone = replace(program, outputs=asked or program.outputs, checks=(), ladder=())
        try:
            (result,) = self._results(alone, self._reference(case), [self._account(case)])
        except SnapshotError as error:
            codes = {finding.code for finding in error.diagnostics}
        else:
            codes = {finding.code for finding in result.errors}
            rows = [row.outputs for rows in result.rows.values() for row in rows]
            if result.outputs or (rows and all(rows)):
                return f"has a value, expected {case.code}"
        return "" if codes == {case.code} else f"fails with {', '.join(sorted(codes)) or 'nothing'}"

    def _differs(self, program: Program, case: Case, result: Result) -> str:
        own = case.name if case.scope == "account" else f"{case.scope}.{case.name}"
        expected = case.expected
        definition = next(d for d in program.definitions if d.name == case.name)
        if case.type and str(definition.type) != case.type:
            return f"is of type `{definition.type}`, expected `{case.type}`"
        readings = list(_readings(case, self.kinds))
        if readings:
            pairs = zip(readings, expected.values(), strict=True)
            return "; ".join(filter(None, (self._value(program, result, n, value) for (n, _), value in pairs)))
        return self._value(program, result, own, expected)

    def _value(self, program: Program, result: Result, name: str, expected: Data) -> str:
        """What is wrong with a named value, `name` on the account or `kind.name` for each of its rows."""
        kind, _, own = name.rpartition(".")
        number = program.find(own, *(kind.split(", ") if kind else ()))
        if number is None:
            return f"there is no `{name}`"
        definition = program.definitions[number]
        if program.outputs and number not in {output.definition for output in program.outputs}:
            return f"`{name}` is no output"
        if kind:
            rows = result.rows.get(program.kinds[kind].plural, ())
            found = {"/".join(_bare(v) for v in row.key.values()): row.outputs.get(own, _LACKING) for row in rows}
            texts = {key: shown(value, definition) for key, value in found.items()}
            good = set(found) == set(expected) and all(agrees(found[k], definition, v) for k, v in expected.items())
            return "" if good else f"is {texts}, expected {expected}"
        value = result.outputs.get(own, _LACKING)
        if value is _LACKING and expected in {error.code for error in result.errors}:
            return ""
        if value is _LACKING:
            return f"has no value: {', '.join(f'{e.code} {e.message}' for e in result.errors)}"
        return "" if agrees(value, definition, expected) else f"is {shown(value, definition)}, expected {expected}"


_LACKING: Constant = "no value"


def _typed(data: Data) -> Data:
    """The data as JSON means it: true, false and none are no texts."""
    if isinstance(data, dict):
        return {key: _typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_typed(item) for item in data]
    return {"true": True, "false": False, "none": None}.get(data, data)


def agrees(value: Constant, definition: Definition, expected: str) -> bool:
    """Whether a value is the one a case names: numbers by value and unit, everything else by its text."""
    if not isinstance(value, Value):
        return shown(value, definition) == expected
    number, _, unit = expected.partition(" ")
    if not _NUMBER.match(number) or not isinstance(definition.type, Number):
        return False
    top, bottom = Ratio.of(value).numerator, Ratio.of(value).denominator
    return Fraction(number) == Fraction(top, bottom) and _unit(definition.type) == (unit or "ratio")


def _unit(type_: Number) -> str:
    return "ratio" if type_.integer else str(optional(type_, False))


def shown(value: Constant, definition: Definition) -> str:
    """A value as the language writes it."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case Moment(seconds=seconds):
            return instant_text(seconds)
        case RowKey(kind=kind, key=key):
            return f'{kind}("{key}")'
        case str():
            return f'"{value}"'
        case _:
            number = Ratio.of(value)  # type: ignore[arg-type]  # nothing else is left
            unit = _unit(definition.type) if isinstance(definition.type, Number) else "?"
            return str(Fraction(number.numerator, number.denominator)) + ("" if unit == "ratio" else f" {unit}")


def _bare(value: Constant) -> str:
    return value.key if isinstance(value, RowKey) else str(value)


def verdicts(file: CaseFile, executor: str = "exact") -> Iterator[tuple[Case, str]]:
    """Each case of a file with what is wrong with it; a case known to be wrong has to be."""
    with tempfile.TemporaryDirectory() as folder:
        for case, problem in Run(file, EXECUTORS[executor], Path(folder)).verdicts():
            yield case, problem if not case.wrong else "" if problem else "holds now: it is no longer known to fail"


def main(arguments: list[str]) -> int:
    failed = total = 0
    for path in sorted(FILES, key=lambda path: path.stem not in arguments):
        for case, problem in verdicts(read_file(path)):
            total += 1
            if problem:
                failed += 1
                sys.stdout.write(f"{case}: {problem}\n")
                if "--first" in arguments:
                    return 1
    sys.stdout.write(f"{total} cases, {failed} fail\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
