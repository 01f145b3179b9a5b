"""Accounts exactly on a line are decided by machine code, and as the exact executor decides them.

Every rulebook stands beside accounts that are moved onto its boundaries. None of these may be left to Python.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import marginc
from marginc.program.number import Ratio
from marginc.program.program import Program
from marginc.program.types import Number, Truth
from marginc.runtime.exact import evaluate
from marginc.runtime.native.accounts import block_of
from marginc.runtime.native.jobs import Found
from marginc.runtime.native.places import places_of
from marginc.runtime.native.run import Kernel
from marginc.runtime.native.verdict import UNDECIDED
from marginc.runtime.snapshot import open_snapshot, read_snapshot
from marginc.runtime.snapshot.data import Snapshot

AS_OF = "2026-09-01T00:00:00Z"
Rows = Mapping[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore")


@dataclass(frozen=True)
class Rules:
    """A compiled rulebook over reference rows, and its kernels, kept from account to account."""

    program: Program
    kernel: Kernel
    reference: Mapping[str, Any]
    folder: Path

    def read(self, accounts: Sequence[Rows]) -> Snapshot:
        path = self.folder / "snapshot.json"
        named = [{"account": str(place), **account} for place, account in enumerate(accounts)]
        path.write_text(json.dumps({"as_of": AS_OF, **self.reference, "accounts": named}))
        return read_snapshot(open_snapshot(path, str(path)), self.program)


def rules(folder: Path, text: str, reference: Mapping[str, Any] | None = None) -> Rules:
    path = folder / "rules.yaml"
    path.write_text(f"rulebook: rules\nlanguage: 1\nnumeraire: USD\n\n{text}")
    compiled = marginc.compile(path)
    empty = folder / "empty.json"
    empty.write_text(json.dumps({"as_of": AS_OF, **(reference or {}), "accounts": []}))
    raw = open_snapshot(empty, str(empty))
    program = compiled.at(raw.as_of).compiled
    data = read_snapshot(raw, program)
    return Rules(program, Kernel(program, data.reference, data.as_of), reference or {}, folder)


def both_stages(rules: Rules, data: Snapshot) -> tuple[Found, int]:
    """What machine code finds, and how many accounts it left undecided before residues decided them."""
    block = block_of(rules.kernel, list(data.accounts))
    job = rules.kernel.job(block, 1, "certified", True, True)
    job.run()
    before = int((job.found.status == UNDECIDED).sum())
    rules.kernel.decide(block, job.found, bounds=True, rows=True)
    again = rules.kernel.job(block, 1, "certified", True, True)
    again.found.status[:] = UNDECIDED  # all of them by residues, whether doubles would do or not
    again.found.failing.update({number: np.ones(block.count, np.uint8) for number in job.found.failing})
    rules.kernel.decide(block, again.found, bounds=True, rows=True)
    agree(rules, data, again.found)
    return job.found, before


def agree(rules: Rules, data: Snapshot, found: Found) -> None:
    """Every account that is decided has the status, checks and outputs of the exact executor."""
    for place, result in enumerate(evaluate(rules.program, data)):
        if found.status[place] == UNDECIDED:
            continue
        assert not result.errors, result.errors
        assert found.status[place] == result.rung, place
        for output in rules.program.outputs:
            definition = rules.program.definitions[output.definition]
            if definition.scope != ("account",):
                continue
            cell, exact = found.outputs[output.definition][place], result.outputs[definition.name]
            if isinstance(definition.type, Truth):
                assert cell.view(np.int64) == int(exact)
            elif isinstance(definition.type, Number) and exact is not None:
                assert abs(Fraction(cell) - _fraction(exact)) <= Fraction(found.bounds[output.definition][place])


def _fraction(value: Decimal | Ratio) -> Fraction:
    return Fraction(value.numerator, value.denominator) if isinstance(value, Ratio) else Fraction(value)


def decided(rules: Rules, accounts: Sequence[Rows]) -> list[str]:
    """The names of the statuses that machine code finds, all of them the exact executor's."""
    data = rules.read(accounts)
    found, _ = both_stages(rules, data)
    agree(rules, data, found)
    assert not (found.status == UNDECIDED).any(), np.flatnonzero(found.status == UNDECIDED)
    return [rules.program.ladder[rung].name for rung in found.status]


# ---- a line through sums and products

