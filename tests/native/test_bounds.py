"""Every rule of docs/certified-floats.md alone, as machine code, against fractions.

Operands stand beside exact values that are placed anywhere inside their bound, most often at its very ends. Results
must keep |v - exact| <= k u m and m >= |v|, |exact|, but for SECOND_ORDER; what is decided must be right; what is an
error must be unknown.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

import pytest
from llvmlite import ir
from one_rule import (
    CLOSE,
    FORMS,
    RELATIVE,
    Form,
    Operand,
    Rule,
    Written,
    Wrong,
    begin,
    call,
    choices,
    double_of,
    flat,
    given_numbers,
    holds,
    operands_of,
    run,
    write,
)

from marginc.runtime.exact import functions
from marginc.runtime.native.floating import Floats
from marginc.runtime.native.jit import Code, compile_module
from marginc.runtime.native.transcendental import function as function_of
from marginc.runtime.native.values import Num, Truth
from marginc.runtime.native.widths import BIT, DOUBLE

CASES = 150
WIDE = Context(prec=120)


def quotient(x: Fraction, y: Fraction) -> Fraction:
    if not y:
        raise Wrong
    return x / y


def to_step(mode: str) -> Callable[[Fraction, Fraction], Fraction]:
    def exact(x: Fraction, step: Fraction) -> Fraction:
        if step <= 0:
            raise Wrong
        q = x / step
        floor, ceil, half = math.floor(q), math.ceil(q), math.floor(q + Fraction(1, 2))
        away = half if q >= 0 else -math.floor(-q + Fraction(1, 2))
        whole = {"floor": floor, "ceil": ceil, "down": floor if q >= 0 else ceil, "up": ceil if q >= 0 else floor,
                 "half_even": round(q), "half_up": away}[mode]  # fmt: skip
        return whole * step

    return exact


def told(
    function: Callable[[Decimal], Decimal], least: Fraction | None = None, most: int = 10**30
) -> Callable[..., Fraction]:
    """The exact executor's function of a fraction."""

    def exact(x: Fraction) -> Fraction:
        if (least is not None and x <= least) or abs(x) > most:
            raise Wrong
        return Fraction(function(WIDE.divide(Decimal(x.numerator), Decimal(x.denominator))))

    return exact


def root(x: Fraction) -> Fraction:
    if x < 0:
        raise Wrong
    return told(functions.square_root)(x)


def constant(value: Fraction | int) -> Callable[[Floats], Num]:
    return lambda numbers: numbers.number(Fraction(value))


