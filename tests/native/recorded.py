"""The rulebooks that machine code is held against, with the snapshots of their cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from marginc import compile as compile_rulebook
from marginc.cli.cases import open_case, read_cases
from marginc.program.program import Program
from marginc.runtime.snapshot import Snapshot, read_snapshot

ROOT = Path(__file__).resolve().parents[2]
OF_TESTS = ("span", "tims", "deribit", "simm", "mango-v4", "dydx-v4")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A rulebook as it is at the instant of some of its cases, and the snapshots of those."""

    name: str
    program: Program
    snapshots: tuple[Snapshot, ...]


def rulebooks() -> Iterator[Path]:
    """The six rulebooks of tests/good, and every shipped one."""
    yield from (ROOT / "tests/good" / f"{name}.yaml" for name in OF_TESTS)
    for path in sorted((ROOT / "rules").glob("*/*.yaml")):
        if path.parent.name != "lib":
            yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / ("rules" if "rules" in path.parts else "tests/good")).with_suffix("").as_posix()


def recorded(path: Path) -> Recorded | None:
    """The rulebook with the rules that most of its cases are about; None where it has no cases."""
    rulebook = compile_rulebook(path)
    found: dict[str, tuple[Program, list[Snapshot]]] = {}
    for file in sorted((path.parent / "cases").glob("*.yaml")):
        cases, _, _ = read_cases(file, file.name)
        if cases is None or (cases.path.parent / cases.rulebook.text).resolve() != path.resolve():
            continue
        for case in cases.cases:
            program = rulebook.at(open_case(cases, case).as_of).compiled
            snapshot = read_snapshot(open_case(cases, case, program), program)
            accounts = tuple(account for account in snapshot.accounts if not account.errors)
            known = found.setdefault(program.hash, (program, []))
            known[1].append(Snapshot(snapshot.file, snapshot.as_of, snapshot.reference, accounts))
    if not found:
        return None
    program, snapshots = max(found.values(), key=lambda one: len(one[1]))
    return Recorded(name_of(path), program, tuple(snapshots))
