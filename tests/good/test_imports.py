"""Imports: a whole rulebook, or a library, behind a prefix; side by side with the rulebook that imports it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio
from marginc.runtime.results import Result

LIBRARY = """\
rulebook: lib/rates
language: 1
functions:
  kinked:
    of: { base: ratio/time, slope: ratio/time, kink: ratio, at: ratio }
    gives: ratio/time
    let: base + slope * over(at, kink)
  over: { of: { x: $d, limit: $d }, gives: $d, let: "max(0, x - limit)" }
"""
LOAN = """\
rulebook: loan
language: 1
numeraire: USD
imports: { rates: rates.yaml }
model:
  parameters: { factor: ratio = 50% }
  assets:
    each: asset
    parameters: { threshold: ratio = 0% }
    observed: { price: USD/unit }
  account:
    observed: { bonus: USD = 0, main: asset | none = none, spare: main.unit = 0 }
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, supplied: asset.unit, borrowed: asset.unit = 0 }
      holdings: { each: holding, of: balances, by: [asset] }
parameters:
  factor: 100%
  assets:
    HYPE: { threshold: 70% }
amendments:
  - effective: 2026-06-01
    about: HYPE counts for less
    parameters:
      factor: 50%
      assets: { HYPE: { threshold: 60% } }
formulas:
  balance:
    worth: supplied * asset.price
    share: worth / account.supplied
  holding:
    total: sum(balances.supplied) * asset.price
  account:
    supplied: sum(balances.worth)
    debt: sum(b.borrowed * b.asset.price for b in balances)
    backing: sum(b.worth * b.asset.threshold for b in balances) * factor + bonus
    health: if debt == 0 then none else backing / debt
    rate: rates.kinked(5% per year, 4% per year, 80%, 90%)
  account, asset:
    held: sum(b.worth for b in balances where b.asset == asset)
checks:
  account:
    solvent:
      require: health is none or health >= 1
      message: "health {health:.2f}"
status:
  - is: never_seen
outputs: [backing]
"""
MAIN = """\
rulebook: main
language: 1
numeraire: USDC
imports: { evm: loan.yaml }
model:
  assets: { each: asset, observed: { price: USDC/unit } }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
parameters:
  usd: 1 USDC
  evm.assets:
    BTC: { threshold: 80% }
formulas:
  balance:
    value: amount * asset.price
    indebted: account.evm.debt > 0 USD
  account:
    equity: sum(balances.value)
    health: default(evm.health, 0)
    loan: evm.debt
    most: max(evm.assets.held)
    worths: sum(b.worth for b in evm.balances where b.share > 30%)
    price_of_hype: evm.asset("HYPE").price
    above: evm.rates.over(90%, 80%)
    rate: evm.rate
status:
  - is: short
    when: evm.debt > evm.backing
  - is: fine
outputs: [equity, health, loan, most, worths, price_of_hype, above, rate, evm.backing, evm.balance.worth,
          evm.holding.total, balance.indebted]