THIRD, NEARLY_HALF = Fraction(1, 3), Fraction(1, 2) - Fraction(1, 10**30)
RULES = (
    Rule("add", 2, lambda n, a, b: n.add(a, b), lambda x, y: x + y, known=1),
    Rule("subtract", 2, lambda n, a, b: n.subtract(a, b), lambda x, y: x - y, known=1),
    Rule("add zero", 1, lambda n, a: n.add(n.number(Fraction(0)), a), lambda x: x, known=1),
    Rule("from zero", 1, lambda n, a: n.subtract(n.number(Fraction(0)), a), lambda x: -x, known=1),
    Rule("less zero", 1, lambda n, a: n.subtract(a, n.number(Fraction(0))), lambda x: x, known=1),
    Rule("add a third", 1, lambda n, a: n.add(a, n.number(THIRD)), lambda x: x + THIRD, known=1),
    Rule("multiply", 2, lambda n, a, b: n.multiply(a, b), lambda x, y: x * y, known=1),
    Rule("square", 1, lambda n, a: n.multiply(a, a), lambda x: x * x, known=1),
    Rule("times an eighth", 1, lambda n, a: n.multiply(a, n.number(Fraction(1, 8))), lambda x: x / 8, known=1),
    Rule("times nearly a half", 1, lambda n, a: n.multiply(n.number(NEARLY_HALF), a),
         lambda x: x * NEARLY_HALF, known=1),
    Rule("times zero", 1, lambda n, a: n.multiply(n.number(Fraction(0)), a), lambda x: Fraction(0), known=1),
    Rule("tiny product", 2, lambda n, a, b: n.multiply(a, b), lambda x, y: x * y, (-200, -60), 0.2),
    Rule("tiny quotient", 2, lambda n, a, b: n.divide(a, b), quotient, (-160, 160), 0.2),
    Rule("divide", 2, lambda n, a, b: n.divide(a, b), quotient, known=0.3),
    Rule("third part", 1, lambda n, a: n.divide(a, n.number(Fraction(3))), lambda x: x / 3, known=1),
    Rule("negate", 1, lambda n, a: n.negate(a), lambda x: -x, known=1),
    Rule("absolute", 1, lambda n, a: n.absolute(a), abs, known=1),
    Rule("cube", 1, lambda n, a: n.power(a, 3), lambda x: x**3, known=1),
    Rule("fourth power", 1, lambda n, a: n.power(a, 4), lambda x: x**4, known=1),
    Rule("to the -2nd", 1, lambda n, a: n.power(a, -2), lambda x: quotient(Fraction(1), x * x), known=0.2),
    Rule("least", 2, lambda n, a, b: n.extreme([a, b], True), min, known=1),
    Rule("largest", 2, lambda n, a, b: n.extreme([a, b], False), max, known=1),
    Rule("at most a third", 1, lambda n, a: n.extreme([a, n.number(THIRD)], True), lambda x: min(x, THIRD), known=1),
    Rule("least of two constants of one double", 1,
         lambda n, a: n.extreme([n.number(Fraction(1, 2)), n.number(NEARLY_HALF), a], True),
         lambda x: min(x, NEARLY_HALF), known=1),
    Rule("clamp", 3, lambda n, a, b, c: n.clamp(a, b, c), lambda x, low, high: min(max(x, low), high), known=1),
    Rule("square root", 1, lambda n, a: n.square_root(a), root, known=0.2),
    Rule("exp", 1, lambda n, a: n.exponential(a), told(functions.exponential, most=230), (-20, 2), 0.4),
    Rule("ln", 1, lambda n, a: n.logarithm(a), told(functions.logarithm, Fraction(0)), known=0.2),
    Rule("normal_cdf", 1, lambda n, a: n.normal_cdf(a), told(functions.normal_cdf), (-20, 2), 1),
    *(Rule(mode, 2, lambda n, a, b, mode=mode: n.rounded(a, b, mode), to_step(mode), (-3, 6), 0.02)
      for mode in ("floor", "ceil", "down", "up", "half_even", "half_up")),
)  # fmt: skip


@functools.cache
def rules_as_code() -> tuple[Code, dict[str, list[Written]]]:
    module = ir.Module()
    written: dict[str, list[Written]] = {}
    for rule in RULES:
        for number, forms in enumerate(choices(rule.arity)):
            name = f"{rule.name.replace(' ', '_')}.{number}"
            written.setdefault(rule.name, []).append(write(module, rule, forms, name))
    return compile_module(module, [one.name for some in written.values() for one in some]), written


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_bound_of_every_rule_holds(rule: Rule) -> None:
    code, written = rules_as_code()
    known = 0
    for one in written[rule.name]:
        found, wrong = run(code, one, CASES)
        known += found
        assert not wrong, "\n".join(wrong[:3])
    assert known >= rule.known * CASES * len(written[rule.name])


class OneUnitLess(Floats):
    """Rules that reckon with one rounding less than there are."""

    def units(self, k: int) -> int:
        return max(0, super().units(k) - 1)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "add a third"])
def test_a_rounding_that_is_forgotten_is_noticed(name: str) -> None:
    rule = next(rule for rule in RULES if rule.name == name)
    module = ir.Module()
    some = [write(module, rule, (RELATIVE,) * rule.arity, "short", OneUnitLess)]
    assert run(compile_module(module, ["short"]), some[0], 2000)[1]


# ---- decisions

OPERATORS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y, "==": lambda x, y: x == y, "!=": lambda x, y: x != y,
}  # fmt: skip