LINE = """\
model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 50%
    observed: { price: USD/unit }
  account:
    observed: { required: USD }
    rows:
      balances:
        each: balance
        observed: { asset: asset, amount: asset.unit }

formulas:
  account:
    value: sum(b.amount * b.asset.price * b.asset.ltv for b in balances)

status:
  - is: under
    when: 20 * required > 19 * value
  - is: at
    when: 20 * required == 19 * value
  - is: fine

outputs: [value]
"""
PRICES = {"assets": {"A": {"price": "3.17"}, "B": {"price": "0.007"}, "C": {"price": "61234.5"}}}


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    return rules(tmp_path_factory.mktemp("line"), LINE, PRICES)


def test_an_account_exactly_on_the_line_is_decided_as_one_cent_to_either_side_is(line: Rules) -> None:
    # value = 40 * 3.17 * 50 % = 63.4; 19 * 63.4 / 20 = 60.23
    on = [{"asset": "A", "amount": "40"}]
    accounts = [{"required": required, "balances": on} for required in ("60.23", "60.24", "60.22")]
    assert decided(line, accounts) == ["at", "under", "fine"]


def test_doubles_alone_leave_it_open(line: Rules) -> None:
    _, before = both_stages(line, line.read([{"required": "60.23", "balances": [{"asset": "A", "amount": "40"}]}]))
    assert before == 1


# of amounts that are multiples of 0.2 and prices of 3 places, 19 / 20 of the value has at most 6 places
amounts = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(-(10**5), 10**5).map(lambda n: n * Decimal("0.2"))), max_size=6
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(amounts, st.integers(-1, 1)), min_size=1, max_size=8))
@example([([], 0), ([("A", Decimal("0.2")), ("A", Decimal("-0.2"))], 0)])
def test_accounts_on_the_line_and_next_to_it(line: Rules, drawn: list[tuple[Any, int]]) -> None:
    price = {name: Decimal(row["price"]) for name, row in PRICES["assets"].items()}
    accounts = []
    expected = []
    for balances, off in drawn:
        value = sum((amount * price[asset] * Decimal("0.5") for asset, amount in balances), Decimal(0))
        required = 19 * value / 20 + off * Decimal("1e-6")
        sign = 20 * required - 19 * value
        expected.append("under" if sign > 0 else "at" if sign == 0 else "fine")
        rows = [{"asset": asset, "amount": str(amount)} for asset, amount in balances]
        accounts.append({"required": str(required), "balances": rows})
    assert decided(line, accounts) == expected


# ---- other decisions: an account whose `x` and `y` are drawn, and outputs that hang on boundaries

OWN = """\
model:
  parameters:
    tiers: {{ by: USD, columns: {{ rate: ratio, fee: USD }} }}
    steep: {{ by: USD, columns: {{ leverage: ratio }}, closed: upper }}
  account:
    observed: {{ x: USD, y: USD, share: ratio = 0%, cap: USD | none = none }}
    rows:
      parts:
        each: part
        key: [name]
        observed: {{ name: a | b | c, size: USD, rate: ratio }}

parameters:
  tiers:
    - {{ from: 0, rate: 1%, fee: 5 }}
    - {{ from: 63.4, rate: 2%, fee: 6 }}
    - {{ from: 1_000, rate: 5%, fee: 9 }}
  steep:
    - {{ from: 0, leverage: 3 }}
    - {{ from: 63.4, leverage: 7 }}
    - {{ from: 1_000, leverage: 1 }}

formulas:
  account:
{formulas}
status:
  - is: under
    when: result < 0
  - is: fine

outputs: [result]
"""


class Book:
    """Rulebooks of one formula each, kept for all tests of this file."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.known: dict[str, Rules] = {}

    def __call__(self, formula: str) -> Rules:
        if formula not in self.known:
            own = Path(tempfile.mkdtemp(dir=self.folder))
            self.known[formula] = rules(own, OWN.format(formulas=f"    result: {formula}\n"))
        return self.known[formula]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book(tmp_path_factory.mktemp("book"))


def results(rules: Rules, accounts: Sequence[Rows]) -> list[float]:
    """What machine code finds for `result`: nearly the exact executor's, with its verdict, and of every account."""
    data = rules.read(accounts)
    found, _ = both_stages(rules, data)
    assert not (found.status == UNDECIDED).any(), [accounts[i] for i in np.flatnonzero(found.status == UNDECIDED)]
    return [float(value) for value in found.outputs[rules.program.outputs[0].definition]]


