"""How long `marginc validate` of one rulebook takes, beside the imports it cannot do without.

Both commands run in processes of their own, in turn, so that a busy moment of the machine falls on both.
The table goes to stderr, the JSON to stdout.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from marginc.benchmarks import machine

ROOT = Path(__file__).resolve().parents[1]
RULEBOOK = "rules/hyperliquid/portfolio-margin.yaml"
TARGET = 2.0
"""The most that validate may take, as a multiple of the imports: issue 2, the thin path."""

COMMANDS: dict[str, list[str]] = {
    "imports": [sys.executable, "-c", "import click, yaml, lark"],
    "validate": [sys.executable, "-m", "marginc", "validate", RULEBOOK],
    "no cache": [sys.executable, "-m", "marginc", "validate", "--no-cache", RULEBOOK],
}
"""`validate` passes over a rulebook that had no findings and did not change; `no cache` checks it anew each time."""


def seconds(command: list[str]) -> float:
    """Wall time of one run; a run that fails ends the benchmark, for its time means nothing."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    end = time.perf_counter()
    if done.returncode != 0:
        sys.exit(f"`{' '.join(command[1:])}` ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return end - begin


def measure(runs: int) -> dict[str, list[float]]:
    """Times of `runs` alternating runs, after one of each that warms the file cache and writes bytecode."""
    for command in COMMANDS.values():
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    return times


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--runs", type=int, default=21, help="alternating runs of each command (default 21)")
    runs = max(1, options.parse_args().runs)
    times = measure(runs)
    median = {name: statistics.median(values) for name, values in times.items()}
    ratio = median["validate"] / median["imports"]
    print(
        f"{machine.told()}; medians of {runs} alternating runs\n\n{'':10}{'median':>10}{'fastest':>10}", file=sys.stderr
    )
    for name, values in times.items():
        print(f"{name:10}{median[name] * 1000:7.1f} ms{min(values) * 1000:7.1f} ms", file=sys.stderr)
    verdict = "met" if ratio <= TARGET else "missed"
    cold = median["no cache"] / median["imports"]
    print(f"{'ratio':10}{ratio:10.2f}   target at most {TARGET:g}: {verdict}", file=sys.stderr)
    print(f"{'no cache':10}{cold:10.2f}   checked anew each time\n", file=sys.stderr)
    report = {
        "benchmark": "validate_startup",
        **machine.described(),
        "runs": runs,
        "median_ms": {name: round(value * 1000, 2) for name, value in median.items()},
        "ratio": round(ratio, 3),
        "ratio_no_cache": round(cold, 3),
        "target_ratio": TARGET,
        "met": ratio <= TARGET,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
