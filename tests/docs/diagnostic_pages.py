"""docs/diagnostics/: the pages of all codes, a document a family, from the docstrings that `marginc explain` shows.

Under each page stands what people are told, from the shortest file of tests/bad that raises the code alone.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from marginc.cli.explain import load_families
from marginc.program.codes import page

ROOT = Path(__file__).resolve().parents[2]
BAD = ROOT / "tests" / "bad"
_MADE_BY = re.compile(r'^@code\("(MC\d{3})"(?:, (?:severity=)?"(\w+)")?\)', re.MULTILINE)
_HEAD = """\
<!-- Written by pytest -n0 tests/docs/test_diagnostics.py --write-docs from the docstrings of {source}. -->
"""


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its number, its severity, its page, and the text of an example where tests/bad has one."""

    number: str
    severity: str
    text: str
    example: str

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0].rstrip(".")


@dataclass(frozen=True, slots=True)
class Family:
    """A module that makes findings: `name` is that of its document, `source` its path in the tree."""

    name: str
    source: str
    about: str
    codes: tuple[Code, ...]


def families() -> list[Family]:
    """All families in the order of their first codes."""
    load_families()
    examples = _examples()
    found = [family for module in list(sys.modules.values()) if (family := _family(module, examples))]
    return sorted(found, key=lambda family: family.codes[0].number)


def documents(all_families: list[Family]) -> dict[str, str]:
    """The documents by file name."""
    return {"README.md": _index(all_families), **{f"{one.name}.md": _document(one) for one in all_families}}


def _family(module: ModuleType, examples: dict[str, str]) -> Family | None:
    file = getattr(module, "__file__", None)
    if not module.__name__.startswith("marginc.") or not file or Path(file).suffix != ".py":
        return None
    made = sorted(_MADE_BY.findall(Path(file).read_text("utf-8")))
    if not made:
        return None
    relative = Path(file).resolve().relative_to(ROOT)
    codes = tuple(
        Code(number, severity or "error", page(number), examples.get(number, "")) for number, severity in made
    )
    return Family("-".join(_words(relative)), relative.as_posix(), _about(module), codes)


def _about(module: ModuleType) -> str:
    """`Findings about names, MC281 to MC289: what nothing reads` is `Names: what nothing reads`."""
    line = (inspect.getdoc(module) or "").partition("\n")[0].rstrip(".")
    line = re.sub(r",? \(?MC\d{3} to MC\d{3}\)?", "", re.sub(r"^Findings (about|in|of) ", "", line))
    return line[:1].upper() + line[1:]


def _words(path: Path) -> Iterator[str]:
    """`compiler/diagnostics/table_rows.py` is `table-rows`, `runtime/diagnostics/snapshot.py` `snapshot`."""
    stem = path.stem.removesuffix("_diagnostics").removesuffix("_findings")
    yield from (stem if stem not in ("findings", "diagnostics") else path.parent.name).split("_")


def _examples() -> dict[str, str]:
    """For each code the shortest of what tests/bad shows of it alone."""
    found: dict[str, str] = {}
    for file in sorted(BAD.glob("*.expected")):
        text = file.read_text("utf-8")
        codes = re.findall(r"^(?:error|warning)\[(MC\d{3})\]", text, re.MULTILINE)
        if len(codes) == 1 and len(text) < len(found.get(codes[0], text + " ")):
            found[codes[0]] = text
    return found


def _document(family: Family) -> str:
    parts = [_HEAD.format(source=family.source), f"# {family.about}\n"]
    for code in family.codes:
        _, _, rest = code.text.partition("\n")
        parts.append(f'<a id="{code.number.lower()}"></a>\n\n## {code.number}: {code.title}\n\n{rest.strip()}\n')
        if code.example:
            parts.append(f"What is shown:\n\n```text\n{code.example.rstrip()}\n```\n")
    return "\n".join(parts)


def _index(all_families: list[Family]) -> str:
    count = sum(len(family.codes) for family in all_families)
    parts = [
        _HEAD.format(source="all families"),
        "# Diagnostics\n",
        f"{count} codes in {len(all_families)} families. `marginc explain MC204` prints a page. "
        "A number, once released, keeps its meaning.\n",
    ]
    for family in all_families:
        parts.append(f"## [{family.about}]({family.name}.md)\n\n| code | | what it is |\n|---|---|---|")
        parts += [
            f"| [{code.number}]({family.name}.md#{code.number.lower()}) | {code.severity} | {code.title} |"
            for code in family.codes
        ]
        parts[-1] += "\n"
    return "\n".join(parts)
