"""Every MC4xx finding of a snapshot, raised by the text that deserves it, at its line and column."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from marginc.program.codes import PAGES
from marginc.program.diagnostic import Diagnostic, SnapshotError
from marginc.runtime.snapshot import open_snapshot
from marginc.runtime.snapshot.source import FILE_LIMIT, LINE_LIMIT

Refuse = Callable[..., list[Diagnostic]]
AT = '{"as_of": "2026-09-08",\n'
ACCOUNT = AT + ' "accounts": [{"account": "a",\n'


def head(rest: str) -> str:
    return AT + rest + "}"


def account(rest: str) -> str:
    return ACCOUNT + rest + "}]}"


BAD = [
    ("MC403", '{"as_of": "2026-09-08",\n "assets": {,}}', (2, 13), "not JSON"),
    ("MC403", "", (1, 1), "nothing is there"),
    ("MC403", '{"as_of": "2026-09-08"}]', (1, 24), "not JSON"),
    ("MC404", head('"assets": {}, "assets": {}'), (2, 15), "`assets` stands twice"),
    ("MC404", account('"mode": "unified", "mode": "standard"'), (3, 20), "`mode` stands twice"),
    ("MC404", account('"balances": [{"asset": "HYPE", "amount": 1, "amount": 2}]'), (3, 45), "`amount` stands twice"),
    ("MC405", head('"assets": ' + "[" * 40 + "]" * 40), (2, 11), "more than 32 brackets deep"),
    ("MC405", head('"assets": ' + "[" * 100_000), (2, 42), "more than 32 brackets deep"),
    ("MC406", "[1]", (1, 1), "a snapshot must be an object, not an array"),
    ("MC406", head('"assets": []'), (2, 11), "`assets` must be an object by key, not an array"),
    ("MC406", head('"accounts": {}'), (2, 13), "`accounts` must be an array, not an object"),
    ("MC406", head('"accounts": [7]'), (2, 14), "account 1 must be an object, not a number"),
    ("MC406", account('"balances": null'), (3, 13), "`balances` of account `a` must be an array, not `null`"),
    ("MC406", account('"balances": [[]]'), (3, 14), "balance 1 must be an object, not an array"),
    ("MC406", account('"note": 5'), (3, 9), "must be text in quotes, not a number"),
    ("MC406", account('"orders": [{"size": true}]'), (3, 21), "must be a number, not `true` or `false`"),
    ("MC407", '{"assets": {}}', (1, 1), "`as_of` is missing"),
    ("MC407", '{"as_of":\n 1788841536}', (2, 2), "must be text, not a number"),
    ("MC407", '{"as_of": "8 Sept"}', (1, 11), "`8 Sept`, which is not a date"),
    ("MC407", '{"as_of": "2026-02-30"}', (1, 11), "not a day of the calendar"),
    ("MC407", '{"as_of": "2026-09-08T04:25"}', (1, 11), "does not say its zone"),
    ("MC407", '{"as_of": "2026-09-08T24:00Z"}', (1, 11), "not a time of the day"),
    ("MC407", '{"as_of": "0001-01-01T00:00+01:00"}', (1, 11), "outside the years"),
    ("MC408", head('"asets": {}'), (2, 1), "the snapshot has no `asets`"),
    ("MC408", head('"assets": {"HYPE": {"prise": 1}}'), (2, 21), "asset `HYPE` has no `prise`"),
    ("MC408", account('"balanses": []'), (3, 1), "account `a` has no `balanses`"),
    ("MC408", account('"balances": [{"asset": "HYPE", "ammount": 1}]'), (3, 32), "balance `HYPE` has no `ammount`"),
    ("MC409", head('"assets": {"HYPE": {"ltv": "0.9"}}'), (2, 21), "overrule `ltv`, which the rulebook decides"),
    ("MC409", head('"liquidation_trigger": 1'), (2, 1), "overrule `liquidation_trigger`, which the rulebook decides"),
    ("MC409", account('"margin_ratio": 0'), (3, 1), "overrule `margin_ratio`, which the rulebook computes"),
    ("MC410", head('"assets": {"HYPE": {"price": "84,114"}}'), (2, 30), "`84,114`, which is not a decimal number"),
    ("MC410", head('"assets": {"HYPE": {"price": NaN}}'), (2, 30), "`NaN`, which is not a decimal number"),
    ("MC410", head('"assets": {"HYPE": {"price": -Infinity}}'), (2, 30), "`-Infinity`"),
    ("MC410", head('"assets": {"HYPE": {"price": 1e999999999}}'), (2, 30), "is not a decimal number"),
    ("MC410", head('"assets": {"HYPE": {"price": 1e9999}}'), (2, 30), "outside 1e-40 to 1e40"),
    ("MC410", head('"assets": {"HYPE": {"price": ' + "7" * 5000 + "}}"), (2, 30), "too many digits"),
    ("MC411", account('"positions": [{"market": "SOL", "margin": "cross", "leverage": 2.5}]'), (3, 64), "an integer"),
    (
        "MC412",
        account('"enabled": "false"'),
        (3, 12),
        "`enabled` of account `a` is `false`, but it is `true` or `false`",
    ),
    ("MC412", account('"enabled": 0'), (3, 12), "is `0`, but it is `true` or `false`"),
    ("MC413", account('"mode": "Portfolio"'), (3, 9), "`Portfolio`, but it is standard | unified | portfolio"),
    ("MC414", head('"markets": {"SOL": {"expiry": "25.12.2026"}}'), (2, 31), "`25.12.2026`, which is not a date"),
    ("MC415", head('"assets": {"HYPE": {"price": null}}'), (2, 30), "type `USDC/asset.unit` has no `none`"),
    ("MC416", head('"accounts": [{"account": ""}]'), (2, 26), "which is empty"),
    ("MC416", head('"accounts": [{"account": "a\\u001b[2J"}]'), (2, 26), "cannot be shown"),
    ("MC416", head('"assets": {"\\ud800": {}}'), (2, 12), "cannot be shown"),
    ("MC416", account('"desk": "' + "d" * 1001 + '"'), (3, 9), "more than 1000 characters"),
    ("MC417", account('"balances": [{"asset": "HYPE"},\n {"asset": "HYPE"}]'), (4, 12), "balance `HYPE` stands twice"),
    ("MC418", head('"accounts": [{"mode": "unified"}]'), (2, 14), "account 1 has no `account`"),
    ("MC418", account('"positions": [{"market": "SOL"}]'), (3, 15), "position 1 has no `margin`"),
    ("MC419", head('"accounts": [{"account": "a"}, {"account": "a"}]'), (2, 44), "account `a` stands twice"),
    ("MC420", head('"assets": {"HYPE": {"tiers": []}}'), (2, 30), "which a snapshot cannot give"),
]


@pytest.mark.parametrize(("code", "text", "place", "words"), BAD, ids=[f"{c}-{n}" for n, (c, *_) in enumerate(BAD)])
def test_the_finding_and_its_place(refuse: Refuse, code: str, text: str, place: tuple[int, int], words: str) -> None:
    started = time.monotonic()
    (finding,) = refuse(text)
    assert time.monotonic() - started < 2
    assert (finding.code, (finding.span.line, finding.span.column)) == (code, place)
    assert words in finding.message
    assert finding.help
    assert finding.span.file == "demo.json"
    assert finding.message.isprintable()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (head('"asets": {}'), "did you mean `assets`?"),
        (account('"balances": [{"asset": "HYPE", "ammount": 1}]'), "did you mean `amount`?"),
        (account('"dsk": "rates"'), "did you mean `desk`?"),
        (account('"mode": "PORTFOLIO"'), "did you mean `portfolio`?"),
    ],
)
def test_a_near_miss_gets_the_word_that_was_meant(refuse: Refuse, text: str, hint: str) -> None:
    (finding,) = refuse(text)
    assert finding.hint == finding.help == hint


def test_a_parameter_shows_where_the_rulebook_declares_it(refuse: Refuse) -> None:
    (finding,) = refuse(head('"assets": {"HYPE": {"ltv": "0.9"}}'))
    assert [str(note.span) for note in finding.notes] == ["rules/base.yaml:12:7"]


def test_a_copy_shows_the_first(refuse: Refuse) -> None:
    (twice,) = refuse(account('"balances": [{"asset": "HYPE"},\n {"asset": "HYPE"}]'))
    assert [str(note.span) for note in twice.notes] == ["demo.json:3:24"]
    (key,) = refuse(account('"mode": "unified", "mode": "standard"'))
    assert [str(note.span) for note in key.notes] == ["demo.json:3:1"]


class TestFiles:
    @pytest.mark.parametrize("name", ["absent.json", "", "bad\0name.json"])
    def test_what_cannot_be_opened(self, tmp_path: Path, name: str) -> None:
        (finding,) = self.findings(tmp_path / name, "x.json")
        assert finding.code == "MC401"

    def test_a_json_file_above_one_gibibyte(self, tmp_path: Path) -> None:
        path = tmp_path / "large.json"
        with path.open("wb") as large:
            large.truncate(FILE_LIMIT + 1)  # sparse: takes no disk
        (finding,) = self.findings(path, "large.json")
        assert (finding.code, "1 GiB" in finding.message) == ("MC402", True)

    def test_a_line_above_64_mebibytes_is_passed_over(self, refuse: Refuse) -> None:
        long = '{"account": "' + "x" * LINE_LIMIT + '"}\n'
        (finding,) = refuse(AT.rstrip(",\n") + "}\n" + long + '{"account": "b"}\n', "book.ndjson")
        assert (finding.code, str(finding.span)) == ("MC402", "book.ndjson:2:1")

    def test_a_first_line_above_64_mebibytes(self) -> None:
        with pytest.raises(SnapshotError, match="MC402"):
            open_snapshot(None, "book.ndjson", b" " * (LINE_LIMIT + 1) + b"{}")

    def test_a_byte_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "latin.json"
        path.write_bytes('{"as_of": "2026-09-08",\n "é'.encode() + b"\xe9")
        (finding,) = self.findings(path, "latin.json")
        assert (finding.code, str(finding.span)) == ("MC403", "latin.json:2:4")  # a blank, a quote, é, then the byte

    def test_a_byte_order_mark_is_passed_over(self) -> None:
        assert open_snapshot(None, "x.json", b'\xef\xbb\xbf{"as_of": "1970-01-01"}').as_of == 0

    @staticmethod
    def findings(path: Path, name: str) -> list[Diagnostic]:
        with pytest.raises(SnapshotError) as caught:
            open_snapshot(path, name)
        return caught.value.diagnostics


def test_every_code_of_the_family_is_raised_here_and_has_a_page() -> None:
    family = {number for number in PAGES if "MC401" <= number <= "MC420"}
    assert {code for code, *_ in BAD} | {"MC401", "MC402"} == family
    for number in family:
        assert PAGES[number].splitlines()[1] == ""  # a title stands alone
        assert 5 <= len(PAGES[number].splitlines()) <= 15


def test_findings_are_bounded_and_fast(refuse: Refuse) -> None:
    """A hundred thousand mistakes in one account: the first hundred are shown, in one pass over the text."""
    rows = ",\n".join('{"asset": "A", "amount": "x"}' for _ in range(100_000))
    started = time.monotonic()
    found = refuse(account(f'"balances": [{rows}]'))
    assert len(found) == 100
    assert time.monotonic() - started < 10


def test_many_accounts_in_error_are_placed_in_time_that_grows_with_the_file(refuse: Refuse) -> None:
    accounts = ",\n".join(f'{{"account": "{n}", "mode": "x"}}' for n in range(20_000))
    started = time.monotonic()
    found = refuse(f'{{"as_of": "2026-09-08", "accounts": [\n{accounts}]}}')
    assert [finding.span.line for finding in found] == list(range(2, 20_002))
    assert time.monotonic() - started < 10
