"""`marginc schema`: a rulebook's own JSON Schema, for editors that complete and check its names."""

from __future__ import annotations

import click

from ..api import shown
from .findings import render
from .output import color_on, destination, say, tell
from .refusal import Stopped
from .rules import open_source
from .sources import with_sources
from .validate import rulebooks


@click.command("schema")
@click.argument("paths", nargs=-1, required=True, metavar="RULEBOOK...")
@click.option("-o", "--output", metavar="FILE", help="Write the schema of one rulebook to FILE.")
@click.option("--write", is_flag=True, help="Write NAME.schema.json beside each rulebook.")
@click.option("--check", is_flag=True, help="Write nothing; 1 where a rulebook's schema is missing or stale.")
def command(paths: tuple[str, ...], output: str | None, write: bool, check: bool) -> int:
    """Write a rulebook's own JSON Schema, for editors.

    It holds names, types, defaults and `about`, for completion and hover text. RULEBOOK is a file or a shipped
    name; with --write or --check also a folder. An editor with YAML support (VS Code's YAML extension, JetBrains,
    Neovim) reads the schema where the rulebook begins with `# yaml-language-server: $schema=./NAME.schema.json`.
    """
    if write and check:
        raise Stopped("--write writes schemas and --check writes none: give one of them")
    if output is not None and (write or check):
        raise Stopped("-o names the file of one rulebook; --write and --check know theirs")
    if check:
        return _check(paths)
    if write:
        return _write(paths)
    if len(paths) > 1:
        raise Stopped("several rulebooks have several schemas: `--write` puts each beside its rulebook")
    from ..compiler.schema.publish import schema_text

    source = open_source(paths[0])
    with destination(output) as stream:
        stream.write(schema_text(source))
    return 0


def _write(paths: tuple[str, ...]) -> int:
    """Each schema beside its rulebook; those that are current are left alone."""
    from ..compiler.schema.publish import schema_beside, schema_text

    written = 0
    for path in rulebooks(paths):
        target, text = schema_beside(path), schema_text(open_source(str(path)))
        if not target.is_file() or target.read_bytes() != text.encode():
            with destination(str(target)) as stream:
                stream.write(text)
            say(shown(target))
            written += 1
    tell(f"{written} written" if written else "all schemas are current")
    return 0


def _check(paths: tuple[str, ...]) -> int:
    """As `validate` warns; here a rulebook without a schema is a finding too."""
    from ..compiler.schema.publish import stale_schema

    files = rulebooks(paths)
    found = [finding for path in files for finding in stale_schema(open_source(str(path)), wanted=True)]
    say(render(found, with_sources(found, {}), "text", color_on("stdout")), end="")
    tell(f"{len(found)} of {len(files)} schemas to write" if found else "all schemas are current")
    return int(bool(found))
