"""The other verbs: list, show, build, import, explain; help and the last resort."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from marginc.cli import VERBS

ROOT = Path(__file__).resolve().parents[2]
BOOK = "hyperliquid/portfolio-margin"


def test_help_names_every_verb_and_each_verb_says_the_same(marginc: Any) -> None:
    done = marginc("--help")
    assert done.code == 0
    for name, verb in VERBS.items():
        assert f"  {name} " in done.out
        assert verb.about in " ".join(done.out.split())  # a narrow terminal wraps it
        command = import_module(f"marginc.cli.{verb.module}").command
        assert command.name == name
        assert command.help.split("\n\n")[0].replace("\n", " ") == verb.about


def test_a_misspelt_verb(marginc: Any) -> None:
    done = marginc("evalute")
    assert (done.code, done.out) == (2, "")
    assert "there is no verb `evalute`; did you mean `evaluate`?" in done.err


def test_list_names_the_box(marginc: Any) -> None:
    lines = marginc("list").out.splitlines()
    assert lines[0].split() == ["rulebook", "amendments", "about"]
    names = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    rules = Path(__file__).parents[2] / "rules"
    files = [path.relative_to(rules).with_suffix("") for path in rules.rglob("*.yaml")]
    assert names == sorted(str(file) for file in files if "cases" not in file.parts)
    assert {"hyperliquid/base", "hyperliquid/portfolio-margin", "cme-span/core", "lib/options"} <= set(names)
    position = next(n for n, line in enumerate(lines) if line.startswith(f"{BOOK} "))
    dates = [lines[position].split()[1], *(line.strip() for line in lines[position + 1 : position + 5])]
    assert dates == ["2025-12-12", "2025-12-23", "2026-03-09", "2026-03-10", "2026-08-17"]


def test_show_what_is_in_force_and_where_it_stands(rules: Path, marginc: Any) -> None:
    assert marginc("show", "cap.yaml", "--as-of", "2026-02-01", cwd=rules).out == (
        "cap, in force on 2026-02-01, amounts in USD\n"
        "\n"
        "parameter        value  since       announcement  line\n"
        "trigger          80%    -                         cap.yaml:15\n"
        "assets.GOLD.ltv  50%    2026-01-01  the first     cap.yaml:20\n"
    )


def test_show_one_value_its_history_and_a_definition(rules: Path, marginc: Any) -> None:
    assert marginc("show", "cap.yaml", "assets.GOLD.ltv", "--as-of", "2026-07-01", cwd=rules).out == (
        "assets.GOLD.ltv, in force on 2026-07-01\n"
        "\n"
        "value    75%\n"
        "before   50% (cap.yaml:20)\n"
        "type     ratio\n"
        "since    2026-06-01\n"
        "about    the second\n"
        "line     cap.yaml:23:42\n"
    )
    assert marginc("show", "cap.yaml", "assets.GOLD.ltv", "--history", cwd=rules).out == (
        "assets.GOLD.ltv in cap\n"
        "\n"
        "since       value  announcement  source                 line\n"
        "2026-01-01    50%  the first     https://example.org/1  cap.yaml:20\n"
        "2026-06-01    75%  the second                           cap.yaml:23\n"
    )
    text = marginc("show", "cap.yaml", "balance.lent", cwd=rules).out
    assert "text     amount * asset.price * asset.ltv\n" in text
    assert "type     USD\n" in text
    done = marginc("show", "cap.yaml", "assets.GOLD.ltw", cwd=rules)
    assert (done.code, done.out) == (2, "")
    assert "did you mean `assets.GOLD.ltv`?" in done.err


def test_build_prints_the_operations(rules: Path, marginc: Any) -> None:
    done = marginc("build", "cap.yaml", "--as-of", "2026-02-01", "--emit", "ir", cwd=rules)
    lines = done.out.splitlines()
    assert lines[:2] == ["rulebook cap, numeraire USD", "valid 2026-01-01 to 2026-06-01"]
    assert any("load asset ltv" in line for line in lines)
    assert any(line.endswith("; formulas balance.lent: USD") for line in lines)
    assert "output lent as lent" in lines
    artifact = json.loads(marginc("build", "cap.yaml", "--as-of", "2026-02-01", cwd=rules).out)
    assert artifact["body"]["rulebook"] == "cap"
    assert artifact["hash"] in lines[2]


def test_import_makes_the_examples(shared: Path, tmp_path: Path, marginc: Any) -> None:
    """The shipped examples are what the importer makes of the recordings, and the cases use the same bytes."""
    for recording, account in (
        ("pm-borrow-hype-2026-09-08", "hype-borrow"),
        ("pm-collateral-hype-2026-09-14", "hype-carry"),
    ):
        source = shared / "vectors" / "hyperliquid" / f"{recording}.json"
        out = tmp_path / f"{account}.json"
        assert marginc("import", "hyperliquid", source, "--account", account, "-o", out).code == 0
        assert out.read_bytes() == (ROOT / "examples" / f"{account}.json").read_bytes()


def test_the_cases_use_the_examples() -> None:
    """A case file stays in its tree, so what it shares with the examples is a copy; it must not drift."""
    cases = {file.name: file for file in (ROOT / "rules" / "hyperliquid" / "cases").glob("*.json")}
    examples = {file.name: file for file in (ROOT / "examples").glob("*.json")}
    shared = cases.keys() & examples.keys()
    assert shared >= {"hype-borrow.json", "faq.json"}
    for name in shared:
        assert cases[name].read_bytes() == examples[name].read_bytes(), name


def test_import_refuses_what_it_cannot_read(tmp_path: Path, marginc: Any) -> None:
    assert "did you mean `hyperliquid`?" in marginc("import", "hyperliqid", "x.json").err
    assert marginc("import", "hyperliquid", "gone.json").code == 2
    (tmp_path / "no.json").write_text('{"responses": {}}', "utf-8")
    done = marginc("import", "hyperliquid", "no.json", "-o", "out.json", cwd=tmp_path)
    assert done.code == 1
    assert done.err.startswith("error[MC4")
    assert not (tmp_path / "out.json").exists()


def test_explain_prints_the_page_of_every_code(marginc: Any) -> None:
    from marginc.cli.explain import load_families
    from marginc.program.codes import PAGES

    load_families()
    assert len(PAGES) > 100
    for code in ("MC204", "MC231", "MC401", "MC451", "MC501", "MC603", "MC701"):
        done = marginc("explain", code.lower())
        assert done.code == 0
        assert done.out.startswith(f"{code}: ")
        assert len(done.out.splitlines()) >= 3
    assert marginc("explain", "MC999").code == 2
    assert "RULEBOOK SNAPSHOT" in marginc("explain", "MC").err


def test_explain_an_account(marginc: Any) -> None:
    done = marginc("explain", BOOK, "examples/faq.json", "collateral_value")
    assert done.code == 0
    assert "300,000" in done.out


def test_a_bug_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    """A verb that breaks in a way nobody foresaw, in a process of its own; MARGINC_DEBUG shows the traceback."""
    script = (
        "import sys, types, click, marginc.cli as cli\n"
        "module = types.ModuleType('marginc.cli.breaks')\n"
        "module.command = click.Command('breaks', callback=lambda: [][1])\n"
        "sys.modules['marginc.cli.breaks'] = module\n"
        "cli.VERBS['breaks'] = cli.Verb('breaks', 'Breaks.')\n"
        "cli.main(['breaks'])\n"
    )
    plain = {key: value for key, value in os.environ.items() if key != "MARGINC_DEBUG"}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=plain, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"internal error: IndexError: list index out of range. This is a bug of marginc")
    assert done.stderr.count(b"\n") == 1
    loud = {**plain, "MARGINC_DEBUG": "1"}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=loud, capture_output=True, check=False)
    assert b"Traceback" in done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`marginc ... | head -1`: nothing on stderr, and the code a shell gives for SIGPIPE."""
    command = [sys.executable, "-m", "marginc", "build", BOOK]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == 141
    assert said == b""


