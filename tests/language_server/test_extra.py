"""`marginc lsp` is an extra: without its library there is one sentence, and nothing else loads it."""

from __future__ import annotations

import subprocess
import sys

PLAY = """
import sys
sys.modules["pygls"] = None
from marginc.cli import main
main(["lsp"])
"""


def test_without_pygls_it_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", PLAY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: the language server needs pygls: `pip install 'marginc[lsp]'`\n"


def test_nothing_else_loads_it() -> None:
    asked = "import sys, marginc.cli.lsp; print([name for name in sys.modules if 'pygls' in name or 'lsp' in name])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "['marginc.cli.lsp']\n"
