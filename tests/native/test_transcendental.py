"""exp, ln and normal_cdf as machine code, against the exact executor's functions: never beyond the stated bound."""

from __future__ import annotations

import ctypes
import functools
import math
import random
import struct
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import ir

from marginc.runtime.exact import functions as exact
from marginc.runtime.native.jit import Code, compile_module
from marginc.runtime.native.transcendental import CDF_SMALLEST, CDF_ULPS, EXP_ULPS, LN_ULPS, function

UNIT = Fraction(1, 2**53)
DOUBLE, INTEGER = ir.DoubleType(), ir.IntType(64)
NAMES = ("exp", "ln", "normal_cdf")
EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": exact.exponential,
    "ln": exact.logarithm,
    "normal_cdf": exact.normal_cdf,
}
STATED = {"exp": EXP_ULPS, "ln": LN_ULPS, "normal_cdf": CDF_ULPS}
SMALLEST = {"exp": Fraction(0), "ln": Fraction(0), "normal_cdf": Fraction(CDF_SMALLEST)}


def module_of(names: Iterable[str] = NAMES) -> ir.Module:
    """For each function `one_NAME(x)`, and `all_NAME(from, to, count)`, which LLVM turns into vector code."""
    module = ir.Module()
    for name in names:
        callee = function(module, name)
        one = ir.Function(module, ir.FunctionType(DOUBLE, [DOUBLE]), f"one_{name}")
        builder = ir.IRBuilder(one.append_basic_block())
        builder.ret(builder.call(callee, one.args))
        pointer = DOUBLE.as_pointer()
        every = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer, pointer, INTEGER]), f"all_{name}")
        entry, loop, leave = (every.append_basic_block(label) for label in ("entry", "loop", "leave"))
        builder = ir.IRBuilder(entry)
        builder.branch(loop)
        builder.position_at_end(loop)
        index = builder.phi(INTEGER)
        index.add_incoming(ir.Constant(INTEGER, 0), entry)
        value = builder.call(callee, [builder.load(builder.gep(every.args[0], [index]))])
        builder.store(value, builder.gep(every.args[1], [index]))
        following = builder.add(index, ir.Constant(INTEGER, 1))
        index.add_incoming(following, loop)
        builder.cbranch(builder.icmp_unsigned("<", following, every.args[2]), loop, leave)
        builder.position_at_end(leave)
        builder.ret_void()
    return module


@functools.cache
def code() -> Code:
    return compile_module(module_of(), [f"{form}_{name}" for name in NAMES for form in ("one", "all")])


def scalar(name: str, compiled: Code | None = None) -> Callable[[float], float]:
    compiled = compiled or code()
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(compiled.address(f"one_{name}"))


def vector(name: str, values: list[float]) -> list[float]:
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    given, results = (ctypes.c_double * len(values))(*values), (ctypes.c_double * len(values))()
    prototype(code().address(f"all_{name}"))(given, results, len(values))
    return list(results)


def units_off(name: str, x: float, got: float) -> float:
    """How far a result is from the exact one, in units of 2^-53 of the exact one, beyond what vanishes anyway."""
    expected = Fraction(EXACT[name](Decimal(x)))
    off = abs(Fraction(got) - expected)
    if off <= SMALLEST[name]:
        return 0.0
    return float((off - SMALLEST[name]) / UNIT / abs(expected)) if expected else math.inf


def around(x: float, steps: int = 2) -> Iterator[float]:
    """A double and its neighbours."""
    below = above = x
    yield x
    for _ in range(steps):
        below, above = math.nextafter(below, -math.inf), math.nextafter(above, math.inf)
        yield from (below, above)


