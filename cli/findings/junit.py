"""What was checked, and what was found in it, as JUnit XML: the report that every CI server shows as tests.

https://github.com/testmoapp/junitxml names the elements and attributes that servers read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from .check import Check
from .screen import one_line
from .text import framed

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, not even escaped (section 2.2)."""


def junit(checks: Sequence[Check], sources: Mapping[str, str]) -> str:
    """The document; checks of one file stand together, in the order given. It holds no times: equal runs are equal."""
    suites = [_suite(file, list(group), sources) for file, group in groupby(checks, key=lambda check: check.file)]
    body = "\n".join(suites)
    counts = _counts(checks)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="marginc" {counts}>\n{body}\n</testsuites>\n'


def _suite(file: str, checks: Sequence[Check], sources: Mapping[str, str]) -> str:
    cases = "\n".join(_case(check, sources) for check in checks)
    return f'  <testsuite name="{_attribute(file)}" {_counts(checks)}>\n{cases}\n  </testsuite>'


def _counts(checks: Sequence[Check]) -> str:
    return f'tests="{len(checks)}" failures="{sum(check.failed for check in checks)}" errors="0"'


def _case(check: Check, sources: Mapping[str, str]) -> str:
    line = f' line="{check.line}"' if check.line else ""
    file = _attribute(check.file)
    head = f'    <testcase name="{_attribute(check.name)}" classname="{file}" file="{file}"{line}'
    if not check.findings:
        return f"{head}/>"
    text = _text("\n".join(framed(finding, sources, color=False) for finding in check.findings))
    if not check.failed:
        return f"{head}>\n      <system-out>{text}</system-out>\n    </testcase>"
    worst = next(finding for finding in check.findings if finding.severity == "error")
    message, code = _attribute(worst.message), _attribute(worst.code)
    return f'{head}>\n      <failure message="{message}" type="{code}">{text}</failure>\n    </testcase>'


def _text(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _NOT_XML.sub("\ufffd", escaped).replace("\r", "&#13;")


def _attribute(text: str) -> str:
    return _text(one_line(text)).replace('"', "&quot;")
