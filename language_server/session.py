"""One editor's session: when its rulebooks are checked, and what it was told last about each file."""

from __future__ import annotations

import asyncio
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
    """Checks happen in one thread beside the one that answers; questions are answered from the last check."""

    workspace: Workspace
    publish: Publish
    _checker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "check"))
    _waiting: dict[Path, asyncio.TimerHandle] = field(default_factory=dict)
    _running: dict[Path, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[Path] = field(default_factory=set)
    _told: dict[Path, Mapping[str, list[Diagnostic]]] = field(default_factory=dict)
    _stopped: bool = False

    def changed(self, path: Path, pause: float = PAUSE) -> None:
        """A text is another now: it is checked after a pause, then the rulebooks that extend or import it."""
        waiting = self._waiting.pop(path, None)
        if waiting is not None:
            waiting.cancel()
        self._waiting[path] = asyncio.get_running_loop().call_later(pause, self._start, path)

    def closed(self, path: Path) -> None:
        """The editor let go of a file: what the disk holds counts again."""
        self.workspace.unsaved.pop(path, None)
        self.changed(path, 0)

    async def known(self, path: Path) -> Analysis | None:
        """What is known of the rulebook a file belongs to; waits for its first check."""
        task = self._running.get(path)
        handle = self._waiting.get(path)
        if self.workspace.known(path) is None and handle is not None and task is None:
            handle.cancel()
            self._start(path)
            task = self._running.get(path)
        if self.workspace.known(path) is None and task is not None:
            await asyncio.wait({task}, timeout=PATIENCE)
        return self.workspace.known(path)

    async def settled(self) -> None:
        """Waits until everything that changed is checked."""
        while self._waiting or self._running:
            for path in list(self._waiting):
                self._waiting[path].cancel()
                self._start(path)
            await asyncio.gather(*self._running.values())

    def findings(self, path: Path) -> list[Diagnostic]:
        """What was told last about a file."""
        return in_order([one for told in self._told.values() for one in told.get(path.as_posix(), [])])

    def stop(self) -> None:
        """Ends the checks; the one that runs comes to its end, and nobody waits for it."""
        self._stopped = True
        for waiting in self._waiting.values():
            waiting.cancel()
        for running in self._running.values():
            running.cancel()
        self._checker.shutdown(wait=False, cancel_futures=True)

    def _start(self, path: Path) -> None:
        self._waiting.pop(path, None)
        if self._stopped:
            return
        if path in self._running:
            self._again.add(path)
            return
        self._running[path] = asyncio.get_running_loop().create_task(self._check(path))

    async def _check(self, path: Path) -> None:
        try:
            await self._one(path)
            for dependent in await self.beside(self.workspace.dependents, path):
                if path in self._again:
                    break
                await self._one(dependent)
        finally:
            self._running.pop(path, None)
            if path in self._again:
                self._again.discard(path)
                self._start(path)

    async def _one(self, path: Path) -> None:
        if self.workspace.text(path) is None:
            self._tell(path, {})
            return
        analysis = await self.beside(self.workspace.analyse, path, dict(self.workspace.unsaved))
        self.workspace.keep(analysis)
        self._tell(path, by_file(analysis.found, analysis.texts))

    async def beside(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Long work, done where rulebooks are checked, so that questions are answered meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._checker, lambda: work(*arguments))

    def _tell(self, rulebook: Path, found: Mapping[str, list[Diagnostic]]) -> None:
        """Publishes what changed; a file in several rulebooks has the findings of all of them, each once."""
        files = {*self._told.get(rulebook, {}), *found, rulebook.as_posix()}
        self._told[rulebook] = found
        for file in sorted(files):
            self.publish(file, self.findings(Path(file)))
