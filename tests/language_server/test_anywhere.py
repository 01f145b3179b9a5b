"""Questions at places drawn by seed in the shipped rulebooks, half of them broken elsewhere: always an answer."""

from __future__ import annotations

import random

import pytest

from marginc.api import shipped_names, shipped_rules
from marginc.language_server.complete import completions
from marginc.language_server.find import file_at
from marginc.language_server.hover import hover
from marginc.language_server.workspace import Workspace

PLACES = 60
TYPED = (".", "{", '"', ": ", "- ", "(", "sum(", "\n", "for x in ", "🐂", "[", "}", "'", "#", "\t", "&a ", "%")


@pytest.mark.parametrize("name", shipped_names())
def test_a_question_anywhere_is_answered(name: str) -> None:
    draw = random.Random(f"{name} 1")
    path = shipped_rules() / f"{name}.yaml"
    text = path.read_text("utf-8")
    workspace = Workspace([shipped_rules()])
    analysis = workspace.analyse(path)
    told = 0
    for number in range(PLACES):
        at = draw.randrange(len(text))
        now = text if number % 2 else text[:at] + draw.choice(TYPED) + text[at + draw.choice((0, 0, 1, 5)) :]
        workspace.unsaved[path] = now
        offset = draw.randrange(len(now) + 1)
        told += hover(workspace, analysis, path, offset) is not None
        completions(analysis, path, now, offset)
        file_at(workspace, path, offset)
    assert told >= PLACES // 20  # comments, prose and numbers have no names
