"""A small recording to damage: one cross position, cash, and collateral."""

from __future__ import annotations

import copy
from typing import Any

import pytest

Json = Any

SMALL: Json = {
    "captured_at": "2026-09-08T04:25:36Z",
    "responses": {
        "userAbstraction": "portfolioMargin",
        "spotClearinghouseState": {
            "balances": [
                {"coin": "USDC", "token": 0, "total": "100.5"},
                {"coin": "HYPE", "token": 150, "total": "2", "borrowed": "0.0"},
                {"coin": "DUST", "token": 999, "total": "0.0"},
            ]
        },
        "allBorrowLendReserveStates": [[150, {"oraclePx": "80", "utilization": "0.1", "ltv": "0.65"}]],
        "clearinghouseState": {
            "": {
                "assetPositions": [
                    {
                        "position": {
                            "coin": "SOL",
                            "szi": "-2",
                            "positionValue": "200",
                            "unrealizedPnl": "10",
                            "leverage": {"type": "cross", "value": 5},
                            "maxLeverage": 20,
                        }
                    }
                ],
                "crossMarginSummary": {"totalRawUsd": "300"},
                "time": 1788841536336,
            }
        },
        "meta": {
            "": {"universe": [{"name": "SOL", "maxLeverage": 20, "marginTableId": 54}], "collateralToken": 0},
        },
    },
}


@pytest.fixture
def small() -> Json:
    return copy.deepcopy(SMALL)
