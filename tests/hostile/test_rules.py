"""Rule files made to crash, stall or fill the machine: each is refused in words, quickly and in little memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

Refused = Callable[..., str]

HEAD = "rulebook: hostile\nlanguage: 1\nnumeraire: USDC\nmodel:\n  account:\n"
HEAD += "    observed: { cash: USDC, debt: USDC = 0 }\n"
STATUS = "status:\n  - is: healthy\n"


def rules(*definitions: str) -> str:
    return HEAD + "formulas:\n  account:\n" + "".join(f"    {text}\n" for text in definitions) + STATUS


def parameter(text: str) -> str:
    return HEAD + f"parameters:\n  limit: {text}\n" + STATUS


def keys(count: int) -> str:
    return "".join(f"  k{number}: 1\n" for number in range(count))


def block(levels: int) -> str:
    return HEAD + "parameters:\n" + "".join("  " * (level % 400 + 1) + "a:\n" for level in range(levels))


BILLION = "".join(f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10 if n else ['lol'] * 10)}]\n" for n in range(10))

TEXTS = {
    # size and depth
    "ten megabytes": ("MC103", lambda: rules("equity: cash") + "# " + "x" * 10_000_000 + "\n"),
    "ten megabytes of keys": ("MC103", lambda: HEAD + "parameters:\n" + keys(900_000)),
    "four megabytes of keys": ("MC105", lambda: HEAD + "parameters:\n" + keys(250_000)),
    "four megabytes of blanks": ("MC118", lambda: "\n" * 4_000_000),
    "60,000 brackets": ("MC104", lambda: parameter("[" * 60_000 + "]" * 60_000)),
    "60,000 open brackets": ("MC104", lambda: parameter("[" * 60_000)),
    "60,000 braces": ("MC104", lambda: parameter("{a: " * 60_000 + "1" + "}" * 60_000)),
    "60,000 dashes": ("MC104", lambda: HEAD + "parameters:\n  limit:\n    " + "- " * 60_000 + "1\n"),
    "blocks in blocks": ("MC104", lambda: block(399)),
    "60,000 question marks": ("MC1", lambda: HEAD + "? " * 60_000 + "a\n"),
    "a key of a megabyte": ("MC108", lambda: HEAD + "k" * 1_000_000 + ": 1\n"),
    "a quoted key of a megabyte": ("MC1", lambda: HEAD + '"' + "k" * 1_000_000 + '": 1\n'),
    "many unknown keys": ("MC131", lambda: HEAD + "".join(f"formulae{n}: 1\n" for n in range(20_000))),
    "many duplicate keys": ("MC111", lambda: HEAD + "parameters:\n" + "  limit: 1\n" * 50_000),
    # what YAML can do
    "an alias bomb": ("MC112", lambda: HEAD + "parameters:\n" + BILLION),
    "many tags": ("MC114", lambda: HEAD + "parameters:\n" + "".join(f"  a{n}: !t 1\n" for n in range(50_000))),
    "tag directives": ("MC117", lambda: "".join(f"%TAG !a{n}! tag:x,2000:\n" for n in range(100_000)) + "---\n" + HEAD),
    "a python object": ("MC114", lambda: parameter("!!python/object/apply:os.system ['touch hacked']")),
    "a python name": ("MC114", lambda: parameter("!!python/name:os.system")),
    "a merge key": ("MC113", lambda: HEAD + "parameters:\n  <<: { limit: 1 }\n"),
    "documents": ("MC109", lambda: "---\n" * 100_000),
    "a NUL byte": ("MC106", lambda: rules("equity: cash\0")),
    "text that turns around": ("MC106", lambda: rules("equity: cash # \u202e hsac")),
    # expressions
    "20,000 parentheses": ("MC158", lambda: rules("equity: " + "(" * 20_000 + "cash" + ")" * 20_000)),
    "9,000 parentheses": ("MC158", lambda: rules("equity: " + "(" * 9_000 + "cash" + ")" * 9_000)),
    "9,000 open parentheses": ("MC158", lambda: rules("equity: " + "(" * 9_000 + "cash")),
    "a sum of 300,000 terms": ("MC158", lambda: rules("equity: cash" + " + 1" * 300_000)),
    "a sum of 4,000 terms": ("MC158", lambda: rules("equity: cash" + " + 1" * 4_000)),
    "not not not": ("MC158", lambda: rules("open: (" + "not " * 4_000 + "true)")),
    "minus minus minus": ("MC158", lambda: rules("equity: (" + "-" * 9_000 + "cash)")),
    "if if if": ("MC158", lambda: rules("equity: " + "if true then " * 700 + "cash" + " else 0" * 700)),
    "if in if": ("MC158", lambda: rules("open: " + "if " * 800 + "true" + " then true else false" * 800)),
    "a chain of comparisons": ("MC", lambda: rules("open: cash" + " < cash" * 2_000 + " < 5")),
    "a chain of powers": ("MC", lambda: rules("equity: cash" + "^2" * 4_000)),
    "members of members": ("MC", lambda: rules("equity: cash" + ".a" * 9_000)),
    "calls of calls": ("MC", lambda: rules("equity: abs" + "(cash)" * 3_000)),
    "aggregations in aggregations": (
        "MC", lambda: rules("equity: " + "".join(f"sum(a{n} for a{n} in " for n in range(100)) + "cash" + ")" * 100),
    ),
    "many binders": ("MC", lambda: rules("equity: sum(cash" + "".join(f" for b{n} in cash" for n in range(900)) + ")")),
    "a million names": ("MC158", lambda: rules("equity: " + "a " * 1_000_000)),
    # numbers
    "1e999999999": ("MC156", lambda: rules("equity: cash * 1e999999999")),
    "1e999999999 as a parameter": ("MC2", lambda: parameter("1e999999999")),
    "9^999999999": ("MC159", lambda: rules("equity: cash * 9^999999999")),
    "9^9^9^9": ("MC", lambda: rules("equity: cash * 9^9^9^9^9^9^9^9^9^9")),
    "a number of 19,000 digits": ("MC159", lambda: rules("equity: cash * " + "9" * 19_000)),
    "a parameter of a million digits": ("MC2", lambda: parameter("9" * 1_000_000)),
    "a fraction of a million digits": ("MC2", lambda: parameter("1/" + "3" * 1_000_000)),
    "powers of powers": (
        "MC260", lambda: rules("a0: cash / debt", *(f"a{n + 1}: a{n}^16" for n in range(60)), "equity: a60 * cash"),
    ),
    "squares of squares": (
        "MC260", lambda: rules("a0: cash / debt", *(f"a{n + 1}: a{n} * a{n}" for n in range(2_000))),
    ),
    # the whole rulebook
    "2,000 definitions in circles": (
        "MC228", lambda: rules(*(f"a{n}: a{n - 1 if n % 2 else n + 1}" for n in range(2_000))),
    ),
    "one circle of 2,000 definitions": ("MC228", lambda: rules(*(f"a{n}: a{(n + 1) % 2_000}" for n in range(2_000)))),
    "5,000 names nobody knows": ("MC203", lambda: rules(*(f"a{n}: missing_{n} + 1" for n in range(5_000)))),
    "kinds that refer to one another": (
        "MC208",
        lambda: "rulebook: hostile\nlanguage: 1\nmodel:\n"
        + "".join(
            f"  ks{n}:\n    each: k{n}\n    observed: {{ r: k{(n + 1) % 300}, "
            f"x: {'r.' * 40}unit, y: {'z.' * 40}unit }}\n"
            for n in range(300)
        ),
    ),
    "20,000 amendments of one instant": (
        "MC185", lambda: HEAD + "amendments:\n" + "  - effective: 2026-08-17\n" * 20_000,
    ),
    "a message of holes": (
        "MC", lambda: HEAD + 'status:\n  - is: healthy\n    message: "' + "{missing}" * 20_000 + '"\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text(name: str, tmp_path: Path, refused: Refused) -> None:
    code, text = TEXTS[name]
    (tmp_path / "hostile.yaml").write_text(text(), "utf-8")
    refused("validate", "hostile.yaml", file="hostile.yaml", code=code)
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"rulebook: caf\xe9\n",
        "rulebook: demo\nlanguage: 1\n".encode("utf-16"),
        b"rulebook: \xed\xa0\x80\n",
        bytes(range(256)) * 4_000,
        b"\x7fELF" + b"\0" * 1_000_000,
    ],
    ids=["latin-1", "utf-16", "half a pair", "all bytes", "a program"],
)
def test_bytes_that_are_no_text(data: bytes, tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "hostile.yaml").write_bytes(data)
    refused("validate", "hostile.yaml", file="hostile.yaml", code="MC10")


def child(tmp_path: Path, extends: str) -> Path:
    """A rulebook in a tree of its own that extends `extends`."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "marginc.toml").touch()
    (tree / "hostile.yaml").write_text(f"extends: {extends}\n" + rules("equity: cash"), "utf-8")
    return tree


