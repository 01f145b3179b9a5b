"""Every recorded account against the venue's own answers, which were deleted before the import.

Within 1e-8 of the answer, with three exceptions:

- Margin used is cut after six decimals: the venue printed 11.383755 for 227.675114 / 20 = 11.3837557. One unit of the
  sixth decimal is allowed there.
- Where a recording's amounts were multiplied by one unknown factor, that cut was scaled too and its unit is not known:
  the smallest such amounts, of 9 and 25 USDC, allow for 2.1e-8.
- The positions of October 2024 were recorded without their mark, for which the entry price stands: 1e-4, as their file
  says.

Answers that nothing is compared with, and why: `hold` and `withdrawable` need the resting orders, which no recording
has; `portfolioMarginRatio` and the rest of accounts whose positions were cut are compared with those answers given that
the file says to take as given; the available amount of 09-14 gave the price of HYPE; `healthFactor` was not recorded.
The amount available in USDT0 of 09-14 is bound by what the reserve held, and that was not recorded.

docs/hyperliquid.md carries the table of what is compared; `pytest tests/recordings --write-docs` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import marginc

ZERO = Fraction()
EXACT_WITHIN = Fraction(1, 10**8)
SCALED_WITHIN = Fraction(21, 10**9)
SIXTH_DECIMAL = Fraction(1, 10**6)
ENTRY_FOR_MARK_WITHIN = Fraction(1, 10**4)
ISOLATED = "isolated-liquidation-prices-2024-10"

Pair = tuple[Fraction | None, str | None]
"""What the rules give, and what the venue answered; none is no liquidation price."""


@dataclass(frozen=True, slots=True)
class Compared:
    """All numbers of one quantity in one file. `within` is the relative difference allowed, or `unit` where larger."""

    file: str
    quantity: str
    pairs: tuple[Pair, ...]
    within: Fraction
    unit: Fraction = ZERO

    @property
    def holds(self) -> bool:
        """Whether every number is the venue's."""
        return all(abs(ours - venue) <= max(self.within * abs(venue), self.unit) for ours, venue in self.numbers)

    @property
    def numbers(self) -> list[tuple[Fraction, Fraction]]:
        """The pairs of numbers. Raises AssertionError where only one side has a number."""
        for ours, venue in self.pairs:
            assert (ours is None) == (venue is None), f"{self.file}, {self.quantity}: {ours} where it answered {venue}"
        return [(ours, Fraction(venue)) for ours, venue in self.pairs if ours is not None and venue is not None]

    @property
    def worst(self) -> Fraction:
        """The largest relative difference."""
        return max(
            (abs(ours - venue) / abs(venue) if venue else abs(ours) for ours, venue in self.numbers), default=ZERO
        )


def test_every_answer_is_the_venues(account: Any) -> None:
    compared = list(compare(account))
    assert compared
    assert account.verdict().errors == ()
    for quantity in compared:
        assert quantity.holds, (quantity.file, quantity.quantity, float(quantity.worst))


def test_all_accounts_are_healthy_as_they_were(account: Any) -> None:
    assert account.verdict().status == "healthy"


def test_isolated_liquidation_prices_of_2024(shared: Path, verdict_of: Any) -> None:
    prices = isolated_2024(shared, verdict_of)
    assert len(prices.pairs) == 15
    assert prices.holds


def compare(account: Any) -> Iterator[Compared]:
    """What one recording answers and the rules compute."""
    within, unit = (SCALED_WITHIN, ZERO) if account.is_scaled else (EXACT_WITHIN, SIXTH_DECIMAL)
    verdict = account.verdict()
    if "portfolio" in account.rulebook:
        of_account = portfolio_margin(account, verdict)
    elif "unified" in account.rulebook:
        of_account = unified(account, verdict)
    else:
        of_account = standard(account, verdict)
    for quantity, pairs in {**of_account, **of_positions(account, verdict)}.items():
        if pairs:
            yield Compared(
                account.name, quantity, tuple(pairs), within, unit if quantity.startswith("margin used") else ZERO
            )


def portfolio_margin(account: Any, verdict: Any) -> dict[str, list[Pair]]:
    spot, ours = account.answers["spotClearinghouseState"], verdict.outputs
    quantities: dict[str, list[Pair]] = {"margin ratio": [(ours["margin_ratio"], spot["portfolioMarginRatio"])]}
    if "account.maintenance_margin" not in account.given:
        total = sum(Fraction(text) for text in maintenance_of_dexes(account).values())
        quantities["maintenance margin"] = [(ours["maintenance_margin"], str(total))]
    available = dict(spot["tokenToAvailableAfterMaintenance"])
    # The price of HYPE in the capture of 09-14 is implied by this very answer.
    if not any(state.get("implied") for _, state in account.answers.get("allBorrowLendReserveStates", [])):
        quantities["available after maintenance"] = [(ours["available_after_maintenance"], available[0])]
    if account.name.startswith("pm-borrow"):
        # In a borrowable token, what is available at its price; in collateral, what may go until nothing is available:
        # 1 HYPE less takes 1 - (1 - 65 %) / 2 of its price away.
        price = {token: Fraction(state["oraclePx"]) for token, state in account.answers["allBorrowLendReserveStates"]}
        left = ours["available_after_maintenance"]
        threshold = 1 - (1 - Fraction("0.65")) / 2
        quantities["available after maintenance, in USDT0 and HYPE"] = [
            (left / price[268], available[268]),
            (left / (price[150] * threshold), available[150]),
        ]
    return quantities


