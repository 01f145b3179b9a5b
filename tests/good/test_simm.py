"""Joined sensitivities to equities, against the formulas of the model written out with matrices."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio

RULEBOOK = Path(__file__).with_name("simm.yaml")
Json = Any

WEIGHTS = dict(zip(map(str, range(1, 13)), (26, 28, 34, 28, 23, 25, 29, 27, 32, 32, 18, 18), strict=True))
ALIKE = dict(zip(WEIGHTS, (0.18, 0.23, 0.3, 0.26, 0.23, 0.35, 0.36, 0.33, 0.19, 0.2, 0.45, 0.45), strict=True))
MILLIONS = dict(zip(WEIGHTS, (10, 10, 10, 10, 21, 21, 21, 21, 1.4, 0.6, 2100, 2100), strict=True))
BETWEEN = """
20 20 20 13 16 16 16 17 12 18 18
25 23 14 17 18 17 19 13 19 19
24 13 17 18 16 20 13 18 18
17 22 22 22 21 16 24 24
27 26 27 15 20 30 30
34 33 18 24 38 38
32 18 24 37 37
18 23 37 37
14 20 20
25 25
45
"""
"""Percent, the part above the diagonal. Sources of these numbers are those of the rulebook."""


def between() -> dict[tuple[str, str], float]:
    found = {}
    for row, line in enumerate(BETWEEN.split("\n")[1:-1], start=1):
        for column, percent in enumerate(line.split(), start=row + 1):
            found[str(row), str(column)] = found[str(column), str(row)] = int(percent) / 100
    return found


def by_formula(held: dict[tuple[str, str], int]) -> float:
    """Sensitivities by bucket and issuer to the margin: sqrt(s' C s) in each bucket and between them, in doubles."""
    k: dict[str, float] = {}
    s: dict[str, float] = {}
    for bucket in {bucket for bucket, _ in held}:
        nets = [net for (b, _), net in held.items() if b == bucket]
        raised = [max(1.0, math.sqrt(abs(net) / (MILLIONS[bucket] * 1e6))) for net in nets]
        weighted = [WEIGHTS[bucket] * net * cr for net, cr in zip(nets, raised, strict=True)]
        places = range(len(nets))
        k[bucket] = math.sqrt(
            sum(w * w for w in weighted)
            + sum(
                ALIKE[bucket] * min(raised[i], raised[j]) / max(raised[i], raised[j]) * weighted[i] * weighted[j]
                for i in places
                for j in places
                if i != j
            )
        )
        s[bucket] = max(min(sum(weighted), k[bucket]), -k[bucket])
    gamma = between()
    return math.sqrt(sum(v * v for v in k.values()) + sum(gamma[b, c] * s[b] * s[c] for b in k for c in k if b != c))


def margin(rulebook: marginc.Rulebook, held: dict[tuple[str, str], int]) -> Fraction:
    rows = [{"bucket": bucket, "issuer": issuer, "amount": str(net)} for (bucket, issuer), net in held.items()]
    (result,) = rulebook.evaluate({"as_of": "2026-01-01", "accounts": [{"account": "a", "sensitivities": rows}]})
    value = result.outputs["delta_margin"]
    assert isinstance(value, Decimal | Ratio)
    return Fraction(*(value.as_integer_ratio() if isinstance(value, Decimal) else (value.numerator, value.denominator)))


def portfolio(seed: int) -> dict[tuple[str, str], int]:
    """Some twenty sensitivities, small and far above the thresholds, of both signs."""
    chosen = random.Random(seed)
    return {
        (chosen.choice(list(WEIGHTS)), f"issuer {issuer}"): chosen.choice((-1, 1)) * int(10 ** chosen.uniform(3, 9))
        for issuer in range(20)
    }


@pytest.fixture(scope="module")
def rulebook() -> marginc.Rulebook:
    return marginc.compile(RULEBOOK)


@pytest.mark.parametrize("seed", range(8))
def test_the_formula_written_out_gives_the_same(rulebook: marginc.Rulebook, seed: int) -> None:
    held = portfolio(seed)
    assert float(margin(rulebook, held)) == pytest.approx(by_formula(held), rel=1e-12)


def test_every_pair_of_buckets(rulebook: marginc.Rulebook) -> None:
    pairs = [(b, c) for b in WEIGHTS for c in WEIGHTS if int(b) < int(c)]
    for one, other in pairs:
        held = {(one, "x"): 1_000, (other, "y"): 1_000}
        assert float(margin(rulebook, held)) == pytest.approx(by_formula(held), rel=1e-12), (one, other)


def test_the_opposite_portfolio_needs_the_same(rulebook: marginc.Rulebook) -> None:
    held = portfolio(0)
    assert margin(rulebook, held) == margin(rulebook, {key: -net for key, net in held.items()})


def test_the_arithmetic_by_hand(run_cli: Any) -> None:
    done = run_cli("test", RULEBOOK.parent / "cases" / RULEBOOK.name)
    assert done.returncode == 0, done.stdout
