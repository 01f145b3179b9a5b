"""A rulebook's own schema: the names an editor completes, what it underlines, and that the shipped ones are current."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from marginc.api import shipped_names, shipped_rules
from marginc.cli import main
from marginc.compiler.pipeline import Source, read
from marginc.compiler.schema.explain import Plain, plain
from marginc.compiler.schema.publish import rulebook_schema, schema_beside, schema_text, stale_schema
from marginc.compiler.source import parse_source

SHIPPED = shipped_names()
BOOK = """\
rulebook: test/house
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 0%
      rank: integer
      side: long | short = long
      listed: date | none = none
      cap: unit | none = none
      tiers: { by: USD, columns: { rate: ratio } }
      weights: { by: [asset, bool], value: ratio, missing: none }
    observed: { price: USD/unit }
  account:
    observed: { cash: USD = 0 }
    rows:
      positions: { each: position, key: [asset], observed: { asset: asset, size: asset.unit } }
parameters:
  trigger: { value: 95%, about: where liquidation begins }
  assets:
    BTC: { ltv: 65%, rank: 1, cap: 1_000, tiers: [{ from: 0, rate: 1% }, { from: 10_000, rate: 2% }] }
amendments:
  - effective: 2026-03-01
    parameters: { assets: { ETH: { ltv: 50%, rank: 2, tiers: [{ from: 0, rate: 2% }] } } }
formulas:
  position:
    value: { let: size * asset.price, about: what it is worth, source: the rulebook }
  account, asset:
    share: sum(p.value for p in positions where p.asset == asset)
  account:
    total: sum(positions.value) * trigger + cash
status:
  - is: healthy
outputs: [total]
"""


def source_of(path: Path) -> Source:
    source, found, _ = read(path, path.name)
    assert source is not None, found
    assert [finding for finding in found + source.findings() if finding.severity == "error"] == []
    return source


def house(folder: Path, text: str = BOOK) -> Source:
    path = folder / "house.yaml"
    path.write_text(text, encoding="utf-8")
    return source_of(path)


def as_an_editor_reads(text: str) -> Plain:
    """The file's tree with the scalars an editor types: true and false, and numbers as YAML 1.2 knows them."""

    def typed(value: Plain) -> object:
        if isinstance(value, list):
            return [typed(item) for item in value]
        if isinstance(value, dict):
            return {key: typed(item) for key, item in value.items()}
        if value in ("true", "false"):
            return value == "true"
        return float(value) if re.fullmatch(r"[-+]?\d+(\.\d+)?", value) else value or None

    _, root, found = parse_source(text, "rules.yaml")
    assert root is not None, found
    result: Plain = typed(plain(root))  # type: ignore[assignment]  # what an editor reads is typed more narrowly
    return result


def refused(schema: dict[str, object], text: str) -> list[str]:
    """Where an editor underlines a text."""
    found = Draft202012Validator(schema).iter_errors(as_an_editor_reads(text))
    return sorted("/".join(map(str, error.absolute_path)) for error in found)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_schema_is_current_and_its_rulebook_fits_it(name: str) -> None:
    path = shipped_rules() / f"{name}.yaml"
    text = path.read_text("utf-8")
    assert f"# yaml-language-server: $schema=./{path.stem}.schema.json\n" in text
    assert schema_beside(path).read_text("utf-8") == schema_text(source_of(path)), "make schemas"
    schema = json.loads(schema_beside(path).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert refused(schema, text) == []


def test_no_schema_stands_beside_no_rulebook() -> None:
    schemas = {
        path.with_name(path.name.removesuffix(".schema.json")) for path in shipped_rules().rglob("*.schema.json")
    }
    assert schemas == {shipped_rules() / name for name in SHIPPED}


def test_misspelt_names_of_a_shipped_rulebook_are_underlined() -> None:
    path = shipped_rules() / "hyperliquid" / "portfolio-margin.yaml"
    schema, text = json.loads(schema_beside(path).read_text("utf-8")), path.read_text("utf-8")
    for name, slip in (("ltv:", "ltvv:"), ("  assets:", "  asset:"), ("  account:", "  acount:")):
        assert name in text
        assert refused(schema, text.replace(name, slip)) != [], slip


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("ltv: 65%", "lvt: 65%", "parameters/assets/BTC"),
        ("ltv: 65%", "ltv: sixty", "parameters/assets/BTC/ltv"),
        ("ltv: 65%", "ltv: [65%]", "parameters/assets/BTC/ltv"),
        ("rank: 1", "rank: 1.5%", "parameters/assets/BTC/rank"),
        ("rank: 1,", "rank: 1, side: shrt,", "parameters/assets/BTC/side"),
        ("rank: 1,", "rank: 1, listed: 1.3.2026,", "parameters/assets/BTC/listed"),
        ("rate: 1%", "rte: 1%", "parameters/assets/BTC/tiers"),
        ("{ ltv: 50%", "{ loan: 50%", "amendments/0/parameters/assets/ETH"),
        ("  trigger:", "  triger:", "parameters"),
        ("  account, asset:", "  account, assets:", "formulas"),
        ("about: where", "abuot: where", "parameters/trigger"),
        ("about: what", "abuot: what", "formulas/position/value"),
    ],
)
def test_what_an_editor_underlines(right: str, wrong: str, place: str, tmp_path: Path) -> None:
    schema = rulebook_schema(house(tmp_path))
    assert refused(schema, BOOK) == []
    assert right in BOOK
    assert place in refused(schema, BOOK.replace(right, wrong, 1))


