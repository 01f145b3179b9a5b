"""`marginc test`: the cases that stand beside the rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from ..api import shipped_rules, shown
from ..program.diagnostic import Diagnostic
from .findings import Format, render
from .output import color_on, say, tell
from .refusal import Stopped
from .rules import Rules, open_rules
from .sources import with_sources
from .validate import CASES, yaml_files


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "concise", "json", "github"]),
    default="text",
    show_default=True,
    help="Failures with their lines, one a line, a JSON list, or annotations of a pull request.",
)
def command(paths: tuple[str, ...], format_: Format) -> int:
    """Run the cases that stand beside the rules.

    PATHS are case files or folders; without any, the current folder. In a folder every YAML file below a folder named
    `cases` is run. A case says what the rules give for one account; what differs is shown with what was expected,
    what came out, the difference, and the line. A case file:

    \b
    rulebook: ../portfolio-margin.yaml      # relative to this file
    tolerance: 1e-8                         # of each value; without it, exactly
    cases:
      - name: 10,000 HYPE and nothing else
        about: 10,000 x 40 x (1 - 25 %) = 300,000
        source: https://...
        as_of: 2026-04-01                   # rules of this date
        set: { assets.HYPE.ltv: 50% }       # as --set
        shock: HYPE -10%                    # as --shock
        snapshot:                           # or a file: hype-borrow.json
          assets: { HYPE: { price: 40 } }
          accounts:
            - balances: [{ asset: HYPE, amount: 10_000 }]
        expect:
          status: healthy
          outputs:
            margin_ratio: 0%
            equity: { value: 0.5, tolerance: exactly }
          rows: { positions: { SOL: { liquidation_price: none } } }
          errors: [MC501]                   # codes; left out, there are none
    """
    found: list[Diagnostic] = []
    texts: dict[str, str] = {}
    passed = failed = 0
    files = _case_files(paths or (".",))
    rules = functools.cache(_rules)
    for path in files:
        good, bad, problems = _run_file(path, rules, texts)
        passed, failed = passed + good, failed + bad
        found += problems
    say(render(found, with_sources(found, texts), format_, color_on("stdout")), end="")
    closing = f"{_counted(passed + failed, 'case')} in {_counted(len(files), 'file')}: {passed:,} passed"
    closing += f", {failed:,} failed." if failed else "."
    if format_ == "text":
        say(f"\n{closing}" if found else closing)
    else:
        tell(closing)
    return int(bool(found))


def _run_file(path: Path, rules: Callable[[Path], Rules], texts: dict[str, str]) -> tuple[int, int, list[Diagnostic]]:
    """How many cases passed and failed, and what was found."""
    from .case_run import run_case
    from .cases import read_cases

    name = shown(path)
    file, found, texts[name] = read_cases(path, name)
    if file is None:
        return 0, 0, found
    outcomes = [run_case(file, case, rules) for case in file.cases]
    failed = sum(map(bool, outcomes))
    return len(outcomes) - failed, failed, [finding for outcome in outcomes for finding in outcome]


def _rules(path: Path) -> Rules:
    return open_rules(str(path))


def _case_files(paths: Iterable[str]) -> list[Path]:
    files: dict[Path, Path] = {}
    for text in paths:
        path = Path(text)
        if not path.exists() and (shipped_rules() / text).is_dir():
            path = shipped_rules() / text
        if not path.exists():
            raise Stopped(f"there is no file or folder `{text}`")
        here = yaml_files(path, _is_case_file) if path.is_dir() else [path]
        if not here:
            raise Stopped(f"there are no cases in `{text}`: no YAML file stands below a folder named `{CASES}`")
        for file in here:
            files.setdefault(file.resolve(), file)
    return list(files.values())


def _is_case_file(path: Path) -> bool:
    return CASES in path.resolve().parts[:-1]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
