"""Every verb explains itself, and answers a wrong path, a wrong name and a wrong option value in a sentence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from marginc.cli import VERBS

BOOK, SNAPSHOT = "hyperliquid/portfolio-margin", "examples/faq.json"

MISTAKES = [
    ("validate gone.yaml", "there is no rulebook `gone.yaml`"),
    ("validate hyperliquid/portfolio", "did you mean `hyperliquid/portfolio-margin`?"),
    ("validate --format xml", "'xml' is not one of 'text', 'concise', 'json', 'jsonl', 'github'"),
    (f"evaluate {BOOK} gone.json", "this snapshot cannot be read: no such file or directory"),
    (f"evaluate hyperliqud/standard {SNAPSHOT}", "did you mean `hyperliquid/standard`?"),
    (f"evaluate {BOOK} {SNAPSHOT} --set assets.HYPE.ltv=lots", "--set: assets.HYPE.ltv: `lots` is not a number"),
    (f"evaluate {BOOK} {SNAPSHOT} --set assets.HYP.ltv=1%", "have a row `HYP`; did you mean `HYPE`?"),
    (f"evaluate {BOOK}", "Missing argument 'SNAPSHOT...'"),
    (f"explain {BOOK} gone.json", "this snapshot cannot be read: no such file or directory"),
    (f"explain {BOOK} {SNAPSHOT} equty", "there is no definition `equty`; did you mean `equity`?"),
    (f"explain {BOOK} {SNAPSHOT} holdings.USD.equity", "there is no holding `USD`; holdings are HYPE"),
    (f"explain {BOOK} {SNAPSHOT} --as-of soon", "--as-of: `soon` is no date; write `2026-08-17`"),
    (f"explain {BOOK} {SNAPSHOT} --account bob", "has no account `bob`; its accounts are faq"),
    ("explain MC9999", "there is no code `MC9999`"),
    ("list rules/gone", "unexpected extra argument (rules/gone)"),
    ("list standard", "unexpected extra argument (standard)"),
    ("list --format xml", "No such option '--format'"),
    ("show gone.yaml", "there is no rulebook `gone.yaml`"),
    (f"show {BOOK} assets.HYPE.lvt", "did you mean `assets.HYPE.ltv`?"),
    (f"show {BOOK} --as-of 2026-13-01", "`2026-13-01` is no day of the calendar"),
    ("build gone.yaml", "there is no rulebook `gone.yaml`"),
    ("build hyperliquid/standrad", "did you mean `hyperliquid/standard`?"),
    (f"build {BOOK} --emit binary", "'binary' is not one of 'artifact', 'ir', 'llvm', 'asm'"),
    ("import hyperliquid gone.json", "there is no file `gone.json`; `-` reads from standard input"),
    (f"import hyperliqid {SNAPSHOT}", "did you mean `hyperliquid`?"),
    (f"import hyperliquid {SNAPSHOT} -o", "Option '-o' requires an argument"),
    ("test gone.yaml", "there is no file or folder `gone.yaml`"),
    ("test hyperliquid/nothing", "there is no file or folder `hyperliquid/nothing`"),
    ("mutate gone.yaml", "there is no rulebook `gone.yaml`"),
    ("mutate rules/hyperliquid", "`rules/hyperliquid` is a folder; name one rulebook in it"),
    ("mutate lib/check/rates", "no case computes `lib/check/rates`"),
    ("test --format xml", "'xml' is not one of 'text', 'concise', 'json', 'jsonl', 'github'"),
    ("lint gone.yaml", "there is no rulebook `gone.yaml`"),
    ("lint hyperliquid/portfolio", "did you mean `hyperliquid/portfolio-margin`?"),
    ("lint --format xml", "'xml' is not one of 'text', 'concise', 'json', 'jsonl', 'github'"),
    ("fmt gone.yaml", "there is no rulebook `gone.yaml`"),
    ("fmt rules/nothing", "there is no rulebook `rules/nothing`"),
    ("fmt --chek", "No such option '--chek'. (Did you mean one of: '--check', '--help'?)"),
    ("schema gone.yaml", "there is no rulebook `gone.yaml`"),
    ("schema rules/hyperliquid", "`rules/hyperliquid` is a folder; name one rulebook in it"),
    ("schema hyperliquid/standrad", "did you mean `hyperliquid/standard`?"),
    ("new venue Bad/Name", "`Bad/Name` is no name of a venue: small letters, digits and hyphens, like `acme-futures`"),
    ("new venus acme", "Did you mean 'venue'?"),
    ("new venue", "Missing argument 'NAME'."),
    ("lsp now", "unexpected extra argument (now)"),
    ("lsp --port", "No such option '--port'"),
    ("lsp --tcp", "No such option '--tcp'"),
    (f"pack {BOOK} gone.json -o book.arrow", "this snapshot cannot be read: no such file or directory"),
    (f"pack {BOOK} {SNAPSHOT}", "Missing option '-o' / '--output'."),
    (f"pack {BOOK} {SNAPSHOT} -o book.csv", "does not say which form the book has; end it in .arrow or .parquet"),
    ("settings vaildate", "there is no verb `vaildate`; did you mean `validate`?"),
    ("settings gone.yaml", "there is no verb `gone.yaml`"),
    ("settings --format xml", "No such option '--format'"),
]
MISPLACED = [
    (f"validate {SNAPSHOT}", "`as_of` is not a key of a rulebook"),
    (f"evaluate {SNAPSHOT} {SNAPSHOT}", "is not the JSON of an artifact"),
    (f"evaluate {BOOK} README.md", "README.md"),
    (f"import hyperliquid {SNAPSHOT}", "the recording has no `clearinghouseState`"),
    (f"test {SNAPSHOT}", "`as_of` is not a key of a case file"),
]
"""A file where another kind of file belongs."""


def test_each_verb_has_three_mistakes() -> None:
    counts = Counter(command.split()[0] for command, _ in MISTAKES)
    assert set(counts) == set(VERBS)
    assert min(counts.values()) == 3


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_says_what_it_does_how_it_is_called_and_each_option(verb: str, option: str, marginc: Any) -> None:
    done = marginc(verb, option)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"Usage: marginc {verb} [OPTIONS]")
    assert lines[2].strip()
    assert max(map(len, lines)) <= 80
    options = [line for line in lines[lines.index("Options:") + 1 :] if line.startswith("  -")]
    assert options[-1].split()[:2] == ["-h,", "--help"]
    for position, line in enumerate(lines):
        if line in options:  # what it does stands beside it, or below where it is long
            assert "  " in line.strip() or lines[position + 1].startswith(" " * 8), line


@pytest.mark.parametrize(("command", "sentence"), [*MISTAKES, *MISPLACED])
def test_a_mistake_is_answered_in_a_sentence(command: str, sentence: str, marginc: Any) -> None:
    done = marginc(*command.split())
    assert done.code in (1, 2)
    said = done.out + done.err
    assert sentence in said
    for word in ("Traceback", "internal error", "Error:  ", 'File "', "NoneType"):
        assert word not in said
    if done.code == 2:
        assert done.out == ""
    assert max(len(line) for line in said.splitlines()) < 400


def test_a_wrong_output_folder_is_told_before_anything_is_written(tmp_path: Path, marginc: Any) -> None:
    out = tmp_path / "no" / "such.json"
    for arguments in (("build", BOOK, "-o", out), ("evaluate", BOOK, SNAPSHOT, "-o", out)):
        done = marginc(*arguments)
        assert (done.code, done.out) == (2, "")
        assert "no such file or directory" in done.err
    assert list(tmp_path.iterdir()) == []
