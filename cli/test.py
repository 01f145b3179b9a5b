"""`marginc test`: the cases that stand beside the rules, and what of the rules they cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..api import shipped_rules
from .findings import FORMATS, Format
from .output import color_on, destination, say, tell
from .refusal import Stopped
from .validate import CASES, yaml_files

if TYPE_CHECKING:
    from .cases.suite import Asked, Executor, FileRun

_COVERAGE = ("text", "json", "lcov", "html")
_FOUND = 1


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("-k", "text", default="", metavar="TEXT", help="Only cases with TEXT in their name or file.")
@click.option(
    "--update", is_flag=True, help="Write what comes out into the case files where they expect something else."
)
@click.option(
    "--executor",
    type=click.Choice(["exact", "native", "both"]),
    default="exact",
    show_default=True,
    help="Who computes; with `both`, machine code has to agree with the exact executor.",
)
@click.option("-j", "processes", type=click.IntRange(1), default=1, metavar="N", help="Run files in N processes.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="Failures with their lines; one a line; JSON; for GitHub or GitLab; JUnit XML with what passed; SARIF.",
)
@click.option(
    "--coverage",
    is_flag=False,
    flag_value="text",
    default=None,
    metavar="[text|json|lcov|html]",
    help="Also what of the rules the cases cover; write a format behind `=`.",
)
@click.option("-o", "--output", metavar="FILE", help="Write the coverage report to FILE.")
@click.option(
    "--cov-fail-under", type=click.FloatRange(0, 100), metavar="N", help="Fail where less than N per cent is covered."
)
def command(
    paths: tuple[str, ...],
    text: str,
    update: bool,
    executor: Executor,
    processes: int,
    format_: Format,
    coverage: str | None,
    output: str | None,
    cov_fail_under: float | None,
) -> int:
    """Run the cases that stand beside the rules.

    PATHS are case files or folders; without any, the current folder. In a folder every YAML file below a folder named
    `cases` is run. A case says what the rules give for one account; what differs is shown with what was expected,
    what came out, the difference, the line, and where the value comes from. A case file:

    \b
    rulebook: ../portfolio-margin.yaml      # relative to this file
    tolerance: 1e-8                         # of each value; without it, exactly
    bases: { carry: btc-carry.json }        # snapshots that cases begin from
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
          relations:
            margin_ratio: { rises when: { positions.SOL.size: +10% } }
      - name: without the short
        base: carry                         # of `bases:`, a case above, or a file
        change: { positions: { SOL: null }, balances: { HYPE: { amount: 5 } } }
        expect: { status: healthy }

    docs/testing-rules.md tells of tables of cases, coverage and mutants.
    """
    from .cases.suite import Asked

    if coverage is not None and coverage not in _COVERAGE:  # `--coverage rules`: a path
        paths, coverage = (coverage, *paths), "text"
    if output is not None or cov_fail_under is not None:
        coverage = coverage or "text"
    if coverage is not None and executor == "native":
        raise Stopped("--coverage watches the exact executor; leave out --executor native")
    asked = Asked(text, executor, explain=format_ == "text", seen=coverage is not None)
    runs, mended = _runs(case_files(paths or (".",)), asked, processes, update)
    aside = coverage is not None and coverage != "text" and output is None  # the report has stdout for itself
    _tell_cases(runs, format_, aside)
    code = int(any(run.found or any(case.found for case in run.cases) for run in runs))
    if mended and not code:
        tell(f"{mended:,} value{'' if mended == 1 else 's'} updated; read every line of the difference")
    return max(code, _covered(runs, coverage, output, cov_fail_under)) if coverage is not None else code


def _runs(files: Sequence[Path], asked: Asked, processes: int, update: bool) -> tuple[list[FileRun], int]:
    """What the cases gave, and how many values were updated before; raises Stopped where no case is asked for."""
    from .cases.suite import run_files

    runs = list(run_files(files, asked, processes))
    if asked.text and not any(run.cases or run.found for run in runs):
        raise Stopped(f"no case has `{asked.text}` in its name or file")
    if not update:
        return runs, 0
    mended = _updated(runs)
    return list(run_files(files, asked, processes)), mended


def _tell_cases(runs: Sequence[FileRun], format_: Format, aside: bool) -> None:
    from .cases.report import counts, text_of

    write = tell if aside else say
    found = text_of(runs, format_, color_on("stderr" if aside else "stdout"))
    write(found, end="")
    passed, failed = counts(runs)
    closing = f"{_counted(passed + failed, 'case')} in {_counted(len(runs), 'file')}: {passed:,} passed"
    closing += f", {failed:,} failed." if failed else "."
    if format_ != "text":
        tell(closing)
    else:
        write(f"\n{closing}" if found else closing)


def _updated(runs: Sequence[FileRun]) -> int:
    """Writes the values that came out; says what was changed. How many were."""
    from .cases.update import apply

    count = 0
    for run in runs:
        edits = [edit for case in run.cases for edit in case.edits]
        written, torn = apply(run.path, run.text, edits) if edits else ([], [])
        for edit in written:
            say(f"{run.name}:{edit.line}: `{edit.told}`: {edit.before} is now {edit.after}")
        for edit in torn:
            why = "other cases of the table need another value"
            say(f"{run.name}:{edit.line}: `{edit.told}`: {edit.before} stays; {why}")
        count += len(written)
    return count


def _covered(runs: Sequence[FileRun], format_: str, output: str | None, least: float | None) -> int:
    """Reports coverage; 1 where less is covered than asked for."""
    from .coverage import coverage_of, percent_covered, write_report

    files = coverage_of(runs)
    if format_ == "text" and output is None:
        say("")
    with destination(output) as stream:
        write_report(stream, files, format_)
    covered = percent_covered(files)
    if least is not None and covered < least:
        tell(f"{covered:.2f} % is covered, less than {least:g} %")
        return _FOUND
    return 0


def case_files(paths: Iterable[str]) -> list[Path]:
    """The case files that paths name. Raises Stopped."""
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
