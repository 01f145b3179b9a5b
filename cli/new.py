"""`marginc new`: the first files of a venue's rulebook, which check, pass their cases, and wait to be changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from string import Template

import click

from ..api import shown
from .output import destination, say
from .refusal import Stopped

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_LONGEST = 60

BASE = """\
# yaml-language-server: $$schema=./base.schema.json
rulebook: $name/base
language: 1
about: What accounts of $name hold. It changes when the venue lists another kind of thing.
numeraire: USD

model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 0% # the share of its value that may be borrowed against it
    observed:
      price: USD/unit
  account:
    observed:
      debt: USD = 0
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, amount: asset.unit }
"""
MARGIN = """\
# yaml-language-server: $$schema=./margin.schema.json
rulebook: $name/margin
language: 1
extends: base.yaml
about: What may be borrowed at $name, and when an account is liquidated.
source: https://example.org/$name/margin-rules

parameters: # what the venue decides: the numbers to change first
  liquidation_trigger: 95%
  assets:
    BTC: { ltv: 80% }
    ETH: { ltv: 75% }

amendments: # one block an announcement, newest last
  - effective: 2026-01-01
    about: ether counts for more
    source: https://example.org/$name/announcements/1
    parameters:
      assets:
        ETH: { ltv: 78% }

eligibility:
  asset:
    collateral: ltv > 0%

haircuts:
  asset:
    haircut: 1 - ltv

maintenance:
  account:
    maintenance_margin: debt

formulas:
  balance:
    lendable: if asset.collateral then max(0, amount) * asset.price * (1 - asset.haircut) else 0
  account:
    lendable_value: sum(balances.lendable)
    used: if lendable_value == 0 then none else maintenance_margin / lendable_value

status: # worst first; the first that holds is the account's
  - is: liquidatable
    when: maintenance_margin > liquidation_trigger * lendable_value
    message: "{maintenance_margin:,.2f} is owed, above {liquidation_trigger:.0%} of {lendable_value:,.2f}"
  - is: healthy

outputs: [lendable_value, maintenance_margin, used]
"""
CASES = """\
rulebook: ../margin.yaml
about: Accounts by hand; replace them by accounts whose figures the venue states, each with its source.

cases:
  - name: 1 BTC at 50,000 and 38,000 owed
    about: 50,000 x 80 % = 40,000; 38,000 / 40,000 = 95 %, not above the trigger
    as_of: 2026-06-01
    snapshot:
      assets: { BTC: { price: 50_000 } }
      accounts:
        - { debt: 38_000, balances: [{ asset: BTC, amount: 1 }] }
    expect:
      status: healthy
      outputs: { lendable_value: 40_000, maintenance_margin: 38_000, used: 95% }

  - name: a cent more
    about: 38,000.01 > 95 % x 40,000
    as_of: 2026-06-01
    snapshot:
      assets: { BTC: { price: 50_000 } }
      accounts:
        - { debt: 38_000.01, balances: [{ asset: BTC, amount: 1 }] }
    expect:
      status: liquidatable

  - name: ether before the announcement
    about: 10 x 3,000 x 75 % = 22,500
    as_of: 2025-12-31
    snapshot:
      assets: { ETH: { price: 3_000 } }
      accounts:
        - { balances: [{ asset: ETH, amount: 10 }] }
    expect:
      status: healthy
      outputs: { lendable_value: 22_500, used: 0% }

  - name: ether after the announcement
    about: 10 x 3,000 x 78 % = 23,400
    as_of: 2026-01-01
    snapshot:
      assets: { ETH: { price: 3_000 } }
      accounts:
        - { balances: [{ asset: ETH, amount: 10 }] }
    expect:
      outputs: { lendable_value: 23_400 }

  - name: what is not listed is no collateral
    about: an asset without an ltv counts nothing, and nothing can be divided by
    as_of: 2026-06-01
    snapshot:
      assets: { DOGE: { price: 1 } }
      accounts:
        - { debt: 1, balances: [{ asset: DOGE, amount: 1_000 }] }
    expect:
      status: liquidatable
      outputs: { lendable_value: 0, used: none }
"""
README = """\
# $name

| file | holds |
|---|---|
| `base.yaml` | the model: which rows there are, what a snapshot brings, what the rules decide |
| `margin.yaml` | what a risk person edits: parameters, amendments with their sources, formulas, status |
| `cases/` | accounts with figures somebody else computed; `marginc test` runs them |
| `*.schema.json` | names for editors, written by `marginc schema --write` after a name changed |

To do, in this order:

1. Replace the address of `source:` in `margin.yaml` by the venue's own, and the numbers by its numbers.
2. Add what accounts hold to `base.yaml`: positions, orders, whatever margin depends on.
3. Replace the cases by accounts with figures the venue states.
"""
FILES = {"base.yaml": BASE, "margin.yaml": MARGIN, "cases/margin.yaml": CASES, "README.md": README}


@click.group("new")
def command() -> None:
    """Begin a venue's rulebook, with everything that stands beside it.

    What is written checks and passes as it is. Nothing is ever overwritten.
    """


@command.command("venue")
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
              help="Where the venue's folder goes; otherwise the current folder.")  # fmt: skip
def venue(name: str, folder: Path) -> int:
    """Begin the rulebook of a venue.

    Model, rules, cases, README and schemas go into a folder NAME. The rules lend against two assets and liquidate at
    95 %: small enough to be read in a minute, and everything in them is there to be replaced. NAME is in small letters,
    digits and hyphens, like `acme-futures`.
    """
    if not _NAME.match(name) or len(name) > _LONGEST:
        raise Stopped(f"`{name}` is no name of a venue: small letters, digits and hyphens, like `acme-futures`")
    target = folder / name
    if target.exists() or target.is_symlink():
        raise Stopped(f"`{shown(target)}` is there already, and nothing is overwritten; name another venue or --folder")
    if not folder.is_dir():
        raise Stopped(f"there is no folder `{folder}`; make it, or name another with --folder")
    partial = folder / f".{name}.partial"
    try:
        partial.mkdir()
    except FileExistsError:
        raise Stopped(f"`{shown(partial)}` is left of a run that broke off; remove it") from None
    try:
        _write(partial, name)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    place = shown(target)
    say("\n".join(f"{place}/{path.relative_to(target).as_posix()}" for path in sorted(target.rglob("*.*"))))
    say(f"\nNext:\n  marginc validate {place}\n  marginc test {place}\n  marginc show {place}/margin.yaml")
    return 0


def _write(folder: Path, name: str) -> None:
    from ..compiler.schema.publish import schema_beside, schema_text
    from .rules import open_source

    for file, text in FILES.items():
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        with destination(str(path)) as stream:
            stream.write(Template(text).substitute(name=name))
    for rulebook in (path for path in FILES if path.endswith(".yaml") and "/" not in path):
        path = folder / rulebook
        with destination(str(schema_beside(path))) as stream:
            stream.write(schema_text(open_source(str(path))))
