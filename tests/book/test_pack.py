"""Accounts drawn at random, packed and read back: nothing of them changes, whatever their numbers need."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draw

from marginc.program.program import Program
from marginc.runtime.book import Book
from marginc.runtime.book.pack import look_at, packing, record_batches
from marginc.runtime.book.write import write_batches
from marginc.runtime.snapshot import open_snapshot, read_snapshot

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

DIGITS = draw.one_of(draw.integers(0, 999).map(str), draw.text("0123456789", min_size=15, max_size=58))
NUMBERS = draw.one_of(
    draw.tuples(draw.sampled_from("+-"), DIGITS, draw.integers(0, 30)).map(lambda parts: "{}{}e-{}".format(*parts)),
    draw.sampled_from(["0", "-0", "0.1", "1e40", "1e-40", "100", "1000000000000000000", "0.30000000000000004"]),
    draw.floats(1e-9, 1e9).map(repr),
)  # fmt: skip
WORDS = draw.text("abc é/", min_size=1, max_size=4).filter(str.isprintable)
DATES = draw.sampled_from(
    ["2026-08-17", "1970-01-01T00:00:00.001Z", "2026-01-01T00:00:00.123456789Z", "0001-01-01", "9999-12-31T23:59:59Z",
     "2026-01-01T00:00:00.123456789012Z"]
)  # fmt: skip


def optional(strategy: Any) -> Any:
    return draw.one_of(draw.none(), strategy)


@draw.composite
def accounts(drawn: Any) -> list[dict[str, Any]]:
    found = []
    assets = ["GOLD", "SILVER", "OIL", "TIN"]
    for number in range(drawn(draw.integers(0, 5))):
        account: dict[str, Any] = {"account": f"n{number}"}
        fields = {
            "mode": draw.sampled_from(["cash", "margin"]), "note": optional(WORDS), "limit": optional(NUMBERS),
            "cushion": NUMBERS, "opened": optional(DATES), "vip": draw.booleans(), "debt": NUMBERS, "desk": WORDS,
            "steps": draw.integers(-(10**20), 10**20).map(str),
        }  # fmt: skip
        account |= {name: drawn(values) for name, values in fields.items() if drawn(draw.booleans())}
        if drawn(draw.booleans()):
            held = drawn(draw.lists(draw.sampled_from(assets), unique=True))
            account["balances"] = [
                {"asset": asset, **({"amount": drawn(NUMBERS)} if drawn(draw.booleans()) else {})} for asset in held
            ]
        if drawn(draw.booleans()):
            account["fills"] = drawn(draw.lists(draw.fixed_dictionaries({}, optional={"share": NUMBERS}), max_size=3))
        if drawn(draw.booleans()):
            cells = draw.dictionaries(draw.sampled_from(["up", "down", "flat", "far"]), NUMBERS)
            option = draw.fixed_dictionaries(
                {"strike": NUMBERS, "expiry": DATES, "right": draw.sampled_from(["call", "put"])},
                optional={"pnl": cells},
            )
            account["options"] = drawn(draw.lists(option, max_size=2))
        found.append(account)
    return found


@SETTINGS
@given(accounts())
def test_what_is_packed_is_read_back(
    book: Callable[[Any], Book],
    program: Program,
    orders: Any,
    laid: Any,
    exactly: Any,
    seen: Any,
    given: list[dict[str, Any]],
) -> None:
    document = {"as_of": "2026-01-01", "accounts": given}
    data = read_snapshot(open_snapshot(None, "drawn", json.dumps(document).encode()), program)
    wanted = [account for account in data.accounts if not account.errors]  # such as one option twice
    needs = packing(program, orders)
    assert look_at(wanted, "drawn", needs) == len(wanted)
    assert needs.findings == []
    batches = list(record_batches(wanted, needs))
    for form in ("arrow", "parquet"):
        stream = io.BytesIO()
        write_batches(stream, form, needs.schema, batches)  # type: ignore[arg-type]  # the two names of forms
        whole = stream.getvalue()
        packed = pa.ipc.open_file(whole).read_all() if form == "arrow" else parquet.read_table(io.BytesIO(whole))
        found = list(book(packed).accounts())
        assert [(one.account, one.labels, one.errors) for one in found] == [
            (one.account, one.labels, ()) for one in wanted
        ]
        assert exactly(packed) == [seen(one) for one in wanted]
        assert all(block is None or block == seen(one) for block, one in zip(laid(packed), wanted, strict=True))
