"""Actors of Ray: the processes of this machine, or of a cluster whose machines share the photos and the output folder.

Plain actors, not Ray Data's: whoever hands out the chunks has to know which of them a process died of.
"""

from __future__ import annotations

import os
from typing import Any

from paddleseg.batch.settings import Settings
from paddleseg.batch.work import Job
from paddleseg.datasets.workers import WorkerError
from paddleseg.errors import DeviceError, UserError, last_line

LOCAL = "local"
_STORE_BYTES = 100 * 2**20
"""Ray's shared memory, of which next to nothing is used: photos are read and written by the actors."""


class Ray:
    """An `Engine` of `jobs` actors of one CPU each.

    Args:
        address: Of a cluster that is running, or "local" for one of this machine that lives as long as this process.
        jobs: 0 for one a CPU.

    Raises:
        DeviceError: Nothing answers at the address, or there are fewer CPUs than jobs.
    """

    def __init__(self, settings: Settings, address: str, jobs: int = 0) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody
        import ray

        self._ray, self._settings = ray, settings
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}
        if address == LOCAL:
            jobs = jobs or os.cpu_count() or 1
            ray.init("local", num_cpus=jobs, object_store_memory=_STORE_BYTES, **quiet)
        else:
            del quiet["include_dashboard"]
            try:
                ray.init(address, **quiet)
            except (ConnectionError, ValueError, RuntimeError) as error:
                hint = "give the address that `ray start --head` printed, auto, or local"
                raise DeviceError(f"--ray {address}", f"no cluster answers: {last_line(error)}", hint) from error
        cpus = int(ray.cluster_resources().get("CPU", 0))
        if jobs > cpus or not cpus:
            ray.shutdown()
            what = f"has {cpus} CPUs, but {jobs} processes are asked for"
            raise DeviceError(f"--ray {address}", what, "give fewer --jobs, or none")
        self.jobs = jobs or cpus

    def start(self) -> _Actor:
        return _Actor(self._ray, self._settings)

    def close(self) -> None:
        self._ray.shutdown()


class _Actor:
    def __init__(self, ray: Any, settings: Settings) -> None:
        self._ray = ray
        self._actor = ray.remote(num_cpus=1, max_restarts=0)(_Worker).remote(settings)

    def call(self, job: Job, *arguments: Any) -> Any:
        died = self._ray.exceptions
        try:
            answer = self._ray.get(self._actor.call.remote(job, *arguments))
        except (died.RayActorError, died.WorkerCrashedError, died.OutOfMemoryError, died.NodeDiedError) as error:
            raise WorkerError("ray", f"its process has ended: {last_line(error)}", "look into Ray's logs") from error
        if isinstance(answer, UserError):
            raise answer
        return answer

    def kill(self) -> None:
        self._ray.kill(self._actor)

    close = kill


class _Worker:
    """What runs in an actor's process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def call(self, job: Job, *arguments: Any) -> Any:
        try:
            return job(self._settings, None, *arguments)
        except UserError as error:  # Ray would wrap it into an exception of its own
            return error