@pytest.mark.parametrize(
    "written",
    ["cap: none", "side: short", "listed: 2026-03-01T12:30Z", "listed: none", "ltv: 0.5", "ltv: 1/3", "ltv: 25 bp",
     "ltv: { value: 60%, about: provisional, source: here }", "weights: { BTC: { true: 5% } }"],
)  # fmt: skip
def test_what_the_language_takes_an_editor_takes(written: str, tmp_path: Path) -> None:
    changed = BOOK.replace("rank: 1,", f"rank: 1, {written},", 1).replace(
        "ltv: 65%, ", "" if "ltv" in written else "ltv: 65%, "
    )
    changed = changed.replace("cap: 1_000, ", "" if "cap" in written else "cap: 1_000, ")
    assert refused(rulebook_schema(house(tmp_path)), changed) == []
    house(tmp_path, changed)


def test_what_an_editor_completes_and_tells(tmp_path: Path) -> None:
    schema = json.loads(schema_text(house(tmp_path)))
    shared = schema["$defs"]
    parameters = shared["parameters"]["properties"]
    assert list(parameters) == ["trigger", "assets"]
    assert parameters["trigger"]["description"] == "ratio: a parameter of the rulebook. where liquidation begins"
    assert list(parameters["assets"]["properties"]) == ["BTC", "ETH"]  # the rows of every date
    row = shared["row_of_assets"]["properties"]
    assert list(row) == ["ltv", "rank", "side", "listed", "cap", "tiers", "weights"]  # price is observed
    assert (row["ltv"]["default"], row["side"]["default"], row["cap"]["default"]) == ("0%", "long", "none")
    assert "default" not in row["rank"]
    assert row["cap"]["description"] == "asset.unit | none: a parameter of asset"
    assert list(shared["formulas"]["properties"]) == ["position", "account, asset", "account"]
    value = shared["formulas"]["properties"]["position"]["properties"]["value"]
    assert value["description"] == "USD: of each position. what it is worth. the rulebook"
    assert shared["output"]["anyOf"][0]["enum"] == ["position.value", "account, asset.share", "total"]


def test_changed_numbers_leave_a_schema_as_it_is_and_changed_names_do_not(tmp_path: Path) -> None:
    before = schema_text(house(tmp_path))
    assert schema_text(house(tmp_path, BOOK.replace("65%", "60%"))) == before
    assert schema_text(house(tmp_path, BOOK.replace("total", "sum_of_all"))) != before


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    told = capsys.readouterr()
    code = end.value.code
    assert isinstance(code, int)
    return code, told.out, told.err


def test_validate_warns_of_a_stale_schema_until_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(tmp_path / "cache"))
    house(tmp_path, "# yaml-language-server: $schema=./house.schema.json\n" + BOOK)
    assert run(capsys, "validate", "house.yaml") == (0, "1 file: no findings.\n", "")
    assert run(capsys, "schema", "--check", "house.yaml")[0] == 1
    assert run(capsys, "schema", "--write", "house.yaml") == (0, "house.schema.json\n", "1 written\n")
    assert run(capsys, "validate", "house.yaml") == (0, "1 file: no findings.\n", "")
    assert run(capsys, "schema", "--check", "house.yaml") == (0, "", "all schemas are current\n")

    house(tmp_path, "# yaml-language-server: $schema=./house.schema.json\n" + BOOK.replace("ltv", "loan_to_value"))
    code, told, _ = run(capsys, "validate", "house.yaml")
    assert code == 0  # a warning
    assert told.startswith("warning[MC186]: the schema `house.schema.json` is not that of this rulebook any more")
    assert run(capsys, "schema", "--check", "house.yaml")[0] == 1
    Path("house.schema.json").write_text("{}", encoding="utf-8")  # a clean verdict is not remembered past this
    assert "MC186" in run(capsys, "validate", "house.yaml")[1]
    assert run(capsys, "schema", "--write", "house.yaml")[0] == 0
    assert run(capsys, "validate", "house.yaml") == (0, "1 file: no findings.\n", "")


def test_a_clean_verdict_is_forgotten_when_a_schema_appears(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(tmp_path / "cache"))
    house(tmp_path)
    assert run(capsys, "validate", "house.yaml")[1] == "1 file: no findings.\n"
    Path("house.schema.json").write_text("{}", encoding="utf-8")
    assert "MC186" in run(capsys, "validate", "house.yaml")[1]


def test_a_schema_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    source = house(tmp_path, "# yaml-language-server: $schema=https://example.org/other.json\n" + BOOK)
    assert stale_schema(source) == []


def test_one_schema_goes_where_it_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house(tmp_path)
    path = str(tmp_path / "house.yaml")
    code, told, _ = run(capsys, "schema", path)
    assert (code, json.loads(told)["title"]) == (0, "test/house")
    assert run(capsys, "schema", path, "-o", str(tmp_path / "out.json"))[0] == 0
    assert (tmp_path / "out.json").read_text("utf-8") == told
    assert run(capsys, "schema", path, "--write", "-o", "x.json")[0] == 2
    assert run(capsys, "schema", path, path)[0] == 2


def test_a_rulebook_that_does_not_check_has_no_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "house.yaml").write_text(BOOK.replace("* trigger", "* trigr"), encoding="utf-8")
    code, told, problems = run(capsys, "schema", str(tmp_path / "house.yaml"))
    assert (code, told) == (1, "")
    assert "trigr" in problems


def test_a_copied_folder_keeps_its_schemas_current(tmp_path: Path) -> None:
    shutil.copytree(shipped_rules() / "us-equity", tmp_path / "us-equity")
    for path in (tmp_path / "us-equity").glob("*.yaml"):
        assert stale_schema(source_of(path), wanted=True) == []
