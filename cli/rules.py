"""Opening the rules a command names: a rulebook by path or shipped name, or an artifact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ..api import find_rulebook, seconds, shipped_names, shown
from ..program.codes import closest
from ..program.program import Program
from .refusal import Refusal, Stopped

if TYPE_CHECKING:
    from ..compiler.pipeline import Source


@dataclass(frozen=True, slots=True)
class Rules:
    """A rulebook that can be evaluated.

    name       as the rulebook calls itself
    texts      of its files by name, for showing findings; empty for an artifact
    statuses   every status of any date, worst first
    at         the program in force at an instant (seconds since 1970; None: before every amendment)
    """

    name: str
    texts: Mapping[str, str]
    statuses: tuple[str, ...]
    at: Callable[[Decimal | int | None], Program]


def open_rules(rulebook: str) -> Rules:
    """The rules of a rulebook, checked at every date, or of an artifact. Raises Refusal, Stopped, ProgramError."""
    if rulebook.endswith(".json"):
        return _open_artifact(rulebook)
    source = open_source(rulebook)

    def at(moment: Decimal | int | None) -> Program:
        program, found = source.program_at(None if moment is None else int(moment // 1))
        if program is None:
            raise Refusal(found, source.sources)
        return program

    ladders = [at(moment).ladder for moment in (None, *source.rulebook.instants)]
    statuses = dict.fromkeys(rung.name for ladder in reversed(ladders) for rung in ladder)
    return Rules(source.rulebook.name, source.sources, tuple(statuses), at)


def open_source(rulebook: str) -> Source:
    """A rulebook that was read and checks at every date. Raises Refusal, Stopped."""
    from ..compiler.pipeline import read

    path, name = named_rulebook(rulebook)
    source, found, texts = read(path, name)
    if source is not None:
        found = found + source.findings()
    if source is None or any(finding.severity == "error" for finding in found):
        raise Refusal(found, texts)
    return source


def named_rulebook(rulebook: str) -> tuple[Path, str]:
    """The file of a rulebook and how people see it. Raises Stopped where there is none."""
    path, name = find_rulebook(rulebook)
    if path.is_dir():
        raise Stopped(f"`{rulebook}` is a folder; name one rulebook in it")
    if not path.exists():
        raise Stopped(no_such_rulebook(rulebook))
    return path, name


def no_such_rulebook(rulebook: str) -> str:
    """The sentence for a rulebook that is neither a file nor in the box."""
    meant = closest(rulebook, shipped_names())
    hint = f"did you mean `{meant}`?" if meant else "`marginc list` names those in the box"
    return f"there is no rulebook `{rulebook}`; {hint}"


def moment(text: str | None) -> int | None:
    """An `--as-of` in seconds since 1970. Raises Stopped."""
    try:
        return seconds(text)
    except ValueError as error:
        raise Stopped(f"--as-of: {error}; write `2026-08-17` or `2026-08-17T12:30Z`") from None


def _open_artifact(artifact: str) -> Rules:
    from ..program.literal import instant_text
    from ..program.load import load_program

    path = Path(artifact)
    if not path.exists():
        raise Stopped(f"there is no artifact `{artifact}`; `marginc build RULEBOOK -o {artifact}` makes one")
    program = load_program(path, shown(path))
    begin, end = program.valid

    def at(moment: Decimal | int | None) -> Program:
        early = begin is not None and (moment is None or moment < begin)
        late = end is not None and moment is not None and moment >= end
        if early or late:
            when = "before every date" if moment is None else instant_text(int(moment // 1))
            since = f"from {instant_text(begin)}" if begin is not None else "from the beginning"
            until = f" until {instant_text(end)}" if end is not None else ""
            raise Stopped(
                f"`{artifact}` holds {since}{until}, not at {when}; build one with --as-of, or name its rulebook"
            )
        return program

    # No file is opened because an artifact names it: its findings show places, never lines of this machine.
    origins = program.origins
    told = [*origins.definitions.values(), *origins.rungs.values(), *origins.fields.values()]
    spans = [*(origin.span for origin in told), *origins.nodes.values()]
    spans += [origin.span for story in origins.parameters.values() for _, origin in story]
    unread = {span.file: "" for span in spans}
    return Rules(program.rulebook, unread, tuple(dict.fromkeys(rung.name for rung in program.ladder)), at)
