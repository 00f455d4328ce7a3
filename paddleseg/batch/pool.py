"""The processes of this machine."""

from __future__ import annotations

from threading import Lock
from typing import Any

from paddleseg.batch.settings import Settings
from paddleseg.batch.work import Job
from paddleseg.datasets.workers import Workers


class Pool:
    """An `Engine` of `jobs` processes, which end with this one."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        self.jobs, self._settings = jobs, settings
        self._starting = Lock()

    def start(self) -> _Process:
        with self._starting:  # what `Workers` hides from a child for a moment is seen by all threads
            return _Process(self._settings)

    def close(self) -> None:
        """Each process is closed by whoever has it."""


class _Process:
    def __init__(self, settings: Settings) -> None:
        self._workers = Workers(settings, 1, ahead=1)

    def call(self, job: Job, *arguments: Any) -> Any:
        self._workers.submit(job, *arguments)
        return self._workers.result()

    def kill(self) -> None:
        self._workers.kill()

    def close(self) -> None:
        self._workers.close()