def compare_code(operator: str, faithful: bool) -> tuple[Code, list[tuple[str, tuple[Form, ...]]]]:
    module = ir.Module()
    some = []
    for number, forms in enumerate([(CLOSE, CLOSE)] if faithful else choices(2)):
        b, pointer, end = begin(module, f"compare.{number}")
        left, right = given_numbers(b, pointer, forms, (-20, 20))
        if faithful:
            left, right = (Num(one.v, None, 1, -20, 20, faithful=True) for one in (left, right))
        test = Floats(b, True, lambda function, module=module: function_of(module, function)).compare(
            operator, left, right
        )
        end(*(ir.Constant(BIT, 0) if one is None else one for one in (test.v, test.unsure, test.bad)))
        some.append((f"compare.{number}", forms))
    return compile_module(module, [name for name, _ in some]), some


@pytest.mark.parametrize("operator", OPERATORS)
def test_what_is_certain_is_right(operator: str) -> None:
    code, some = compare_code(operator, faithful=False)
    chance = random.Random(operator)
    certain = left_open = 0
    for (name, forms), _ in itertools.product(some, range(CASES)):
        one, other = operands_of(chance, forms, (-20, 20))
        if chance.random() < 0.1:  # a tie of exact values
            other = Operand(one.v, one.m, one.x)
            forms = (forms[0], forms[0])
            if (forms[0], forms[0]) not in [own for _, own in some]:
                continue
            name = next(own for own, same in some if same == forms)
        v, unsure, bad = call(code, name, flat([one, other]), 3)
        assert not bad
        if unsure:
            left_open += 1
            continue
        certain += 1
        assert bool(v) == OPERATORS[operator](one.x, other.x), (name, one, other)
    assert certain > CASES
    assert left_open > CASES


@pytest.mark.parametrize("operator", OPERATORS)
def test_nothing_is_open_between_nothings(operator: str) -> None:
    """An account without anything stands on its line, 0 against 0, and that is certain."""
    code, some = compare_code(operator, faithful=False)
    for name, _ in some:
        v, unsure, bad = call(code, name, [0.0] * 4, 3)
        assert (bool(v), unsure, bad) == (OPERATORS[operator](Fraction(0), Fraction(0)), 0, 0)


@pytest.mark.parametrize("operator", OPERATORS)
def test_inputs_compare_as_their_decimals_do(operator: str) -> None:
    """Doubles stand for the shortest decimals that read back as them: no bound is needed, and ties are ties."""
    code, _ = compare_code(operator, faithful=True)
    chance = random.Random(operator)
    for _ in range(2000):
        v = double_of(chance, -20, 20, None)
        w = double_of(chance, -20, 20, v)
        x, y = (Fraction(Decimal(repr(one))) for one in (v, w))
        found = call(code, "compare.0", [v, abs(v), w, abs(w)], 3)
        assert found == [float(OPERATORS[operator](x, y)), 0, 0], (v, w)


def test_a_choice_that_is_open_covers_both() -> None:
    module = ir.Module()
    written: list[tuple[str, tuple[Form, ...], int]] = []
    for number, forms in enumerate(choices(2)):
        b, pointer, end = begin(module, f"select.{number}")
        yes, no = given_numbers(b, pointer, forms, (-20, 20))
        flags = [
            b.fcmp_ordered(
                "!=", b.load(b.gep(pointer, [ir.Constant(ir.IntType(64), place)], source_etype=DOUBLE), typ=DOUBLE),
                ir.Constant(DOUBLE, 0.0),
            )
            for place in (4, 5, 6)
        ]  # fmt: skip
        numbers = Floats(b, True, lambda function: function_of(module, function))
        chosen = numbers.select(Truth(*flags), yes, no)
        end(chosen.v, numbers.magnitude(chosen))
        written.append((f"select.{number}", forms, chosen.k))
    code = compile_module(module, [name for name, _, _ in written])
    chance = random.Random(7)
    for (name, forms, k), _ in itertools.product(written, range(CASES)):
        yes, no = operands_of(chance, forms, (-20, 20))
        holds_, unsure, bad = chance.random() < 0.5, chance.random() < 0.7, chance.random() < 0.1
        v, m = call(code, name, [*flat([yes, no]), holds_, unsure, bad], 2)
        assert math.isnan(v) == bad
        for one, counts in ((yes, holds_ or unsure), (no, not holds_ or unsure)):
            assert bad or not counts or holds(v, m, k, one.x), (name, yes, no, holds_, unsure)
        unknown = math.nan
        for side in (0, 2):  # a side that is an error counts where it is chosen, or may be
            given = [*flat([yes, no]), holds_, unsure, False]
            given[side] = given[side + 1] = unknown
            counts = unsure or holds_ == (side == 0)
            assert math.isnan(call(code, name, given, 2)[0]) == counts, (name, given)