@pytest.mark.parametrize(
    ("extends", "code"),
    [
        ("../outside.yaml", "MC181"),
        ("../../../../../../../../etc/passwd", "MC181"),
        ("/etc/passwd", "MC181"),
        ("/dev/zero", "MC181"),
        ("a/../../outside.yaml", "MC181"),
        ("hostile.yaml", "MC182"),
        ("./a/../hostile.yaml", "MC182"),
        ("other.yaml", "MC182"),
        ("folder", "MC180"),
        (".", "MC18"),
        ("''", "MC1"),
        ("pipe.yaml", "MC180"),
        ("zero.yaml", "MC18"),
        ("link.yaml", "MC181"),
        ("linked/outside.yaml", "MC181"),
        ("loop.yaml", "MC18"),
        pytest.param("deep" + "/deep" * 3_000, "MC18", id="a deep path"),
        pytest.param("n" * 100_000, "MC18", id="a long name"),
        pytest.param('"a\\0b"', "MC18", id="a name with a NUL"),
        ("https://example.com/base.yaml", "MC18"),
    ],
)
def test_extends_what_it_must_not(extends: str, code: str, tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "outside.yaml").write_text("rulebook: secret\nlanguage: 1\n", "utf-8")
    tree = child(tmp_path, extends)
    (tree / "a").mkdir()
    (tree / "folder").mkdir()
    (tree / "other.yaml").write_text("extends: hostile.yaml\nrulebook: other\nlanguage: 1\n", "utf-8")
    (tree / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (tree / "linked").symlink_to(tmp_path)
    (tree / "zero.yaml").symlink_to("/dev/zero")
    (tree / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tree / "pipe.yaml")
    said = refused("validate", "hostile.yaml", file="hostile.yaml", code=code, folder=tree)
    assert "secret" not in said
    assert "root:" not in said


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/random"])
def test_a_device_named_on_the_command_line(device: str, refused: Refused) -> None:
    refused("validate", device, file=device)


def test_a_folder_with_a_pipe_in_it(tmp_path: Path, refused: Refused) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "broken.yaml").write_text(rules("equity: missing"), "utf-8")
    refused("validate", ".", file="broken.yaml", code="MC203")


