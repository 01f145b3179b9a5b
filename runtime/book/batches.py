"""Where a book's record batches come from: a table in memory, a file of Arrow or Parquet, a stream that passes once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...program.diagnostic import SnapshotError, Span
from ..diagnostics import snapshot as snapshot_pages
from .buffers import Damaged, first_line
from .columns import BLOCK
from .form import form_of

_COUNTED = 4_096
"""Record batches of a file whose accounts are counted before they are read; more would take a while."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Record batches of one schema.

    name      what people call the book
    open      reads them from the beginning, checked for buffers that are too short; all columns, or only those named.
              Raises Damaged
    count     accounts, where that is known before reading
    again     whether `open` may be asked more than once
    """

    name: str
    schema: Any
    open: Callable[[list[str] | None], Iterator[Any]]
    count: int | None
    again: bool = True


def batches_of(source: Any, name: str = "book") -> Batches:
    """The batches of a path, or of a pyarrow table, record batch or reader. Raises SnapshotError."""
    if isinstance(source, str | Path):
        return _of_file(Path(source), name if name != "book" else str(source))
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if isinstance(source, pa.Table):
        table = source
        return Batches(name, table.schema, lambda only: _checked(table.to_batches(), only), table.num_rows)
    if isinstance(source, pa.RecordBatchReader):
        return Batches(name, source.schema, lambda only: _checked(source, only), None, again=False)
    raise SnapshotError([snapshot_pages.cannot_be_read(Span(name), "it is neither a file nor an Arrow table")])


def _of_file(path: Path, name: str) -> Batches:
    form = form_of(path)
    if not path.is_file():
        raise SnapshotError([snapshot_pages.cannot_be_read(Span(name), "there is no such file")])
    try:
        if form == "parquet":
            return _of_parquet(path, name)
        if form == "arrow file":
            return _of_arrow_file(path, name)
        with pa.ipc.open_stream(pa.memory_map(str(path))) as stream:
            schema = stream.schema
        return Batches(name, schema, lambda only: _checked(pa.ipc.open_stream(pa.memory_map(str(path))), only), None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SnapshotError([snapshot_pages.cannot_be_read(Span(name), first_line(error))]) from None


def _of_arrow_file(path: Path, name: str) -> Batches:
    """Batches that lie in the file as it is mapped into memory."""
    reader = pa.ipc.open_file(pa.memory_map(str(path)))

    def read(only: list[str] | None) -> Iterator[Any]:
        return _checked((reader.get_batch(number) for number in range(reader.num_record_batches)), only)

    count = None
    if reader.num_record_batches <= _COUNTED:
        count = sum(reader.get_batch(number).num_rows for number in range(reader.num_record_batches))
    return Batches(name, reader.schema, read, count)


def _of_parquet(path: Path, name: str) -> Batches:
    """Batches read row group by row group, words of references and labels as a dictionary where they lie as one."""
    import pyarrow.parquet as parquet

    plain = parquet.ParquetFile(path, memory_map=True)
    words = [
        plain.schema.column(place).path
        for place in range(len(plain.schema))
        if str(plain.schema.column(place).logical_type) == "String" and plain.schema.column(place).path != "account"
    ]
    file = parquet.ParquetFile(path, memory_map=True, read_dictionary=words, pre_buffer=False)

    def read(only: list[str] | None) -> Iterator[Any]:
        return _checked(file.iter_batches(batch_size=BLOCK, columns=only), only)

    return Batches(name, file.schema_arrow, read, plain.metadata.num_rows)


def _checked(batches: Iterable[Any], only: list[str] | None) -> Iterator[Any]:
    """The batches, each with buffers as long as it says. Raises Damaged."""
    try:
        for batch in batches:
            part = batch if only is None else batch.select(only)
            part.validate()
            yield part
    except (pa.ArrowException, OSError) as error:
        raise Damaged(first_line(error)) from None