def parts(*rows: tuple[str, str]) -> list[Rows]:
    return [{"name": name, "size": size, "rate": rate} for name, (size, rate) in zip("abc", rows, strict=False)]


# x * y / 5 is on a multiple of 0.1, or half between two: 6.25 * 0.8 / 5 = 1, 6.5 * 0.5 / 5 = 0.65
ROUNDING = [
    ("floor({}, 0.1 USD)", [1.0, -1.0, 0.6, -0.7]),
    ("ceil({}, 0.1 USD)", [1.0, -1.0, 0.7, -0.6]),
    ("trunc({}, 0.1 USD)", [1.0, -1.0, 0.6, -0.6]),
    ('round({}, 0.1 USD, "up")', [1.0, -1.0, 0.7, -0.7]),
    ('round({}, 0.1 USD, "down")', [1.0, -1.0, 0.6, -0.6]),
    ('round({}, 0.1 USD, "half_even")', [1.0, -1.0, 0.6, -0.6]),
    ('round({}, 0.1 USD, "half_up")', [1.0, -1.0, 0.7, -0.7]),
]


@pytest.mark.parametrize(("formula", "expected"), ROUNDING)
def test_multiples_and_halves_are_told_exactly(book: Book, formula: str, expected: list[float]) -> None:
    own = book(formula.format("x * share / 5"))
    accounts = [
        {"x": x, "y": "0", "share": share}
        for x, share in (("6.25", "0.8"), ("-6.25", "0.8"), ("6.5", "0.5"), ("-6.5", "0.5"))
    ]
    assert results(own, accounts) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("formula", "expected"), ROUNDING)
def test_multiples_and_halves_of_quotients(book: Book, formula: str, expected: list[float]) -> None:
    own = book(formula.format("x * share / y * 1 USD"))
    accounts = [
        {"x": x, "y": y, "share": share}
        for x, y, share in (("6.25", "5", "0.8"), ("6.25", "-5", "0.8"), ("6.5", "5", "0.5"), ("-1.95", "3", "1"))
    ]
    assert results(own, accounts) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("formula", [formula for formula, _ in ROUNDING])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.tuples(st.integers(-4000, 4000), st.integers(-1, 1)), min_size=1, max_size=30))
