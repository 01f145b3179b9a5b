"""`marginc lsp`: the language server for editors, on stdin and stdout."""

from __future__ import annotations

import os

import click

from .refusal import Stopped


@click.command("lsp")
def command() -> int:
    """Run the language server for editors, on stdin and stdout.

    Findings while typing, completion, hover, definition, references, rename, format, fixes. It speaks the Language
    Server Protocol on stdin and stdout until the editor says `exit`. `docs/editors.md` says how VS Code, Neovim,
    Helix and Emacs start it. It needs `pip install 'marginc[lsp]'`.
    """
    try:
        from ..language_server.server import build_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise Stopped("the language server needs pygls: `pip install 'marginc[lsp]'`") from None
    # Streams of their own: the server closes what it reads and writes, the command line still wants its stdout.
    with os.fdopen(os.dup(0), "rb") as questions, os.fdopen(os.dup(1), "wb") as answers:
        build_server().start_io(questions, answers)
    return 0
