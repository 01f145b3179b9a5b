"""One rule of machine code's numbers as a function of its own, and operands for it that are as bad as they may be."""

from __future__ import annotations

import ctypes
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from llvmlite import ir

from marginc.runtime.native.arithmetic import SECOND_ORDER
from marginc.runtime.native.floating import Floats
from marginc.runtime.native.jit import Code
from marginc.runtime.native.transcendental import function as function_of
from marginc.runtime.native.values import Num
from marginc.runtime.native.widths import BIT, DOUBLE

U = Fraction(1, 2**53)
BEYOND = Fraction(SECOND_ORDER)


class Wrong(Exception):
    """What the exact executor calls an error of the account."""


# ---- operands


@dataclass(frozen=True)
class Form:
    """What is known of an operand while code is written; `wide`: whether its magnitude stands beside it."""

    k: int
    wide: bool = False
    positive: bool = False


RELATIVE, CLOSE, WIDELY, POSITIVE, WHOLE = Form(3), Form(1), Form(7, wide=True), Form(2, positive=True), Form(0)
FORMS = (RELATIVE, CLOSE, WIDELY, POSITIVE, WHOLE, Form(2, wide=True, positive=True))


@dataclass(frozen=True)
class Operand:
    v: float
    m: float
    x: Fraction


def double_of(chance: random.Random, low: int, high: int, near: float | None) -> float:
    if near and chance.random() < 0.4:  # nearly the same, or nearly its opposite
        for _ in range(chance.choice((0, 0, 1, 2, 9))):
            near = math.nextafter(near, chance.choice((-math.inf, math.inf)))
        return near * chance.choice((1, 1, -1))
    ends = (0.0, 10.0**low, 10.0**high, -(10.0**low), -(10.0**high), 1.0, 0.5, 2.5, 100.0, 3.0)
    inside = [v for v in ends if v == 0 or 10.0**low <= abs(v) <= 10.0**high]
    if chance.random() < 0.3:
        return chance.choice(inside)
    if low < 0 < high and chance.random() < 0.5:
        return round(chance.uniform(-100, 100), chance.choice((0, 1, 2, 8)))
    return chance.choice((-1, 1)) * min(
        10.0**high, max(10.0**low, chance.uniform(1, 10) * 10.0 ** chance.randint(low, high))
    )


def operand(chance: random.Random, form: Form, exponents: tuple[int, int], near: float | None) -> Operand:
    """A double, its magnitude, and an exact value inside the bound."""
    v = double_of(chance, *exponents, near)
    v = abs(v) if form.positive else v
    if form.k == 0:
        v = float(round(v)) if abs(v) < 2**53 else v
        return Operand(v, abs(v), Fraction(v))
    m = abs(v)
    if form.wide:
        m = max(
            m * chance.choice((1, 1, 1.5, 1e3, 1e10, 1e16)), 0.0 if v else chance.choice((0, 10.0 ** exponents[0], 1.0))
        )
    share = chance.choice((Fraction(-1), Fraction(1), Fraction(0), Fraction(chance.uniform(-1, 1))))
    x = Fraction(v) + share * form.k * U * Fraction(m)
    x = max(-Fraction(m), min(Fraction(m), x)) if form.wide else x
    return Operand(v, m, max(x, Fraction(0)) if form.positive else x)


# ---- rules


@dataclass(frozen=True)
class Rule:
    """One method of Floats and what it means; `known`: at least this share of cases must not be left unknown."""

    name: str
    arity: int
    write: Callable[..., Num]
    exact: Callable[..., Fraction]
    exponents: tuple[int, int] = (-20, 20)
    known: float = 0.5


@dataclass(frozen=True)
class Written:
    """A rule as code for operands of these forms; `k` of what it gives."""

    name: str
    rule: Rule
    forms: tuple[Form, ...]
    k: int


def choices(arity: int) -> list[tuple[Form, ...]]:
    if arity < 3:
        far_off = [(Form(1000, wide=True),)] if arity == 1 else []
        return [*itertools.product(FORMS, repeat=arity), *far_off]
    return [(RELATIVE,) * 3, (WIDELY,) * 3, (RELATIVE, WIDELY, CLOSE), (POSITIVE, CLOSE, WIDELY)]


def given_numbers(b: ir.IRBuilder, pointer: Any, forms: Sequence[Form], exponents: tuple[int, int]) -> list[Num]:
    """Pairs of a double and its magnitude, from memory."""

    def cell(place: int) -> Any:
        return b.load(b.gep(pointer, [ir.Constant(ir.IntType(64), place)], source_etype=DOUBLE), typ=DOUBLE)

    return [
        Num(cell(2 * place), cell(2 * place + 1) if form.wide else None, form.k, *exponents, positive=form.positive)
        for place, form in enumerate(forms)
    ]


def begin(module: ir.Module, name: str) -> tuple[ir.IRBuilder, Any, Callable[..., None]]:
    """A function of two arrays, the first of operands; the third gives results to the second and ends it."""
    pointer = ir.PointerType()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [pointer, pointer]), name)
    b = ir.IRBuilder(function.append_basic_block())

    def end(*results: Any) -> None:
        for place, result in enumerate(results):
            value = b.uitofp(result, DOUBLE) if result.type == BIT else result
            b.store(value, b.gep(function.args[1], [ir.Constant(ir.IntType(64), place)], source_etype=DOUBLE))
        b.ret_void()

    return b, function.args[0], end


def write(
    module: ir.Module, rule: Rule, forms: tuple[Form, ...], name: str, arithmetic: type[Floats] = Floats
) -> Written:
    b, pointer, end = begin(module, name)
    numbers = arithmetic(b, True, lambda function: function_of(module, function))
    result = rule.write(numbers, *given_numbers(b, pointer, forms, rule.exponents))
    end(result.v, numbers.magnitude(result))
    return Written(name, rule, forms, result.k)


def call(code: Code, name: str, operands: Sequence[float], results: int) -> list[float]:
    function = code.function(name, None, ctypes.c_void_p, ctypes.c_void_p)
    given, found = (ctypes.c_double * len(operands))(*operands), (ctypes.c_double * results)()
    function(given, found)
    return list(found)


def operands_of(chance: random.Random, forms: Sequence[Form], exponents: tuple[int, int]) -> list[Operand]:
    found: list[Operand] = []
    for form in forms:
        found.append(operand(chance, form, exponents, found[-1].v if found else None))
    return found


def flat(operands: Sequence[Operand]) -> list[float]:
    return [part for one in operands for part in (one.v, one.m)]


def holds(v: float, m: float, k: int, x: Fraction) -> bool:
    """Whether a bound is one."""
    if math.isinf(m):
        return True
    size = Fraction(m) * BEYOND
    return abs(Fraction(v) - x) <= k * U * size and abs(Fraction(v)) <= size and abs(x) <= size * (1 + k * U)


def run(code: Code, written: Written, cases: int) -> tuple[int, list[str]]:
    """How many cases were known, and what was wrong."""
    chance = random.Random(written.name)
    known, wrong = 0, []
    for _ in range(cases):
        operands = operands_of(chance, written.forms, written.rule.exponents)
        v, m = call(code, written.name, flat(operands), 2)
        if math.isnan(v):
            continue
        known += 1
        try:
            x = written.rule.exact(*(one.x for one in operands))
        except Wrong:
            wrong.append(f"{written.name}: {operands} is an error, and {v} here")
            continue
        if not holds(v, m, written.k, x):
            wrong.append(f"{written.name}: {operands} gives {v} with k {written.k}, m {m}, and is {float(x)}")
    return known, wrong