def points(name: str) -> list[float]:
    """Both sides of every place where another piece of the approximation begins, the smallest, the largest, random."""
    chance = random.Random(20)
    if name == "exp":
        halves = [float(exact.logarithm(Decimal(2)) * (2 * n + 1) / 2) for n in range(-332, 332)]
        edges = [x for half in halves for x in around(half)]
        tiny = [sign * 2.0**-n for n in range(1, 1075, 9) for sign in (1, -1)]
        ends = [0.0, -0.0, 230.0, -230.0, math.nextafter(230, 0), math.nextafter(-230, 0)]
        return [*edges, *tiny, *ends, *(chance.uniform(-230, 230) for _ in range(4000))]
    if name == "ln":
        edges = [x for k in range(-1021, 1023, 7) for x in around(math.sqrt(0.5) * 2.0**k)]
        powers = [x for k in range(-1021, 1023, 7) for x in around(2.0**k)]
        near_one = [1 + sign * 2.0**-n for n in range(2, 53) for sign in (1, -1)]
        ends = [2.0**-1022, math.nextafter(math.inf, 0), *around(1.0, 40)]
        random_ones = [math.exp(chance.uniform(-700, 700)) for _ in range(1000)]
        return [*edges, *powers, *near_one, *ends, *random_ones, *(chance.uniform(0.5, 2) for _ in range(2000))]
    edges = [x for j in range(-173, 174) for x in around(j / 8, 1)]
    tiny = [sign * 2.0**-n for n in range(1, 1075, 20) for sign in (1, -1)]
    ends = [0.0, -0.0, *around(-21.5), *around(21.5), -21.273, -21.274, -1e300, 1e300, 38.6, -38.6, 8.3]
    return [
        *edges,
        *tiny,
        *ends,
        *(chance.gauss(0, 2) for _ in range(1500)),
        *(chance.uniform(-22, 9) for _ in range(500)),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_result_is_beyond_the_bound(name: str, record_property: Callable[[str, object], None]) -> None:
    compute, worst, where = scalar(name), 0.0, 0.0
    for x in points(name):
        off = units_off(name, x, compute(x))
        if off > worst:
            worst, where = off, x
    record_property("worst", f"{name}: {worst:.3f} units of 2^-53, at {where!r}")
    assert worst <= STATED[name], where
    assert worst > STATED[name] / 8, "so little that something else must have been measured"


@given(st.floats(-230, 230))
def test_exp_anywhere(x: float) -> None:
    assert units_off("exp", x, scalar("exp")(x)) <= EXP_ULPS


@given(st.floats(2.0**-1022, math.nextafter(math.inf, 0)))
def test_ln_anywhere(x: float) -> None:
    assert units_off("ln", x, scalar("ln")(x)) <= LN_ULPS


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(-22, 22))
def test_normal_cdf_anywhere(x: float) -> None:
    got = scalar("normal_cdf")(x)
    assert units_off("normal_cdf", x, got) <= CDF_ULPS
    assert 0 <= got <= 1


@pytest.mark.parametrize(
    ("name", "x"),
    [
        *(("exp", x) for x in (math.nan, math.inf, -math.inf, math.nextafter(230, 231), -230.5, 1e300, -1e300)),
        *(("ln", x) for x in (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, -5e-324, 5e-324, 2.0**-1023)),
        *(("normal_cdf", x) for x in (math.nan, math.inf, -math.inf)),
    ],
)
def test_no_number_comes_from_outside_the_domain(name: str, x: float) -> None:
    assert math.isnan(scalar(name)(x))
    assert math.isnan(vector(name, [x] * 9)[8])


def test_values_that_should_be_exact_are() -> None:
    assert scalar("exp")(0.0) == 1
    assert scalar("ln")(1.0) == 0
    assert scalar("normal_cdf")(0.0) == 0.5
    assert scalar("normal_cdf")(40.0) == 1


@pytest.mark.parametrize("name", NAMES)
def test_vector_code_gives_the_same_bits(name: str) -> None:
    values = [*points(name), math.nan]
    alone, together = [scalar(name)(x) for x in values], vector(name, values)
    assert [struct.pack("<d", value) for value in alone] == [struct.pack("<d", value) for value in together]


@pytest.mark.parametrize(
    ("name", "right", "change"),
    [
        ("exp", "0x3fc5555555555555", 1e-12),  # 1/3!
        ("exp", "0x3f56c16c16c16c17", 1e-9),  # 1/6!
        ("exp", "0x3ec71de3a556c734", 1e-4),  # 1/9!
        ("ln", "0x3fe5555555555555", 1e-12),  # 2/3
        ("ln", "0x3fc745d1745d1746", 1e-4),  # 2/11
        ("normal_cdf", "0xbfd9884533d43651", 1e-13),  # -1/sqrt(2 pi), in the table's row for 0
    ],
)
def test_a_wrong_coefficient_is_noticed(name: str, right: str, change: float) -> None:
    text = str(module_of([name]))
    assert right in text
    wrong = struct.unpack(">d", bytes.fromhex(right[2:]))[0] * (1 + change)
    compiled = compile_module(text.replace(right, "0x" + struct.pack(">d", wrong).hex()), [f"one_{name}"])
    compute = scalar(name, compiled)
    assert max(units_off(name, x, compute(x)) for x in points(name)[::3]) > STATED[name]


def test_the_functions_need_no_library_and_stay_inside() -> None:
    text = str(module_of())
    assert "declare" not in text
    assert all(f'define internal double @"marginc.{name}"' in text for name in NAMES)


def test_a_function_is_written_once() -> None:
    module = ir.Module()
    assert function(module, "exp") is function(module, "exp")
