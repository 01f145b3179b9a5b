"""The command line in this process: quick enough to be asked a hundred times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from marginc.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


class Marginc(Protocol):
    def __call__(self, *arguments: str | Path, cwd: Path = ...) -> Done: ...


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run remembers clean rulebooks, so that no earlier one decides what is checked."""
    return tmp_path_factory.mktemp("clean")


@pytest.fixture
def marginc(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, clean: Path) -> Marginc:
    """Runs `marginc ARGUMENTS` in a folder (default: the project's root)."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(clean))
    monkeypatch.delenv("MARGINC_DEBUG", raising=False)

    def run(*arguments: str | Path, cwd: Path = ROOT) -> Done:
        monkeypatch.chdir(cwd)
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Done(end.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder that holds one small rulebook, `cap.yaml`: what an account owes against cash at its ltv."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "cap.yaml").write_text(CAP, "utf-8")
    return folder


CAP = """\
rulebook: cap
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters: { ltv: ratio }
    observed: { price: USD/unit }
  account:
    observed: { debt: USD = 0 }
    labels: [desk]
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
parameters:
  trigger: 80%
amendments:
  - effective: 2026-01-01
    about: the first
    source: https://example.org/1
    parameters: { assets: { GOLD: { ltv: 50% } } }
  - effective: 2026-06-01
    about: the second
    parameters: { assets: { GOLD: { ltv: 75% } } }
formulas:
  balance:
    lent: amount * asset.price * asset.ltv
  account:
    lent: sum(balances.lent)
status:
  - is: call
    when: debt > trigger * lent
    message: "owes {debt:,.2f} against {lent:,.2f}"
  - is: fine
outputs: [lent, balance.lent]
"""
