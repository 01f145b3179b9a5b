"""Functions of the naive interpreter, on fractions and whole numbers only."""

from __future__ import annotations

import math
from fractions import Fraction

SCALES = {"": Fraction(1), "%": Fraction(1, 100), "bp": Fraction(1, 10_000), "USD": Fraction(1), "h": Fraction(3_600)}


class Failed(Exception):
    """There is no value: something is missing, a division by zero, a number out of bounds."""


def number(text: str) -> Fraction:
    text = text.replace("_", "")
    for suffix in ("%", "bp", "USD", "h"):
        if text.endswith(suffix):
            return Fraction(text.removesuffix(suffix).strip()) * SCALES[suffix]
    return Fraction(text)


def rounded(value: Fraction, step: Fraction, mode: str) -> Fraction:
    if step <= 0:
        raise Failed
    whole, rest = divmod(value / step, 1)
    up = {
        "floor": False, "ceil": rest > 0, "down": rest > 0 and value < 0, "up": rest > 0 and value > 0,
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
        "half_up": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and value > 0),
    }[mode]  # fmt: skip
    return (whole + up) * step


def significant(value: Fraction, digits: int) -> Fraction:
    """Half-even to that many significant digits."""
    if value == 0:
        return value
    size = abs(value)
    exponent = len(str(size.numerator)) - len(str(size.denominator))
    exponent += (size >= Fraction(10) ** exponent) - 1
    unit = Fraction(10) ** (exponent - digits + 1)
    return Fraction(round(value / unit)) * unit  # Python rounds halves of fractions to even


GUARD = 10**120


def square_root(value: Fraction) -> Fraction:
    if value < 0:
        raise Failed
    value = significant(value, 60)
    return kept(Fraction(math.isqrt(value.numerator * value.denominator * GUARD**2), value.denominator * GUARD))


def exponential(value: Fraction) -> Fraction:
    if abs(value) > 230:
        raise Failed
    value = significant(value, 60)
    scaled = round(value / 1024 * GUARD)
    total = term = GUARD
    count = 0
    while term:
        count += 1
        term = term * scaled // (GUARD * count) if term * scaled >= 0 else -(-term * scaled // (GUARD * count))
        total += term
    for _ in range(10):
        total = total * total // GUARD
    return kept(Fraction(total, GUARD))


def logarithm(value: Fraction) -> Fraction:
    if value <= 0:
        raise Failed
    value = significant(value, 60)
    twos = value.numerator.bit_length() - value.denominator.bit_length()
    return kept(atanh_twice(value / Fraction(2) ** twos) + twos * atanh_twice(Fraction(2)))


def atanh_twice(value: Fraction) -> Fraction:
    """ln for a value near 1: 2 (z + z^3 / 3 + ...), z = (value - 1) / (value + 1)."""
    z = round((value - 1) / (value + 1) * GUARD)
    power, total, count = z, 0, 1
    while power:
        total += round(Fraction(power, count))
        power, count = round(Fraction(round(Fraction(power * z, GUARD)) * z, GUARD)), count + 2
    return Fraction(2 * total, GUARD)


def kept(value: Fraction) -> Fraction:
    value = significant(value, 50)
    return Fraction(0) if abs(value) < Fraction(1, 10**100) else value


def slices(table: list[tuple[str, str]], at: Fraction) -> list[dict[str, Fraction]]:
    found = []
    for place, (low, rate) in enumerate(table):
        ends = [number(table[place + 1][0])] if place + 1 < len(table) else []
        if number(low) < at:
            found.append({"width": min(at, *ends) - number(low) if ends else at - number(low), "rate": number(rate)})
    return found


def bracket(table: list[tuple[str, str]], at: Fraction) -> dict[str, Fraction]:
    fits = [rate for low, rate in table if number(low) <= at]
    if not fits:
        raise Failed
    return {"rate": number(fits[-1])}


FUNCTIONS = {
    "abs": abs,
    "sqrt": square_root,
    "exp": exponential,
    "ln": logarithm,
    "floor": lambda value, step: rounded(value, step, "floor"),
    "ceil": lambda value, step: rounded(value, step, "ceil"),
    "trunc": lambda value, step: rounded(value, step, "down"),
    "round": rounded,
    "slices": slices,
    "bracket": bracket,
}
