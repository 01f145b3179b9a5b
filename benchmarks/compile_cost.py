"""What compiling costs as a rulebook grows: 250 to 2,000 definitions, and 1,000 definitions with 500 assets.

The rulebooks are made here: chains, fans, groups, crossed scopes and aggregations in the proportions of the shipped
ones, the names of a definition near those of what it reads. A rulebook's expressions may have 150,000 characters
together, so the largest has about 60 a definition. All sizes take turns in one process, a small one as often in each
turn as makes it 2,000 definitions, so that a busy moment of the machine falls on all of them; what counts is the
process's own time. The table goes to stderr, the JSON to stdout.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from marginc.benchmarks import machine
from marginc.cli import COLLECTION
from marginc.compiler.pipeline import read
from marginc.compiler.syntax import parse

SIZES = (250, 500, 1_000, 2_000)
ASSETS = 500
MOST = 10.0
"""t(2,000 definitions) / t(250 definitions) at most: issue 4, the complete language."""

MODEL = """\
rulebook: bench/compile-cost
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 0%
      floor: ratio = 1%
      cap: unit | none = none
      tiers: { by: USD, columns: { rate: ratio } }
    observed: { price: USD/unit, utilization: ratio = 0% }
  shocks:
    each: shock
    parameters: { move: ratio }
  account:
    observed: { cash: USD = 0 }
    rows:
      positions:
        each: position
        key: [asset]
        observed: { asset: asset, size: asset.unit, entry: asset.unit * USD/asset.unit, margin: cross | isolated }
      books: { each: book, of: positions, by: [margin] }