# ---- rules one upon another

STEPS: tuple[tuple[str, int, Callable[..., Num], Callable[..., Fraction]], ...] = (
    ("+", 2, lambda n, a, b: n.add(a, b), lambda x, y: x + y),
    ("-", 2, lambda n, a, b: n.subtract(a, b), lambda x, y: x - y),
    ("*", 2, lambda n, a, b: n.multiply(a, b), lambda x, y: x * y),
    ("/", 2, lambda n, a, b: n.divide(a, b), quotient),
    ("min", 2, lambda n, a, b: n.extreme([a, b], True), min),
    ("max", 2, lambda n, a, b: n.extreme([a, b], False), max),
    ("abs", 1, lambda n, a: n.absolute(a), abs),
    ("neg", 1, lambda n, a: n.negate(a), lambda x: -x),
    ("half", 1, lambda n, a: n.multiply(a, n.number(Fraction(1, 2))), lambda x: x / 2),
    ("third", 1, lambda n, a: n.multiply(a, n.number(THIRD)), lambda x: x / 3),
    ("sqrt abs", 1, lambda n, a: n.square_root(n.absolute(a)), lambda x: root(abs(x))),
    ("if", 3, lambda n, a, b, c: n.select(n.compare("<", a, b), a, c), lambda x, y, z: x if x < y else z),
)


@dataclass(frozen=True)
class Expression:
    """Steps, each upon operands and steps before it."""

    steps: tuple[tuple[int, tuple[int, ...]], ...]

    def rule(self, name: str) -> Rule:
        return Rule(name, 4, self._number, self._exact, (-3, 3))

    def _number(self, numbers: Floats, *given: Num) -> Num:
        values = list(given)
        for step, at in self.steps:
            values.append(STEPS[step][2](numbers, *(values[place] for place in at)))
        return values[-1]

    def _exact(self, *given: Fraction) -> Fraction:
        values: list[Fraction | None] = list(given)
        for step, at in self.steps:
            if STEPS[step][0] == "if":  # lazy: an error of the branch that is not chosen is none
                x, y, z = (values[place] for place in at)
                values.append(None if x is None or y is None else x if x < y else z)
                continue
            own = [values[place] for place in at]
            try:
                values.append(None if None in own else STEPS[step][3](*own))
            except Wrong:
                values.append(None)
        if values[-1] is None:
            raise Wrong
        return values[-1]


def test_bounds_of_whole_expressions_hold() -> None:
    chance = random.Random(11)
    module = ir.Module()
    some = []
    for number in range(120):
        steps = []
        for place in range(chance.randint(3, 9)):
            step = chance.randrange(len(STEPS))
            at = [max(0, 4 + place - 1 - int(chance.expovariate(0.5))) for _ in range(STEPS[step][1])]
            steps.append((step, tuple(at)))
        forms = tuple(chance.choice(FORMS) for _ in range(4))
        some.append(write(module, Expression(tuple(steps)).rule(f"expression {number}"), forms, f"expression.{number}"))
    code = compile_module(module, [one.name for one in some])
    known = 0
    for one in some:
        found, wrong = run(code, one, 60)
        known += found
        assert not wrong, "\n".join(wrong[:3])
    assert known > 120 * 60 / 2
