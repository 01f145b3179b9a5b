"""The Python interface: compile a rulebook, evaluate snapshots, read results.

import marginc
rulebook = marginc.compile("hyperliquid/portfolio-margin")
for result in rulebook.evaluate("snapshot.json"):
    print(result.account, result.status, result.outputs["margin_ratio"])
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .program.diagnostic import Diagnostic, RulebookError
from .program.literal import instant

if TYPE_CHECKING:
    from .compiler.pipeline import Source
    from .program.program import Program as Compiled
    from .runtime.one_account import BoundProgram
    from .runtime.results import Result
    from .runtime.snapshot import Raw

Instant = str | int | Decimal | datetime.datetime | None
"""`2026-08-17`, `2026-08-17T12:00Z`, seconds since 1970, a datetime with a zone; None is before every amendment."""


def shipped_rules() -> Path:
    """The folder of the rulebooks in the box."""
    return Path(__file__).resolve().parent / "rules"


def shipped_names() -> list[str]:
    """Their names, as `hyperliquid/portfolio-margin`."""
    folder = shipped_rules()
    files = (path for path in folder.rglob("*.yaml") if "cases" not in path.parts)
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in files)


def find_rulebook(rulebook: str | Path) -> tuple[Path, str]:
    """The file of a rulebook given by path or by shipped name, and how people see that file.

    A path that exists wins; a name is looked up among the shipped rulebooks.
    """
    path = Path(rulebook)
    if not path.is_file() and path.suffix != ".yaml":
        candidate = shipped_rules() / f"{rulebook}.yaml"
        if candidate.resolve().is_relative_to(shipped_rules()) and candidate.is_file():
            path = candidate
    return path, shown(path)


def shown(path: Path) -> str:
    """A path as people see it: relative to the current folder where it lies in it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError, RuntimeError):  # elsewhere, or a circle of links
        return path.as_posix()


def seconds(moment: Instant) -> int | None:
    """An instant in whole seconds since 1970; None stays None. Raises ValueError for text that is no date."""
    if moment is None or isinstance(moment, int):
        return moment
    if isinstance(moment, datetime.datetime):
        return int(moment.timestamp())
    return instant(moment) if isinstance(moment, str) else int(moment)


def compile(rulebook: str | Path) -> Rulebook:
    """A rulebook by path or shipped name, checked at every instant at which it changes.

    Raises RulebookError with all findings.
    """
    from .compiler.pipeline import read

    path, name = find_rulebook(rulebook)
    source, found, _ = read(path, name)
    if source is not None:
        found = found + source.findings()
    if source is None or any(finding.severity == "error" for finding in found):
        raise RulebookError(found)
    return Rulebook(source, tuple(found))


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A rulebook that checks. `diagnostics` are its warnings."""

    source: Source
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        return self.source.rulebook.name

    def at(self, moment: Instant) -> Program:
        """The program in force at an instant. Raises RulebookError where the rules cannot be evaluated then."""
        program, found = self.source.program_at(seconds(moment))
        if program is None:
            raise RulebookError(found)
        return Program(program)

    def evaluate(
        self,
        snapshot: str | Path | Mapping[str, object],
        *,
        as_of: Instant = None,
        set: Mapping[str, str] | None = None,
        shock: str = "",
    ) -> Iterator[Result]:
        """Each account under the rules of its instant, or of `as_of`. Raises SnapshotError, RulebookError."""
        raw = open_document(snapshot)
        if as_of is not None:
            raw = replace(raw, as_of=Decimal(seconds(as_of) or 0))
        return self.at(raw.as_of).evaluate(raw, set=set, shock=shock)


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rulebook, valid for an interval of time; needs no compiler and no rule files any more."""

    compiled: Compiled

    @property
    def hash(self) -> str:
        return self.compiled.hash

    @property
    def code_hash(self) -> str:
        return self.compiled.code_hash

    @property
    def valid(self) -> tuple[int | None, int | None]:
        """[from, to) in seconds since 1970."""
        return self.compiled.valid

    def save(self, path: str | Path) -> None:
        """Writes the artifact; the file appears only when it is complete."""
        from .program.codec import dump

        target = Path(path)
        partial = target.with_name(target.name + ".partial")
        partial.write_text(dump(self.compiled), encoding="utf-8")
        partial.replace(target)

    @staticmethod
    def load(path: str | Path) -> Program:
        """Reads an artifact and re-checks it. Raises ProgramError."""
        from .program.load import load_program

        return Program(load_program(Path(path), shown(Path(path))))

    def evaluate(
        self,
        snapshot: str | Path | Mapping[str, object] | Raw,
        *,
        set: Mapping[str, str] | None = None,
        shock: str = "",
    ) -> Iterator[Result]:
        """Each account of a snapshot (a path, the JSON object itself, or one already open), lazily.

        set     other parameters or definitions: {"assets.HYPE.ltv": "60%"}
        shock   price moves: "ZEC -70%, HYPE +10%"
        """
        from .runtime.exact import evaluate
        from .runtime.shock import apply_shock, parse_shocks
        from .runtime.snapshot import read_snapshot
        from .runtime.what_if import Setting, what_if

        settings: Iterable[Setting] = (Setting(name, text) for name, text in (set or {}).items())
        changed = what_if(self.compiled, settings)
        raw = snapshot if not isinstance(snapshot, str | Path | Mapping) else open_document(snapshot)
        data = read_snapshot(raw, changed.program)
        if shock:
            data, _ = apply_shock(data, changed.program, parse_shocks(shock))
        return evaluate(changed.program, data, changed.replaced)

    def bind(self, reference: str | Path | Mapping[str, object]) -> BoundProgram:
        """The program over a snapshot without accounts, for one account after another. Raises SnapshotError.

        bound = program.bind({"as_of": "2026-09-08", "assets": {"HYPE": {"price": "84.114"}}, "markets": {}})
        bound.evaluate({"account": "demo", "balances": [{"asset": "HYPE", "amount": "100"}]}).status
        """
        from .runtime.one_account import BoundProgram
        from .runtime.snapshot import read_snapshot

        return BoundProgram(self.compiled, read_snapshot(open_document(reference), self.compiled))


def evaluate_table(
    program: Program,
    accounts: Any,
    reference: str | Path | Mapping[str, object],
    *,
    threads: int = 0,
    bound: bool = False,
) -> Any:
    """Results of an Arrow table of accounts as an Arrow table, row by row; needs the extra `marginc[native]`.

    Pure: the same tables give the same results, in any process, so that a book which outgrows one machine is mapped
    over in parts by whatever runs such things already.

    accounts    pyarrow.Table: a row an account, its collections as lists of structs (docs/books.md)
    reference   a snapshot without accounts: `as_of`, and what it observes of assets, markets and the like
    threads     how many work at once; 0 is one a processor, and results do not depend on it
    bound       beside each number of the account, in `NAME_bound`, how far it may be from the exact value

    Numbers are float64 within that bound; statuses, checks and errors are exact. Raises SnapshotError.
    """
    from .runtime.native.table import evaluate_accounts
    from .runtime.snapshot import read_snapshot

    snapshot = read_snapshot(open_document(reference), program.compiled)
    return evaluate_accounts(program.compiled, accounts, snapshot, threads, bound)


def open_document(snapshot: str | Path | Mapping[str, object]) -> Raw:
    """A snapshot from a file, or from the object itself. Raises SnapshotError."""
    from .runtime.snapshot import open_snapshot

    if isinstance(snapshot, Mapping):
        return open_snapshot(None, "snapshot", json.dumps(snapshot).encode())
    return open_snapshot(Path(snapshot), shown(Path(snapshot)))
