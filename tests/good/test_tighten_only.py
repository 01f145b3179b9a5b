"""`layer: tighten-only`: what a rulebook replaces makes requirements higher or collateral lower, or says why not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import marginc
from marginc.compiler.pipeline import read
from marginc.program.diagnostic import Diagnostic
from marginc.program.number import Value
from marginc.runtime.results import Result

VENUE = """\
rulebook: venue
language: 1
numeraire: USDC
model:
  parameters: { trigger: ratio = 95%, fee: ratio = 1%, free: USDC = 10 }
  assets:
    each: asset
    parameters: { ltv: ratio = 0%, cap: USDC | none = none }
    observed: { price: USDC/unit }
  markets:
    each: market
    parameters:
      rate: ratio = 2%
      leverage: ratio = 20
      tiers: { by: USDC, columns: { rate: ratio } }
    observed: { mark: USDC/unit }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
      positions: { each: position, key: [market], observed: { market: market, size: market.unit } }
parameters:
  trigger: 90%
  assets:
    HYPE: { ltv: 50% }
    USDC: { ltv: 90%, cap: 1_000 }
  markets:
    SOL: { rate: 3%, tiers: [{ from: 0, rate: 1% }, { from: 1_000, rate: 2% }] }
amendments:
  - effective: 2026-06-01
    parameters: { assets: { HYPE: { ltv: 30% } } }
functions:
  share: { of: { x: ratio }, gives: ratio, let: 1 - x }
eligibility:
  asset:
    collateral: ltv > 0%
haircuts:
  asset:
    borrow_haircut: share(ltv)
borrow_caps:
  asset:
    user_cap: cap
  account:
    total_cap: min(sum(b.asset.cap for b in balances where b.asset.cap is not none), backing)
initial:
  position:
    initial: max(0, abs(size * market.mark) / market.leverage - free)
maintenance:
  position:
    maintenance: size * market.mark * market.rate
    tiered: sum(s.width * s.rate for s in slices(market.tiers, abs(size * market.mark)))
formulas:
  account:
    backing: sum(b.amount * b.asset.price * (1 - b.asset.borrow_haircut) for b in balances)
    required: sum(positions.maintenance)
    costs: required * fee
status:
  - is: liquidatable
    when: required > trigger * backing
  - is: healthy
