"""Every case of every shipped rulebook as a book: the verdict and all values are those of the JSON."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from marginc.cli.cases.prepare import Prepared, prepare
from marginc.cli.cases.read import read_cases
from marginc.cli.rules import Rules, open_rules
from marginc.runtime.book import open_book
from marginc.runtime.book.pack import look_at, packing, record_batches
from marginc.runtime.exact import bind
from marginc.runtime.exact.rows import reference_rows

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("tests/good/cases/*.yaml"), *ROOT.glob("rules/*/cases/*.yaml")])
OPENED: dict[Path, Rules] = {}


def rules_of(path: Path) -> Rules:
    if path not in OPENED:
        OPENED[path] = open_rules(str(path))
    return OPENED[path]


def same_in_a_book(case: Prepared) -> None:
    reference, _ = reference_rows(case.program, case.snapshot.reference)
    needs = packing(case.program, reference)
    assert look_at([case.account], "case", needs) == 1
    assert needs.findings == []
    batches = list(record_batches([case.account], needs))
    book = open_book(pa.Table.from_batches(batches), case.program, reference)
    bound = bind(case.program, case.snapshot.as_of, case.snapshot.reference, case.replaced)
    assert bound.evaluate(book.account(0)) == case.result()
    assert [block.unreadable.tolist() for block in book.blocks()] == [[int(bool(case.account.errors))]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_case_is_the_same_in_a_book(path: Path) -> None:
    file, found = read_cases(path, path.name)[:2]
    assert file is not None, found
    for case in file.cases:
        same_in_a_book(prepare(file, case, rules_of))
