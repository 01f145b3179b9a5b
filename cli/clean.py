"""Rulebooks known to be clean: a verdict without findings is remembered by what was read, and by the checker itself.

Only clean verdicts are kept, one small file a rulebook, under `MARGINC_CACHE_DIR`, else the user's cache folder. Any
byte changed in a rule file, its ancestors or this package makes the verdict unknown again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from .. import __version__

_CHECKER = ("compiler", "program", "schemas")
_LARGEST = 4 << 20


def remembered(path: Path) -> list[Path] | None:
    """The files a clean rulebook was read from, the rulebook itself first; None where nothing is known."""
    try:
        entry = json.loads(_entry(path).read_bytes())
        files = entry["files"]
        if entry["checker"] == _checker() and all(_digest(Path(file)) == known for file, known in files.items()):
            return [Path(file) for file in files]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def remember(path: Path, files: Iterable[Path]) -> None:
    """Keeps that the rulebook at `path`, read from these files, has no findings. Does nothing where it cannot."""
    try:
        entry = _entry(path)
        entry.parent.mkdir(parents=True, exist_ok=True)
        read = {str(file.resolve()): _digest(file) for file in (path, *files)}
        partial = entry.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps({"checker": _checker(), "files": read}), encoding="utf-8")
        partial.replace(entry)
    except OSError:
        return


def _entry(path: Path) -> Path:
    name = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogatepass")).hexdigest()
    return _folder() / f"{name}.json"


def _folder() -> Path:
    chosen = os.environ.get("MARGINC_CACHE_DIR")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marginc" / "clean"


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.sha256(stream.read(_LARGEST + 1)).hexdigest()


def _checker() -> str:
    """What the checker is: its version, and size and time of each of its files."""
    root = Path(__file__).resolve().parent.parent
    seen = hashlib.sha256(__version__.encode())
    for folder in _CHECKER:
        for here, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                status = Path(here, name).stat()
                seen.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()