"""
SNAPSHOT: dict[str, Any] = {
    "assets": {"BTC": {"price": "90"}},
    "evm.assets": {"HYPE": {"price": "40"}, "BTC": {"price": "100"}},
    "accounts": [
        {
            "account": "a",
            "evm.bonus": "1",
            "balances": [{"asset": "BTC", "amount": "2"}],
            "evm.balances": [
                {"asset": "HYPE", "supplied": "10"},
                {"asset": "BTC", "supplied": "1", "borrowed": "2"},
            ],
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("rates", LIBRARY), ("loan", LOAN), ("main", MAIN)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def evaluated(folder: Path, as_of: str = "2026-01-01", name: str = "main") -> Result:
    (result,) = marginc.compile(folder / f"{name}.yaml").evaluate({"as_of": as_of, **SNAPSHOT})
    assert result.errors == ()
    return result


def test_two_rulebooks_side_by_side(folder: Path) -> None:
    outputs = evaluated(folder).outputs
    assert outputs["equity"] == 180  # 2 BTC at 90, the price of the main rulebook
    assert outputs["loan"] == 200  # 2 BTC at 100, the price of the imported one
    assert outputs["evm.backing"] == 361  # (10 x 40 x 70 % + 1 x 100 x 80 %) x 100 % + 1
    assert outputs["health"] == Decimal("1.805")  # 361 / 200
    assert outputs["most"] == 400  # HYPE: 10 x 40
    assert outputs["worths"] == 400  # BTC's 100 of 500 is 20 %
    assert outputs["price_of_hype"] == 40


def test_an_import_of_an_import(folder: Path) -> None:
    outputs = evaluated(folder).outputs
    assert outputs["above"] == Decimal("0.1")
    year = 365 * 24 * 3600
    assert outputs["rate"] == Ratio(54, 1000 * year)  # 5 % + 4 % x 10 %, a year


def test_rows_of_an_import_are_told_by_its_prefix(folder: Path) -> None:
    result = evaluated(folder)
    assert [row.outputs["worth"] for row in result.rows["evm.balances"]] == [400, 100]
    assert [row.outputs["total"] for row in result.rows["evm.holdings"]] == [400, 100]
    assert [row.outputs["indebted"] for row in result.rows["balances"]] == [True]


def test_the_verdict_is_the_importing_rulebooks_and_checks_come_along(folder: Path) -> None:
    result = evaluated(folder)
    assert result.status == "fine"
    assert [(check.name, check.holds) for check in result.checks] == [("evm.solvent", True)]


def test_amendments_of_an_import_count_at_their_dates(folder: Path) -> None:
    result = evaluated(folder, "2026-06-01")
    # (400 x 60 % + 100 x 80 %) x 50 % + 1 = 161
    assert result.outputs["evm.backing"] == 161
    assert result.status == "short"
    (check,) = result.checks
    assert not check.holds
    assert check.message == "health 0.80"  # 161 / 200 = 0.805, half to even


def test_a_crossed_scope_of_an_import_is_an_output(folder: Path) -> None:
    path = folder / "crossed.yaml"
    path.write_text(
        "rulebook: crossed\nlanguage: 1\nnumeraire: USD\nimports: { evm: grid.yaml }\n"
        'outputs: ["account, evm.shock.evm.loss", account.evm.worst]\n'
    )
    (folder / "grid.yaml").write_text(
        "rulebook: grid\nlanguage: 1\nnumeraire: USD\n"
        "model:\n  shocks: { each: shock, parameters: { move: ratio } }\n  account: { observed: { held: USD } }\n"
        "parameters: { shocks: { up: { move: 10% }, down: { move: -20% } } }\n"
        "formulas:\n  account, shock:\n    loss: -held * move\n  account:\n    worst: max(shocks.loss)\n"
    )
    (result,) = marginc.compile(path).evaluate(
        {"as_of": "2026-01-01", "accounts": [{"account": "a", "evm.held": "50"}]}
    )
    assert [row.outputs for row in result.rows["evm.shocks"]] == [{"evm.loss": Decimal(-5)}, {"evm.loss": Decimal(10)}]
    assert result.outputs == {"evm.worst": Decimal(10)}


def test_an_importing_rulebook_may_replace_what_it_imports(folder: Path) -> None:
    text = MAIN.replace("  account:\n    equity", "  account:\n    evm.backing: evm.supplied * 50%\n    equity")
    (folder / "main.yaml").write_text(text)
    assert evaluated(folder).outputs["evm.backing"] == 250  # 500 x 50 %, and not what loan.yaml says


def test_a_child_has_what_its_parent_imports(folder: Path) -> None:
    (folder / "child.yaml").write_text(
        "rulebook: child\nlanguage: 1\nextends: main.yaml\nparameters: { evm.factor: 10% }\n"
    )
    assert evaluated(folder, name="child").outputs["evm.backing"] == 37  # 360 x 10 % + 1


def test_an_import_does_not_see_the_rulebook_that_imports_it(folder: Path) -> None:
    (folder / "loan.yaml").write_text(LOAN.replace("    rate: rates", "    peek: equity\n    rate: rates"))
    with pytest.raises(marginc.RulebookError) as caught:
        marginc.compile(folder / "main.yaml")
    assert [finding.code for finding in caught.value.diagnostics] == ["MC203"]


def test_an_artifact_of_imports_is_the_same_rules(folder: Path) -> None:
    program = marginc.compile(folder / "main.yaml").at("2026-01-01")
    program.save(folder / "main.json")
    again = marginc.Program.load(folder / "main.json")
    assert again.hash == program.hash
    (result,) = again.evaluate({"as_of": "2026-01-01", **SNAPSHOT})
    assert result.outputs == evaluated(folder).outputs


def test_fields_refer_to_kinds_of_an_import(folder: Path) -> None:
    text = MAIN.replace(
        "  assets: { each: asset, observed: { price: USDC/unit } }",
        "  assets: { each: asset, observed: { price: USDC/unit, twin: evm.asset | none = none,"
        " weights: ratio by evm.asset } }",
    )
    text = text.replace(
        "    value: amount * asset.price",
        "    value: amount * asset.price\n    twice: default(asset.twin.threshold, 0) * 2",
    )
    text = text.replace("balance.indebted]", 'balance.indebted, balance.twice, "asset, evm.asset.weight"]')
    text = text.replace(
        "formulas:\n  balance:", "formulas:\n  asset, evm.asset:\n    weight: asset.weights * 10\n  balance:"
    )
    text = text.replace(
        "    when: evm.debt > evm.backing",
        "    when: evm.debt > evm.backing\n    message: '{evm.debt} against {equity}'",
    )
    (folder / "main.yaml").write_text(text)
    asset = {"price": "90", "twin": "BTC", "weights": {"HYPE": "0.1", "BTC": "0.2"}}
    (result,) = marginc.compile(folder / "main.yaml").evaluate(
        {"as_of": "2026-06-01", **SNAPSHOT, "assets": {"BTC": asset}}
    )
    assert result.errors == ()
    assert [row.outputs["twice"] for row in result.rows["balances"]] == [Decimal("1.6")]  # 80 % x 2
    assert [row.outputs["weight"] for row in result.rows["assets, evm.assets"]] == [1, 2]
    assert result.message == "200 against 180"
