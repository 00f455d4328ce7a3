"""Paddle's profiler over a range of steps (`--profiler_options`)."""

from __future__ import annotations

from typing import Any

from paddleseg.engine.callback import Callback, Run
from paddleseg.errors import ConfigError

_UNUSED = ("state", "sorted_key", "tracer_option", "timer_only")  # of PaddleSeg's options


class Profiler(Callback):
    """Profile the steps of `batch_range` and write a chrome trace to `profile_path`.

    Args:
        options: `key=value` pairs joined by ";": `batch_range=[10,20]; profile_path=profile; exit_on_finished=True`.

    Raises:
        ConfigError: An option that is not known, or a range that is not `[first,last]`.
    """

    def __init__(self, options: str):
        from paddle import profiler

        given = dict(pair.strip().split("=", 1) for pair in options.split(";") if "=" in pair)
        unknown = set(given) - {"batch_range", "profile_path", "exit_on_finished", *_UNUSED}
        for name in sorted(set(given) & set(_UNUSED)):
            print(f"--profiler_options: {name}={given[name]} changes nothing: the trace holds all that Paddle records")
        try:
            first, last = (int(number) for number in given.get("batch_range", "[10,20]").strip("[] ").split(","))
        except ValueError:
            first, last = 1, 0
        if unknown or first >= last:
            what = f"unknown: {', '.join(sorted(unknown))}" if unknown else "batch_range must be [first,last]"
            raise ConfigError("--profiler_options", what, 'such as "batch_range=[10,20]; profile_path=profile"')
        self.last = last
        self.exit = given.get("exit_on_finished", "False") == "True"
        handler = profiler.export_chrome_tracing(given.get("profile_path", "profile"))
        self.profiler = profiler.Profiler(scheduler=(first, last), on_trace_ready=handler)

    def on_start(self, run: Run) -> None:
        self.profiler.start()

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        self.profiler.step(num_samples=logs["samples"])
        if self.exit and run.state.step >= self.last:
            run.state.stop = "profiled"

    def on_end(self, run: Run) -> None:
        self.profiler.stop()