def test_more_formulas_than_anyone_reviews(tmp_path: Path, refused: Refused) -> None:
    lines = "\n    ".join(f"x{number}: " + " + ".join(["cash"] * 100) for number in range(500))
    (tmp_path / "long.yaml").write_text(rules(lines), "utf-8")
    refused("validate", "long.yaml", file="long.yaml", code="MC262")


def test_seventeen_files_that_extend_one_another(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "v0.yaml").write_text("rulebook: v0\nlanguage: 1\n", "utf-8")
    for number in range(1, 17):
        text = f"rulebook: v{number}\nlanguage: 1\nextends: v{number - 1}.yaml\n"
        (tmp_path / f"v{number}.yaml").write_text(text, "utf-8")
    refused("validate", "v16.yaml", file="v1.yaml", code="MC183")


def test_imports_that_double_at_every_step(tmp_path: Path, refused: Refused) -> None:
    for number in range(40):
        text = f"rulebook: v{number}\nlanguage: 1\nimports: {{ a: v{number + 1}.yaml, b: v{number + 1}.yaml }}\n"
        (tmp_path / f"v{number}.yaml").write_text(text, "utf-8")
    (tmp_path / "v40.yaml").write_text("rulebook: v40\nlanguage: 1\n", "utf-8")
    refused("validate", "v0.yaml", file="v", code="MC372")


def doubling(count: int) -> str:
    """Each function calls the one before twice: written out they are 2^count operations."""
    functions = ["  f0: { of: { x: ratio }, gives: ratio, let: x + 1 }"]
    functions += [
        f"  f{n}: {{ of: {{ x: ratio }}, gives: ratio, let: f{n - 1}(x) + f{n - 1}(x) }}" for n in range(1, count)
    ]
    return "functions:\n" + "\n".join(functions) + "\n"


def test_functions_that_double_at_every_step(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "f.yaml").write_text(HEAD + doubling(60) + STATUS, "utf-8")
    refused("validate", "f.yaml", file="f.yaml", code="MC367")


def test_functions_that_call_a_thousand_deep(tmp_path: Path, refused: Refused) -> None:
    functions = ["  f0: { of: { x: ratio }, gives: ratio, let: x }"]
    functions += [f"  f{n}: {{ of: {{ x: ratio }}, gives: ratio, let: f{n - 1}(x) }}" for n in range(1, 1_000)]
    (tmp_path / "f.yaml").write_text(HEAD + "functions:\n" + "\n".join(functions) + "\n" + STATUS, "utf-8")
    refused("validate", "f.yaml", file="f.yaml", code="MC367")


@pytest.mark.parametrize("forward", [True, False], ids=["each reads the one before", "each reads the one behind"])
def test_four_thousand_definitions_in_one_chain(forward: bool, tmp_path: Path, accepted: Refused) -> None:
    last = 3_999
    chain = [f"a{n}: a{n - 1} + 1 USDC" if n else "a0: cash" for n in range(last + 1)]
    (tmp_path / "chain.yaml").write_text(
        rules(*(chain if forward else reversed(chain))) + f"outputs: [a{last}]\n", "utf-8"
    )
    (tmp_path / "one.json").write_text('{"as_of": "2026-09-08", "accounts": [{"account": "a", "cash": "10"}]}', "utf-8")
    accepted("validate", "chain.yaml")
    # 10 USDC and 4,999 times 1 USDC
    assert "4009" in accepted("evaluate", "chain.yaml", "one.json", "--format", "json")


def test_a_chain_of_two_thousand_haircuts(tmp_path: Path, accepted: Refused) -> None:
    """Contracts are held against the listed rows through the whole chain."""
    text = HEAD.replace("model:\n", "model:\n  assets: { each: asset, parameters: { ltv: ratio = 0% } }\n")
    chain = "".join(f"    h{n}: {f'h{n - 1}' if n else 'ltv'}\n" for n in range(2_000))
    text += "parameters:\n  assets: { HYPE: { ltv: 65% } }\nhaircuts:\n  asset:\n" + chain + STATUS
    (tmp_path / "chain.yaml").write_text(text, "utf-8")
    accepted("validate", "chain.yaml")