def test_every_quarter_of_a_step_is_rounded_as_it_should_be(
    book: Book, formula: str, drawn: list[tuple[int, int]]
) -> None:
    own = book(formula.format("x * share / 5"))  # 0.025 n: on a multiple of 0.1, half or a quarter between two
    accounts = [{"x": str(n * Decimal("1.25") + off * Decimal("1e-6")), "y": "0", "share": "0.1"} for n, off in drawn]
    results(own, accounts)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("tiers(x * share).fee", [5, 6, 6, 5]),
        ("bracket(steep, x * share).leverage * 1 USD", [3, 3, 7, 3]),
        ("sum(s.width * s.rate for s in slices(tiers, x * share))", [0.634, 0.634, 0.634, 0.634]),
        ("sum(s.width / s.leverage for s in slices(steep, x * share)) - 63.4 USD / 3", [0, 0, 0, 0]),
        ("sum(s.fee for s in slices(tiers, x * share))", [5, 5, 11, 5]),
        ("count(slices(tiers, x * share)) * 1 USD", [1, 1, 2, 1]),
    ],
)
def test_bounds_of_tables(book: Book, formula: str, expected: list[float]) -> None:
    # 20 * 3.17 = 63.4 is a bound, 20.000001 * 3.17 and 19.999999 * 3.17 are next to it
    accounts = [{"x": x, "y": "0", "share": "3.17"} for x in ("19.999999", "20", "20.000001", "19.999999")]
    assert results(book(formula), accounts) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("if x * share == y then 1 USD else -1 USD", ["fine", "under", "under"]),
        ("if x * share != y then 1 USD else -1 USD", ["under", "fine", "fine"]),
        ("if x * share / 3 < y / 3 then 1 USD else -1 USD", ["under", "fine", "under"]),
        ("if x * share / 3 + y / 6 <= y / 2 then 1 USD else -1 USD", ["fine", "fine", "under"]),
        ("max(x * share, y) - x * share", ["fine", "fine", "fine"]),
        ("min(x * share, y) - x * share", ["fine", "fine", "under"]),
        ("min(x * share, cap) - y", ["fine", "under", "fine"]),
        ("clamp(x * share, 0, y) - y", ["fine", "under", "fine"]),
        ("abs(x * share - y) - abs(y - x * share)", ["fine", "fine", "fine"]),
        ("-abs(x * share - y)", ["fine", "under", "under"]),
        ("(x * share - y) ^ 3 * 1 USD / 1 USD ^ 3", ["fine", "under", "fine"]),
        ("if y == 0 then 0 USD else (x * share / y - 1) * 1 USD", ["fine", "under", "fine"]),
        ("if y == 0 or x * share / y < 100% then -1 USD else 1 USD", ["fine", "under", "fine"]),
        ("if y / (x * share) > y / y then -1 USD else 1 USD", ["fine", "under", "fine"]),
        ("max(0, min(x, y) / x) * 1 USD - min(x, y) / (x * share) * share * 1 USD", ["fine", "fine", "fine"]),
        ("if x * share < 63.4 USD and y > 0 then -1 USD else 1 USD", ["fine", "under", "fine"]),
        ("default(cap, x * share) - y", ["fine", "under", "fine"]),
    ],
)
def test_ties_of_comparisons(book: Book, formula: str, expected: list[str]) -> None:
    own = book(formula)
    accounts = [{"x": x, "y": "63.4", "share": "3.17"} for x in ("20", "19.999999", "20.000001")]
    assert decided(own, accounts) == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ('if argmin(p.size * p.rate for p in parts).name == "a" then 1 USD else -1 USD', "fine"),
        ('if argmax(p.size * p.rate for p in parts).name == "a" then 1 USD else -1 USD', "fine"),
        ("default(max(p.size * p.rate for p in parts), 0) - default(min(p.size * p.rate for p in parts), 0)", "fine"),
        ("default(min(p.size * p.rate for p in parts), 0) - default(max(p.size * p.rate for p in parts), 0)", "fine"),
        ("if any(p.size * p.rate > 0.06 USD for p in parts) then -1 USD else 1 USD", "fine"),
        ("if all(p.size * p.rate >= 0.06 USD for p in parts) then 1 USD else -1 USD", "fine"),
        ("sum(p.size for p in parts where p.size * p.rate == 0.06 USD) - 0.6 USD - 0.3 USD - 0.2 USD", "fine"),
        ("count(p.size * p.rate == 0.06 USD for p in parts) * 1 USD - 3 USD", "fine"),
        ("sum(p.size * p.rate / 3 for p in parts) - sum(p.size * p.rate / 6 for p in parts) * 2", "fine"),
        # 0.6 / 6 + 0.3 / 3 + 0.2 / 3 = 1.6 / 6
        ("sum(p.size / (if p.rate > 15% then 3 else 6) for p in parts) * 6 - 1.6 USD", "fine"),
        ("1.6 USD - sum(p.size / (if p.rate > 15% then 3 else 6) for p in parts) * 6", "fine"),
        ("sum(if p.rate > 1 then p.size / p.rate else p.size * p.rate for p in parts) - 0.18 USD", "fine"),
        ("0.18 USD - sum(if p.rate > 1 then p.size / p.rate else p.size * p.rate for p in parts)", "fine"),
    ],
)
def test_ties_between_rows(book: Book, formula: str, expected: str) -> None:
    tied = {"x": "0", "y": "0", "parts": parts(("0.6", "0.1"), ("0.3", "0.2"), ("0.2", "0.3"))}
    assert decided(book(formula), [tied]) == [expected]


ROW_BY_ROW = """\
model:
  parameters: { unused: ratio = 1 }
  steps:
    each: step
    parameters: { take: USD, share: ratio }
  account:
    observed: { x: USD, share: ratio, rest: USD }
    rows:
      parts:
        each: part
        observed: { size: USD, rate: ratio }
      rates: { each: at_rate, of: [parts], by: [rate] }

parameters:
  steps:
    first: { take: 20, share: 1 }
    second: { take: 40.5, share: 1/3 }
    third: { take: 10.5, share: 1/7 }

formulas:
  account, step:
    open: default(step.previous.left, account.x * account.share)
    left: open - min(open, step.take * step.share)
  at_rate:
    total: sum(parts.size) * rate
  account:
    over: sum(steps.left) + sum(rates.total)

status:
  - is: above
    when: over > rest
  - is: at
    when: over == rest
  - is: below

outputs: [over]
"""


