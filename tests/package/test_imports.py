"""Who may import whom: `compiler -> program <- runtime`, and each heavy library in one place only.

Every import statement of the package is read, wherever it stands: in a function, or only for type checkers.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "marginc"
NOT_THE_PACKAGE = {"tests", "benchmarks", "docs", "examples", "build", "dist"}

LAYERS: dict[str, frozenset[str]] = {
    "program": frozenset({"program"}),
    "compiler": frozenset({"compiler", "program", "schemas"}),
    "runtime": frozenset({"runtime", "program"}),
    "importers": frozenset({"importers", "program"}),
    "rules": frozenset(),
    "schemas": frozenset(),
}
"""What the modules of a top-level folder may import of ours. `cli` and the root itself may import all."""
SEES_ALL = frozenset({"cli", "language_server", ""})

LIBRARIES: dict[str, tuple[str, ...]] = {
    "yaml": ("compiler.source",),
    "jsonschema": ("compiler.schema",),
    "lark": ("compiler.syntax",),
    "click": ("cli",),
    "rich": ("cli",),
    "numpy": ("runtime.native", "runtime.book"),
    "pyarrow": ("runtime.native", "runtime.book"),
    "llvmlite": ("runtime.native",),
    "pygls": ("language_server",),
    "lsprotocol": ("language_server",),
}
"""The folders that may import a library; one that is not named here may be imported nowhere."""


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: the module it stands in, its line, and the absolute name of what it takes."""

    module: str
    line: int
    target: str


def package_files(root: Path) -> list[Path]:
    """Every Python file of the package, tests and environments left out."""
    return [
        path
        for path in sorted(root.rglob("*.py"))
        if (top := path.relative_to(root).parts[0]) not in NOT_THE_PACKAGE and not top.startswith(".")
    ]


def imports_of(relative: str, text: str) -> Iterator[Import]:
    """The imports of the file at `relative` (from the root), relative ones resolved to absolute names."""
    path = Path(relative)
    parts = [PACKAGE, *path.with_suffix("").parts]
    package = parts[:-1]  # for `__init__.py` too: its own folder
    module = ".".join(package if path.name == "__init__.py" else parts)
    for node in ast.walk(ast.parse(text, relative)):
        if isinstance(node, ast.Import):
            yield from (Import(module, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = [*package[: len(package) - node.level + 1]] if node.level else []
            assert origin or not node.level, f"{relative}:{node.lineno}: leaves the package"
            origin += node.module.split(".") if node.module else []
            yield from (Import(module, node.lineno, ".".join([*origin, alias.name])) for alias in node.names)
        elif isinstance(node, ast.Call) and called_name(node) in {"import_module", "__import__"}:
            yield Import(module, node.lineno, "a name computed at run time")


def called_name(call: ast.Call) -> str:
    """`f` for `f(...)` and for `a.b.f(...)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def top_folder(name: str) -> str:
    """`compiler` for `marginc.compiler.check.names`; empty for what the root itself holds."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and (parts[1] in LAYERS or parts[1] in SEES_ALL) else ""


def forbidden(one: Import) -> str | None:
    """Why this import may not be, or None."""
    where = f"{one.module}:{one.line} imports {one.target}"
    folder = top_folder(one.module)
    library = one.target.split(".")[0]
    if " " in one.target:
        return None if folder in SEES_ALL else where
    if library == PACKAGE:
        allowed = folder in SEES_ALL or top_folder(one.target) in LAYERS[folder]
        return None if allowed else f"{where}; {folder} sees only {', '.join(sorted(LAYERS[folder])) or 'nothing'}"
    if library in sys.stdlib_module_names:
        return None
    homes = [f"{PACKAGE}.{home}" for home in LIBRARIES.get(library, ())]
    at_home = any(one.module == home or one.module.startswith(home + ".") for home in homes)
    return None if at_home else f"{where}; only {', '.join(homes) or 'nobody'} may"


def findings(relative: str, text: str) -> list[str]:
    return [reason for one in imports_of(relative, text) if (reason := forbidden(one))]


def test_no_module_imports_across_a_boundary() -> None:
    files = package_files(ROOT)
    assert {"program", "compiler", "runtime", "cli"} <= {path.relative_to(ROOT).parts[0] for path in files}
    found = [
        reason for path in files for reason in findings(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    ]
    assert found == []


def test_every_folder_has_its_place_in_the_layers() -> None:
    folders = {parts[0] for path in package_files(ROOT) if len(parts := path.relative_to(ROOT).parts) > 1}
    assert folders - set(LAYERS) - SEES_ALL == set()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("compiler/check/names.py", "from ...runtime import exact"),
        ("compiler/check/names.py", "from ...runtime.exact import run"),
        ("compiler/check/__init__.py", "from ...cli import main"),
        ("compiler/__init__.py", "from .. import runtime"),
        ("compiler/__init__.py", "from .. import __version__"),
        ("compiler/__init__.py", "import marginc"),
        ("runtime/exact/values.py", "def late():\n    from marginc.compiler import lower"),
        ("runtime/exact/values.py", "import marginc.compiler.lower"),
        ("runtime/results.py", "import typing\nif typing.TYPE_CHECKING:\n    from ..importers import hyperliquid"),
        ("runtime/results.py", "import importlib\nimportlib.import_module('marginc.compiler')"),
        ("runtime/results.py", "__import__('yaml')"),
        ("runtime/results.py", "import yaml"),
        ("program/codec.py", "from ..compiler import source"),
        ("program/codec.py", "import lark"),
        ("importers/hyperliquid.py", "from ..runtime.snapshot import data"),
        ("compiler/schema/check.py", "import yaml.nodes"),
        ("compiler/source/spans.py", "from jsonschema import Draft202012Validator"),
        ("compiler/check/types.py", "import lark.exceptions"),
        ("compiler/syntax_tree.py", "import lark"),
        ("cli/test.py", "import yaml"),
        ("cli/table.py", "import numpy"),
        ("__init__.py", "import rich"),
    ],
)
def test_an_import_across_a_boundary_is_found(file: str, text: str) -> None:
    assert len(findings(file, text)) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "compiler/check/names.py",
            "import ast\nfrom . import types\nfrom ..syntax import parse\nfrom ...program import x",
        ),
        ("compiler/__init__.py", "from ..program.codes import code\nfrom .source import read"),
        ("compiler/source/spans.py", "import yaml"),
        ("compiler/syntax/__init__.py", "from lark import Lark"),
        ("runtime/exact/values.py", "from ...program.number import Value\nfrom ..results import Result"),
        ("program/codec.py", "from __future__ import annotations\nimport json\nfrom .types import Type"),
        ("importers/hyperliquid.py", "from ..program.diagnostic import Diagnostic"),
        (
            "cli/evaluate.py",
            "import click\nfrom .. import __version__\nfrom ..compiler import x\nfrom ..runtime import y",
        ),
        ("cli/__init__.py", "import importlib\nimportlib.import_module('marginc.cli.evaluate')"),
        ("__init__.py", "from .compiler import compile\nfrom .runtime import results"),
        ("__main__.py", "from .cli import main"),
    ],
)
def test_an_import_within_its_boundary_is_not(file: str, text: str) -> None:
    assert findings(file, text) == []
