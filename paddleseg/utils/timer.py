"""Means of durations, and what is left of a run."""

from __future__ import annotations


class TimeAverager:
    """The mean of the durations recorded since `reset`, and samples a second.

    Example:
        >>> timer = TimeAverager()
        >>> timer.record(0.5, num_samples=4)
        >>> timer.get_average(), timer.get_ips_average()
        (0.5, 8.0)
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._count, self._seconds, self._samples = 0, 0.0, 0

    def record(self, usetime: float, num_samples: int | None = None) -> None:
        self._count += 1
        self._seconds += usetime
        self._samples += num_samples or 0

    def get_average(self) -> float:
        """Seconds of a record; 0 before the first."""
        return self._seconds / self._count if self._count else 0.0

    def get_ips_average(self) -> float:
        """Samples a second; 0 where none were counted."""
        return self._samples / self._seconds if self._samples and self._seconds else 0.0


def calculate_eta(remaining_step: int, speed: float) -> str:
    """The time that `remaining_step` steps of `speed` seconds take, as HH:MM:SS."""
    minutes, seconds = divmod(int(max(remaining_step, 0) * speed), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
