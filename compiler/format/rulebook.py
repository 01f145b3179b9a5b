"""A rule file to its canonical text: comments, blank lines, order and meaning stay, white space and numbers change."""

from __future__ import annotations

from collections.abc import Mapping as Texts
from dataclasses import dataclass
from pathlib import Path

from ...program.diagnostic import Diagnostic, Fix, in_order
from ..diagnostics import lint as findings
from ..schema import check_shape
from ..source import Mapping, Node, Scalar, Sequence, SourceFile, parse_source
from .build import build
from .edits import applied, difference
from .layout import lay_out
from .lines import Lines, Unfamiliar
from .roles import Roles, canonical, find_roles

_CUT = "MC116"
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Formatted:
    """A formatted file.

    text    as it should be; the text that was given where it cannot be read
    edits   the replacements that lead there, in order, none overlapping
    found   why nothing was changed: what `validate` says of a file that cannot be read
    """

    text: str
    edits: tuple[Fix, ...] = ()
    found: tuple[Diagnostic, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.edits)


def format_rulebook(
    text: str, name: str, path: Path | None = None, unsaved: Texts[Path, str] | None = None
) -> Formatted:
    """A rule file as it should be written. Case files are left alone: their tables are laid out for what they show.

    name      the file as people see it, in findings and edits
    path      where it stands, for the types of numbers that files it extends declare; without it these numbers stay
    unsaved   texts that count instead of what the disk holds, by resolved path: an editor's buffers
    """
    file, root, found = parse_source(text, name)
    whole = SourceFile(name, file.text)
    if root is None and found and all(finding.code == _CUT and finding.fixes for finding in found):
        repaired = applied(file.text, [fix for finding in found for fix in finding.fixes])
        file, root, found = parse_source(repaired, name)
    if root is None or found:
        _, _, found = parse_source(text, name)
        return Formatted(text, (), tuple(in_order(found)))
    if root.get("rulebook") is None:
        return Formatted(text, (), tuple(in_order(check_shape(file, root))))
    if root.get("cases") is not None and root.get("language") is None:
        return Formatted(text)
    try:
        new = _formatted(file, root, path, unsaved or {})
    except Unfamiliar as error:
        return Formatted(text, (), (findings.left_alone(file.span(error.at, error.at + 1)),))
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    return Formatted(mark + new, difference(whole, new))


def _formatted(file: SourceFile, root: Mapping, path: Path | None, unsaved: Texts[Path, str]) -> str:
    """The new text of a file. Raises Unfamiliar."""
    roles = find_roles(file, root, path, unsaved)
    lines = Lines(file.text)
    lay_out(lines, root, roles)
    new = build(lines)
    _, again, found = parse_source(new, file.name)
    if found or again is None or (place := _differs(root, again, roles)) is not None:
        raise Unfamiliar(root.start if found or again is None else place or 0)
    return new


def _differs(one: Node, other: Node, roles: Roles) -> int | None:
    """Where two trees do not say the same, as an offset in the first; None where they do."""
    stack: list[tuple[Node, Node]] = [(one, other)]
    while stack:
        old, new = stack.pop()
        match old, new:
            case Scalar(), Scalar() if _wanted(old, roles) == _wanted(new, roles, old):
                pass
            case Sequence(items=olds), Sequence(items=news) if len(olds) == len(news):
                stack += zip(olds, news, strict=True)
            case Mapping(entries=olds), Mapping(entries=news) if [e.key.text for e in olds] == [
                e.key.text for e in news
            ]:
                stack += ((a.value, b.value) for a, b in zip(olds, news, strict=True))
            case _:
                return old.start
    return None


def _wanted(scalar: Scalar, roles: Roles, stands_for: Scalar | None = None) -> str:
    """The text of a scalar without what may change about it."""
    role = roles.get((stands_for or scalar).start)
    return scalar.text if role is None else " ".join(canonical(" ".join(scalar.text.split()), role).split())
