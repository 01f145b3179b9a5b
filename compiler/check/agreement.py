"""What a definition is held against: the type it declares, and what its section is for."""

from __future__ import annotations

from dataclasses import replace

from ...program.dimension import RATIO
from ...program.types import Number, Row, Rows, Table, Truth, Type
from ..diagnostics import types as findings
from ..rulebook import DefinitionText
from .expression import what
from .fitting import fits
from .fitting import inferred as known_type
from .term import Refused, Term
from .written import Written


def agreed(written: Written[DefinitionText], term: Term) -> Type:
    """The inferred type, held against the declared one. Raises Refused."""
    if isinstance(term.type, Rows | Table):
        raise Refused(findings.several_values(term.span, written.text.name.text, what(term.type)))
    inferred, declared = term.type, written.declared
    place = written.text.layer.span(written.text.name)
    if isinstance(inferred, Number) and inferred.dimension is None and declared is None:
        raise Refused(findings.needs_unit(place, written.text.name.text))
    if declared is None:
        return inferred
    if not fits(known_type(term), declared):
        unit = written.text.unit
        assert unit is not None
        where = written.text.layer.span(unit)
        raise Refused(findings.unit_differs(where, str(declared), str(inferred), term.span))
    if isinstance(declared, Row) and isinstance(inferred, Row):
        return replace(declared, path=inferred.path)  # which row it is, its expression says
    return declared


def check_section(text: DefinitionText, type_: Type, term: Term) -> None:
    """Raises Refused where a definition is of another type than its section is for."""
    wanted = ""
    if text.section in ("eligibility", "checks"):
        wanted = "" if isinstance(type_, Truth) and not type_.optional else "true or false"
    elif text.section == "haircuts":
        good = isinstance(type_, Number) and type_.dimension in (RATIO, None) and not type_.optional
        wanted = "" if good else "ratios"
    elif text.section == "borrow_caps":
        wanted = "" if isinstance(type_, Number) else "amounts, or none"
    elif text.section in ("initial", "maintenance"):
        good = isinstance(type_, Number) and type_.dimension != RATIO and not type_.optional
        wanted = "" if good else "amounts of money"
    if wanted:
        described = what(type_) + (" that may be none" if type_.optional else "")
        raise Refused(findings.section_type(term.span, text.section, wanted, described))
