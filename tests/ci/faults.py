"""Thirty faults in the example repository's rules, twice: drawn by seed, listed, and only then shown to the checks.

python tests/ci/faults.py draw faults   of what `marginc mutate` makes; writes tests/ci/faults.json
python tests/ci/faults.py draw slips    of what tests/laws makes to try the compiler; writes tests/ci/slips.json
python tests/ci/faults.py measure       puts each into a copy, runs validate, lint and test, writes docs/faults.md

A list is committed before anything of it is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "rules-repo"
LISTS = ("faults", "slips")
PAGE = ROOT / "docs" / "faults.md"
SEED, COUNT = 20261122, 30
CHECKS = ("validate", "lint", "test")
WHY = {
    (18, "505"): "no case has as many as 500 BTC",
    (28, "1"): "no case holds ETH-PERP",
    (29, ""): "no case holds ETH-PERP",
    (29, "6.06%"): "no case holds ETH-PERP",
    (40, "ltv >= 0%"): "with an ltv of 0 % the haircut is all of it, so no output differs",
    (67, "backing < 0"): "no case requires something of a backing of 0",
    (73, "50.5%"): "no case uses about half of what backs it",
    (83, "debt != 0"): "no case looks at the check",
    (83, "(debt == 0 and debt >= least_loan)"): "no case looks at the check",
    (92, "required >= call_at * backing"): "no case stands at 80 % exactly",
    (67, "rate"): "where nothing is required the rest gives 0 % too; where nothing backs it either, no case looks",
    (73, "abs(50% * backing)"): "in no case is the backing below 0",
    (73, "free"): "no case with a loan uses less than half of what backs it",
    (74, "7% per year"): "no case with a loan uses less than half of what backs it",
    (83, "(-(least_loan))"): "no case looks at the check",
    (89, "((backing) * (sell_at))"): "the same product",
    (92, "abs(required)"): "what is required is never below 0",
}
"""Why the cases do not notice what nothing noticed, by line and what stands there then."""


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


def mutants_of_mutate() -> list[Fault]:
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


def mutants_of_laws() -> list[Fault]:
    """Every mutant that tests/laws makes of the rulebook as it stands last, in the order of the files."""
    sys.path.insert(0, str(ROOT / "tests" / "laws"))
    import mutant_books
    import rulebook_mutants

    mutant_books.ROOT = EXAMPLE  # its folder `rules` is the one whose rulebooks have names
    book = mutant_books.open_books(EXAMPLE / "rules")[-1]
    found = []
    for one in rulebook_mutants.make_mutants([book], 1_000_000, SEED):
        file = book.files[one.file].source
        name = "status" if one.key is None else one.key[1]
        line = file.span(one.start, one.end).line
        found.append(
            Fault(file.name, line, name, one.operator, one.start, one.end, file.text[one.start : one.end], one.text)
        )
    return sorted(found, key=lambda one: (one.file, one.start, one.end, one.operator, one.after))


def draw(name: str) -> dict[str, object]:
    """A list as it is kept: how many mutants there were, the seed, and the faults in the order of the files."""
    mutants = mutants_of_mutate() if name == "faults" else mutants_of_laws()
    places = sorted(random.Random(SEED).sample(range(len(mutants)), COUNT))
    return {"mutants": len(mutants), "seed": SEED, "faults": [asdict(mutants[place]) for place in places]}


def list_file(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.json")


def listed(name: str) -> tuple[int, list[Fault]]:
    """From how many mutants the faults of a list were drawn, and the faults."""
    kept = json.loads(list_file(name).read_text("utf-8"))
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
    """The codes that a check gives there, in order; none where its exit code is 0. One process runs all of them."""
    from marginc.cli import main

    out, told = io.StringIO(), io.StringIO()
    code: object = None
    extra = ["--no-cache"] if check == "validate" else []
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
            main([check, "--format", "json", *extra])
    except SystemExit as end:
        code = end.code
    assert code in (0, 1), f"marginc {check}: {told.getvalue()}"
    return [one["code"] for one in json.loads(out.getvalue())] if code else []


def _programs(folder: Path) -> list[str]:
    """The hashes of the rulebook's programs at all its dates: equal ones mean the same to the letter."""
    import marginc

    rulebook = marginc.compile(folder / "rules" / "margin.yaml")
    return [rulebook.at(instant).hash for instant in rulebook.source.rulebook.instants]


# ---- the page

HEAD = f"""\
# Faults

What CI notices when one thing in the rules of [examples/rules-repo](../examples/rules-repo) is wrong: two lists of
{COUNT} faults, drawn by seed {SEED}. Each list was committed before any check had seen a fault of it; neither rules
nor cases were touched since. `python tests/ci/faults.py measure` puts each fault into a copy of the repository and
runs what its CI runs.
"""
ABOUT = {
    "faults": """\
## Slips that read well

`marginc mutate` makes {mutants:,} mutants of the rules, listed in `tests/ci/faults.json`: numbers that are one per cent
off, boundaries on the other side, parts left out. They are chosen to pass every check, so what notices them is a case
that comes near; `marginc mutate` writes such cases for most of those that were missed.
""",
    "slips": """\
## Slips of the pen

The operators that try the compiler itself ([mutants.md](mutants.md)) make {mutants:,} mutants of the same rules,
listed in `tests/ci/slips.json`: names and units that are mistaken, operands and branches that are swapped or lost.
This list was drawn after the other had been measured.
""",
}


def page(lists: Mapping[str, tuple[int, Sequence[Measured]]]) -> str:
    """docs/faults.md: of each list the shares, then every fault, those that nothing noticed first."""
    return "\n".join([HEAD, *(_part(ABOUT[name].format(mutants=number), one) for name, (number, one) in lists.items())])


def _part(about: str, measured: Sequence[Measured]) -> str:
    missed = [one for one in measured if not one.caught]
    noticed = [one for one in measured if one.caught]
    counts = Counter(check for one in noticed for check in one.caught)
    first = Counter(next(iter(one.caught)) for one in noticed)
    lines = [
        about,
        "| check, in the order of CI | notices | first to notice |",
        "|---|--:|--:|",
        *(f"| `marginc {check}` | {counts[check]} | {first[check]} |" for check in CHECKS),
        f"| together | {len(noticed)} of {len(measured)} | |",
        "",
        f"### Missed: {len(missed)}",
        "",
        *(_bullet(one) for one in missed),
        "",
        f"### Noticed: {len(noticed)}",
        "",
        *(_bullet(one) for one in noticed),
    ]
    return "\n".join(lines) + "\n"


def _bullet(one: Measured) -> str:
    before, after = (" ".join(text.split()) for text in (one.fault.before, one.fault.after))
    change = f"`{before}` is `{after}`" if after else f"`{before}` left out"
    told = f"- `{one.fault.file}:{one.fault.line}` {one.fault.name}: {change} ({one.fault.operator})"
    if one.caught:
        return f"{told}: {', '.join(f'{check} says {code}' for check, code in one.caught.items())}"
    same = "the same program to the letter" if one.same else ""
    return f"{told}: {WHY.get((one.fault.line, after), same)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=["draw", "measure"])
    parser.add_argument("list", choices=LISTS, nargs="?")
    asked = parser.parse_args()
    if asked.do == "measure":
        kept = {name: listed(name) for name in LISTS}
        PAGE.write_text(page({name: (number, measure(faults)) for name, (number, faults) in kept.items()}), "utf-8")
    elif asked.list is None:
        parser.error("which list is to be drawn?")
    else:
        list_file(asked.list).write_text(json.dumps(draw(asked.list), indent=1, ensure_ascii=False) + "\n", "utf-8")
