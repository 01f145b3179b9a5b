"""Record batches to a file of Arrow or Parquet, one by one as they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import BinaryIO, Literal

import pyarrow as pa

from .buffers import Array

Form = Literal["arrow", "parquet"]
ROW_GROUP = 65_536
"""Accounts of a row group of Parquet, at most."""


def write_batches(
    stream: BinaryIO, form: Form, schema: Array, batches: Iterable[Array], about: Mapping[str, str] | None = None
) -> None:
    """Writes record batches of this schema; `about` goes into its metadata. Raises OSError."""
    if about:
        kept = schema.metadata or {}
        schema = schema.with_metadata({**kept, **{key.encode(): text.encode() for key, text in about.items()}})
    if form == "arrow":
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        with pa.ipc.new_file(stream, schema, options=options) as writer:
            for batch in batches:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        return
    import pyarrow.parquet as parquet

    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata), row_group_size=ROW_GROUP)
