"""One editor's session: when its rulebooks are checked, and what it was told last about each file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ..program.diagnostic import Diagnostic, in_order
from .protocol import by_file
from .workspace import Analysis, Workspace

PAUSE = 0.15
"""Seconds without a key pressed after which a rulebook is checked."""
PATIENCE = 20.0
"""Seconds that the first question about a rulebook waits for its first check."""

Result = TypeVar("Result")
Publish = Callable[[str, list[Diagnostic]], None]


@dataclass(slots=True)
class Session:
    """Checks happen one by one in a thread beside the one that answers; questions are answered from the last check."""

    workspace: Workspace
    publish: Publish
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "check"))
    _typed: dict[Path, asyncio.TimerHandle] = field(default_factory=dict)
    """Files in which somebody writes, until the pause is over."""
    _due: dict[Path, bool] = field(default_factory=dict)
    """Rulebooks to check, and whether it is because they themselves changed: those come first."""
    _now: Path | None = None
    _checks: asyncio.Task[None] | None = None
    _progress: asyncio.Condition = field(default_factory=asyncio.Condition)
    _told: dict[Path, Mapping[str, list[Diagnostic]]] = field(default_factory=dict)
    _stopped: bool = False

    def changed(self, path: Path, pause: float = PAUSE) -> None:
        """A text is another now: it is checked after a pause, then the rulebooks that extend or import it."""
        waiting = self._typed.pop(path, None)
        if waiting is not None:
            waiting.cancel()
        self._typed[path] = asyncio.get_running_loop().call_later(pause, self._take, path)

    def closed(self, path: Path) -> None:
        """The editor let go of a file: what the disk holds counts again."""
        self.workspace.unsaved.pop(path, None)
        if path in self.workspace.latest:
            self.changed(path, 0)

    async def known(self, path: Path) -> Analysis | None:
        """What is known of the rulebook a file belongs to; waits for its first check."""
        if self.workspace.known(path) is None:
            await self.checked(path)
        return self.workspace.known(path)

    async def checked(self, path: Path) -> None:
        """Waits until a file is checked as it is now; at once where nothing in it changed."""
        waiting = self._typed.get(path)
        if waiting is not None:
            waiting.cancel()
            self._take(path)
        async with self._progress:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._progress.wait_for(lambda: not self._pending(path)), PATIENCE)

    def findings(self, path: Path) -> list[Diagnostic]:
        """What was told last about a file."""
        return in_order([one for told in self._told.values() for one in told.get(path.as_posix(), [])])

    async def beside(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Long work, done where rulebooks are checked, so that questions are answered meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*arguments))

    def stop(self) -> None:
        """Ends the checks; the one that runs comes to its end, and nobody waits for it."""
        self._stopped = True
        for waiting in self._typed.values():
            waiting.cancel()
        if self._checks is not None:
            self._checks.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _pending(self, path: Path) -> bool:
        return path in self._typed or path in self._due or path == self._now

    def _take(self, path: Path) -> None:
        self._typed.pop(path, None)
        self._due[path] = True
        if self._checks is None and not self._stopped:
            self._checks = asyncio.get_running_loop().create_task(self._check_all())

    async def _check_all(self) -> None:
        try:
            while self._due:
                self._now = next((path for path, own in self._due.items() if own), next(iter(self._due)))
                own = self._due.pop(self._now)
                path = self._now
                try:
                    await self._check(path)
                except Exception:  # a defect of ours: the editor's other rulebooks are still checked
                    logging.getLogger(__name__).exception("%s was not checked", path)
                self._now = None
                async with self._progress:
                    self._progress.notify_all()
                others = await self.beside(self.workspace.dependents, path) if own else []
                self._due = {**dict.fromkeys(others, False), **self._due}
        finally:
            self._now = self._checks = None

    async def _check(self, path: Path) -> None:
        if self.workspace.text(path) is None:
            self._tell(path, {})
            return
        analysis = await self.beside(self.workspace.analyse, path, dict(self.workspace.unsaved))
        self.workspace.keep(analysis)
        self._tell(path, by_file(analysis.found, analysis.texts))

    def _tell(self, rulebook: Path, found: Mapping[str, list[Diagnostic]]) -> None:
        """Publishes what changed; a file in several rulebooks has the findings of all of them, each once."""
        files = {*self._told.get(rulebook, {}), *found, rulebook.as_posix()}
        self._told[rulebook] = found
        for file in sorted(files):
            self.publish(file, self.findings(Path(file)))