def unified(account: Any, verdict: Any) -> dict[str, list[Pair]]:
    ours = verdict.rows["holdings"]["USDC"]
    available = dict(account.answers["spotClearinghouseState"]["tokenToAvailableAfterMaintenance"])
    total = sum(Fraction(text) for text in maintenance_of_dexes(account).values())
    return {
        "maintenance margin": [(ours["maintenance_margin"], str(total))],
        "available after maintenance": [(ours["available_after_maintenance"], available[0])],
    }


def standard(account: Any, verdict: Any) -> dict[str, list[Pair]]:
    if account.given:
        return {}  # account value and maintenance margin of the dex are those of positions that were not recorded
    summary = account.answers["clearinghouseState"][""]["crossMarginSummary"]
    return {"account value of the dex": [(verdict.rows["dex_accounts"]["main"]["value"], summary["accountValue"])]}


def of_positions(account: Any, verdict: Any) -> dict[str, list[Pair]]:
    ours: Mapping[str, Any] = verdict.rows["positions"]
    used: list[Pair] = []
    totals: list[Pair] = []
    prices: list[Pair] = []
    for state in account.answers["clearinghouseState"].values():
        venue = [entry["position"] for entry in state["assetPositions"] if "leverage" in entry["position"]]
        used += [(ours[p["coin"]]["margin_used"], p["marginUsed"]) for p in venue]
        prices += [(ours[p["coin"]]["liquidation_price"], p["liquidationPx"]) for p in venue]
        if venue and not account.given:
            totals += [
                (sum_of(ours, [p["coin"] for p in venue]), state["marginSummary"]["totalMarginUsed"]),
                (sum_of(ours, cross(venue)), state["crossMarginSummary"]["totalMarginUsed"]),
            ]
    return {"margin used by a position": used, "margin used by all, and by cross": totals, "liquidation price": prices}


def sum_of(rows: Mapping[str, Any], coins: list[str]) -> Fraction:
    return sum((rows[coin]["margin_used"] for coin in coins), ZERO)


def cross(positions: list[Any]) -> list[str]:
    return [position["coin"] for position in positions if position["leverage"]["type"] == "cross"]


def maintenance_of_dexes(account: Any) -> dict[str, str]:
    states = account.answers["clearinghouseState"]
    return {name: state["crossMaintenanceMarginUsed"] for name, state in states.items()}


def isolated_2024(shared: Path, verdict_of: Any) -> Compared:
    """The 15 isolated positions of October 2024, each a market of its own: their marks are their entry prices."""
    document = json.loads((shared / "vectors" / "hyperliquid" / f"{ISOLATED}.json").read_text("utf-8"))
    markets, positions, answers = {}, [], {}
    for number, row in enumerate(document["positions"]):
        name = f"{row['coin']} {number}"
        size = Fraction(row["contracts"]) * (1 if row["side"] == "long" else -1)
        cost = size * Fraction(row["entryPrice"])
        raw = Fraction(row["collateral"]) - cost
        markets[name] = {"dex": "main", "mark": row["entryPrice"], "max_leverage": document["maxLeverage"][row["coin"]]}
        positions.append(
            {"market": name, "size": text(size), "entry_value": text(cost), "leverage": row["leverage"],
             "margin": "isolated", "isolated_raw": text(raw), "isolated_equity": row["collateral"]}
        )  # fmt: skip
        answers[name] = row["liquidationPrice"]
    snapshot = {
        "as_of": "2024-10-15",
        "dexes": {"main": {"collateral": "USDC"}},
        "markets": markets,
        "accounts": [{"account": "2024-10", "mode": "standard", "positions": positions}],
    }
    (result,) = marginc.compile("hyperliquid/standard").evaluate(snapshot)
    assert result.errors == ()
    ours = verdict_of(result).rows["positions"]
    pairs = tuple((ours[name]["liquidation_price"], answer) for name, answer in answers.items())
    return Compared(ISOLATED, "liquidation price", pairs, ENTRY_FOR_MARK_WITHIN)


def text(value: Fraction) -> str:
    """A finite decimal, in full."""
    places = 12
    assert (value * 10**places).denominator == 1
    digits = int(value * 10**places)
    return f"{'-' if digits < 0 else ''}{abs(digits) // 10**places}.{abs(digits) % 10**places:0{places}d}"


def table(compared: list[Compared]) -> str:
    """The table of docs/hyperliquid.md."""
    lines = ["| recording | quantity | compared | allowed | worst difference |", "|---|---|---|---|---|"]
    for row in compared:
        nulls = sum(venue is None for _, venue in row.pairs)
        count = f"{len(row.pairs) - nulls}" + (f", and {nulls} without one" if nulls else "")
        worst = f"{float(row.worst):.1e}" if row.worst else "0"
        allowed = f"{float(row.within):.2g}" + (", or the sixth decimal" if row.unit else "")
        lines.append(f"| `{row.file}` | {row.quantity} | {count} | {allowed} | {worst} |")
    numbers = sum(len(row.pairs) for row in compared)
    return "\n".join([*lines, "", f"{numbers} answers in all, none of them an input."])


def test_the_table_in_the_docs_is_what_was_compared(
    accounts: dict[str, Any], shared: Path, verdict_of: Any, root: Path, marked: Any
) -> None:
    compared = [row for account in accounts.values() for row in compare(account)] + [isolated_2024(shared, verdict_of)]
    marked(root / "docs" / "hyperliquid.md", "compared", table(compared))
