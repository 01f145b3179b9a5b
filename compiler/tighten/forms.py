"""The laws by which operations pass movements on, and forms of a replacement that prove which way it moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...program.number import ONE
from ...program.program import Node, Program
from .ranges import Range, product, reciprocal
from .ways import FALLS, NO, RISES, SAME, Way, extreme, opposite, strict

if TYPE_CHECKING:
    from .monotone import Around, Comparison

_RISING = ("square_root", "exponential", "logarithm", "normal_cdf")
_ROUNDING = ("floor", "ceil", "trunc", "round")
_ABOVE = (">", ">=")
_BELOW = ("<", "<=")


def operation(comparison: Comparison, old: Node, new: Node, ways: list[Way], around: Around) -> Way:
    """How the result of one operation moves when its operands move in these ways."""
    name = new.operation
    if name in ("minimum", "maximum", "clamp"):
        return _extreme(comparison, old, new, ways)
    match name, ways:
        case "add", [left, right]:
            return strict(left) & strict(right)
        case "subtract", [left, right]:
            return strict(left) & opposite(right)
        case "negate" | "not", [one]:
            return opposite(one)
        case "require", [one]:
            return one
        case "is_none", [one]:
            return SAME if one & (Way.UP | Way.DOWN) else NO
        case "less" | "less_equal", [left, right]:
            return (opposite(left) & strict(right)) | _threshold(comparison, old, new, strict(right), around)
        case "chain", _:
            return _chain(new, ways)
        case "select", _:
            return _select(comparison, old, new, ways, around)
        case "default", [first, second]:
            return strict(first) & second
    ranges = [
        (comparison.old.of(a, around.before), comparison.new.of(b, around.after))
        for a, b in zip(old.arguments, new.arguments, strict=True)
    ]
    return _signed(new, [strict(way) for way in ways], ranges)


def _signed(node: Node, ways: list[Way], ranges: list[tuple[Range, Range]]) -> Way:
    """Operations whose law depends on the signs of their operands."""
    positive = [one.is_positive and other.is_positive for one, other in ranges]
    negative = [one.is_negative and other.is_negative for one, other in ranges]
    match node.operation:
        case "multiply":
            return _product(ways[0], ways[1], ranges[0], ranges[1])
        case "divide" if positive[1] or negative[1]:
            return _product(ways[0], opposite(ways[1]), ranges[0], ranges[1])
        case "absolute":
            return ways[0] if positive[0] else opposite(ways[0]) if negative[0] else NO
        case "power":
            exponent = int(str(node.attributes[0]))
            if exponent > 0 and (positive[0] or exponent % 2 == 1):
                return ways[0]
            return opposite(ways[0]) if positive[0] else NO
    if node.operation in _RISING:
        return ways[0]
    if node.operation in _ROUNDING and ways[1] == SAME and positive[1]:
        return ways[0]
    return NO


def _product(left: Way, right: Way, lefts: tuple[Range, Range], rights: tuple[Range, Range]) -> Way:
    """b y - a x is b (y - x) + x (b - a), and as well a (y - x) + y (b - a): both parts have to move alike."""
    one = _scaled(right, lefts[1]) & _scaled(left, rights[0])
    return one | (_scaled(right, lefts[0]) & _scaled(left, rights[1]))


def _scaled(way: Way, factor: Range) -> Way:
    if way == SAME:
        return SAME
    return way if factor.is_positive else opposite(way) if factor.is_negative else NO


def _extreme(comparison: Comparison, old: Node, new: Node, ways: list[Way]) -> Way:
    """Minimum, maximum and clamp: all operands move one way; none is left out of them."""
    if new.operation == "clamp":
        value, low, high = ways
        return strict(value) & _as_numbers(extreme(low, False), False) & _as_numbers(extreme(high, True), True)
    least = new.operation == "minimum"
    result = SAME
    for way in ways:
        result &= extreme(way, least)
    sure = any(comparison.old.is_number(number) for number in old.arguments)
    if sure and any(comparison.new.is_number(number) for number in new.arguments):
        result |= _as_numbers(result, least)
    return result


def _as_numbers(way: Way, least: bool) -> Way:
    """The way of an extreme that is never none."""
    up, down = (Way.HIGH_UP, Way.HIGH_DOWN) if least else (Way.LOW_UP, Way.LOW_DOWN)
    return (RISES if up in way else NO) | (FALLS if down in way else NO)


def _chain(node: Node, ways: list[Way]) -> Way:
    """Comparisons that all have to hold."""
    operators = node.attributes[0] if isinstance(node.attributes[0], tuple) else ()
    result = SAME
    for position, operator in enumerate(operators):
        left, right = ways[position], ways[position + 1]
        if operator in _BELOW:
            result &= opposite(left) & strict(right)
        elif operator in _ABOVE:
            result &= strict(left) & opposite(right)
        elif left != SAME or right != SAME:
            result = NO
    return result


def _select(comparison: Comparison, old: Node, new: Node, ways: list[Way], around: Around) -> Way:
    """A choice: between values that move alike; where the condition moves too, from a lower to a higher value."""
    test, yes, no = ways
    both = yes & no
    if test == SAME:
        return both
    (_, old_yes, old_no), (_, new_yes, new_no) = old.arguments, new.arguments
    numbers = comparison.old.is_number(old_yes) and comparison.old.is_number(old_no)
    if not (numbers and comparison.new.is_number(new_yes) and comparison.new.is_number(new_no)):
        return NO
    old_yes_range, old_no_range = (comparison.old.of(n, around.before) for n in (old_yes, old_no))
    new_yes_range, new_no_range = (comparison.new.of(n, around.after) for n in (new_yes, new_no))
    result = NO
    if Way.UP in test:  # some go from the second value to the first
        result |= between(old_no_range, new_yes_range)
    if Way.DOWN in test:
        result |= between(old_yes_range, new_no_range)
    return result & both


def between(old: Range, new: Range) -> Way:
    """How anything in one range moves to anything in another."""
    up = old.high is not None and new.low is not None and old.high <= new.low
    down = old.low is not None and new.high is not None and new.high <= old.low
    return (RISES if up else NO) | (FALLS if down else NO)


# ---- forms of a replacement


def by_form(comparison: Comparison, one: int, other: int, around: Around) -> Way:
    """How a node moves against one that may be written otherwise: an extreme of it and more, a sum with more."""
    result = NO
    old, new = comparison.before.nodes[one], comparison.after.nodes[other]
    if comparison.old.is_number(one) and comparison.new.is_number(other):
        result |= between(comparison.old.of(one, around.before), comparison.new.of(other, around.after))
    for least in (True, False):
        olds, news = _parts(comparison.before, one, least), _parts(comparison.after, other, least)
        if (len(olds) > 1 or len(news) > 1) and new.shape in ("n", "b", "v"):
            result |= _parts_move(comparison, olds, news, least, around)
    result |= _branches(comparison, old, new, one, other, around)
    if new.operation in ("add", "subtract", "multiply") and old.operation not in ("constant", "index"):
        result |= _with_more(comparison, one, new, around)
    return result


def _parts(program: Program, number: int, least: bool) -> list[int]:
    """What a minimum is made of, `and` among them; or a maximum, and `or`."""
    node = program.nodes[number]
    if node.operation == ("minimum" if least else "maximum"):
        return [part for argument in node.arguments for part in _parts(program, argument, least)]
    if node.operation == "select" and node.shape == "b":
        test, yes, no = node.arguments
        if least and _is_truth(program, no, False):
            return [*_parts(program, test, least), *_parts(program, yes, least)]
        if not least and _is_truth(program, yes, True):
            return [*_parts(program, test, least), *_parts(program, no, least)]
    return [number]


def _is_truth(program: Program, number: int, truth: bool) -> bool:
    node = program.nodes[number]
    return node.operation == "constant" and node.attributes[0] is truth


def _parts_move(comparison: Comparison, olds: list[int], news: list[int], least: bool, around: Around) -> Way:
    """A minimum falls where each of its old parts has a new one that is not above it, and rises where each of the new
    has an old one that is not above; a maximum the other way round."""
    ways = [[extreme(comparison.way(a, b, around), least) for b in news] for a in olds]
    columns = [[row[position] for row in ways] for position in range(len(news))]
    sure = any(map(comparison.old.is_number, olds)) and any(map(comparison.new.is_number, news))
    up, down = (Way.HIGH_UP, Way.HIGH_DOWN) if least else (Way.LOW_UP, Way.LOW_DOWN)
    for_up, for_down = (columns, ways) if least else (ways, columns)
    result = up if all(any(up in way for way in group) for group in for_up) else NO
    result |= down if all(any(down in way for way in group) for group in for_down) else NO
    return _as_numbers(result, least) if sure else result


def _branches(comparison: Comparison, old: Node, new: Node, one: int, other: int, around: Around) -> Way:
    """A choice on one side only: whatever is chosen moves so."""
    if (old.operation == "select") == (new.operation == "select"):
        return NO
    if new.operation == "select":
        pairs = [(one, branch) for branch in new.arguments[1:]]
    else:
        pairs = [(branch, other) for branch in old.arguments[1:]]
    result = SAME
    for a, b in pairs:
        result &= comparison.way(a, b, around)
    return result


def _with_more(comparison: Comparison, one: int, new: Node, around: Around) -> Way:
    """The same and something of known sign added, taken off, or multiplied."""
    result = NO
    for same, more in (new.arguments, new.arguments[::-1]):
        if new.operation == "subtract" and same != new.arguments[0]:
            continue
        range_ = comparison.new.of(more, around.after)
        way = strict(comparison.way(one, same, around))
        if new.operation == "multiply":
            if comparison.new.of(same, around.after).is_positive:
                range_ = Range(range_.low if range_.low is not None and range_.low >= ONE else None,
                               range_.high if range_.high is not None and range_.high <= ONE else None)  # fmt: skip
                result |= (way & RISES if range_.low is not None else NO) | (
                    way & FALLS if range_.high is not None else NO
                )
            continue
        grows, shrinks = range_.is_positive, range_.is_negative
        if new.operation == "subtract":
            grows, shrinks = shrinks, grows
        result |= (way & RISES if grows else NO) | (way & FALLS if shrinks else NO)
    return result


def factors(program: Program, number: int, below: bool = False) -> list[tuple[int, bool]]:
    """What is multiplied to a node; second, whether it divides."""
    node = program.nodes[number]
    if node.operation == "multiply":
        return [part for argument in node.arguments for part in factors(program, argument, below)]
    if node.operation == "divide":
        above, under = node.arguments
        return [*factors(program, above, below), *factors(program, under, not below)]
    return [(number, below)]


@dataclass(frozen=True, slots=True)
class Scaled:
    """x * a and x * b: how the factor beside what is common moves, and the range of each. Neither is negative."""

    way: Way
    old: Range
    new: Range


def scaled(comparison: Comparison, one: int, other: int, around: Around) -> Scaled | None:
    """Two products with what they have in common left out; None where the sign of the rest is unknown."""
    olds, news = factors(comparison.before, one), factors(comparison.after, other)
    for factor in list(olds):
        for candidate in news:
            if candidate[1] == factor[1] and comparison.way(factor[0], candidate[0], around) == SAME:
                olds.remove(factor)
                news.remove(candidate)
                break
    old_ranges = [comparison.old.of(number, around.before) for number, _ in olds]
    new_ranges = [comparison.new.of(number, around.after) for number, _ in news]
    if not all(range_.is_positive for range_ in (*old_ranges, *new_ranges)):
        return None
    old, new = _quotient(old_ranges, olds), _quotient(new_ranges, news)
    way = between(old, new)
    if [below for _, below in olds] == [below for _, below in news]:
        paired = SAME
        for (a, below), (b, _) in zip(olds, news, strict=True):
            part = comparison.way(a, b, around)
            paired &= opposite(part) if below else strict(part)
        way |= paired
    return Scaled(way, old, new)


def _threshold(comparison: Comparison, old: Node, new: Node, right: Way, around: Around) -> Way:
    """x * a < r with r not negative: holds more often where a > 0 falls, whatever the sign of x."""
    share = scaled(comparison, old.arguments[0], new.arguments[0], around)
    if share is None:
        return NO
    result = NO
    more, less = comparison.new.of(new.arguments[1], around.after), comparison.old.of(old.arguments[1], around.before)
    if Way.UP in right and more.is_positive and Way.DOWN in share.way and share.new.low:
        result |= RISES
    if Way.DOWN in right and less.is_positive and Way.UP in share.way and share.old.low:
        result |= FALLS
    return result


def _quotient(ranges: list[Range], parts: list[tuple[int, bool]]) -> Range:
    """The range of a product of factors, some of which divide; 1 where there are none."""
    result = Range(ONE, ONE)
    for range_, (_, below) in zip(ranges, parts, strict=True):
        result = product(result, reciprocal(range_) if below else range_)
    return result
