"""exp, ln and normal_cdf for machine code: functions of a module, and how far each is from the exact executor's.

The proofs are in docs/native-functions.md; u = 2^-53. What is bounded is the distance from `runtime/exact/functions.py`
at the very double that is passed: what an argument's own error does is on the same page.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from .exponential import EXP_LIMIT, EXP_ULPS, exponential
from .logarithm import LN_ULPS, logarithm
from .normal import CDF_SMALLEST, CDF_ULPS, normal_cdf

__all__ = [
    "CDF_SMALLEST",
    "CDF_ULPS",
    "EXP_LIMIT",
    "EXP_ULPS",
    "LN_ULPS",
    "exponential",
    "function",
    "logarithm",
    "normal_cdf",
]

_EMITTERS: dict[str, Callable[[ir.Module], ir.Function]] = {
    "exp": exponential,
    "ln": logarithm,
    "normal_cdf": normal_cdf,
}


def function(module: ir.Module, name: str) -> ir.Function:
    """`double marginc.NAME(double)` of the module, written when first asked for; name: exp, ln or normal_cdf."""
    return module.globals.get(f"marginc.{name}") or _EMITTERS[name](module)
