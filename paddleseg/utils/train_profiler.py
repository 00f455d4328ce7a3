"""Paddle's profiler in a training loop of one's own; in ours it is `--profiler_options`."""

from __future__ import annotations

import ast
import sys
from typing import Any

from paddleseg.errors import ConfigError

# PaddleSeg's own defaults, so that its scripts find the trace where they look for it.
_DEFAULTS: dict[str, Any] = {
    "batch_range": [10, 20],
    "state": "All",
    "sorted_key": "total",
    "tracer_option": "Default",
    "profile_path": "/tmp/profile",
    "exit_on_finished": True,
    "timer_only": True,
}


class ProfilerOptions:
    """`key=value` pairs joined by ";": `batch_range=[50,60]; profile_path=model.profile`.

    Raises:
        ConfigError: An option that is not known, or a range that is not `[first, last]`.
    """

    def __init__(self, options_str: str):
        self._options = dict(_DEFAULTS)
        for key, _, text in (pair.partition("=") for pair in options_str.replace(" ", "").split(";") if pair):
            if key not in _DEFAULTS:
                raise ConfigError("profiler_options", f"there is no {key}", f"known: {', '.join(_DEFAULTS)}")
            self._options[key] = text if isinstance(_DEFAULTS[key], str) else _value(key, text)
        first, last = self._options["batch_range"]
        if not 0 <= first < last:
            raise ConfigError("profiler_options", "batch_range should be [first,last]", "such as batch_range=[10,20]")

    def __getitem__(self, name: str) -> Any:
        if name not in self._options:
            raise ConfigError("profiler_options", f"there is no {name}", f"known: {', '.join(_DEFAULTS)}")
        return self._options[name]


def _value(key: str, text: str) -> Any:
    try:
        value = ast.literal_eval(text.capitalize() if text.lower() in ("true", "false") else text)
    except (ValueError, SyntaxError):
        value = None
    pair = isinstance(value, (list, tuple)) and len(value) == 2 and all(type(number) is int for number in value)
    if not (pair if key == "batch_range" else isinstance(value, bool)):
        raise ConfigError("profiler_options", f"{key} is {text}", f"such as {key}={_DEFAULTS[key]}")
    return value


class _Run:
    """The profiler of this process and the steps it has seen."""

    options: ProfilerOptions | None = None
    profiler: Any = None
    step = 0


def add_profiler_step(options_str: str | None = None) -> None:
    """Call it in every training step; nothing happens without options.

    After the last step of `batch_range` a summary is printed, and the process ends if `exit_on_finished` says so.
    """
    if options_str is None:
        return
    from paddle import profiler

    if _Run.options is None:
        options = _Run.options = ProfilerOptions(options_str)
        first, last = options["batch_range"]
        handler = profiler.export_chrome_tracing(options["profile_path"])
        _Run.profiler = profiler.Profiler(
            scheduler=(first, last), on_trace_ready=handler, timer_only=options["timer_only"]
        )
        _Run.profiler.start()
    else:
        _Run.profiler.step()
    if _Run.profiler is not None and _Run.step == _Run.options["batch_range"][1]:
        _Run.profiler.stop()
        _Run.profiler.summary(op_detail=True)
        if _Run.options["exit_on_finished"]:
            sys.exit(0)
    _Run.step += 1
