"""Every line of the packs' rules is deleted, and then changed; a case, or the check of the rules, has to notice."""

from __future__ import annotations

import pytest

from marginc.tests.hyperliquid.rule_edits import Bench, bench_of, unchanged, undeleted

RULEBOOKS = {
    "us-equity/call-money-1929": "",
    "us-equity/regulation-t": "",
    "us-equity/finra-4210": "",
    "occ-tims/core": "",
    "occ-tims/priced": "",
    "cme-span/core": "",
    "cme-span/nse": "",
    "aave-v3/core": "",
    "aave-v3/hyperlend-testnet": "",
    "hyperliquid/with-hyperevm-loan": "portfolio-margin.yaml",
}
"""An account without a loan is what it is under the rulebook beside it, whose cases count as the other's too."""

TELLS_NOTHING = {f"scenarios.{n}.volatility deleted" for n in range(1, 17)} | {"1945-02-05 short_margin deleted"}
"""The arrays of the clearing house bring what volatility does; the rate of 1937 for short sales was stated again."""

SAME_EITHER_WAY = {"pairing.written_plain changed (1) "}
"""What a share needs at a strike that was not written is multiplied by none."""


@pytest.fixture(scope="module", params=RULEBOOKS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(request.param, tmp_path_factory.mktemp("rules"), RULEBOOKS[request.param])


def test_a_deleted_line_is_noticed(bench: Bench) -> None:
    assert undeleted(bench, but=TELLS_NOTHING) == []


def test_a_changed_line_fails_a_case(bench: Bench) -> None:
    assert set(unchanged(bench)) - SAME_EITHER_WAY == set()
