"""Formatting never changes what rules mean, whatever mess it is given, and formatting twice is formatting once."""

from __future__ import annotations

import random
import re
import shutil
import sys
from pathlib import Path

import pytest

from marginc.compiler.format import applied, format_rulebook
from marginc.compiler.format.expression import spaced_expression
from marginc.compiler.pipeline import Source, read
from marginc.compiler.syntax import parse_text, print_expression

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "laws"))  # tests/ is no package

from random_rulebooks import random_rulebook  # noqa: E402

SHIPPED = sorted(path for path in (ROOT / "rules").rglob("*.yaml") if "cases" not in path.parts)
RANDOM = 40


def messed(text: str, chance: random.Random) -> str:
    """The text with other white space and numbers written otherwise, still readable by the compiler."""
    wider = chance.choice((1, 2, 3))
    lines = []
    for line in text.split("\n"):
        content = line.lstrip(" ")
        indented = " " * (wider * (len(line) - len(content)))
        content = re.sub(r"^- (?=\w+: )", f"-{' ' * (2 * wider - 1)}", content)  # a block goes on below its first key
        code, hash_, comment = content.partition(" #")
        if not content.startswith("#") and '"' not in code and "://" not in code:
            code = re.sub(
                r"(?<=\w) ([-+*/<>=]|<=|>=|==|!=) (?=\w)", lambda m: f"{_space(chance)}{m[1]}{_space(chance)}", code
            )
            code = re.sub(r", (?!})", lambda _: chance.choice((", ", ",   ", " , ", "  ,  ")), code)
            code = re.sub(r"\{ ", lambda _: chance.choice(("{", "{  ", "{ ")), code)
            code = re.sub(r" \}", lambda _: chance.choice(("}", "   }", " }")), code)
            code = re.sub(r"(?<=\w)_(?=\d{3}\b)(?![\d_]*:)", "_" if chance.random() < 0.5 else "", code)
            code = re.sub(r"(?<![\w.])(\d+\.\d+)(?!\w)", lambda m: m[1] + "0" * chance.randrange(3), code)
            code = re.sub(r"^([\w.]+): (?=[\w{\[])", lambda m: f"{m[1]}:{' ' * chance.randint(1, 4)}", code)
        lines.append(indented + code + hash_ + comment + (" " * chance.randrange(3) if not hash_ else ""))
    return "\n".join(lines) + "\n" * chance.randrange(3)


def _space(chance: random.Random) -> str:
    return " " * chance.randrange(4)


def hashes(path: Path) -> list[str]:
    """What a rulebook's programs are at all its dates; the codes of what is found where there is none."""
    source, found, _ = read(path, path.name)
    assert source is not None, (path, found)
    return [_hash(source, moment) for moment in (None, *source.rulebook.instants)]


def _hash(source: Source, moment: int | None) -> str:
    program, found = source.program_at(moment)
    return program.hash if program is not None else " ".join(finding.code for finding in found)


@pytest.mark.parametrize("seed", range(2))
def test_shipped_rulebooks_mean_the_same_when_formatted(seed: int, tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "rules", tmp_path / "rules", ignore=shutil.ignore_patterns("*.json", "cases"))
    (tmp_path / "marginc.toml").touch()
    paths = [folder / path.relative_to(ROOT / "rules") for path in SHIPPED]
    chance = random.Random(seed)
    for path in paths:
        path.write_text(messed(path.read_text("utf-8"), chance), "utf-8")
    before = {path: hashes(path) for path in paths}
    changed = 0
    for path in paths:
        text = path.read_text("utf-8")
        result = format_rulebook(text, path.name, path)
        assert not result.found
        assert format_rulebook(result.text, path.name, path).text == result.text
        changed += result.text != text
        path.write_text(result.text, "utf-8")
    assert {path: hashes(path) for path in paths} == before
    assert changed > 0.8 * len(paths), "hardly anything was a mess"


def test_random_rulebooks_mean_the_same_when_formatted(tmp_path: Path) -> None:
    path = tmp_path / "random.yaml"
    changed = 0
    for seed in range(RANDOM):
        chance = random.Random(seed)
        clean = random_rulebook(seed).yaml(chance)
        path.write_text(messed(clean, chance), "utf-8")
        before, text = hashes(path), path.read_text("utf-8")
        result = format_rulebook(text, path.name, path)
        assert not result.found
        assert format_rulebook(result.text, path.name, path).text == result.text
        path.write_text(result.text, "utf-8")
        assert hashes(path) == before, text
        changed += result.text != text
    assert changed == RANDOM


SIGNS = " \n\t{}[],:#-'\"|>?&*!%@_.+()=<\r"


def spoiled(text: str, chance: random.Random) -> str:
    """The text with one to three slips: a sign too many, some too few, a piece twice, a line moved."""
    for _ in range(chance.randint(1, 3)):
        place, other = chance.randrange(len(text)), chance.randrange(len(text))
        match chance.randrange(4):
            case 0:
                text = text[:place] + chance.choice(SIGNS) + text[place:]
            case 1:
                text = text[:place] + text[place + chance.randint(1, 3) :]
            case 2:
                text = text[:place] + text[other : other + chance.randrange(30)] + text[place:]
            case _:
                lines = text.split("\n")
                number = chance.randrange(len(lines))
                lines[number] = " " * chance.randrange(6) + lines[number]
                text = "\n".join(lines)
    return text


def test_slips_are_formatted_once_or_left_alone() -> None:
    texts = [path.read_text("utf-8") for path in SHIPPED if path.stat().st_size < 4_000]
    formatted = 0
    for seed in range(300):
        chance = random.Random(seed)
        text = spoiled(messed(chance.choice(texts), chance), chance)
        result = format_rulebook(text, "x.yaml")
        assert bool(result.found) <= (result.text == text), seed
        assert applied(text, result.edits) == result.text, seed
        assert format_rulebook(result.text, "x.yaml").text == result.text, seed
        formatted += result.changed
    assert formatted > 50


def test_what_the_printer_writes_needs_no_formatting() -> None:
    """The formatter keeps brackets and the printer leaves out those it can; beside that they are one."""
    expressions = {
        text
        for seed in range(RANDOM)
        for definition in random_rulebook(seed).definitions
        for text in [print_expression(parse_text(definition.text))]
    }
    assert len(expressions) > 200
    for text in expressions:
        assert spaced_expression(text) == text
        squeezed = re.sub(r"(?<=[\w)%\"]) (\+|-|\*|/|<|<=|>|>=|==|!=) (?=[\w(\"-])", r"\1", text)
        assert spaced_expression(squeezed) == text


@pytest.mark.parametrize("path", SHIPPED, ids=[path.relative_to(ROOT).as_posix() for path in SHIPPED])
def test_shipped_rulebooks_are_formatted(path: Path) -> None:
    text = path.read_text("utf-8")
    assert format_rulebook(text, path.name, path).text == text