def test_interrupted_it_ends_with_130() -> None:
    command = [sys.executable, "-m", "marginc", "evaluate", BOOK, "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        deadline = time.monotonic() + 30
        while b"pipe_r" not in (wait := _waits_for(process.pid)) and wait and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=30)
        assert process.returncode == 130
    assert b"Traceback" not in said
    assert out == b""


def _waits_for(pid: int) -> bytes:
    """What the kernel says a process waits for; empty where it does not say."""
    try:
        return Path(f"/proc/{pid}/wchan").read_bytes()
    except OSError:
        time.sleep(3)
        return b""


def test_standard_input_is_a_snapshot(run_cli: Any) -> None:
    text = (ROOT / "examples" / "faq.json").read_text("utf-8")
    done = run_cli("evaluate", BOOK, "-", "--format", "csv", input=text)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].startswith("faq,2026-04-01T00:00:00Z,healthy,,0,0,0,300000,300000")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_characters_gets_escapes(encoding: str, tmp_path: Path, run_cli: Any) -> None:
    (tmp_path / "x.yaml").write_text("rulebook: x\nlanguage: 1\nzins: 1\n", "utf-8")
    done = run_cli("validate", "x.yaml", cwd=tmp_path, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 1
    assert "MC131" in done.stdout
    assert done.stderr == ""


def test_a_page_stands_at_the_margin(marginc: Any) -> None:
    lines = marginc("explain", "MC231").out.splitlines()
    assert lines[0] == "MC231: an aggregation over quantities of different assets"
    assert lines[2].startswith("A quantity counts units")
    assert not any(line.startswith(" ") for line in lines)
