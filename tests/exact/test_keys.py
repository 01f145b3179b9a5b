"""How results name rows: by what the snapshot calls them, whether it describes them or not."""

from __future__ import annotations

from pathlib import Path

import pytest

import marginc
from marginc.program.program import RowKey

RULES = """\
rulebook: keys
language: 1
numeraire: USD
model:
  assets: { each: asset, observed: { price: USD/unit } }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit = 0 } }
formulas:
  balance:
    held: amount != 0
    value: amount * asset.price
  account:
    held: count(b for b in balances where b.held)
outputs: [held, balance.held]
"""


@pytest.mark.parametrize("output", ["balance.held", "balance.value"])
def test_a_row_that_nobody_describes_has_the_name_it_was_given(tmp_path: Path, output: str) -> None:
    """Whether the account is in error for it, or never needs it."""
    path = tmp_path / "keys.yaml"
    path.write_text(RULES.replace("balance.held]", f"{output}]"))
    account = {"account": "a", "balances": [{"asset": "NOWHERE", "amount": "2"}]}
    (result,) = marginc.compile(path).evaluate({"as_of": "2026-01-01", "assets": {}, "accounts": [account]})
    assert [error.code for error in result.errors] == (["MC503"] if output == "balance.value" else [])
    assert [row.key for row in result.rows["balances"]] == [{"asset": RowKey("asset", "NOWHERE")}]
