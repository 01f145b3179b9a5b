"""Runs the parser's tables over a text: a small loop that builds nodes as it reduces.

lark's own loop climbs ten levels of precedence for every name, one call and one tree a level. Here a rule that only
passes its one part on (`_sum: _term`) costs nothing: where such climbs end is looked up and remembered. The tables,
the terminals and which parts of a rule count are lark's; a test holds both to the same trees. This loop only says
that a text does not parse; why is lark's to tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lark import Lark
from lark.grammar import NonTerminal, Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import Shift

_END = "$END"
_END_GROUP = "END_OF_TEXT"
_IGNORED = "__IGNORE"

Maker = Callable[..., Any]
"""A node of its place (`Meta`) and of its parts."""


class Unparsed(Exception):
    """A text that the tables do not take."""


class Token(str):
    """A terminal's text, with its name and its place."""

    __slots__ = ("end_pos", "start_pos", "type")
    type: str
    start_pos: int
    end_pos: int


@dataclass(slots=True)
class Meta:
    """Where a rule's text begins and ends."""

    start_pos: int
    end_pos: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What a reduction does.

    parts     for each part that counts: how many absent ones (None) stand before it, its place, and whether it is
              itself a list of parts
    behind    how many absent ones stand after the last
    plain     the places of the parts where nothing is absent and none is a list, else None
    make      None: the parts become a list
    passes    the only part is passed on as it is
    """

    origin: str
    size: int
    parts: tuple[tuple[int, int, bool], ...]
    behind: int
    plain: tuple[int, ...] | None
    make: Maker | None
    passes: bool


_Actions = dict[str, "int | _Step"]
_Match = Callable[[str, int], "re.Match[str] | None"]


class Driver:
    """Tables ready to run; built once, used by any number of texts."""

    def __init__(self, lark: Lark, makers: Mapping[str, Maker]):
        table: Any = lark.parser.parser.parser.parse_table
        self.start: dict[str, int] = table.start_states
        self.end: dict[str, int] = table.end_states
        several = _several(lark.rules)
        steps = {rule: _step(rule, several, makers) for rule in lark.rules}
        kept = {s.name for rule in lark.rules for s in rule.expansion if s.is_term and not getattr(s, "filter_out", 0)}
        self.kept: frozenset[str] = frozenset(kept)
        self.actions: list[_Actions] = [{} for _ in range(len(table.states))]
        self.gotos: list[dict[str, int]] = [{} for _ in range(len(table.states))]
        self.terminals = {terminal.name: terminal for terminal in lark.terminals}
        for state, row in table.states.items():
            for symbol, (action, target) in row.items():
                if symbol != _END and symbol not in self.terminals:
                    self.gotos[state][symbol] = target
                else:
                    self.actions[state][symbol] = target if action is Shift else steps[target]
        self.patterns: dict[frozenset[str], _Match] = {}
        self.matches: list[_Match | None] = [None] * len(self.actions)
        self.climbs: dict[tuple[int, int, str], int] = {}

    def parse(self, text: str, start: str) -> Any:
        """What the makers make of a text. Raises Unparsed."""
        end_state = self.end[start]
        states, values, begins, ends = [self.start[start]], list[Any](), list[int](), list[int]()
        actions, matches, climbs, position = self.actions, self.matches, self.climbs, 0
        while True:
            match = (matches[states[-1]] or self._match(states[-1]))(text, position)
            if match is None:
                raise Unparsed
            name: str = match.lastgroup  # type: ignore[assignment]  # every alternative is a named group
            name = _END if name == _END_GROUP else name
            while True:
                action = actions[states[-1]].get(name)
                if action is None:
                    raise Unparsed
                if action.__class__ is int:
                    break
                below = self._reduce(action, states, values, begins, ends)  # type: ignore[arg-type]  # no int: a step
                state = self.gotos[below][action.origin]  # type: ignore[union-attr]
                climb = below, state, name
                reached = climbs.get(climb)
                states.append(self._climb(climb) if reached is None else reached)
                if name is _END and states[-1] == end_state:
                    return values[-1]
            begin, position = match.span(name)
            states.append(action)
            values.append(_token(name, match[name], begin, position) if name in self.kept else None)
            begins.append(begin)
            ends.append(position)

    def _reduce(self, step: _Step, states: list[int], values: list[Any], begins: list[int], ends: list[int]) -> int:
        """Replaces the parts on the stacks by what they make; the state below them."""
        size = step.size
        if not step.passes:
            base = len(values) - size
            plain = step.plain
            parts = _parts(step, values, base) if plain is None else [values[base + place] for place in plain]
            value: Any = parts if step.make is None else step.make(Meta(begins[base], ends[-1]), *parts)
            del values[base + 1 :], begins[base + 1 :], ends[base:-1]
            values[base] = value
        del states[-size:]
        return states[-1]

    def _match(self, state: int) -> _Match:
        """The match for what may stand next in a state; compiled when it is first needed, shared by states alike."""
        accepts = frozenset(self.actions[state])
        if accepts not in self.patterns:
            self.patterns[accepts] = re.compile(_pattern(accepts, self.terminals)).match
        self.matches[state] = self.patterns[accepts]
        return self.patterns[accepts]

    def _climb(self, climb: tuple[int, int, str]) -> int:
        """The state in which the rules that only pass a part on have been gone through."""
        below, state, name = climb
        step = self.actions[state].get(name)
        while isinstance(step, _Step) and step.passes:
            state = self.gotos[below][step.origin]
            step = self.actions[state].get(name)
        self.climbs[climb] = state
        return state


def _token(name: str, text: str, begin: int, end: int) -> Token:
    token = Token(text)
    token.type, token.start_pos, token.end_pos = name, begin, end
    return token


def _parts(step: _Step, values: list[Any], base: int) -> list[Any]:
    """The parts of a rule with absent ones, or with lists among them."""
    parts: list[Any] = []
    for absent, place, several in step.parts:
        parts += [None] * absent
        if several:
            parts += values[base + place]
        else:
            parts.append(values[base + place])
    return parts + [None] * step.behind


def _pattern(accepts: frozenset[str], terminals: Mapping[str, TerminalDef]) -> str:
    """One pattern for what may stand next, in lark's order of preference, blanks before it skipped."""
    blank = "|".join(t.pattern.to_regexp() for name, t in terminals.items() if name.startswith(_IGNORED))
    wanted = [terminals[name] for name in accepts if name != _END]
    wanted.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    groups = [f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})" for terminal in wanted]
    if _END in accepts:
        groups.append(rf"(?P<{_END_GROUP}>\Z)")
    return f"(?:{blank})*+(?:{'|'.join(groups)})"  # possessive: many blanks before what is no token cost nothing


