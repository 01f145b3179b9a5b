"""Snapshots made to crash, stall or fill the machine: refused in words, quickly and in little memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refused = Callable[..., str]

RULES = """rulebook: demo
language: 1
numeraire: USDC
model:
  assets:
    each: asset
    observed: { price: USDC/unit }
  account:
    observed: { mode: cross | isolated = cross, active: bool = true, opened: date = 2026-01-01, orders: integer = 0 }
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, amount: asset.unit }
formulas:
  account:
    equity: sum(b.amount * b.asset.price for b in balances)
status:
  - is: healthy
"""
AT = '"as_of": "2026-09-08"'
BALANCE = '{"asset": "HYPE", "amount": %s}'


def head(rest: str) -> str:
    return "{" + AT + ", " + rest + "}"


def account(rest: str) -> str:
    return head('"assets": {"HYPE": {"price": 1}}, "accounts": [{"account": "a", ' + rest + "}]")


def amount(text: str) -> str:
    return account('"balances": [' + BALANCE % text + "]")


WRONG = ["null", "true", "7", '"x"', "[]", "{}", "[[1]]", '{"a": {"b": 1}}', "NaN", "-Infinity", '""', '"\\ud800"']


TEXTS = {
    "deep brackets": ("MC405", lambda: head('"assets": ' + "[" * 500_000 + "]" * 500_000)),
    "deep open brackets": ("MC40", lambda: "[" * 5_000_000),
    "deep objects": ("MC405", lambda: head('"assets": ' + '{"a":' * 300_000 + "1" + "}" * 300_000)),
    "ten megabytes of ones": ("MC406", lambda: "[" + "1," * 5_000_000 + "1]"),
    "ten megabytes of ones for assets": ("MC406", lambda: head('"assets": [' + "1," * 5_000_000 + "1]")),
    "ten megabytes of ones for accounts": ("MC406", lambda: head('"accounts": [' + "1," * 20_000 + "1]")),
    "ten megabytes of ones for balances": ("MC406", lambda: account('"balances": [' + "1," * 2_000_000 + "1]")),
    "unclosed ones": ("MC403", lambda: "[" + "1," * 5_000_000),
    "a text of ten megabytes": ("MC410", lambda: amount('"' + "9" * 10_000_000 + '"')),
    "a key of ten megabytes": ("MC408", lambda: head('"' + "k" * 10_000_000 + '": 1')),
    "an account's name of ten megabytes": (
        "MC416", lambda: head('"accounts": [{"account": "' + "n" * 10_000_000 + '"}]'),
    ),
    "many unknown keys": ("MC408", lambda: head(", ".join(f'"k{n}": 1' for n in range(200_000)))),
    "many repeated keys": ("MC404", lambda: head(", ".join('"assets": {}' for _ in range(300_000)))),
    "repeated keys of pairs": ("MC404", lambda: head(", ".join(f'"k{n // 2}": 1' for n in range(200_000)))),
    "1e999999999": ("MC410", lambda: amount("1e999999999")),
    "1e999999999 in quotes": ("MC410", lambda: amount('"1e999999999"')),
    "1e-999999999": ("MC410", lambda: amount("1e-999999999")),
    "an integer of a million digits": ("MC410", lambda: amount("9" * 1_000_000)),
    "a fraction of a million digits": ("MC410", lambda: amount("0." + "3" * 1_000_000)),
    "NaN": ("MC410", lambda: amount("NaN")),
    "infinity": ("MC410", lambda: amount("-Infinity")),
    "an instant of a megabyte": ("MC407", lambda: '{"as_of": "' + "2" * 1_000_000 + '"}'),
    "an instant that is a number": ("MC407", lambda: '{"as_of": 1e999999999}'),
    "the year 10000": ("MC407", lambda: '{"as_of": "10000-01-01"}'),
    "two balances of one asset, many times": (
        "MC417", lambda: account('"balances": [' + ",".join([BALANCE % 1] * 100_000) + "]"),
    ),
    "text behind the end": ("MC403", lambda: account('"mode": "cross"') + "]" * 1_000_000),
    "NUL bytes": ("MC403", lambda: "\0" * 10_000_000),
    "control characters": ("MC416", lambda: head('"accounts": [{"account": "\\u001b[2J\\u0007"}]')),
    "half a character": ("MC416", lambda: head('"accounts": [{"account": "\\ud800"}]')),
    "nothing": ("MC403", lambda: ""),
}  # fmt: skip


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES, "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", list(TEXTS))
def test_hostile_text(name: str, rules: Path, refused: Refused) -> None:
    code, text = TEXTS[name]
    (rules / "hostile.json").write_text(text(), "utf-8")
    said = refused("evaluate", "rules.yaml", "hostile.json", file="hostile.json", code=code)
    assert "\x1b" not in said


@pytest.mark.parametrize("place", ["", "as_of", "assets", "accounts", "HYPE", "price", "account", "balances", "mode",
                                   "active", "opened", "orders", "amount"])  # fmt: skip
def test_wrong_values_everywhere(place: str, rules: Path, refused: Refused) -> None:
    """Each kind of JSON value at one place, one file each; every file is refused, or its account is."""
    right = {"HYPE": '{"price": 1}', "price": "1", "account": '"a"', "mode": '"cross"', "active": "true",
             "opened": '"2026-01-01"', "orders": "1", "amount": "1"}  # fmt: skip
    taken = {
        "": (), "accounts": ("[]",), "assets": ("{}",), "HYPE": ("{}",), "balances": ("[]",), "active": ("true",),
        "price": ("7",), "orders": ("7",), "amount": ("7",), "account": ("7", '"x"', "NaN", "-Infinity"),
    }  # fmt: skip
    names = []
    for number, value in enumerate(WRONG):
        if value in taken.get(place, ()):
            continue
        cell = {**right, place: value}
        row = f'{{"asset": "HYPE", "amount": {cell["amount"]}}}'
        balances = value if place == "balances" else f"[{row}]"
        fields = ", ".join(f'"{name}": {cell[name]}' for name in ("account", "mode", "active", "opened", "orders"))
        accounts = value if place == "accounts" else f'[{{{fields}, "balances": {balances}}}]'
        asset = cell["HYPE"] if place == "HYPE" else f'{{"price": {cell["price"]}}}'
        assets = value if place == "assets" else f'{{"HYPE": {asset}}}'
        as_of = value if place == "as_of" else '"2026-09-08"'
        whole = f'{{"as_of": {as_of}, "assets": {assets}, "accounts": {accounts}}}'
        name = f"wrong{number}.json"
        (rules / name).write_text(value if place == "" else whole, "utf-8")
        names.append(name)
    for name in names[:: max(1, len(names) // 3)]:
        refused("evaluate", "rules.yaml", name, file=name, code="MC")


@pytest.mark.parametrize("data", [b"\xff\xfe{\0}\0", b'{"as_of": "caf\xe9"}', bytes(range(256)) * 40_000],
                         ids=["utf-16", "latin-1", "all bytes"])  # fmt: skip
def test_bytes_that_are_no_text(data: bytes, rules: Path, refused: Refused) -> None:
    (rules / "hostile.json").write_bytes(data)
    refused("evaluate", "rules.yaml", "hostile.json", file="hostile.json", code="MC403")


def test_a_snapshot_that_is_a_folder(rules: Path, refused: Refused) -> None:
    (rules / "hostile.json").mkdir()
    refused("evaluate", "rules.yaml", "hostile.json", file="hostile.json")


def test_a_snapshot_that_links_in_a_circle(rules: Path, refused: Refused) -> None:
    (rules / "hostile.json").symlink_to("hostile.json")
    refused("evaluate", "rules.yaml", "hostile.json", file="hostile.json")


def test_pairs_of_pairs_of_rows_end(tmp_path: Path, refused: Refused) -> None:
    """5,000 rows in two loops that each end at the first row: 25,000,000 visits, above 20,000,000."""
    rules = "rulebook: demo\nlanguage: 1\nmodel:\n  account:\n    rows: { ns: { each: n, observed: { x: ratio } } }\n"
    rules += "formulas:\n  account:\n    pairs: count(1 for a in ns where any(b.x > 0 for b in ns))\n"
    rules += "status:\n  - is: healthy\n"
    (tmp_path / "rules.yaml").write_text(rules, "utf-8")
    rows = ",".join(['{"x": 1}'] * 5_000)
    (tmp_path / "hostile.json").write_text(head(f'"accounts": [{{"account": "a", "ns": [{rows}]}}]'), "utf-8")
    refused("evaluate", "rules.yaml", "hostile.json", file="rules.yaml", code="MC508")
