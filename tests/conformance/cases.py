"""The conformance data as it stands in `*.yaml`: cases, the rulebook they stand in, the snapshot they begin from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
FILES = sorted(HERE.glob("*.yaml"))

SECTIONS = ("eligibility", "haircuts", "borrow_caps", "initial", "maintenance", "formulas", "checks")
_CODE = re.compile(r"MC\d{3}\Z")
_AT_RUNTIME = ("MC4", "MC5")

Data = Any
"""What YAML is made of when every scalar is its text: text, lists, mappings."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case: an expression in a definition on a scope, or a small rulebook with the values it gives.

    inputs    the account's fields and rows, or reference rows by their plural name
    expected  a value, values by row key, or a diagnostic's code; for a small rulebook values by definition
    wrong     why the implementation does not give what the language says, for a case that is known to fail
    """

    file: str
    line: int
    section: str
    scope: str
    expression: str
    inputs: Mapping[str, Data]
    expected: Data
    type: str = ""
    rules: str = ""
    wrong: str = ""

    @property
    def code(self) -> str:
        return self.expected if isinstance(self.expected, str) and _CODE.match(self.expected) else ""

    @property
    def compiles(self) -> bool:
        return not self.code or self.code.startswith(_AT_RUNTIME)

    @property
    def joins(self) -> bool:
        """Whether it can share a rulebook with others: it should compile, and brings no rules of its own."""
        return self.compiles and not self.rules and not self.wrong

    @property
    def name(self) -> str:
        return f"c{self.line}"

    def __str__(self) -> str:
        shown = " ".join((self.expression or self.rules).split())
        return f"{self.file}:{self.line} {shown if len(shown) <= 60 else shown[:57] + '...'}"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one file, the rulebook they stand in (`model.yaml` to them), and the snapshot they begin from.

    library   another rulebook, `library.yaml`, for imports; empty where there is none
    """

    name: str
    rulebook: str
    library: str
    snapshot: Mapping[str, Data]
    cases: tuple[Case, ...]


def read_file(path: Path) -> CaseFile:
    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    parts = {key.value: value for key, value in root.value}
    cases: list[Case] = []
    for place, listed in parts["cases"].value:
        first, _, rest = place.value.partition(" ")
        section, scope = (first, rest) if first in SECTIONS else ("formulas", place.value)
        cases += [_case(path.stem, section, scope, node) for node in listed.value]
    snapshot = _data(parts["snapshot"]) if "snapshot" in parts else {}
    library = parts["library"].value if "library" in parts else ""
    return CaseFile(path.stem, parts["rulebook"].value, library, snapshot, tuple(cases))


def _data(node: yaml.Node) -> Data:
    if isinstance(node, yaml.SequenceNode):
        return [_data(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        data = {key.value: _data(value) for key, value in node.value}
        assert len(data) == len(node.value), f"a key stands twice in line {node.start_mark.line + 1}"
        return data
    return node.value


def _case(file: str, section: str, scope: str, node: yaml.Node) -> Case:
    data, line = _data(node), node.start_mark.line + 1
    wrong = ""
    if isinstance(data, dict):
        wrong = data.get("wrong", "")
        if "cases" in data:
            data = _decision(data)
        if "rules" in data:
            return Case(file, line, section, scope, "", data.get("inputs", {}), data["gives"], "", data["rules"], wrong)
        data = data["case"]
    expression, *rest = data
    inputs = rest.pop(0) if len(rest) > 1 and isinstance(rest[0], dict) else {}
    expected, type_ = rest if len(rest) > 1 else (*rest, "")
    return Case(file, line, section, scope, expression, inputs, expected, type_, "", wrong)


def _decision(data: Data) -> Data:
    """A decision table, `[condition, value]` a row and `[value]` for `else`, as a small rulebook that gives `r`."""
    text = f"formulas:\n  account:\n    r:\n      unique: {data.get('unique', 'false')}\n      cases:\n"
    for *condition, value in data["cases"]:
        when = f"- when: |-\n            {condition[0]}\n          then: |-\n" if condition else "- else: |-\n"
        text += f"        {when}            {value}\n"
    gives = data["gives"] if _CODE.match(data["gives"]) else {"r": data["gives"]}
    return {**data, "rules": text + "outputs: [r]\n", "gives": gives}
