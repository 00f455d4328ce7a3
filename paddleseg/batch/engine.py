"""The contract of what runs a batch's jobs: processes that each do one job at a time, and may die of it."""

from __future__ import annotations

from typing import Any, Protocol

from paddleseg.batch.work import Job


class Process(Protocol):
    """One process with the batch's settings, which opens the models at its first job and keeps them."""

    def call(self, job: Job, *arguments: Any) -> Any:
        """What a job of `work.py` returns, or raises.

        Raises:
            WorkerError: The process has died of it.
        """

    def kill(self) -> None:
        """End it at once, whatever it is doing; any thread may call this, also while another waits in `call`."""

    def close(self) -> None:
        """End it and give back what was needed for it; by the thread that calls its jobs."""


class Engine(Protocol):
    """Starts processes.

    Attributes:
        jobs: How many of them.
    """

    jobs: int

    def start(self) -> Process:
        """Another process."""

    def close(self) -> None:
        """End what the engine itself has started."""
