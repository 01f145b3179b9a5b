"""Hostile books under valgrind: whether machine code, or what feeds it, touches memory that is not its own.

    make native-sanitize      a few minutes; prints what memcheck found, and exits with 1 where it found something

Machine code has no symbols: a finding whose innermost frame is `???` is its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATHS = [str(HERE), str(HERE.parent / "laws")]
INNER = """
import json, sys
sys.path[:0] = {paths!r}
import pyarrow as pa
from pathlib import Path
from test_hostile import *
rules = load_program(Path(sys.argv[1]), "program.json")
data = read_snapshot(open_snapshot(None, "snapshot", json.dumps({{**REFERENCE, "accounts": []}}).encode()), rules)
bound = bind(rules, data.as_of, data.reference)
table = pa.table(books(60))
for source in (table, table.slice(3, 20), table.slice(0, 0), table.slice(59, 1)):
    answers(bound, source, evaluate_book)
for name, make in damaged().items():
    answers(bound, pa.table(make(books(8))), evaluate_book)
print("evaluated", flush=True)
"""
FINDING = re.compile(
    r"(Invalid (?:read|write) of size \d+|Conditional jump.*|Use of uninitialised.*)\n==\d+==    at (.*)"
)


def main() -> None:
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed")
    sys.path[:0] = PATHS
    from test_hostile import RULES
    from test_random_rulebooks import compiled

    from marginc.program.codec import dump

    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program.json"
        program.write_text(dump(compiled(Path(folder), RULES)))
        log = Path(folder) / "memcheck.log"
        environment = {**os.environ, "PYTHONMALLOC": "malloc", "ARROW_DEFAULT_MEMORY_POOL": "system",
                       "OPENBLAS_NUM_THREADS": "1", "MARGINC_CACHE_DIR": folder}  # fmt: skip
        command = ["valgrind", "--tool=memcheck", f"--log-file={log}", "--undef-value-errors=no", "--smc-check=all",
                   sys.executable, "-c", INNER.format(paths=PATHS), str(program)]  # fmt: skip
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        found = [list(finding) for finding in FINDING.findall(log.read_text())]
    own = [finding for finding in found if "???" in finding[1]]
    ran = "evaluated" in done.stdout
    sys.stdout.write(json.dumps({"ran": ran, "findings": found[:20], "in machine code": own[:20]}, indent=1) + "\n")
    if not ran:
        sys.stderr.write(done.stderr[-2000:])
    sys.exit(0 if ran and not own else 1)


if __name__ == "__main__":
    main()
