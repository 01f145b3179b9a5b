"""The status ladder, checks, messages and outputs: what becomes of the definitions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ...program.diagnostic import Diagnostic, Span
from ...program.types import Row, Rows, Table, Truth, optional
from ..diagnostics import calls as call_findings
from ..diagnostics import names as name_findings
from ..diagnostics import types as type_findings
from ..diagnostics import verdict as findings
from ..rulebook import Effective, Layer, OutputText, RungText
from ..source import Scalar, expression_text
from ..syntax import Expression, ast, parse_expression
from .definitions import FINDING_LIMIT, Checked, Definitions
from .expression import Checker, what
from .scope import Scope
from .term import DefinitionKey, Needs, Refused, Spoilt, Term

_HOLE = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")
_MOST_STEPS = 32
"""Names in a path; no rulebook comes near."""
_FORMAT = re.compile(r",?(\.\d{1,2})?[f%]?\Z")


@dataclass(frozen=True, slots=True)
class Hole:
    """Literal text, then the value of a term in a format (None: text only)."""

    text: str
    term: Term | None = None
    format: str = ""


@dataclass(frozen=True, slots=True)
class CheckedRung:
    text: RungText
    test: Term | None
    expression: Expression | None
    message: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A definition of the section `checks` with its message."""

    key: DefinitionKey
    severity: str
    message: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    ladder: tuple[CheckedRung, ...]
    checks: tuple[CheckedRule, ...]
    outputs: tuple[tuple[DefinitionKey, str, str], ...]
    """Each with its label and its format."""


def check_verdict(definitions: Definitions, effective: Effective) -> tuple[Verdict, list[Diagnostic]]:
    found: list[Diagnostic] = []
    scope = Scope(definitions.world, ("account",))
    rungs: list[CheckedRung] = []
    for text in effective.ladder:
        rung = _rung(text, scope, found)
        if rung is not None:
            rungs.append(rung)
    for position, rung_text in enumerate(effective.ladder):
        last = position == len(effective.ladder) - 1
        place = rung_text.layer.span(rung_text.name)
        if last and rung_text.when is not None:
            found.append(findings.ladder_without_end(place, rung_text.name.text))
        elif not last and rung_text.when is None:
            found.append(findings.rung_without_when(place, rung_text.name.text))
    checks = [
        CheckedRule(
            key, checked.text.severity,
            _message(
                checked.text.layer, checked.text.message,
                Scope(definitions.world, key[0], prefix=checked.text.layer.prefix), found,
            ),
        )
        for key, checked in definitions.checked.items()
        if checked.text.section == "checks"
    ]  # fmt: skip
    outputs = _outputs(definitions, effective.outputs, found)
    return Verdict(tuple(rungs), tuple(checks), outputs), found


def _rung(text: RungText, scope: Scope, found: list[Diagnostic]) -> CheckedRung | None:
    message = _message(text.layer, text.message, scope, found)
    if text.when is None:
        return CheckedRung(text, None, None, message)
    parsed = parse_expression(text.layer.file, text.when)
    if isinstance(parsed, Diagnostic):
        found.append(parsed)
        return None
    try:
        test = Checker(parsed).truth(parsed.root, scope)
    except Refused as refusal:
        found.append(refusal.finding)
        return None
    except (Spoilt, Needs):
        return None
    assert isinstance(test.type, Truth)
    return CheckedRung(text, test, parsed, message)


def _message(layer: Layer, message: Scalar | None, scope: Scope, found: list[Diagnostic]) -> tuple[Hole, ...]:
    if message is None:
        return ()
    holes: list[Hole] = []
    end = 0
    for match, (place, format_place) in zip(_HOLE.finditer(message.text), _places(layer, message), strict=True):
        if len(found) >= FINDING_LIMIT:
            break
        name, format_ = match[1].strip(), match[2] or ""
        if not _FORMAT.match(format_):
            found.append(findings.unknown_format(format_place, format_))
        try:
            term = _named(name, scope, place)
        except Refused as refusal:
            found.append(refusal.finding)
            continue
        except (Spoilt, Needs):
            continue
        holes.append(Hole(message.text[end : match.start()], term, format_))
        end = match.end()
    return (*holes, Hole(message.text[end:])) if message.text[end:] else tuple(holes)


