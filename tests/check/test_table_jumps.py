"""Amounts charged whole at the rate of their range: where a warning says that they jump, and where it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from marginc.compiler.pipeline import read

RULES = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  markets:
    each: market
    parameters: {{ tiers: {{ by: USDC, columns: {{ rate: ratio, deduction: USDC, leverage: ratio }} }} }}
    observed: {{ mark: USDC/unit, factor: ratio = 1 }}
  account:
    rows: {{ positions: {{ each: position, key: [market], observed: {{ market: market, size: market.unit }} }} }}
parameters:
  markets:
    A:
      tiers:
        - {{ from: 0, rate: 1%, deduction: 0, leverage: 20 }}
        - {{ from: 10_000, rate: 2%, deduction: 100, leverage: 10 }}
        - {{ from: 20_000, rate: 5%, deduction: 700, leverage: 5 }}
formulas:
  position:
    notional: abs(size) * market.mark
    rate: bracket(market.tiers, notional).rate
{definition}
status: [{{ is: healthy }}]
"""


def warnings(tmp_path: Path, *definitions: str, section: str = "") -> list[str]:
    text = "".join(f"    {definition}\n" for definition in definitions)
    text = f"{section}:\n  position:\n{text}" if section else text
    path = tmp_path / "demo.yaml"
    path.write_text(RULES.format(definition=text))
    source, found, _ = read(path, "demo.yaml")
    assert source is not None, found
    found = found + source.findings()
    assert {finding.severity for finding in found} <= {"warning"}, found
    assert {finding.code for finding in found} <= {"MC339"}, found
    return [finding.message for finding in found]


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        # 10,000 x 1 % and 10,000 x 2 %
        ("m: notional * bracket(market.tiers, notional).rate", "at 10,000 USDC `m` jumps by 100 USDC, from 100 to 200"),
        ("m: notional * rate", "at 10,000 USDC `m` jumps by 100 USDC, from 100 to 200"),
        # 10,000 / 40 and 10,000 / 20
        (
            "m: notional / (2 * bracket(market.tiers, notional).leverage)",
            "at 10,000 USDC `m` jumps by 250 USDC, from 250 to 500",
        ),
        (
            "m: notional * market.factor * rate",
            "at 10,000 USDC the whole of `m` is charged at another rate: `rate` 0.02 instead of 0.01",
        ),
        # the product is known, the sum is not
        ("m: notional * rate + 5 USDC * market.factor", "at 10,000 USDC `m` jumps by 100, from 100 to 200"),
    ],
)
def test_a_whole_amount_jumps(definition: str, message: str, tmp_path: Path) -> None:
    assert warnings(tmp_path, definition) == [message]


@pytest.mark.parametrize(
    "definition",
    [
        "m: sum(s.width * s.rate for s in slices(market.tiers, notional))",
        "m: notional * rate - bracket(market.tiers, notional).deduction",  # 200 - 100 = 100, 1000 - 700 = 400 - 100
        "m: rate + 1%",
        "m: notional * 2%",
        "m: notional + bracket(market.tiers, notional).deduction",  # a fee of the range, not a rate
    ],
)
def test_what_goes_on_is_no_warning(definition: str, tmp_path: Path) -> None:
    assert warnings(tmp_path, definition) == []


def test_a_margin_is_held_against_every_bound_whatever_it_is_made_of(tmp_path: Path) -> None:
    (message,) = warnings(tmp_path, "margin: bracket(market.tiers, notional).deduction", section="maintenance")
    assert message == "at 10,000 USDC the requirement jumps by 100 USDC, from 0 to 100"
    (message,) = warnings(tmp_path, "margin: abs(size) * market.mark * rate", section="initial")
    assert message.startswith("at 10,000 USDC the whole of the requirement is charged at another rate")


def test_a_formula_that_reads_one_that_jumps_says_it_once(tmp_path: Path) -> None:
    found = warnings(tmp_path, "m: notional * rate", "n: m + notional", "o: 2 * notional * rate")
    assert [message.split("`")[1] for message in found] == ["m", "o"]


def test_a_wrong_deduction_is_found(tmp_path: Path) -> None:
    """Twice the deduction that makes up for the difference: 200 - 2 x 100 at 10,000, where 100 came before."""
    definition = "m: notional * rate - 2 * bracket(market.tiers, notional).deduction"
    assert warnings(tmp_path, definition) == ["at 10,000 USDC `m` falls by 100 USDC, from 100 to 0"]
