"""A small rulebook with a place for its cases, and `marginc test` in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from marginc.cli import main

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
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
parameters:
  trigger: 80%
  assets: { GOLD: { ltv: 50% }, SILVER: { ltv: 25% } }
formulas:
  balance:
    lent: amount * asset.price * asset.ltv     # per asset
  account:
    lent: sum(balances.lent)
    room: lent - debt
status:
  - is: call
    when: debt > trigger * lent
    message: "owes {debt:,.2f} against {lent:,.2f}"
  - is: fine
outputs: [lent, balance.lent]
"""
BASE = """\
rulebook: ../cap.yaml
bases:
  two ounces:
    as_of: 2026-02-01
    assets: { GOLD: { price: 100 } }
    accounts:
      - debt: 100
        balances: [{ asset: GOLD, amount: 2 }]
cases:
"""


@dataclass(frozen=True, slots=True)
class Tested:
    """What `marginc test` said: exit code, stdout, stderr; and the case file as it is afterwards."""

    code: int
    out: str
    err: str
    file: str


@dataclass(frozen=True, slots=True)
class Bench:
    folder: Path
    capture: pytest.CaptureFixture[str]

    def test(self, cases: str, *options: str, head: str = BASE) -> Tested:
        """Runs cases that begin from two ounces of gold, worth 200, and a debt of 100."""
        path = self.folder / "cases" / "cap.yaml"
        path.write_text(head + cases, "utf-8")
        return self.run("test", ".", *options)

    def run(self, *arguments: str) -> Tested:
        self.capture.readouterr()
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        said = self.capture.readouterr()
        assert isinstance(end.value.code, int)
        return Tested(end.value.code, said.out, said.err, (self.folder / "cases" / "cap.yaml").read_text("utf-8"))


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(tmp_path / "clean"))
    monkeypatch.delenv("MARGINC_DEBUG", raising=False)
    folder = tmp_path / "rules"
    (folder / "cases").mkdir(parents=True)
    (folder / "marginc.toml").touch()
    (folder / "cap.yaml").write_text(CAP, "utf-8")
    monkeypatch.chdir(folder)
    return Bench(folder, capsys)