def _places(layer: Layer, message: Scalar) -> list[tuple[Span, Span]]:
    """Where the name and the format of each hole stand; the hole's line as a whole where quotes hold escapes."""
    holes = len(_HOLE.findall(message.text))
    raw = expression_text(layer.file, message)
    matches = list(_HOLE.finditer(raw[0])) if raw is not None else []
    if raw is None or len(matches) != holes:
        return [(layer.span(message), layer.span(message))] * holes
    base = raw[1]
    places = []
    for match in matches:
        begin = base + match.start(1) + len(match[1]) - len(match[1].lstrip())
        name = layer.file.span(begin, begin + len(match[1].strip()))
        format_ = layer.file.span(base + match.start(2), base + match.end(2)) if match[2] else name
        places.append((name, format_))
    return places


def _named(name: str, scope: Scope, place: Span) -> Term:
    """What a hole names: a path, read as in expressions. Raises Refused where it is no single value."""
    first, *steps = name.split(".") if name.count(".") <= _MOST_STEPS else [name]  # which nothing is called
    path: ast.Expr = ast.Name(0, 0, first)
    for step in steps:
        path = ast.Member(0, 0, path, step)
    term = _at(path, scope, place)
    if isinstance(term.type, Rows | Table):
        raise Refused(_several(name, place))
    return term


def _several(name: str, place: Span) -> Diagnostic:
    finding = call_findings.not_aggregated(place, name)
    return replace(finding, help="name a definition that aggregates them: a message shows single values", fixes=())


def _at(path: ast.Expr, scope: Scope, place: Span) -> Term:
    if isinstance(path, ast.Name):
        return scope.name(path.name, place)
    assert isinstance(path, ast.Member)
    before, name = scope.behind_prefix(path) or (path.owner, path.name)
    if before is None:
        return scope.name(name, place)
    owner = _at(before, scope, place)
    text = ".".join(_steps(before))
    if isinstance(owner.type, Rows):
        raise Refused(_several(f"{text}.{name}", place))
    if not isinstance(owner.type, Row):
        raise Refused(type_findings.no_members(place, text, what(owner.type), name))
    there = scope.member(owner.typed(optional(owner.type, False)), name, place)
    if owner.type.optional and isinstance(there.type, Rows):
        raise Refused(type_findings.may_be_none(place, text))
    return there.typed(optional(there.type)) if owner.type.optional else there  # read through none, it is none


def _steps(path: ast.Expr) -> list[str]:
    return [*_steps(path.owner), path.name] if isinstance(path, ast.Member) else [getattr(path, "name", "")]


def _outputs(
    definitions: Definitions, outputs: tuple[OutputText, ...], found: list[Diagnostic]
) -> tuple[tuple[DefinitionKey, str, str], ...]:
    checked = definitions.checked
    if not outputs:
        shown = sorted(key for key in checked if key[0] == ("account",) and _shown(checked[key]))
        return tuple((key, key[1].replace("_", " "), "") for key in shown)
    result: list[tuple[DefinitionKey, str, str]] = []
    by_name = {full_name(scope, name): (scope, name) for scope, name in checked}
    refused = {full_name(scope, name) for name, scopes in definitions.world.definitions.items() for scope in scopes}
    for output in outputs:
        text = ", ".join(part.strip() for part in output.name.text.split(","))
        text = text.removeprefix("account.") if text not in by_name else text
        if text in by_name:
            if not _FORMAT.match(output.format):
                found.append(findings.unknown_format(output.layer.span(output.said or output.name), output.format))
            result.append((by_name[text], output.label, output.format))
        elif text not in refused:
            found.append(name_findings.unknown_output(output.layer.span(output.name), output.name.text, list(by_name)))
    return tuple(result)


def full_name(scope: tuple[str, ...], name: str) -> str:
    """What a definition is called among outputs; the account goes without saying."""
    return name if scope == ("account",) else f"{', '.join(scope)}.{name}"


def _shown(checked: Checked) -> bool:
    return checked.text.section not in ("checks", "eligibility")
