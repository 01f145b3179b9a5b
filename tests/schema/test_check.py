"""What people are told about a key or value that stands where it cannot."""

import subprocess
import sys

import pytest

from marginc.compiler.schema import check, check_shape
from marginc.compiler.schema.gate import NOTHING
from marginc.compiler.source import parse_source
from marginc.program.diagnostic import Diagnostic

HEAD = "rulebook: demo\nlanguage: 1\n"


def findings(text: str) -> list[Diagnostic]:
    file, root, found = parse_source(text, "demo.yaml")
    assert found == []
    assert root is not None
    return check_shape(file, root)


def marked(text: str, finding: Diagnostic) -> str:
    """What the finding underlines."""
    line = text.splitlines()[finding.span.line - 1]
    return line[finding.span.column - 1 : finding.span.end_column - 1]


@pytest.mark.parametrize(
    ("text", "code", "underlined", "message"),
    [
        ("formula:\n  account: {}\n", "MC131", "formula", "`formula` is not a key of a rulebook"),
        ("zzz: 1\n", "MC131", "zzz", "`zzz` is not a key of a rulebook"),
        ("amendments:\n  - about: beta\n", "MC132", "about", "an amendment needs `effective`"),
        ("model:\n  assets:\n    observed: {}\n", "MC132", "assets", "a kind needs `each`"),
        ("model:\n  assets:\n", "MC133", "assets", "`assets` is empty"),
        ("haircuts:\n  rate: 1 - ltv\n", "MC133", "1 - ltv", "`rate` is a single text"),
        ("haircuts: [rate]\n", "MC133", "[rate]", "`haircuts` is a list"),
        ("about: {a: 1}\n", "MC133", "{a: 1}", "`about` is a block of keys"),
        ("formulas:\n", "MC133", "formulas", "`formulas` is empty"),
        ("numeraire:\n", "MC133", "numeraire", "`numeraire` is empty"),
        ("currencies: [[USDC]]\n", "MC133", "[USDC]", "this entry is a list"),
        (
            "parameters: {a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}}\n",
            "MC133",
            "{j: 1}",
            "`i` is a block of keys",
        ),
        ("checks:\n  account:\n    a: {require: b, severity: fatal}\n", "MC134", "fatal", "`fatal` is not a severity"),
        ("status: []\n", "MC135", "[]", "`status` has the wrong number of entries"),
        ("outputs: [{a: x, b: y}]\n", "MC135", "{a: x, b: y}", "this entry has the wrong number of entries"),
        (
            "formulas:\n  account:\n    a:\n      let: 1\n      cases: [{else: 0}]\n",
            "MC136",
            "cases",
            "a definition has `let` or `cases`, not both",
        ),
        (
            "formulas:\n  account:\n    a:\n      cases:\n        - {when: b, else: 0}\n",
            "MC136",
            "when",
            "`else` stands alone, without `when`",
        ),
        (
            "formulas:\n  account:\n    a: {about: b}\n",
            "MC132",
            "a",
            "a definition needs `let: EXPRESSION`, `cases:`, or `type:` alone to leave it to a child",
        ),
        (
            "amendments:\n  - effective: 2026-08-17\n    formulas: {account: {a: {cases: [{else: 0}, {else: 1}]}}}\n",
            "MC137",
            "else",
            "cases below `else` are never reached",
        ),
    ],
)
def test_one_slip_is_one_finding(text: str, code: str, underlined: str, message: str) -> None:
    (finding,) = findings(HEAD + text)
    assert (finding.code, marked(HEAD + text, finding), finding.message) == (code, underlined, message)
    assert finding.help


def test_another_language_is_refused() -> None:
    (finding,) = findings("rulebook: demo\nlanguage: 2\n")
    assert (finding.code, finding.message, finding.help) == (
        "MC134",
        "this compiler reads `language: 1` only",
        "write `1`",
    )


def test_a_misspelt_key_has_a_replacement_and_is_not_missing_too() -> None:
    text = HEAD + "model:\n  assets:\n    eac: asset\n"
    (finding,) = findings(text)
    assert (finding.code, finding.help, finding.fixes[0].text) == ("MC131", "did you mean `each`?", "each")
    assert finding.fixes[0].span == finding.span
    assert findings(text.replace("eac:", "each:")) == []


def test_a_key_already_there_is_not_suggested_again() -> None:
    (finding,) = findings(HEAD + "formulas: {}\nformula: {}\n")
    assert finding.fixes == ()
    assert finding.help.startswith("it takes `rulebook`, `language`, `extends`")


def test_findings_come_in_the_order_of_the_file() -> None:
    found = findings("rulebok: demo\nlanguage: 1\noutputs: x\nstatus: y\n")
    assert [(f.code, f.span.line) for f in found] == [("MC131", 1), ("MC133", 3), ("MC133", 4)]