"""

BLOCK = {
    "asset": (
        "weight_{n}: clamp(1 - ltv * utilization, floor, {weight})",
        "charge_{n}: if cap is none then price * floor else price * max(floor, ltv)",
    ),
    "position": (
        "value_{n}: size * asset.price * asset.weight_{n}",
        "need_{n}: sum(s.width * s.rate for s in slices(asset.tiers, abs(value_{n})))",
        "gain_{n}: if margin == \"cross\" then size * asset.price - entry else {gain}",
        "part_{n}: max(need_{n}, abs(size) * asset.charge_{n}) + {part}",
    ),
    "position, shock": (
        "loss_{n}: size * asset.price * shock.move - max(0, part_{n}) * floor_share",
    ),
    "book": (
        "need_of_book_{n}: max(sum(positions.need_{n}), -sum(positions.gain_{n}), 0)",
    ),
    "account, shock": (
        "loss_of_all_{n}: sum(positions.loss_{n}) + min(0, cash) * floor_share",
    ),
    "account": (
        "equity_{n}: cash + sum(p.gain_{n} for p in positions where p.size != 0)",
        "worst_{n}: max(0, -min(shocks.loss_of_all_{n})) + sum(books.need_of_book_{n})",
        "ratio_{n}: if equity_{n} == 0 then none else worst_{n} / equity_{n}",
        "total_{n}: max(worst_{n}, {total}) + sum(positions.part_{n})",
    ),
}  # fmt: skip
"""Thirteen definitions; those in braces chain a block to the one before, and every tenth fans into all before."""


def rulebook(definitions: int, assets: int = 3) -> str:
    """A rulebook of that many definitions and listed assets; what is read stands below what reads it."""
    lines: dict[str, list[str]] = {scope: [] for scope in BLOCK}
    for count, (scope, line) in zip(range(definitions), _definitions(), strict=False):
        lines[scope].append(f"    {line}\n")
        assert count < definitions
    formulas = "".join(f"  {scope}:\n{''.join(body)}" for scope, body in reversed(lines.items()) if body)
    listed = "".join(
        f"    A{number}: {{ ltv: {number % 90}%, cap: {1_000 + number}, "
        f"tiers: [{{ from: 0, rate: 1% }}, {{ from: {10_000 + number}, rate: 2% }}] }}\n"
        for number in range(assets)
    )
    shocks = "".join(f"    s{number}: {{ move: {number - 8}% }}\n" for number in range(16))
    parameters = f"parameters:\n  floor_share: 5%\n  assets:\n{listed}  shocks:\n{shocks}"
    status = "status:\n  - is: liquidatable\n    when: total_0 > equity_0\n  - is: healthy\n"
    return f"{MODEL}{parameters}formulas:\n{formulas}{status}outputs: [total_0, equity_0, position.value_0]\n"


def _definitions() -> Iterator[tuple[str, str]]:
    """Scope and line of definition after definition, each complete with the ones before it."""
    number = 0
    while True:
        before = number - 1
        fan = range(max(0, number - 10), number) if number % 10 == 9 else range(before, number) if number else ()
        parts = {
            "weight": f"weight_{before}" if number else "1",
            "gain": f"0.5 * gain_{before}" if number else "0",
            "part": f"0.25 * part_{before}" if number else "0",
            "total": " + ".join(f"total_{n}" for n in fan) or "0",
        }
        for scope, lines in BLOCK.items():
            for line in lines:
                text = line.replace("{n}", str(number))
                for name, part in parts.items():
                    text = text.replace("{" + name + "}", part)
                yield scope, text
        number += 1


def seconds(path: Path) -> float:
    """One validation from the file on, with nothing remembered; findings end the benchmark."""
    parse._tree.cache_clear()
    gc.collect()
    begin = time.process_time()
    source, found, _ = read(path, path.name)
    found = found + (source.findings() if source is not None else [])
    end = time.process_time()
    if source is None or found:
        sys.exit("\n".join(f"{f.span.line}: {f.code} {f.message}" for f in found[:5]))
    return end - begin


def measure(runs: int) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Times by rulebook, and characters of each file."""
    texts = {f"{size:_}": rulebook(size) for size in SIZES} | {f"1_000+{ASSETS}": rulebook(1_000, ASSETS)}
    times: dict[str, list[float]] = {name: [] for name in texts}
    gc.set_threshold(*COLLECTION)  # as the command line does
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.yaml" for name in texts}
        for name, path in paths.items():
            path.write_text(texts[name], encoding="utf-8")
        seconds(paths["250"])  # the tables of the parser are read, the schema too
        for _ in range(runs):
            for name, path in paths.items():
                repeats = max(SIZES) // _size(name)
                times[name].append(sum(seconds(path) for _ in range(repeats)) / repeats)
    return times, {name: len(text) for name, text in texts.items()}


def _size(name: str) -> int:
    return int(name.partition("+")[0])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--runs", type=int, default=5, help="turns through all sizes (default 5)")
    runs = max(1, options.parse_args().runs)
    times, characters = measure(runs)
    median = {name: statistics.median(values) for name, values in times.items()}
    growth = median["2_000"] / median["250"]
    print(f"{machine.told()}; processor time, medians of {runs} turns\n", file=sys.stderr)
    print(f"{'definitions':14}{'characters':>12}{'median':>12}{'fastest':>12}", file=sys.stderr)
    for name, values in times.items():
        line = f"{name:14}{characters[name]:12_}{median[name] * 1000:9.0f} ms{min(values) * 1000:9.0f} ms"
        print(line, file=sys.stderr)
    verdict = "met" if growth <= MOST else "missed"
    print(f"\nt(2,000) / t(250) {growth:.2f}   target at most {MOST:g}: {verdict}", file=sys.stderr)
    large = median[f"1_000+{ASSETS}"]
    print(f"1,000 definitions and {ASSETS} assets validated in {large:.2f} s on one core\n", file=sys.stderr)
    report = {
        "benchmark": "compile_cost",
        **machine.described(),
        "runs": runs,
        "median_ms": {name: round(value * 1000, 1) for name, value in median.items()},
        "characters": characters,
        "growth": round(growth, 3),
        "target_growth": MOST,
        "met": growth <= MOST,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
