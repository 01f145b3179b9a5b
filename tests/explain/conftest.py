"""Explanations of rulebooks written in the test, and of the recorded portfolio-margin account."""

from __future__ import annotations

import decimal
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.api import open_document
from marginc.importers.hyperliquid import import_payload
from marginc.program.number import EXACT, Value
from marginc.program.program import Program
from marginc.runtime.exact import bind
from marginc.runtime.exact.rows import Row, account_row
from marginc.runtime.exact.told import outward
from marginc.runtime.explain import Explanation, Step, explain, find_target
from marginc.runtime.snapshot import AccountData, Snapshot, read_snapshot
from marginc.runtime.what_if import parse_setting, what_if

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "native")]  # for random accounts


@dataclass(frozen=True)
class Case:
    """A program, a snapshot and its first account."""

    program: Program
    data: Snapshot
    account: AccountData
    replaced: Mapping[int, Value]

    def explain(self, name: str = "", **options: Any) -> Explanation:
        keys = [
            (kind.name, key)
            for kind in self.program.kinds.values()
            if kind.role == "reference"
            for key in {**self.program.parameters.get(kind.name, {}), **self.data.reference.get(kind.name, {})}
        ]
        target = find_target(self.program, keys, self.account, name)
        data = self.data
        return explain(self.program, data.as_of, data.reference, self.account, target, self.replaced, **options)

    def value(self, step: Step) -> Any:
        """What the exact executor says of a definition's step, on a machine of its own."""
        with decimal.localcontext(EXACT):
            bound = bind(self.program, self.data.as_of, self.data.reference, self.replaced)
            account = account_row(self.program, self.account, bound.reference)
            definition = self.program.definitions[step.definition]
            rows: list[Row] = []
            for kind, key in zip(definition.scope, step.rows, strict=True):
                if kind not in ("account", *bound.reference, *account.members):
                    bound.machine.form_groups(account, kind)
                reference = bound.reference.get(kind, {})
                everything = [account] if kind == "account" else account.members.get(kind, reference.values())
                rows.append(next(row for row in everything if row.key == key))
            return outward(bound.machine.value(step.definition, *rows), definition)


def case_of(rulebook: str | Path, snapshot: dict[str, object], settings: tuple[str, ...] = ()) -> Case:
    raw = open_document(snapshot)
    program = marginc.compile(rulebook).at(raw.as_of).compiled
    changed = what_if(program, [parse_setting(text) for text in settings])
    data = read_snapshot(raw, changed.program)
    return Case(changed.program, data, next(iter(data.accounts)), changed.replaced)


@pytest.fixture(scope="session")
def case_class() -> type[Case]:
    return Case


MakeCase = Callable[..., Case]


@pytest.fixture
def example(tmp_path: Path) -> MakeCase:
    """A case from a rulebook's text and a snapshot."""

    def make(rules: str, snapshot: dict[str, object], *settings: str) -> Case:
        path = tmp_path / "example.yaml"
        path.write_text(rules, encoding="utf-8")
        return case_of(path, snapshot, settings)

    return make


@pytest.fixture(scope="session")
def hype_snapshot(shared: Path) -> dict[str, object]:
    """100 HYPE of collateral, 3,715 USDC of debt, 18 positions; captured 2026-09-08T04:25:36Z."""
    return imported(shared, "pm-borrow-hype-2026-09-08", "hype-borrow")


@pytest.fixture(scope="session")
def unified_snapshot(shared: Path) -> dict[str, object]:
    """One balance of 251.78 USDC behind five cross positions and an isolated one of a HIP-3 dex; 2026-09-14."""
    return imported(shared, "unified-hip3-2026-09-14", "unified-hip3")


def imported(shared: Path, recording: str, account: str) -> dict[str, object]:
    recorded = shared / "vectors/hyperliquid" / f"{recording}.json"
    return import_payload(json.loads(recorded.read_text("utf-8")), f"{account}.json").snapshot


@pytest.fixture(scope="session")
def unified(unified_snapshot: dict[str, object]) -> Case:
    return case_of("hyperliquid/unified", unified_snapshot)


@pytest.fixture(scope="session")
def hype(hype_snapshot: dict[str, object]) -> Case:
    return case_of("hyperliquid/portfolio-margin", hype_snapshot)
