"""`marginc explain`: the tree of values behind a number, or the page of a diagnostic code."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import click

from ..program.codes import PAGES, closest, page
from .output import say
from .refusal import Stopped

_CODE = re.compile(r"mc\d+\Z", re.IGNORECASE)
_FOLDERS = ("compiler.diagnostics", "runtime.diagnostics")
_FAMILIES = ("program.load_diagnostics", "importers.diagnostics", "cli.case_findings", "cli.configuration_findings")


@click.command("explain")
@click.argument("subject", metavar="RULEBOOK|CODE")
@click.argument("snapshot", required=False)
@click.argument("name", required=False)
@click.option("--account", metavar="ID", help="Which account of the snapshot; needed where it has several.")
@click.option("--as-of", metavar="DATE", help="The rules of this date instead of those of the snapshot's own.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Another value: assets.HYPE.ltv=60%.")
@click.option("--shock", default="", metavar="MOVES", help="Prices moved: 'ZEC -70%' or 'ZEC -70%, HYPE +10%'.")
@click.option("--full", is_flag=True, help="Also values that rest on the snapshot alone.")
def command(
    subject: str,
    snapshot: str | None,
    name: str | None,
    account: str | None,
    as_of: str | None,
    settings: tuple[str, ...],
    shock: str,
    full: bool,
) -> int:
    """Show where a number comes from, or the page of a diagnostic code.

    `marginc explain RULEBOOK SNAPSHOT [NAME]` prints the values behind the output NAME of one account, each with the
    rule line it was computed on. `marginc explain MC231` says what a code means, why it matters, and the fix.
    """
    if snapshot is None and _CODE.match(subject):
        return _page(subject.upper())
    if snapshot is None:
        raise Stopped(f"`{subject}` is no code; write `marginc explain RULEBOOK SNAPSHOT [NAME]`, or a code like MC231")
    from .explain_tree import show

    return show(subject, snapshot, name or "", account=account, as_of=as_of, set=settings, shock=shock, full=full)


def _page(code: str) -> int:
    load_families()
    if code not in PAGES:
        meant = closest(code, PAGES)
        raise Stopped(f"there is no code `{code}`" + (f"; did you mean `{meant}`?" if meant else ""))
    title, _, rest = page(code).partition("\n")
    say(f"{code}: {title.rstrip('.')}\n\n{rest.strip()}".rstrip())
    return 0


def load_families() -> None:
    """Imports every module that makes findings, so that `PAGES` holds all codes."""
    package = __package__.rpartition(".")[0]
    for folder in _FOLDERS:
        for module in pkgutil.iter_modules(import_module(f"{package}.{folder}").__path__):
            import_module(f"{package}.{folder}.{module.name}")
    for family in _FAMILIES:
        import_module(f"{package}.{family}")
