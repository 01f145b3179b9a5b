"""Books through machine code: a rulebook prepared for a snapshot, its kernels, and what they find of each account."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from ...program.number import Value
from ...program.program import Constant, Program
from ..book import Block, Book, Column, Words, open_book
from ..book.blocks import Check
from .jobs import Found, Job, Loaded, Outcome, Ready
from .kept import keep_kernel, kept_kernel
from .kernel import FUNCTION, Plan, Written, write_kernel
from .keys import mark_repeats
from .layout import Layout
from .places import places_of
from .reference import ReferenceData
from .verdict import UNDECIDED
from .visits import most_rows

SCRATCH = 48 << 20
"""Bytes of working memory that all threads together may have; larger accounts go to the exact executor."""
_LEFT: tuple[Check, ...] = ("keys",)
"""Checks of a book that machine code does itself."""
_SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


class Kernel:
    """A program over one snapshot's reference rows, as machine code for books. May be run in several threads."""

    def __init__(
        self,
        program: Program,
        observed: Mapping[str, Mapping[str, Mapping[str, Constant]]],
        as_of: Decimal,
        replaced: Mapping[int, Value] | None = None,
        words: Words | None = None,
    ):
        self.program = program
        self.words = words or Words(program)
        self.data = ReferenceData(program, as_of, observed, replaced or {}, self.words)
        self.most_rows = most_rows(program, self.data.counts())
        self._places: dict[tuple[str, str], int] = {}
        self._ready: dict[Any, Ready] = {}
        self._lock = threading.Lock()

    # ---- code

    def ready(self, block: Block, mode: str, bounds: bool, rows: bool) -> Ready:
        """The kernel for blocks of this layout; made when it is first asked for."""
        plan = self.plan(block, mode, bounds, rows)
        key = (mode, bounds, rows, tuple(sorted(plan.encodings.items())), tuple(sorted(plan.offsets.items())))
        with self._lock:
            if key not in self._ready:
                self._ready[key] = self._made(plan, repr(key))
            return self._ready[key]

    def plan(self, block: Block, mode: str, bounds: bool, rows: bool) -> Plan:
        """What a kernel for blocks of this layout is written for."""
        return Plan(
            mode, bounds, rows,
            {key: (_encoding(column), self._scale(column, mode)) for key, column in block.columns.items()},
            {kind: 8 * offsets.dtype.itemsize for kind, offsets in block.offsets.items()},
        )  # fmt: skip

    def _scale(self, column: Column, mode: str) -> int:
        """The decimal places of a column: of doubles those of a sample, where code is written for them."""
        if mode != "fixed" or column.encoding not in ("f64", "v64"):
            return column.scale
        key = (column.kind, column.field)
        self._places[key] = places_of(column.data, self._places.get(key))
        return self._places[key]

    def _made(self, plan: Plan, key: str) -> Ready:
        shown = (self.program.outputs, self.program.ladder, self.program.checks)
        words = self.words.texts[: self.words.fixed]  # parameters name some of them: their numbers stand in the code
        identity = " ".join(map(str, (writer_version(), self.program.code_hash, shown, words, key, self.data.replaced)))
        kept = kept_kernel(self.data, identity)
        if kept is not None:
            written, layout, code = kept
        else:
            layout = Layout(self.data.apart())
            written = write_kernel(self.program, layout, plan)
            code = keep_kernel(identity, written, layout)
        return Ready(written, layout, _SIGNATURE(code.address(FUNCTION)), code)

    # ---- running

    def load(self, accounts: Any) -> Loaded:
        """Accounts of an Arrow table (or a file's name), checked and laid out once, to be run many times."""
        book = (
            accounts
            if isinstance(accounts, Book)
            else open_book(accounts, self.program, self.data.keys(), words=self.words)
        )
        return Loaded(list(self.blocks(book)))

    def blocks(self, book: Book) -> Iterator[Block]:
        """The blocks of a book, checked; machine code looks for accounts with a key twice."""
        for block in book.blocks(leave=_LEFT):
            mark_repeats(self.program, block, self.data.counts())
            yield block

    def run(self, loaded: Loaded, threads: int = 1, mode: str = "certified") -> Outcome:
        """Statuses and values of all loaded accounts. The arrays are those of the last run with this mode.

        mode  `plain`; `certified`, by doubles and, what they leave open, by residues; `fixed`, all by residues
        """
        key = (threads, mode)
        if key not in loaded.jobs:
            loaded.jobs[key] = [self.job(block, threads, mode, False, False) for block in loaded.blocks]
        jobs = loaded.jobs[key]
        with ThreadPoolExecutor(threads) as pool:
            if threads == 1:
                for job in jobs:
                    job.run()
            else:
                parts = [part for job in jobs for part in range(len(job.frames))]
                list(pool.map(Job.part, [job for job in jobs for _ in job.frames], parts))
            if mode == "certified":
                for block, job in zip(loaded.blocks, jobs, strict=True):
                    self.decide(block, job.found, pool, threads)
        return Outcome(self.program, [job.found for job in jobs])

    def run_block(
        self, block: Block, pool: ThreadPoolExecutor, threads: int, mode: str, bounds: bool, rows: bool
    ) -> Found:
        """What is found of one block."""
        job = self.job(block, threads, mode, bounds, rows)
        job.run(pool)
        return job.found

    def decide(
        self,
        block: Block,
        found: Found,
        pool: ThreadPoolExecutor | None = None,
        threads: int = 1,
        bounds: bool = False,
        rows: bool = False,
    ) -> None:
        """Evaluates the accounts that are UNDECIDED in `found` again, deciding by residues what doubles leave open, and
        writes what is found of them there; `bounds` and `rows` as they were. What is UNDECIDED then is for the exact
        executor."""
        accounts = np.flatnonzero((found.status == UNDECIDED) & (block.unreadable == 0))
        if not len(accounts):
            return
        job = self.job(block, threads if pool is not None else 1, "fixed", bounds, rows, found, accounts)
        for failing in found.failing.values():
            failing[accounts] = 0
        job.run(pool)

    def job(
        self,
        block: Block,
        threads: int,
        mode: str,
        bounds: bool,
        rows: bool,
        found: Found | None = None,
        accounts: Any = None,
    ) -> Job:
        """Everything a run over a block needs, made ready. `found` is where it goes, `accounts` the numbers of those
        that are evaluated, where not all are."""
        if mode == "fixed" and accounts is None:
            accounts = np.arange(block.count)
        ready = self.ready(block, mode, bounds, rows)
        found = found or Found(block.first, block.count, np.empty(block.count, np.uint8))
        capacity = self._capacity(ready.written, block, threads)
        shared, held = self._frame(ready, block, found, self._closed(block, capacity), accounts)
        parts = _parts(block.count if accounts is None else len(accounts), threads)
        frames = [self._of_thread(ready.written, shared, capacity) for _ in parts]
        return Job(ready, found, parts, frames, held)

    def _closed(self, block: Block, capacity: Mapping[str, int]) -> Any:
        """1 for every account that the exact executor takes: unreadable, or too large for the working memory."""
        closed = block.unreadable
        for kind, offsets in block.offsets.items():
            if int(np.diff(offsets).max(initial=0)) > capacity[kind]:
                closed = closed | (np.diff(offsets) > capacity[kind])
        return np.ascontiguousarray(closed, np.uint8)

    def _frame(
        self, ready: Ready, block: Block, found: Found, closed: Any, accounts: Any
    ) -> tuple[dict[Any, int], list[Any]]:
        """The cells of the frame that all threads share, and what must stay in memory meanwhile."""
        held: list[Any] = []
        cells: dict[Any, int] = {}

        def keep(array: Any) -> int:
            held.append(array)
            return int(array.ctypes.data)

        for name in ready.written.frame:
            match name:
                case ("column", kind, field_name):
                    cells[name] = keep(block.columns[kind, field_name].data)
                case ("offsets", kind):
                    cells[name] = keep(block.offsets[kind])
                case ("unreadable",):
                    cells[name] = keep(closed)
                case ("accounts",):
                    cells[name] = keep(accounts)
                case ("status",):
                    cells[name] = keep(found.status)
                case ("groups", kind):
                    cells[name] = keep(found.groups.setdefault(kind, np.zeros(block.count, np.int64)))
                case ("key", kind, key):
                    cells[name] = keep(found.keys.setdefault((kind, key), np.zeros(self.cells_of(kind, block))))
                case ("output" | "bound" | "failing", number):
                    cells[name] = keep(self._output(name[0], int(number), block, found))
                case ("capacity" | "scratch", _):
                    continue
                case _:
                    shared = self._of_reference(name, ready)
                    cells[name] = shared if isinstance(shared, int) else keep(shared)
        return cells, held

    def _output(self, sort: str, number: int, block: Block, found: Found) -> Any:
        definition = self.program.definitions[number]
        size = block.count
        for kind in definition.scope:
            role = self.program.kinds[kind].role
            if role == "reference":
                size *= self.data.count(kind)
            elif role != "account":
                size = self.cells_of(kind, block)
        if sort == "failing":
            return found.failing.setdefault(number, np.zeros(block.count, np.uint8))
        into = found.outputs if sort == "output" else found.bounds
        return into.setdefault(number, np.zeros(size))

    def cells_of(self, kind: str, block: Block) -> int:
        """Cells for the rows of a kind in a block; a group has at most as many rows as it has members."""
        group = self.program.kinds[kind]
        if group.role == "rows":
            return block.lengths[kind]
        return sum(self.cells_of(member, block) for member in group.of)

    def _of_reference(self, name: tuple[str, ...], ready: Ready) -> Any:
        """What accounts share: a number, or an array, which is made once."""
        sort, which = name[0], name[1] if len(name) > 1 else ""
        layout, strides = ready.layout, ready.written.strides
        data = layout.data
        match sort:
            case "count":
                if which.startswith("#"):
                    arena = data.arenas[int(which[1:])]
                    return arena.rows
                return data.count(which)
            case "blocks":
                return len(data.arenas[int(which)].blocks)
        if name not in ready.shared:
            array: Any
            match sort:
                case "rows":
                    array = layout.table_of(which)[:, : strides[which]]
                case "residue":
                    array = layout.integers[int(which)]
                case "matrix":
                    array = layout.matrices[int(which)]
                case "keyed":
                    array = layout.dense[int(which)]
                case "lows" | "ends" | "counts":
                    array = getattr(data.arenas[int(which)], sort)()
                case _:
                    array = np.full(8, np.nan)
            ready.shared[name] = np.ascontiguousarray(array)
        return ready.shared[name]

    def _capacity(self, written: Written, block: Block, threads: int) -> dict[str, int]:
        """Rows of each kind that working memory is made for."""
        capacity: dict[str, int] = {}
        for kind in self.program.kinds.values():
            if kind.role == "reference":
                capacity[kind.name] = max(1, self.data.count(kind.name))
            elif kind.role == "rows":
                sizes = np.diff(block.offsets[kind.name])
                capacity[kind.name] = min(self.most_rows, max(1, int(sizes.max(initial=0))))
        while True:
            for kind in self.program.kinds.values():
                if kind.role == "group":
                    capacity[kind.name] = sum(capacity[member] for member in kind.of)
            total = sum(8 * _cells(kinds, capacity) for kinds in written.scratch.values()) * threads
            if total <= SCRATCH or not any(
                capacity[k.name] > 1 for k in self.program.kinds.values() if k.role == "rows"
            ):
                return capacity
            for kind in self.program.kinds.values():
                if kind.role == "rows":
                    capacity[kind.name] = max(1, capacity[kind.name] // 2)

    def _of_thread(self, written: Written, shared: Mapping[Any, int], capacity: Mapping[str, int]) -> tuple[Any, Any]:
        """The frame of one thread and its working memory."""
        sizes = {name: _cells(kinds, capacity) for name, kinds in written.scratch.items()}
        memory = np.zeros(sum(sizes.values()) + 1)
        starts = dict(zip(sizes, np.cumsum([0, *sizes.values()]), strict=False))
        frame = np.zeros(max(1, len(written.frame)), np.int64)
        for place, name in enumerate(written.frame):
            if name[0] == "scratch":
                frame[place] = memory.ctypes.data + 8 * int(starts[name[1]])
            elif name[0] == "capacity":
                frame[place] = capacity[name[1]]
            else:
                frame[place] = shared[name]
        return frame, memory


def _encoding(column: Column) -> str:
    """How a column is laid out; doubles that are all there need less care."""
    if column.encoding == "f64" and not np.isnan(column.data).any():
        return "f64 all"
    return column.encoding


@functools.cache
def writer_version() -> str:
    """What machine code is written by: a digest over the modules of this folder."""
    seen = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        seen.update(path.read_bytes())
    return seen.hexdigest()


def _cells(kinds: Sequence[str], capacity: Mapping[str, int]) -> int:
    cells = 1
    for kind in kinds:
        cells *= capacity.get(kind, 1)
    return cells + 1


def _parts(count: int, threads: int) -> list[tuple[int, int]]:
    """Stretches of accounts, one a thread."""
    if threads <= 1 or count < 256:
        return [(0, count)]
    edges = [count * part // threads for part in range(threads + 1)]
    return list(itertools.pairwise(edges))
