"""What-if: other parameters, and values in the place of definitions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.runtime.what_if import WhatIfError, parse_setting

RULES = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  assets:
    each: asset
    parameters: { ltv: ratio = 0%, cap: unit | none = none }
    observed: { price: USDC/unit }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
parameters:
  trigger: 90%
  assets:
    HYPE: { ltv: 50% }
formulas:
  balance:
    value: amount * asset.price
    counted: clamp(amount, 0, asset.cap) * asset.price * asset.ltv
  account:
    backing: sum(balances.counted)
    gross: sum(balances.value)
    limit: backing * trigger
outputs: [backing, gross, limit, balance.value]
"""
SNAPSHOT: dict[str, Any] = {
    "as_of": "2026-01-01",
    "assets": {"HYPE": {"price": "40"}, "PURR": {"price": "2"}},
    "accounts": [{"account": "a", "balances": [{"asset": "HYPE", "amount": "10"}, {"asset": "PURR", "amount": "5"}]}],
}


@pytest.fixture(scope="module")
def rulebook(tmp_path_factory: pytest.TempPathFactory) -> marginc.Rulebook:
    path: Path = tmp_path_factory.mktemp("rules") / "demo.yaml"
    path.write_text(RULES)
    return marginc.compile(path)


def outputs(rulebook: marginc.Rulebook, **settings: str) -> dict[str, Any]:
    named = {name.replace("__", "."): text for name, text in settings.items()}
    (result,) = rulebook.evaluate(SNAPSHOT, set=named)
    assert result.errors == ()
    return dict(result.outputs)


def test_without_settings_the_rules_hold(rulebook: marginc.Rulebook) -> None:
    # 10 x 40 x 50 % = 200; 400 + 10 = 410; 200 x 90 % = 180
    assert outputs(rulebook) == {"backing": Decimal(200), "gross": Decimal(410), "limit": Decimal(180)}


def test_a_parameter_of_a_row_can_be_another(rulebook: marginc.Rulebook) -> None:
    assert outputs(rulebook, assets__HYPE__ltv="60%")["backing"] == Decimal(240)  # 400 x 60 %
    assert outputs(rulebook, assets__HYPE__cap="4")["backing"] == Decimal(80)  # 4 x 40 x 50 %


def test_a_row_the_rules_do_not_list_can_have_parameters(rulebook: marginc.Rulebook) -> None:
    assert outputs(rulebook, assets__PURR__ltv="10%")["backing"] == Decimal(201)  # 200 + 5 x 2 x 10 %


def test_the_rulebooks_own_parameter_can_be_another(rulebook: marginc.Rulebook) -> None:
    assert outputs(rulebook, trigger="50%")["limit"] == Decimal(100)  # 200 x 50 %


def test_a_value_stands_in_for_a_definition_and_all_that_reads_it(rulebook: marginc.Rulebook) -> None:
    assert outputs(rulebook, account__backing="1_000")["limit"] == Decimal(900)  # 1,000 x 90 %
    assert outputs(rulebook, balance__value="7 USDC")["gross"] == Decimal(14)  # for each of two balances


def test_the_rules_stay_as_they_are(rulebook: marginc.Rulebook) -> None:
    outputs(rulebook, assets__HYPE__ltv="60%")
    assert outputs(rulebook)["backing"] == Decimal(200)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("assets.HYPE.lvt", "60%", "did you mean `ltv`?"),
        ("triger", "60%", "did you mean `trigger`?"),
        ("account.bakcing", "1", "did you mean `account.backing`?"),
        ("assets.HYPE.ltv", "60 USDC", "not a ratio"),
        ("account.backing", "lots", "is not a number"),
        ("assets.HYPE.price", "3", "has no parameter `price`"),
    ],
)
def test_a_wrong_setting_says_the_way_out(rulebook: marginc.Rulebook, name: str, text: str, says: str) -> None:
    with pytest.raises(WhatIfError, match=says.replace("?", r"\?")):
        list(rulebook.evaluate(SNAPSHOT, set={name: text}))


@pytest.mark.parametrize("text", ["ltv", "=5", "ltv=", ""])
def test_a_setting_names_and_gives(text: str) -> None:
    with pytest.raises(WhatIfError, match="NAME=VALUE"):
        parse_setting(text)