def test_row_after_row_and_groups_by_numbers(tmp_path: Path) -> None:
    own = rules(tmp_path, ROW_BY_ROW)
    # 20 * 4.15 = 83 leaves 63, less 40.5 / 3 it leaves 49.5, less 10.5 / 7 it leaves 48
    # 0.1 * (0.3 + 0.2) + 0.7 * 0.1 = 0.12
    parts = [{"size": size, "rate": rate} for size, rate in (("0.3", "0.1"), ("0.1", "0.7"), ("0.2", "0.1"))]
    on = [{"x": x, "share": "4.15", "rest": "160.62", "parts": parts} for x in ("20", "20.0000001", "19.9999999")]
    assert decided(own, on) == ["at", "above", "below"]


def test_what_overflows_and_cancels_is_right(book: Book) -> None:
    # (10^10)^4 with 4 * 3 places is 10^52, far beyond 2^127; the difference is 0.001 ^ 4, or nothing
    own = book("((x + share * 1 USD) ^ 4 - (y + share * 1 USD) ^ 4) * 1 USD / 1 USD ^ 4 - 0 USD")
    big = "9999999999.123"
    assert decided(own, [{"x": big, "y": big, "share": "0.001"}]) == ["fine"]


def test_a_number_with_too_many_digits_is_left_to_python(book: Book) -> None:
    own = book("x * share - y")
    data = own.read(
        [{"x": "20.000000000000004", "y": "63.4", "share": "3.17"}, {"x": "20", "y": "63.4", "share": "3.17"}]
    )
    found, before = both_stages(own, data)
    assert before == 2
    assert [status == UNDECIDED for status in found.status] == [True, False]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.tuples(*[st.integers(-300, 300)] * 3), min_size=1, max_size=20))
@pytest.mark.parametrize(
    "formula",
    [
        "if x * share <= y and y * share < x then max(x, y * share) - y else floor(x * share, 0.5 USD) - y",
        "sum(s.width * s.rate for s in slices(tiers, x * share)) - y / 100",
        "max(0, x * share - y) - abs(x) * share + (if y > 0 then x / 3 else x / 6 + x / 6)",
        "if y == 0 then 0 USD else min(x, y * share) / y * 1 USD - share * 1 USD",
        "bracket(steep, abs(x) * 2).leverage * y - x",
    ],
)
def test_accounts_near_every_boundary(book: Book, formula: str, drawn: list[tuple[int, int, int]]) -> None:
    # numbers of few digits meet often: most of these accounts are on some line
    accounts = [
        {"x": str(a / Decimal(10)), "y": str(b / Decimal(10)), "share": str(c / Decimal(10))} for a, b, c in drawn
    ]
    results(book(formula), accounts)


# ---- columns


def test_places_are_those_that_a_column_needs() -> None:
    assert places_of(np.array([0.25, 3.0, -17.5])) == 2
    assert places_of(np.array([0.1, 1e13])) == 1  # 10^13 with two places has no double of its own
    assert places_of(np.array([1 / 3, 0.125])) == 3  # what has none is left out
    assert places_of(np.array([1.0, 2.0]), 4) == 4  # as before, where that does
    assert places_of(np.array([])) == 0


@pytest.mark.parametrize("type_", [pa.float64(), pa.decimal64(12, 2), pa.decimal128(30, 6)])
def test_every_column_of_numbers(book: Book, type_: Any) -> None:
    own = book("x * share - y")
    names = ["x", "y", "share"]
    values = [["20.00", "20.01", "-0.01"], ["63.40", "63.40", "-0.03"], ["3.17", "3.17", "3.00"]]
    columns = [pa.array([Decimal(v) for v in some]).cast(type_) for some in values]
    loaded = own.kernel.load(pa.table([pa.array(["a", "b", "c"]), *columns], names=["account", *names]))
    (block,) = loaded.blocks
    job = own.kernel.job(block, 1, "certified", False, False)
    job.run()
    assert (job.found.status == UNDECIDED).sum() == 2
    own.kernel.decide(block, job.found)
    # 20 * 3.17 = 63.4 and -0.01 * 3 = -0.03
    assert [own.program.ladder[rung].name for rung in job.found.status] == ["fine", "fine", "fine"]
