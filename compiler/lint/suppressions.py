"""`# marginc: allow MC803 reason`: a warning or lint that is meant, on the line of the comment or the one below it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...program.codes import SEVERITIES
from ...program.diagnostic import Diagnostic, Fix, Span
from ..diagnostics import lint as findings
from ..source import Mapping as Tree
from ..source import Node, Scalar, SourceFile, parse_source

_ALLOW = re.compile(r"#[ \t]*marginc:[ \t]*allow\b[ \t]*(?P<code>[Mm][Cc]\d+\b)?[ \t:,-]*(?P<reason>[^\r\n]*)")
_MARK = "marginc:"


@dataclass(frozen=True, slots=True)
class Allowance:
    """One such comment.

    line     of the findings it allows, counted from 1
    place    the comment
    whole    what to delete with it: the white space before it, or its whole line
    """

    code: str
    reason: str
    line: int
    place: Span
    whole: Span

    @property
    def counts(self) -> bool:
        return bool(self.reason) and SEVERITIES.get(self.code) == "warning"


def allowances(file: SourceFile, root: Tree) -> list[Allowance]:
    """The suppressions of a file, in the order they are written."""
    if _MARK not in file.text:
        return []
    texts = sorted(_extent(file, scalar) for scalar in _scalars(root))
    starts = [start for start, _ in texts]
    found: list[Allowance] = []
    for match in _ALLOW.finditer(file.text):
        before = bisect_right(starts, match.start()) - 1
        behind = max(file.line_start(match.start()), texts[before][1] if before >= 0 else 0)
        if "#" in file.text[behind : match.start()] or match.start() < behind:
            continue  # part of a text, or of another comment
        found.append(_allowance(file, match))
    return found


def _extent(file: SourceFile, scalar: Scalar) -> tuple[int, int]:
    """Where a text stands; behind `>-` there may be a comment, and the text begins in the next line."""
    header = re.compile(r"[|>][^\r\n]*").match(file.text, scalar.start) if scalar.style in ("|", ">") else None
    return (header.end() if header else scalar.start), scalar.end


def _allowance(file: SourceFile, match: re.Match[str]) -> Allowance:
    start = file.line_start(match.start())
    alone = not file.text[start : match.start()].strip()
    line = file.span(match.start(), match.start()).line
    end = match.end()
    if alone:
        end, line = _next_line(file.text, end), _line_below(file, match.end())
    else:
        start += len(file.text[start : match.start()].rstrip())
    return Allowance(
        (match["code"] or "").upper(), match["reason"].strip(), line, file.span(*match.span()), file.span(start, end)
    )


def _next_line(text: str, end: int) -> int:
    found = re.compile(r"\r\n|\n|\r").match(text, end)
    return found.end() if found else end


def _line_below(file: SourceFile, end: int) -> int:
    """The next line that is neither blank nor a comment."""
    found = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r))*").match(file.text, _next_line(file.text, end))
    below = found.end() if found else end
    return file.span(below, below).line


def _scalars(root: Node) -> Iterable[Scalar]:
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Tree):
            for entry in node.entries:
                yield entry.key
                stack.append(entry.value)
        else:
            stack += node.items


# ---- what becomes of findings


def is_allowed(finding: Diagnostic, allowance: Allowance) -> bool:
    """Whether a comment is about a finding of its own file."""
    here = allowance.place.file == finding.span.file and allowance.line == finding.span.line
    return allowance.counts and here and finding.code == allowance.code


def without_allowed(found: Sequence[Diagnostic], texts: Mapping[str, str]) -> list[Diagnostic]:
    """Findings without the warnings that comments of their files allow; errors always stay.

    texts   of the files by `Span.file`
    """
    known: dict[str, list[Allowance]] = {}
    for name in {finding.span.file for finding in found if finding.severity == "warning"}:
        file, root, _ = parse_source(texts.get(name, ""), name) if _MARK in texts.get(name, "") else (None, None, [])
        known[name] = allowances(file, root) if file is not None and root is not None else []
    return [
        finding
        for finding in found
        if not any(is_allowed(finding, allowance) for allowance in known.get(finding.span.file, ()))
    ]


def idle_allowances(
    known: Sequence[Allowance], found: Sequence[Diagnostic], judged: frozenset[str]
) -> list[Diagnostic]:
    """Findings about the comments themselves. `judged`: the codes of which everything was looked for."""
    problems: list[Diagnostic] = []
    for allowance in known:
        severity = SEVERITIES.get(allowance.code)
        if severity != "warning":
            problems.append(findings.cannot_be_allowed(allowance.place, allowance.code, severity is not None))
        elif not allowance.reason:
            problems.append(findings.allows_without_reason(allowance.place, allowance.code))
        elif allowance.code in judged and not any(is_allowed(finding, allowance) for finding in found):
            fix = Fix(allowance.whole, "")
            problems.append(findings.allows_nothing(allowance.place, allowance.code, (fix,)))
    return problems