def _inlined(name: str) -> bool:
    return name.startswith("_")


def _several(rules: list[Rule]) -> frozenset[str]:
    """The inlined rules that do not always come to exactly one part."""
    found: set[str] = set()
    while True:
        before = len(found)
        for rule in rules:
            if _inlined(rule.origin.name):
                counted, absent = _counted(rule)
                single = len(counted) == 1 and not absent and rule.expansion[counted[0][1]].name not in found
                if not single:
                    found.add(rule.origin.name)
        if len(found) == before:
            return frozenset(found)


def _counted(rule: Rule) -> tuple[list[tuple[int, int]], int]:
    """Absent parts before each part that counts with its place, and absent ones behind: as lark has it."""
    flags = rule.options.empty_indices or (False,) * len(rule.expansion)
    gaps = [len(run) for run in "".join(str(int(flag)) for flag in flags).split("0")]
    counted: list[tuple[int, int]] = []
    absent = 0
    for place, symbol in enumerate(rule.expansion):
        absent += gaps[place]
        if not (symbol.is_term and getattr(symbol, "filter_out", False)):
            counted.append((absent, place))
            absent = 0
    return counted, absent + gaps[len(rule.expansion)]


def _step(rule: Rule, several: frozenset[str], makers: Mapping[str, Maker]) -> _Step:
    counted, behind = _counted(rule)
    name = rule.origin.name
    assert not rule.alias and not rule.options.expand1 and not rule.options.keep_all_tokens  # not used by the grammar
    parts = tuple(
        (absent, place, isinstance(rule.expansion[place], NonTerminal) and rule.expansion[place].name in several)
        for absent, place in counted
    )
    passes = _inlined(name) and name not in several and len(rule.expansion) == 1
    assert passes or not _inlined(name) or name in several  # the grammar's inlined rules pass on, or are lists
    plain = None
    if not behind and not any(absent or list_ for absent, _, list_ in parts):
        plain = tuple(place for _, place, _ in parts)
    return _Step(name, len(rule.expansion), parts, behind, plain, None if _inlined(name) else makers[name], passes)
