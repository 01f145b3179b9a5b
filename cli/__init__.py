"""The command line: one thin module a verb, loaded when its verb is asked for."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

import click

from .. import __version__
from ..program.codes import closest
from ..program.diagnostic import MargincError
from .output import pipe_is_closed, prepare_streams, tell
from .refusal import Refusal

FINE, FOUND, REFUSED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141
"""Exit codes: nothing to report; findings, accounts in error, a status asked for; usage, input or output, internal;
Ctrl-C (128 + SIGINT); a reader that went away (128 + SIGPIPE)."""
COLLECTION = (200_000, 30, 100)
"""When garbage is collected, as mypy sets it: a compiler makes many objects that stay and few circles."""


@dataclass(frozen=True, slots=True)
class Verb:
    """The module that holds a verb's command `command`, and its line in `marginc --help`."""

    module: str
    about: str


VERBS = {
    "validate": Verb("validate", "Check rulebooks: everything that can be known without a snapshot."),
    "lint": Verb("lint", "Find what is right in rulebooks and could be better."),
    "fmt": Verb("fmt", "Write rule files as they should be written."),
    "evaluate": Verb("evaluate", "Apply a rulebook to account snapshots."),
    "explain": Verb("explain", "Show where a number comes from, or the page of a diagnostic code."),
    "list": Verb("list_", "List the rulebooks in the box, with the dates of their amendments."),
    "show": Verb("show", "Show the parameters in force, one value, or its history."),
    "test": Verb("test", "Run the cases that stand beside the rules."),
    "mutate": Verb("mutate", "Make slips in RULEBOOK one at a time, and run its cases on each."),
    "import": Verb("import_", "Turn a venue's API answers into a snapshot."),
    "schema": Verb("schema", "Write a rulebook's own JSON Schema, for editors."),
    "new": Verb("new", "Begin a venue's rulebook, with everything that stands beside it."),
    "lsp": Verb("lsp", "Run the language server for editors, on stdin and stdout."),
    "pack": Verb("pack", "Turn snapshots into a book of Arrow or Parquet."),
    "build": Verb("build", "Compile a rulebook to an artifact, or print its operations."),
    "settings": Verb("configuration", "Show the settings that hold, and what sets them."),
}


class LazyGroup(click.Group):
    """Knows its verbs by name; a verb's module is imported when the verb runs."""

    # click asks with a context that these answers do not depend on.
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        from .configuration import prepare  # here: `marginc --help` has nothing to configure

        command = self.load(cmd_name)
        prepare(ctx, cmd_name, command)
        return command

    @staticmethod
    def load(verb: str) -> click.Command:
        """The command of a verb, its module imported now."""
        command = import_module(f".{VERBS[verb].module}", __package__).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            meant = closest(args[0], VERBS)
            hint = f"did you mean `{meant}`?" if meant else f"verbs are {', '.join(VERBS)}"
            raise click.UsageError(f"there is no verb `{args[0]}`; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(name, verb.about) for name, verb in VERBS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 fine; 1 findings, an account in error, or a status named with --fail-on; "
    "2 usage, input or output, internal.",
)
@click.version_option(__version__, prog_name="marginc", message="%(prog)s %(version)s")
def group() -> None:
    """Margin rules written in YAML, checked like a program, and shown in money before they liquidate anyone."""


def main(arguments: Sequence[str] | None = None, prog_name: str = "marginc") -> NoReturn:
    """Runs the command line and ends the process with its exit code. No exception gets past it."""
    if "_MARGINC_COMPLETE" in os.environ:
        group.main(prog_name=prog_name)  # shell completion
    gc.set_threshold(*COLLECTION)
    prepare_streams()
    sys.exit(_run(list(sys.argv[1:] if arguments is None else arguments), prog_name))


def _run(arguments: list[str], prog_name: str) -> int:
    try:
        code = _invoke(arguments, prog_name)
        sys.stdout.flush()
        return code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MargincError as error:
        return Refusal(error.diagnostics).report()
    except Refusal as refusal:
        return refusal.report()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        pipe_is_closed()
        return PIPE_CLOSED
    except OSError as error:
        tell(f"error: {error.filename or 'input or output'}: {(error.strerror or 'the system refuses it').lower()}")
        return REFUSED
    except Exception as error:
        if os.environ.get("MARGINC_DEBUG"):
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())
        tell(
            f"internal error: {what[:300]}. This is a bug of marginc: please report it with the command, its files"
            " and the output under MARGINC_DEBUG=1."
        )
        return REFUSED


def _invoke(arguments: list[str], prog_name: str) -> int:
    try:
        with group.make_context(prog_name, arguments) as context:
            result = group.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return result if isinstance(result, int) else FINE
