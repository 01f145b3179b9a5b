"""Random well-typed rulebooks: they compile, they never crash, and every way to their values gives the same ones."""

from __future__ import annotations

import decimal
import itertools
import json
import random
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from naive_functions import Failed
from naive_interpreter import Interpreter, TooLong
from random_rulebooks import random_rulebook, rulebooks_with_snapshots
from random_rules import Rules

from marginc.compiler.pipeline import read
from marginc.compiler.syntax import parse_text, print_expression
from marginc.program.codec import dump
from marginc.program.codes import PAGES
from marginc.program.load import load_program
from marginc.program.number import EXACT, Ratio
from marginc.program.program import Program
from marginc.runtime.exact import Bound, bind, evaluate
from marginc.runtime.exact.failure import Failure
from marginc.runtime.exact.rows import Row, account_row
from marginc.runtime.snapshot import open_snapshot, read_snapshot

CASES = settings(
    max_examples=settings().max_examples // 4,  # 25; 500 under `--hypothesis-profile soak`
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
Values = dict[tuple[str, ...], Any]
"""Of a definition on rows (their places in their collections), a failure being `failed`."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("random")


def compiled(folder: Path, text: str) -> Program:
    path = folder / "random.yaml"
    path.write_text(text)
    source, found, _ = read(path, "random.yaml")
    program = None
    if source is not None:
        program, more = source.program_at(None)
        found = found + more
    errors = [f"{f.span.line}: {f.code} {f.message}" for f in found if f.severity == "error"]
    assert program is not None, "\n".join([*errors, text])
    assert not errors, text
    return program


def outside(value: Any) -> Any:
    """A value as the two interpreters can be compared by."""
    if isinstance(value, Decimal):
        return Fraction(value)
    if isinstance(value, Ratio):
        return Fraction(value.numerator, value.denominator)
    return getattr(value, "key", value)


def by_marginc(program: Program, snapshot: dict[str, Any], rules: Rules) -> list[Values]:
    """Every definition on every row of every account, by the exact executor."""
    data = read_snapshot(open_snapshot(None, "snapshot", json.dumps(snapshot).encode()), program)
    found = []
    for account in data.accounts:
        assert account.errors == ()
        bound = bind(program, data.as_of, data.reference)
        with decimal.localcontext(EXACT):
            found.append(_values(bound, account_row(program, account, bound.reference), rules))
    return found


def _values(bound: Bound, account: Row, rules: Rules) -> Values:
    values: Values = {}
    for definition in rules.definitions:
        number = bound.program.find(definition.name, *definition.scope)
        assert number is not None
        try:
            choices = [_rows(bound, account, kind) for kind in definition.scope]
        except Failure:
            values[(definition.name,)] = "failed"
            continue
        for rows in itertools.product(*choices):
            place = (definition.name, *(str(row.number) for row in rows))
            try:
                values[place] = outside(bound.machine.value(number, *rows))
            except Failure:
                values[place] = "failed"
    return values


def _rows(bound: Bound, account: Row, kind: str) -> list[Row]:
    role = bound.program.kinds[kind].role
    if role == "account":
        return [account]
    if role == "reference":
        return list(bound.reference[kind].values())
    if role == "group" and kind not in account.members:
        bound.machine.form_groups(account, kind)
    return account.members[kind]


def naively(rules: Rules, snapshot: dict[str, Any]) -> list[Values]:
    """The same by the naive interpreter."""
    found = []
    for account in snapshot["accounts"]:
        interpreter = Interpreter(rules, snapshot, account)
        values: Values = {}
        for definition in rules.definitions:
            try:
                places = list(interpreter.places(definition))
            except Failed:
                values[(definition.name,)] = "failed"
                continue
            for rows in places:
                place = (definition.name, *(str(row.number) for row in rows))
                try:
                    values[place] = outside(interpreter.value(definition, rows))
                except Failed:
                    values[place] = "failed"
        found.append(values)
    return found


@given(drawn=rulebooks_with_snapshots())
@settings(CASES)
def test_a_well_typed_rulebook_compiles_and_evaluates_to_values_or_known_errors(
    folder: Path, drawn: tuple[Rules, dict[str, Any]]
) -> None:
    rules, snapshot = drawn
    program = compiled(folder, rules.yaml())
    data = read_snapshot(open_snapshot(None, "snapshot", json.dumps(snapshot).encode()), program)
    results = list(evaluate(program, data))
    assert len(results) == len(snapshot["accounts"])
    codes = {error.code for result in results for error in result.errors}
    assert codes <= set(PAGES) - {"MC510"}, rules.yaml()


@given(drawn=rulebooks_with_snapshots())
@settings(CASES)
def test_the_exact_value_is_the_one_a_naive_reading_gives(folder: Path, drawn: tuple[Rules, dict[str, Any]]) -> None:
    rules, snapshot = drawn
    try:
        expected = naively(rules, snapshot)
    except TooLong:
        assume(False)
    assert by_marginc(compiled(folder, rules.yaml()), snapshot, rules) == expected, rules.yaml()


@given(drawn=rulebooks_with_snapshots(), seed=st.integers(0, 10**6))
@settings(CASES, max_examples=settings().max_examples // 10)
def test_every_way_to_the_program_gives_the_same_values(
    folder: Path, drawn: tuple[Rules, dict[str, Any]], seed: int
) -> None:
    rules, snapshot = drawn
    program = compiled(folder, rules.yaml())
    values = by_marginc(program, snapshot, rules)
    printed = []
    for definition in rules.definitions:
        tree = parse_text(definition.text)
        text = print_expression(tree)
        assert parse_text(text) == tree
        printed.append(replace(definition, text=text))
    assert compiled(folder, replace(rules, definitions=tuple(printed)).yaml()).hash == program.hash
    assert compiled(folder, rules.yaml(random.Random(seed))).hash == program.hash

    path = folder / "program.json"
    path.write_text(dump(program))
    loaded = load_program(path, "program.json")
    assert loaded.hash == program.hash
    assert by_marginc(loaded, snapshot, rules) == values

    numbers = [definition.name for definition in rules.definitions]
    random.Random(seed).shuffle(numbers)
    names = {definition.name: f"q{name}" for definition, name in zip(rules.definitions, numbers, strict=True)}
    renamed = replace(
        rules,
        definitions=tuple(
            replace(d, name=names[d.name], text=re.sub(r"\bd\d+\b", lambda found: names[found[0]], d.text))
            for d in rules.definitions
        ),
    )
    other = by_marginc(compiled(folder, renamed.yaml()), snapshot, renamed)
    assert other == [{(names[key[0]], *key[1:]): value for key, value in one.items()} for one in values]


def test_the_generator_reaches_what_it_is_for() -> None:
    """Constructs that random rulebooks must contain, or the laws above say little."""
    texts = ["\n".join(definition.text for definition in random_rulebook(seed).definitions) for seed in range(100)]
    everything = "\n".join(texts)
    for part in (
        "sum(", "count(", "min(", "argm", "default(", "clamp(", "if ", " is not none", " in {", " and ", "not ",
        "previous", "slices(", "bracket(", "sqrt(", "exp(", "ln(", "round(", "as_of", "risk", 'scenario("s0")',
        "holding.", "where", "^ 2",
    ):  # fmt: skip
        assert part in everything, part