def test_a_thousand_unknown_keys_are_a_hundred_findings() -> None:
    assert len(findings(HEAD + "".join(f"key{i}: 1\n" for i in range(1_000)))) == 100


def test_a_refusal_nobody_can_explain_is_still_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_rulebook_shape", lambda: NOTHING)
    assert [f.code for f in findings(HEAD)] == ["MC139"]


def test_a_whole_rulebook_has_the_right_shape() -> None:
    assert findings(BASE) == []
    assert findings(PORTFOLIO_MARGIN) == []


def test_a_good_file_does_not_wait_for_jsonschema() -> None:
    program = f"""
import sys
from marginc.compiler.schema import check_shape
from marginc.compiler.source import parse_source
file, root, _ = parse_source({HEAD!r}, "demo.yaml")
assert check_shape(file, root) == []
assert "jsonschema" not in sys.modules
file, root, _ = parse_source("rulebook: demo", "demo.yaml")
assert [f.code for f in check_shape(file, root)] == ["MC132"]
assert "jsonschema" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


BASE = """
rulebook: hyperliquid/base
language: 1
numeraire: USDC

model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 0%
      cash: bool = false
      borrowable: bool = false
      user_supply_cap: unit | none = none      # `unit` is one unit of this row itself; none is unlimited
      user_borrow_cap: unit = 0
    observed:
      price: USDC/unit
      utilization: ratio = 0%
  margin_tables:
    each: margin_table
    parameters:
      tiers: { by: USDC, columns: { max_leverage: ratio } }
  markets:
    each: market
    observed:
      mark: USDC/unit
      margin_table: margin_table               # a reference to another row
  account:
    observed:
      mode: standard | unified | portfolio
    rows:
      balances:
        each: balance
        key: [asset]                           # what tells rows apart; the same key twice is an error
        observed: { asset: asset, amount: asset.unit }
      positions:
        each: position
        key: [market]
        observed: { market: market, size: market.unit, entry_value: USDC, leverage: ratio,
                    margin: cross | isolated, isolated_equity: USDC = 0 }
"""

PORTFOLIO_MARGIN = """
rulebook: hyperliquid/portfolio-margin
language: 1
extends: base.yaml
about: Spot, perpetuals and loans margined as one account.

parameters:                               # what the venue decides: the numbers you may change
  liquidation_trigger: 95%
  assets:
    USDC: { cash: true, borrowable: true }

amendments:                               # one block an announcement, newest last
  - effective: 2025-12-23
    about: mainnet pre-alpha
    source: https://hyperliquid.gitbook.io/hyperliquid-docs/trading/portfolio-margin
    parameters:
      assets:
        USDC: {            user_borrow_cap: 1_000 }
        HYPE: { ltv: 50%,  user_supply_cap: 200 }
  - effective: 2026-08-17
    about: beta
    source: https://t.me/s/hyperliquid_announcements/575
    parameters:
      assets:
        USDC: {            user_borrow_cap: 50_000_000 }
        HYPE: { ltv: 65%,  user_supply_cap: 1_000_000 }

eligibility:
  asset:
    collateral: ltv > 0%

haircuts:
  asset:
    borrow_haircut:      1 - ltv
    maintenance_haircut: (1 - ltv) / 2

borrow_caps:
  account:
    borrow_cap: sum(a.user_borrow_cap * a.price for a in assets where a.borrowable)

maintenance:
  position:                               # each slice of the notional at its own rate
    maintenance: sum(s.width / (2 * s.max_leverage) for s in slices(market.margin_table.tiers, notional))
  account:
    maintenance_margin: sum(p.maintenance for p in positions where p.margin == "cross")

formulas:
  balance:
    counted:          if asset.collateral then clamp(amount, 0, asset.user_supply_cap) else 0
    collateral_value: counted * asset.price * (1 - asset.maintenance_haircut)
    cash_value:       if asset.cash then amount * asset.price else 0
  position:
    notional:   abs(size) * market.mark
    unrealized: size * market.mark - entry_value
  account:
    cross_unrealized: sum(p.unrealized for p in positions where p.margin == "cross")
    equity: sum(balances.cash_value) + cross_unrealized - sum(positions.isolated_equity)
    collateral_value: min(borrow_cap, sum(balances.collateral_value))
    borrowed_for_maintenance: max(0, maintenance_margin - equity)
    required: maintenance_margin + borrowed_for_maintenance
    backing: equity + borrowed_for_maintenance + collateral_value
    margin_ratio: if required == 0 then 0% else required / backing
    available_after_maintenance: equity + collateral_value - maintenance_margin

status:                                   # worst first; the first that holds is the account's
  - is: liquidatable
    when: required > liquidation_trigger * backing      # no division: the worst account must not become an error
    message: "margin ratio {margin_ratio:.2%} is above {liquidation_trigger:.0%}"
  - is: healthy

outputs: [margin_ratio, maintenance_margin, equity, collateral_value, available_after_maintenance, position.maintenance]
"""
