"""Artifacts that were changed, are of another format, or were never made by a compiler."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.codec import FORMAT
from marginc.program.load import read_program


def hashed(document: dict[str, Any]) -> bytes:
    """The artifact with hashes that fit whatever it says: what an attacker would send."""
    for part, name in (("body", "hash"), ("origins", "origins_hash")):
        text = json.dumps(document[part], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        document[name] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("artifact") / "program.json"
    marginc.compile("hyperliquid/portfolio-margin").at("2026-09-08").save(path)
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def refused(text: bytes) -> str:
    with pytest.raises(marginc.ProgramError) as caught:
        read_program(text, "program.json")
    (finding,) = caught.value.diagnostics
    assert finding.span.file == "program.json"
    assert finding.help
    return finding.code


def test_the_artifact_itself_is_read(artifact: dict[str, Any]) -> None:
    assert read_program(hashed(copy.deepcopy(artifact)), "program.json").hash == artifact["hash"]


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"marginc_program": 1e999}'])
def test_what_is_no_artifact_is_said_to_be_none(text: bytes) -> None:
    assert refused(text) == "MC601"


@pytest.mark.parametrize("other", [FORMAT - 1, FORMAT + 1])
def test_an_older_or_newer_format_is_named(artifact: dict[str, Any], other: int) -> None:
    assert refused(json.dumps({**artifact, "marginc_program": other}).encode()) == "MC602"


@pytest.mark.parametrize("part", ["body", "origins"])
def test_a_changed_artifact_is_refused(artifact: dict[str, Any], part: str) -> None:
    changed = copy.deepcopy(artifact)
    if part == "body":
        changed["body"]["numeraire"] = "USDT"
    else:
        changed["origins"]["rungs"][0][1][1] = "something else"
    assert refused(json.dumps(changed).encode()) == "MC603"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: body["nodes"].insert(0, ["import", "n", [], ["os"]]), id="unknown operation"),
        pytest.param(lambda body: body["nodes"][3].__setitem__(2, [len(body["nodes"])]), id="a later operation"),
        pytest.param(lambda body: body["definitions"][0].__setitem__(3, 10**9), id="no such operation"),
        pytest.param(lambda body: body["nodes"].clear(), id="no operations"),
        pytest.param(
            lambda body: body["parameters"][0][1][0][1].update(liquidation_trigger=["l", "x"]), id="wrong value"
        ),
        pytest.param(lambda body: body["ladder"][0].__setitem__(1, 0), id="a rung that is a number"),
        pytest.param(lambda body: body.pop("kinds"), id="no kinds"),
        pytest.param(lambda body: body.update(valid=["now", None]), id="an instant that is none"),
        pytest.param(lambda body: body.update(more=1), id="a part too many"),
        pytest.param(lambda body: body.update(language=2), id="another language"),
    ],
)
def test_a_hostile_program_is_refused_though_its_hash_fits(
    artifact: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    changed = copy.deepcopy(artifact)
    change(changed["body"])
    assert refused(hashed(changed)) == "MC604"


def test_a_definition_that_needs_itself_is_refused(artifact: dict[str, Any]) -> None:
    changed = copy.deepcopy(artifact)
    reads = [number for number, node in enumerate(changed["body"]["nodes"]) if node[0] == "read"]
    for definition in changed["body"]["definitions"]:
        own = changed["body"]["definitions"].index(definition)
        if definition[1] == ["account"] and definition[4][0] == "n":
            for number in reads:
                if changed["body"]["nodes"][number][1] == "n" and changed["body"]["nodes"][number][3] != [own]:
                    changed["body"]["nodes"][number][3] = [own]
            break
    assert refused(hashed(changed)) == "MC604"


def test_random_damage_is_refused_or_harmless(artifact: dict[str, Any]) -> None:
    """One value of the body replaced at random, 400 times: never an exception of another kind, never a crash."""
    dice = random.Random(1929)
    strange = [None, -1, 0, 10**30, "", "x", [], {}, True, ["n", "1"], ["r", "asset", "HYPE"]]
    snapshot = {
        "as_of": "2026-09-08",
        "assets": {"USDC": {"price": "1"}, "HYPE": {"price": "40"}},
        "accounts": [{"account": "a", "mode": "portfolio", "balances": [{"asset": "HYPE", "amount": "1"}]}],
    }
    refusals = 0
    for _ in range(400):
        changed = copy.deepcopy(artifact)
        place: Any = changed["body"]
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = dice.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and dice.random() < 0.9:
                place = place[key]
                continue
            place[key] = dice.choice(strange)
            break
        try:
            program = marginc.Program(read_program(hashed(changed), "program.json"))
        except marginc.ProgramError:
            refusals += 1
            continue
        with contextlib.suppress(marginc.SnapshotError):
            list(program.evaluate(snapshot))
    assert refusals > 200


def test_loading_needs_no_compiler(artifact: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(hashed(copy.deepcopy(artifact)))
    script = (
        "import sys, marginc; program = marginc.Program.load('p.json');"
        "print(program.hash, [m for m in ('lark', 'yaml', 'jsonschema', 'marginc.compiler') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{artifact['hash']} []"


def test_powers_of_powers_are_refused(tmp_path: Path) -> None:
    """Four of them on one observed number would have 65,536 times its digits."""
    text = "rulebook: demo\nlanguage: 1\nmodel:\n  account: { observed: { share: ratio } }\n"
    (tmp_path / "demo.yaml").write_text(text + "formulas:\n  account:\n    r: share ^ 16\noutputs: [r]\n")
    marginc.compile(tmp_path / "demo.yaml").at("2026-01-01").save(tmp_path / "demo.json")
    changed = json.loads((tmp_path / "demo.json").read_text())
    nodes = changed["body"]["nodes"]
    for _ in range(3):
        nodes.append(["power", "n", [len(nodes) - 1], [16]])
    (definition,) = changed["body"]["definitions"]
    definition[3] = len(nodes) - 1
    with pytest.raises(marginc.ProgramError) as caught:
        read_program(hashed(changed), "program.json")
    assert "multiplies more values" in caught.value.diagnostics[0].message
