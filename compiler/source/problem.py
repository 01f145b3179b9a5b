"""From the YAML reader's complaint to a finding in the words of someone who writes rules."""

from __future__ import annotations

import re

import yaml

from ...program.diagnostic import Diagnostic, Fix, Span
from ..diagnostics import yaml as findings
from .file import SourceFile

_BRACKETS = "close it, or write each entry on its own line without `{ }` or `[ ]`, as expressions with brackets need"
_TAGGED = re.compile(r":[ \t]+(!\S{0,79})")
_INDENTATION = re.compile(r"[ \t]*")
_QUOTED = "put the whole text in quotes, or an expression in parentheses"


def explain_problem(file: SourceFile, error: yaml.MarkedYAMLError) -> Diagnostic:
    """The finding for a scanner's or parser's error, at the place a person would change."""
    at = error.problem_mark.index if error.problem_mark else 0
    begun = error.context_mark.index if error.context_mark else at
    tab = _tab(file, at)
    if tab is not None:
        return findings.tab(file.span(tab, tab + 1), _without_tab(file, tab))
    problem, context = error.problem or "it cannot be read", error.context or ""
    if "block scalar" in context:
        tagged = _TAGGED.search(file.text, file.line_start(begun), begun)
        if tagged is not None:
            return findings.tag(file.span(*tagged.span(1)), tagged[1])
    if "',' or '" in problem:
        opening, place = file.text[begun : begun + 1], file.span(at, at + 1)
        message = f"this `{opening}` is not closed where it should be"
        return findings.not_yaml(file.span(begun, begun + 1), message, _BRACKETS, (place, "it breaks off here"))
    if "anchor" in context or "alias" in context or " tag" in context:
        return _bad_beginning(file, begun)
    if "cannot start any token" in problem:
        return _bad_beginning(file, at)
    if "mapping values are not allowed" in problem:
        message = "a colon makes a key here, where no key can be"
        help_ = "align this key with its neighbours, or put the text in quotes if the colon belongs to it"
        return findings.not_yaml(file.span(at, at + 1), message, help_)
    if "node content" in problem:
        help_ = "write a value before it, or put the whole text in quotes"
        return findings.not_yaml(file.span(at, at + 1), "a name or value is missing here", help_)
    if "sequence entries are not allowed" in problem:
        help_ = "write `- ITEM` on a line of its own below the key; put a text that begins with `- ` in quotes"
        return findings.not_yaml(file.span(at, at + 1), "a list cannot begin behind a key on its line", help_)
    if "simple key" in context:
        return findings.not_yaml(
            _rest_of_line(file, begun), "this line has no colon behind its key", "write `key: value`, or indent it"
        )
    if "quoted scalar" in context:
        return _quoted_scalar(file, problem, begun, at)
    if "expected key" in problem or "expected <block end>" in problem or "'-' indicator" in problem:
        return _misplaced(file, at)
    message = f"this is not YAML: {_first_line(problem)}"
    return findings.not_yaml(file.span(at, at + 1), message, "look at the quotes, brackets and indentation before it")


def _bad_beginning(file: SourceFile, at: int) -> Diagnostic:
    character = file.text[at : at + 1]
    shown = "a backtick" if character == "`" else f"`{character}`"
    return findings.not_yaml(file.span(at, at + 1), f"a value cannot begin with {shown}", _QUOTED)


def _quoted_scalar(file: SourceFile, problem: str, begun: int, at: int) -> Diagnostic:
    if "escape" in problem:
        help_ = "write the text in single quotes, where a backslash is only itself"
        return findings.not_yaml(file.span(at, at + 1), "a backslash begins an escape that does not exist", help_)
    mark = file.text[begun : begun + 1]
    return findings.not_yaml(file.span(begun, begun + 1), "this quote is never closed", f"end the text with `{mark}`")


def _misplaced(file: SourceFile, at: int) -> Diagnostic:
    """Something where the next key should be: text behind a closing quote or bracket, or a line out of line."""
    start = file.line_start(at)
    before = file.text[start:at].rstrip()
    if before.endswith(('"', "'")):
        message = "the text goes on behind its closing quote"
        help_ = 'write an expression that begins with a quote in parentheses: `("cross" == margin)`'
        return findings.not_yaml(_rest_of_line(file, at), message, help_)
    if before:
        message = "nothing can stand here, behind the end of the value"
        return findings.not_yaml(_rest_of_line(file, at), message, "put the whole value in quotes or in parentheses")
    message = "this line is indented like none of the lines it could belong to"
    return findings.not_yaml(_rest_of_line(file, at), message, "align it with the other keys of its block")


def _tab(file: SourceFile, at: int) -> int | None:
    """The offset of a tab that is to blame: at the problem, or in the indentation of its line."""
    if file.text[at : at + 1] == "\t":
        return at
    start = file.line_start(at)
    indentation = _INDENTATION.match(file.text, start)
    found = file.text.find("\t", start, indentation.end() if indentation else start)
    return found if found >= 0 else None


def _without_tab(file: SourceFile, tab: int) -> Fix:
    """One space; in front of a line, the indentation that the line above suggests."""
    start = file.line_start(tab)
    found = _INDENTATION.match(file.text, start)
    end = found.end() if found else start
    if tab >= end:
        return Fix(file.span(tab, tab + 1), " ")
    above = next((line for line in reversed(file.text[:start].splitlines()) if line.strip()), "")
    spaces = len(above.expandtabs(2)) - len(above.expandtabs(2).lstrip())
    return Fix(file.span(start, end), " " * (spaces + 2 * above.rstrip().endswith(":")))


def _rest_of_line(file: SourceFile, start: int) -> Span:
    found = re.compile(r"[^\r\n]*").match(file.text, start)
    end = found.end() if found else start
    return file.span(start, start + len(file.text[start:end].rstrip()))


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else text
