"""Hand-written C: what the others are measured by. The machine's C compiler compiles it when it is first needed."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..book import Book, default_folder
from ..table import columns_of
from ..tables import TIERS, assets_of, markets_of, trigger_of
from .contestant import STUDY, Columns, Contestant, Missing, Outcome, Run

SOURCE = Path(__file__).resolve().parents[1] / "c" / "margin.c"
COMPILER = os.environ.get("CC", "gcc")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-fopenmp", "-shared", "-fPIC")
_ASSET = np.dtype([(name, np.float64) for name in ("collateral", "borrowable", "cap", "unused")])
_MARKET = np.dtype(
    [("mark", np.float64), ("begin", np.float64, TIERS - 1), ("rate", np.float64, TIERS), ("less", np.float64, TIERS)]
    + [(name, np.float64) for name in ("lot", "per_lot", "loss_limit", "surcharge")]
)


class _Book(ctypes.Structure):
    """`Book` of margin.c."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in (
            "balance_offsets", "asset", "amount", "position_offsets", "market", "size", "entry", "cash",
            "assets", "markets",
        )),
        ("trigger", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in (
            "required", "backing", "available", "maintenance_margin", "status", "uncertain",
        )),
    ]  # fmt: skip


@cache
def library() -> ctypes.CDLL:
    """The compiled kernels. Raises Missing where there is no C compiler."""
    text = SOURCE.read_bytes() + repr((compiler(), FLAGS)).encode()
    target = default_folder() / f"margin-{hashlib.sha256(text).hexdigest()[:16]}.so"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            partial_file = Path(folder) / target.name
            command = [COMPILER, *FLAGS, "-o", str(partial_file), str(SOURCE), "-lm"]
            built = subprocess.run(command, capture_output=True, text=True, check=False)
            if built.returncode:
                raise Missing(f"`{' '.join(command)}` failed: {built.stderr.strip()[:200]}")
            partial_file.replace(target)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # a thread without work leaves its core to whose turn it is
    return ctypes.CDLL(str(target))


@cache
def compiler() -> str:
    """The compiler in a line. Raises Missing where there is none."""
    try:
        told = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as failure:
        raise Missing(f"no C compiler `{COMPILER}`") from failure
    return told.splitlines()[0]


def prepare(book: Book, kernel: str, threads: int) -> Run:
    """The columns of the book's table in place, and the reference rows in the order of `margin.c`."""
    run = getattr(library(), kernel)
    columns, assets, markets = columns_of(book.table), assets_of(book), markets_of(book)
    asset_rows, market_rows = np.zeros(len(assets), _ASSET), np.zeros(len(markets.mark), _MARKET)
    for name in ("collateral", "borrowable", "cap"):
        asset_rows[name] = getattr(assets, name)
    market_rows["begin"], market_rows["per_lot"] = markets.begin[:, 1:], 1 / markets.lot
    for name in ("mark", "rate", "less", "lot", "loss_limit", "surcharge"):
        market_rows[name] = getattr(markets, name)
    inputs = {
        **{name: getattr(columns, name) for name in columns.__slots__},
        "assets": asset_rows,
        "markets": market_rows,
    }

    given = Columns(columns.count)
    uncertain = np.zeros(columns.count if kernel == "certified" else 0, np.uint8)

    def once() -> Outcome:
        status, values = given.ready()
        arrays = {**inputs, **values, "status": status, "uncertain": uncertain}
        pointers = {name: _address(array) for name, array in arrays.items()}
        run(ctypes.byref(_Book(trigger=trigger, **pointers)), ctypes.c_uint32(columns.count), ctypes.c_int(threads))
        return Outcome(status, values, int(np.count_nonzero(uncertain)))

    trigger = trigger_of(book)
    return once


def _address(array: NDArray[np.generic]) -> int:
    return int(array.ctypes.data)


def _contestant(name: str, kernel: str, threads: int, books: tuple[str, ...] = STUDY) -> Contestant:
    return Contestant(name, partial(prepare, kernel=kernel, threads=threads), books, threads=threads)


CONTESTANTS = [
    _contestant("C", "continuous", 1),
    _contestant("C, 2 threads", "continuous", 2),
    _contestant("C with the study's bound", "certified", 1),
    _contestant("C", "discontinuous", 1, ("discontinuous",)),
    _contestant("C, 2 threads", "discontinuous", 2, ("discontinuous",)),
]
