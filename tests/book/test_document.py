"""docs/books.md: the table it shows is one, and what it says of types is so."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from marginc.cli.rules import open_rules
from marginc.program.diagnostic import SnapshotError
from marginc.runtime.book import open_book

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "books.md").read_text("utf-8")


def test_the_table_of_the_page_is_a_book() -> None:
    code = re.findall(r"```python\n(table = .*?)```", TEXT, re.DOTALL)
    assert len(code) == 1
    names: dict[str, Any] = {"pa": pa, "Decimal": Decimal}
    exec(code[0], names)  # noqa: S102 - the page's own lines
    program = open_rules("hyperliquid/portfolio-margin").at(1_790_000_000)
    one, other = open_book(names["table"], program, {"asset": ["USDC", "HYPE"]}).accounts()
    assert (one.account, one.errors, other.account, other.errors) == ("fund/1", (), "fund/2", ())
    assert one.values == {"mode": "portfolio"}
    assert one.rows["balances"][0].values["amount"] == Decimal("100.04466674")


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("debt", ["decimal32(9, 2)", "decimal64(18, 8)", "decimal128(38, 8)", "decimal256(60, 8)", "int32", "float64"],
         ["float32", "float16", "bool", "binary"]),
        ("opened", ["timestamp[s, UTC]", "timestamp[ns, UTC]", "date32", "date64", "string"],
         ["timestamp[s]", "int64"]),
        ("note", ["string", "large_string", "string_view"], ["binary", "int64"]),
        ("vip", ["bool"], ["int8", "string"]),
    ],
)  # fmt: skip
def test_the_types_of_the_page(book: Any, name: str, taken: list[str], refused: list[str]) -> None:
    def column(written: str) -> pa.Table:
        made = re.fullmatch(r"(\w+?)(?:[(\[](.*)[)\]])?", written)
        assert made is not None
        arguments = [
            int(part) if part.strip().isdigit() else part.strip() for part in (made[2] or "").split(",") if part
        ]
        type_ = getattr(pa, {"bool": "bool_"}.get(made[1], made[1]))(*arguments)
        return pa.table({"account": ["a"], name: pa.nulls(1, type_)})

    for written in taken:
        assert [account.errors for account in book(column(written)).accounts()] == [()]
    for written in refused:
        with pytest.raises(SnapshotError) as caught:
            book(column(written))
        assert [finding.code for finding in caught.value.diagnostics] == ["MC422"]
