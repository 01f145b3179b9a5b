"""Thirty faults in the example repository's rules: drawn by seed, listed, and only then shown to the checks.

python tests/ci/faults.py draw      writes tests/ci/faults.json; the list is committed before anything is measured
python tests/ci/faults.py measure   puts each fault into a copy, runs validate, lint and test, writes docs/faults.md
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "rules-repo"
LIST = Path(__file__).with_name("faults.json")
PAGE = ROOT / "docs" / "faults.md"
SEED, COUNT = 20261122, 30
CHECKS = ("validate", "lint", "test")


@dataclass(frozen=True, slots=True)
class Fault:
    """One slip: in `file` the text from `start` to `end` is `before`, and becomes `after`."""

    file: str
    line: int
    name: str
    operator: str
    start: int
    end: int
    before: str
    after: str

    def applied(self, text: str) -> str:
        assert text[self.start : self.end] == self.before, f"{self.file} is no longer what the fault was drawn from"
        return text[: self.start] + self.after + text[self.end :]


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of a fault: for each check that noticed it the first code it gave; `same` for an equal program."""

    fault: Fault
    caught: dict[str, str]
    same: bool


def all_mutants() -> list[Fault]:
    """Every mutant that `marginc mutate` makes of the rule files, in the order of the files."""
    from marginc.cli.mutation import mutants_of
    from marginc.compiler.rulebook import load_files

    files, found, _ = load_files(EXAMPLE / "rules" / "margin.yaml", "rules/margin.yaml")
    assert not found
    return [
        Fault(file.source.name, one.line, one.name, one.operator, one.start, one.end, one.before, one.after)
        for file in files
        for one in mutants_of(file)
    ]


def draw() -> dict[str, object]:
    """The list as it is kept: how many mutants there were, the seed, and the faults in the order of the files."""
    mutants = all_mutants()
    places = sorted(random.Random(SEED).sample(range(len(mutants)), COUNT))
    return {"mutants": len(mutants), "seed": SEED, "faults": [asdict(mutants[place]) for place in places]}


def listed() -> tuple[int, list[Fault]]:
    """From how many mutants the faults were drawn, and the faults."""
    kept = json.loads(LIST.read_text("utf-8"))
    return kept["mutants"], [Fault(**fault) for fault in kept["faults"]]


def measure(faults: Sequence[Fault]) -> list[Measured]:
    """Each fault in a copy of its own, under the three checks as CI runs them."""
    with tempfile.TemporaryDirectory() as folder:
        return [_measured(fault, Path(folder) / str(number)) for number, fault in enumerate(faults)]


def _measured(fault: Fault, copy: Path) -> Measured:
    shutil.copytree(EXAMPLE, copy)
    file = copy / fault.file
    file.write_text(fault.applied(file.read_text("utf-8")), "utf-8")
    caught = {}
    for check in CHECKS:
        found = _run(check, copy)
        if found:
            caught[check] = found[0]
    return Measured(fault, caught, not caught and _programs(copy) == _programs(EXAMPLE))


def _run(check: str, folder: Path) -> list[str]:
    """The codes that a check gives, in order; none where its exit code is 0."""
    extra = ["--no-cache"] if check == "validate" else []
    command = [sys.executable, "-m", "marginc", check, "--format", "json", *extra]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode in (0, 1), f"marginc {check}: {done.stderr}"
    return [one["code"] for one in json.loads(done.stdout)] if done.returncode else []


def _programs(folder: Path) -> list[str]:
    """The hashes of the rulebook's programs at all its dates: equal ones mean the same to the letter."""
    import marginc

    rulebook = marginc.compile(folder / "rules" / "margin.yaml")
    return [rulebook.at(instant).hash for instant in rulebook.source.rulebook.instants]


# ---- the page


def page(mutants: int, measured: Sequence[Measured]) -> str:
    """docs/faults.md: the shares, then every fault, those that nothing noticed first."""
    missed = [one for one in measured if not one.caught]
    counts = Counter(check for one in measured for check in one.caught)
    first = Counter(next(iter(one.caught)) for one in measured if one.caught)
    lines = [
        "# Thirty faults",
        "",
        f"The rules of [examples/rules-repo](../examples/rules-repo) have {mutants:,} mutants: every slip that",
        f"`marginc mutate` makes, one at a time. {COUNT} of them were drawn by seed {SEED} and listed in",
        "`tests/ci/faults.json`, which was committed before any check had seen one; neither rules nor cases were",
        "touched since. Misspelt names and units that do not fit are not among them: [mutants.md](mutants.md) has",
        "10,000 of those.",
        "",
        "`python tests/ci/faults.py measure` puts each into a copy of the repository and runs what its CI runs.",
        "",
        "| check | notices | notices first |",
        "|---|--:|--:|",
        *(f"| `marginc {check}` | {counts[check]} | {first[check]} |" for check in CHECKS),
        f"| together | {len(measured) - len(missed)} of {len(measured)} | |",
        "",
        f"## Missed: {len(missed)}",
        "",
        *(_bullet(one) for one in missed),
        "",
        f"## Noticed: {len(measured) - len(missed)}",
        "",
        *(_bullet(one) for one in measured if one.caught),
    ]
    return "\n".join(lines) + "\n"


def _bullet(one: Measured) -> str:
    before, after = (" ".join(text.split()) for text in (one.fault.before, one.fault.after))
    change = f"`{before}` is `{after}`" if after else f"`{before}` left out"
    noticed = ", ".join(f"{check} ({code})" for check, code in one.caught.items())
    end = noticed or ("the same program to the letter" if one.same else "")
    return f"- `{one.fault.file}:{one.fault.line}` {one.fault.name}: {change}; {one.fault.operator}" + (
        f". **{end}**" if end else ""
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=["draw", "measure"])
    if parser.parse_args().do == "draw":
        LIST.write_text(json.dumps(draw(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    else:
        number, faults = listed()
        PAGE.write_text(page(number, measure(faults)), "utf-8")