outputs: [required, backing, total_cap, position.tiered, position.initial, asset.borrow_haircut, asset.user_cap]
"""
DESK = "rulebook: desk\nlanguage: 1\nextends: venue.yaml\nlayer: tighten-only\n"
SNAPSHOT: dict[str, Any] = {
    "as_of": "2026-01-01",
    "assets": {"HYPE": {"price": "40"}, "USDC": {"price": "1"}},
    "markets": {"SOL": {"mark": "100"}},
    "accounts": [
        {
            "account": "a",
            "balances": [{"asset": "HYPE", "amount": "10"}, {"asset": "USDC", "amount": "20"}],
            "positions": [{"market": "SOL", "size": "68"}],
        }
    ],
}


def findings(folder: Path, desk: str) -> list[Diagnostic]:
    (folder / "venue.yaml").write_text(VENUE)
    (folder / "desk.yaml").write_text(DESK + desk)
    source, found, _ = read(folder / "desk.yaml", "desk.yaml")
    return found + (source.findings() if source is not None else [])


def codes(folder: Path, desk: str) -> list[str]:
    return [finding.code for finding in findings(folder, desk)]


def evaluated(folder: Path, name: str) -> Result:
    (result,) = marginc.compile(folder / f"{name}.yaml").evaluate(SNAPSHOT)
    assert result.errors == ()
    return result


def parameters(*lines: str) -> str:
    return "parameters:\n" + "".join(f"  {line}\n" for line in lines)


def in_section(section: str, scope: str, definition: str) -> str:
    return f"{section}:\n  {scope}:\n    {definition}\n"


def test_a_tighter_desk_reaches_the_verdict_earlier(tmp_path: Path) -> None:
    desk = parameters("trigger: 85%", "markets: { SOL: { rate: 4% } }", "assets: { USDC: { cap: 100 } }")
    assert codes(tmp_path, desk) == []
    venue, own = evaluated(tmp_path, "venue"), evaluated(tmp_path, "desk")
    # backing: 10 x 40 x 50 % + 20 x 1 x 90 % = 218 on both sides
    assert venue.outputs["backing"] == own.outputs["backing"] == 218
    assert venue.outputs["required"] == 204  # 68 x 100 x 3 %
    assert own.outputs["required"] == 272  # 68 x 100 x 4 %
    assert venue.outputs["total_cap"] == 218  # below USDC's cap of 1,000
    assert own.outputs["total_cap"] == 100
    assert (venue.status, own.status) == ("liquidatable", "liquidatable")  # 204 > 90 % x 218 = 196.2


def margin(expression: str) -> str:
    return in_section("maintenance", "position", f"maintenance: {expression}")


def cap(expression: str) -> str:
    return in_section("borrow_caps", "account", f"total_cap: {expression}")


def ladder(*rungs: tuple[str, str]) -> str:
    """A ladder of these statuses with their conditions, and `healthy` below."""
    lines = [f"  - is: {name}\n    when: {condition}\n" for name, condition in rungs]
    return "status:\n" + "".join(lines) + "  - is: healthy\n"


def tiers(second: str) -> str:
    return parameters(f"markets: {{ SOL: {{ tiers: [{{ from: 0, rate: 1% }}, {second}] }} }}")


NOTIONAL = "size * market.mark"
VENUES = f"{NOTIONAL} * market.rate"
CAPS = "sum(b.asset.cap for b in balances where b.asset.cap is not none)"
BELOW = ("liquidatable", "required > trigger * backing")
TIGHTENS = {
    "a haircut up: 1 - 30 %": parameters("assets: { HYPE: { ltv: 30% } }"),
    "a margin rate up": parameters("markets: { SOL: { rate: 3.5% } }"),
    "a rate of a tier up": tiers("{ from: 1_000, rate: 3% }"),
    "a trigger down": parameters("trigger: 80%"),
    "a cap down": parameters("assets: { USDC: { cap: 500 } }"),
    "a leverage down": parameters("markets: { SOL: { leverage: 10 } }"),
    "less of it free": parameters("free: 5"),
    "the same again": parameters("trigger: 90%", "assets: { HYPE: { ltv: 50% } }"),
    "a row that says nothing": parameters("assets: { BTC: {} }"),
    "a field that was not there": "model: { assets: { each: asset, parameters: { tick: ratio = 1% } } }\n"
    + parameters("assets: { HYPE: { tick: 2% } }"),
    "a formula that was not there": in_section("formulas", "account", "twice: 2 * required"),
    "a higher margin by form": margin(f"max(10 USDC, {VENUES})"),
    "a margin with more": margin(f"{VENUES} + abs({NOTIONAL}) * 1%"),
    "a margin times more": margin(f"{VENUES} * 120%"),
    "a lower cap by form": cap(f"min(100 USDC, backing, {CAPS})"),
    "eligible only where": in_section("eligibility", "asset", "collateral: ltv > 0% and price > 0"),
    "a haircut by values": in_section("haircuts", "asset", "borrow_haircut: min(100%, 1 - ltv + 70%)"),
    "a function": "functions:\n  share:\n    of: { x: ratio }\n    gives: ratio\n    let: max(1 - x, 80%)\n",
    "a status more often": ladder(("liquidatable", f"required > 80% * backing or required > 500 USDC or {BELOW[1]}")),
    "a status between": ladder(BELOW, ("at_risk", "required > 50% * backing")),
}


@pytest.mark.parametrize("what", TIGHTENS)
def test_what_tightens_needs_no_reason(tmp_path: Path, what: str) -> None:
    assert [str(finding) for finding in findings_until(tmp_path, TIGHTENS[what])] == []


def findings_until(folder: Path, desk: str) -> list[Diagnostic]:
    """What is found before the venue's own amendment, which a value written without a date outlives."""
    (folder / "venue.yaml").write_text(VENUE[: VENUE.index("amendments:")] + VENUE[VENUE.index("functions:") :])
    (folder / "desk.yaml").write_text(DESK + desk)
    source, found, _ = read(folder / "desk.yaml", "desk.yaml")
    return found + (source.findings() if source is not None else [])


