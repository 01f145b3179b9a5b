"""Which recursion ends: definitions that read one another, and how each read moves along the order of rows.

A circle of definitions ends where each round of it comes to an earlier row of some kind, while no read on the way
leaves for another row. Kinds are looked for one after another, as in a lexicographic termination proof (A. Abel,
"foetus", 1998).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A definition reads another.

    reader, read   their numbers
    moves          by kind: whether the row it is read at is an earlier one (true) or the reader's own (false);
                   a kind whose row may be any is left out
    """

    reader: int
    read: int
    moves: Mapping[str, bool]


def endless(steps: Sequence[Step]) -> list[Step]:
    """A circle of reads that need not end, beginning with the read to blame; empty where all recursion ends."""
    waiting = [list(inner) for inner in _circles(steps)]
    while waiting:
        inner = waiting.pop()
        earlier = {kind for step in inner for kind, before in step.moves.items() if before}
        ordered = sorted(kind for kind in earlier if all(kind in step.moves for step in inner))
        if not ordered:
            leaving = [step for step in inner if any(kind not in step.moves for kind in earlier)]
            return _circle((leaving or inner)[0], inner)
        waiting += _circles([step for step in inner if not step.moves[ordered[0]]])
    return []


def _circles(steps: Iterable[Step]) -> list[list[Step]]:
    """The steps of each set of definitions that all reach one another."""
    following: dict[int, list[int]] = {}
    steps = list(steps)
    for step in steps:
        following.setdefault(step.reader, []).append(step.read)
    component = components(following)
    found: dict[int, list[Step]] = {}
    for step in steps:
        if component[step.reader] == component[step.read]:
            found.setdefault(component[step.reader], []).append(step)
    return list(found.values())


def components(following: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """The strongly connected component of every vertex (R. Tarjan, 1972); an explicit stack, so chains may be long."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    component: dict[int, int] = {}
    open_: list[int] = []
    for start in following:
        stack = [(start, iter(following.get(start, ())))] if start not in index else []
        if stack:
            index[start] = low[start] = len(index)
            open_.append(start)
        while stack:
            vertex, waiting = stack[-1]
            for other in waiting:
                if other not in index:
                    index[other] = low[other] = len(index)
                    open_.append(other)
                    stack.append((other, iter(following.get(other, ()))))
                    break
                if other not in component:
                    low[vertex] = min(low[vertex], index[other])
            else:
                stack.pop()
                if stack:
                    low[stack[-1][0]] = min(low[stack[-1][0]], low[vertex])
                if low[vertex] == index[vertex]:
                    while vertex not in component:
                        component[open_.pop()] = index[vertex]
    return component


def _circle(first: Step, inner: list[Step]) -> list[Step]:
    """The shortest way around that begins with a step."""
    came: dict[int, Step] = {}
    queue = [first.read]
    for vertex in queue:
        if vertex == first.reader:
            break
        for step in inner:
            if step.reader == vertex and step.read not in came and step.read != first.read:
                came[step.read] = step
                queue.append(step.read)
    way: list[Step] = []
    vertex = first.reader
    while vertex != first.read:
        way.append(came[vertex])
        vertex = came[vertex].reader
    return [first, *reversed(way)]
