"""An artifact back to a `Program`, re-checked in full: a hostile file is refused data, never code.

The hashes find accidents. What makes a file from a stranger safe is the check of every node: known operation,
right number of arguments, arguments earlier than their user, shapes that fit, rows bound where they are read.
"""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

from . import load_diagnostics as findings
from .codec import FORMAT, encode_body, encode_origins
from .decode import Bad, decode_body, decode_origins
from .diagnostic import Diagnostic, ProgramError, Span
from .program import Program
from .validate import check_nodes

LARGEST = 64 << 20
"""Bytes of an artifact."""


def load_program(path: Path, name: str) -> Program:
    """The program in the artifact at `path`, shown to people as `name`. Raises ProgramError."""
    place = Span(name)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise ProgramError([findings.not_an_artifact(place, f"is no file of at most {LARGEST >> 20} MiB")])
        text = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise ProgramError([findings.not_an_artifact(place, f"cannot be read: {reason}")]) from None
    return read_program(text, name)


def read_program(text: bytes, name: str) -> Program:
    """The program in an artifact's text. Raises ProgramError."""
    place = Span(name)
    try:
        document = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ProgramError([findings.not_an_artifact(place, "is not the JSON of an artifact")]) from None
    problem = _envelope(document, place)
    if problem is not None:
        raise ProgramError([problem])
    try:
        program = decode_origins(decode_body(document["body"]), document["origins"])
        check_nodes(program)
        if encode_body(program) != document["body"] or encode_origins(program) != document["origins"]:
            raise Bad("is not in canonical form")
    except Bad as bad:
        raise ProgramError([findings.inconsistent(place, str(bad))]) from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        raise ProgramError([findings.inconsistent(place, "has a part of the wrong form")]) from None
    from .codec import sealed

    return sealed(program)


def _envelope(document: Any, place: Span) -> Diagnostic | None:
    if not isinstance(document, dict) or "marginc_program" not in document:
        return findings.not_an_artifact(place, "is not the JSON of an artifact")
    version = document["marginc_program"]
    if version != FORMAT or isinstance(version, bool):
        newer = isinstance(version, int) and version > FORMAT
        return findings.other_format(place, str(version)[:20], FORMAT, newer)
    if set(document) != {"marginc_program", "body", "origins", "hash", "origins_hash"}:
        return findings.inconsistent(place, "does not have the parts of an artifact")
    for part, stated in (("body", "hash"), ("origins", "origins_hash")):
        try:
            text = json.dumps(document[part], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        except (RecursionError, ValueError):
            return findings.inconsistent(place, "nests too deep")
        if "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != document[stated]:
            return findings.changed(place, part)
    return None


def _refuse(text: str) -> Any:
    raise ValueError(text)