AMOUNTS = st.integers(0, 1_000).map(str)
SIZES = st.integers(-300, 300).map(str)
STATUSES = ("liquidatable", "at_risk", "healthy")


@settings(max_examples=40, deadline=None)
@given(amounts=st.tuples(AMOUNTS, AMOUNTS), size=SIZES, prices=st.tuples(AMOUNTS, AMOUNTS), mark=SIZES)
def test_what_is_let_through_is_as_tight_on_any_account(
    desks: tuple[marginc.Program, list[marginc.Program]],
    amounts: tuple[str, str],
    size: str,
    prices: tuple[str, str],
    mark: str,
) -> None:
    snapshot = {
        "as_of": "2026-01-01",
        "assets": {"HYPE": {"price": prices[0]}, "USDC": {"price": prices[1]}},
        "markets": {"SOL": {"mark": mark}},
        "accounts": [
            {
                "account": "a",
                "balances": [{"asset": "HYPE", "amount": amounts[0]}, {"asset": "USDC", "amount": amounts[1]}],
                "positions": [{"market": "SOL", "size": size}],
            }
        ],
    }
    venue, own = desks
    (before,) = venue.evaluate(snapshot)
    for desk in own:
        (after,) = desk.evaluate(snapshot)
        if before.errors or after.errors:  # a negative margin, where size and mark have different signs
            continue
        assert STATUSES.index(str(after.status)) <= STATUSES.index(str(before.status))
        assert number(after.outputs["required"]) >= number(before.outputs["required"])
        assert number(after.outputs["total_cap"]) <= number(before.outputs["total_cap"])
        (one,), (other,) = before.rows["positions"], after.rows["positions"]
        for margin_ in ("tiered", "initial"):
            assert number(one.outputs[margin_]) <= number(other.outputs[margin_])


def number(value: object) -> Value:
    assert isinstance(value, Value)
    return value


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> tuple[marginc.Program, list[marginc.Program]]:
    """The venue's program, and that of every desk that is let through."""
    folder = tmp_path_factory.mktemp("desks")
    own = []
    for desk in TIGHTENS.values():
        assert findings_until(folder, desk) == []
        own.append(marginc.compile(folder / "desk.yaml").at("2026-01-01"))
    return marginc.compile(folder / "venue.yaml").at("2026-01-01"), own


LOOSENS = {
    "borrow_haircut of HYPE 50% -> 40%": parameters("assets: { HYPE: { ltv: 60% } }"),
    "collateral of BTC false -> true": parameters("assets: { BTC: { ltv: 1% } }"),  # the default was 0 %
    "user_cap of USDC 1000 -> none": parameters("assets: { USDC: { cap: none } }"),
    "user_cap of USDC 1000 -> 1001": parameters("assets: { USDC: { cap: 1_001 } }"),
    "maintenance only falls": parameters("markets: { SOL: { rate: 2.9% } }"),
    "initial of a leverage up": parameters("markets: { SOL: { leverage: 25 } }"),
    "initial of more of it free": parameters("free: 11"),
    "tiered only falls": tiers("{ from: 1_000, rate: 1.5% }"),
    "liquidatable holds less often": parameters("trigger: 91%"),
    "total_cap only rises": cap(CAPS),
    "collateral holds more often": in_section("eligibility", "asset", "collateral: ltv > 0% or price > 0"),
    "collateral of any other asset false -> true": "model:\n"
    "  assets: { each: asset, parameters: { ltv: ratio = 5% } }\n",
    "borrow_haircut of HYPE 50% -> 25%": "functions:\n  share: { of: { x: ratio }, gives: ratio, let: (1 - x) / 2 }\n",
}


@pytest.mark.parametrize("label", LOOSENS)
def test_what_loosens_is_told_with_what_it_does(tmp_path: Path, label: str) -> None:
    (finding,) = findings_until(tmp_path, LOOSENS[label])
    assert (finding.code, finding.label) == ("MC383", "initial only falls" if label.startswith("initial") else label)
    (note,) = finding.notes
    assert note.span.file == "venue.yaml"


NOT_SHOWN = {
    "other ranges": tiers("{ from: 500, rate: 2% }"),
    "another formula": margin(f"abs({NOTIONAL}) * 5%"),
    "a backing of unknown sign": in_section(
        "formulas", "account", "backing: sum(b.amount * b.asset.price for b in balances)"
    ),
    "a margin that is none any more": in_section("formulas", "position", f"maintenance: {VENUES}"),
    "a status that is gone": ladder(),
    "a better status above": ladder(("healthy", "required > 5 USDC"), BELOW),
}


@pytest.mark.parametrize("what", NOT_SHOWN)
def test_what_cannot_be_shown_says_so(tmp_path: Path, what: str) -> None:
    assert [finding.code for finding in findings_until(tmp_path, NOT_SHOWN[what])] == ["MC384"]


def test_a_value_that_no_requirement_depends_on(tmp_path: Path) -> None:
    assert codes(tmp_path, parameters("fee: 2%")) == ["MC385"]


def test_a_reason_lets_it_pass_and_the_rest_is_still_held(tmp_path: Path) -> None:
    desk = parameters("fee: { value: 2%, loosen: the broker's }", "trigger: 97%")
    (finding,) = findings(tmp_path, desk)
    assert (finding.code, finding.label) == ("MC383", "liquidatable holds less often")
    assert codes(tmp_path, desk.replace("97%", "{ value: 97%, loosen: agreed }")) == []


def test_an_amendment_gives_one_reason_for_all_of_it(tmp_path: Path) -> None:
    amendment = "amendments:\n  - effective: 2026-02-01\n    loosen: ok\n    parameters: { trigger: 97%, fee: 2% }\n"
    assert codes(tmp_path, amendment) == []
    assert codes(tmp_path, amendment.replace("    loosen: ok\n", "")) == ["MC383", "MC385"]


def test_an_amendment_is_held_against_the_layer_before_it(tmp_path: Path) -> None:
    """30 % is tighter than the venue's 50 %; 40 % is too, and looser than the 30 % in force."""
    later = "amendments:\n  - effective: 2026-02-01\n    parameters: { trigger: 80% }\n"
    assert codes(tmp_path, parameters("trigger: 70%") + later) == ["MC383"]
    assert codes(tmp_path, parameters("trigger: 85%") + later) == []


def test_a_value_without_a_date_outlives_the_venues_amendment(tmp_path: Path) -> None:
    """40 % is tighter than the venue's 50 %, and looser than its 30 % from June."""
    (finding,) = findings(tmp_path, parameters("assets: { HYPE: { ltv: 40% } }"))
    assert (finding.code, finding.label) == ("MC383", "borrow_haircut of HYPE 70% -> 60%")
    reason = parameters("assets: { HYPE: { ltv: { value: 40%, loosen: as agreed until it is traded } } }")
    assert codes(tmp_path, reason) == []  # needed from June on, so it is not told to be too much


@pytest.mark.parametrize(
    "desk",
    [
        parameters("trigger: { value: 80%, loosen: agreed }"),
        parameters("trigger: { value: 90%, loosen: agreed }"),
        "amendments:\n  - effective: 2026-02-01\n    loosen: agreed\n    parameters: { trigger: 80% }\n",
        margin(f"{{ let: 2 * {VENUES}, loosen: agreed }}"),
    ],
)
def test_a_reason_that_nothing_needs(tmp_path: Path, desk: str) -> None:
    (finding,) = findings(tmp_path, desk)
    assert (finding.code, finding.severity) == ("MC386", "warning")


def test_a_reason_in_a_block(tmp_path: Path) -> None:
    assert codes(tmp_path, margin(f"{{ let: abs({NOTIONAL}) * 5%, loosen: the exchange nets it }}")) == []
    rung = ("liquidatable", "required > backing\n    loosen: marked by hand")
    assert codes(tmp_path, ladder(rung)) == []


def test_without_the_promise_nothing_is_held(tmp_path: Path) -> None:
    findings(tmp_path, parameters("trigger: 97%"))
    desk = tmp_path / "desk.yaml"
    desk.write_text(desk.read_text().replace("layer: tighten-only\n", ""))
    assert evaluated(tmp_path, "desk").outputs["required"] == Decimal(204)
