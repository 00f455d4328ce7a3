"""The progress bar and PaddleSeg's log lines."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from paddleseg import compat
from paddleseg.engine.callback import Callback, Run


class ProgressLog(Callback):
    """A line every `log_iters` steps, in the form that PaddleSeg's scripts read; a bar above it on a terminal."""

    def __init__(self, log_iters: int = 10):
        self.log_iters = log_iters
        self.console = Console(soft_wrap=True, highlight=False, markup=False)
        self.sums: dict[str, float] = defaultdict(float)
        self.count = 0
        self.bar: Progress | None = None

    def on_start(self, run: Run) -> None:
        if self.console.is_terminal:
            columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
            self.bar = Progress(*columns, console=self.console, transient=True)
            self.task = self.bar.add_task("", total=run.state.iters, completed=run.state.step)
            self.bar.start()

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        for name in ("loss", "batch_cost", "reader_cost", "samples"):
            self.sums[name] += logs[name]
        self.count += 1
        state = run.state
        if state.step % self.log_iters and state.step != state.iters:
            return
        cost = self.sums["batch_cost"] / self.count
        eta = _clock(cost * (state.iters - state.step))
        loss = self.sums["loss"] / self.count
        self.log(
            f"[TRAIN] epoch: {state.epoch + 1}, iter: {state.step}/{state.iters}, loss: {loss:.4f}, "
            f"lr: {logs['lr']:.6f}, batch_cost: {cost:.4f}, reader_cost: {self.sums['reader_cost'] / self.count:.5f}, "
            f"ips: {self.sums['samples'] / max(self.sums['batch_cost'], 1e-9):.4f} samples/sec | ETA {eta}"
        )
        if self.bar:
            self.bar.update(self.task, completed=state.step, description=f"loss {loss:.4f}, left {eta}")
        self.sums.clear()
        self.count = 0

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        state = run.state
        value, best, step = state.monitor.of(metrics), state.best_metric, state.best_step
        if state.monitor.better(value, best):  # `Checkpoint`, which comes later, will find so too
            best, step = value, state.step
        if best == state.monitor.worst:
            self.log(f"[EVAL] No model was saved: its {state.monitor.name} is {value}.")
        else:
            name = state.monitor.name
            self.log(f"[EVAL] The model with the best validation {name} ({best:.4f}) was saved at iter {step}.")

    def on_exception(self, run: Run, error: BaseException) -> None:
        self._stop()

    def on_end(self, run: Run) -> None:
        self._stop()

    def _stop(self) -> None:
        if self.bar:
            self.bar.stop()

    def log(self, text: str) -> None:
        if self.bar:
            self.console.print(compat.stamped(text))
        else:
            compat.say(text)  # the console would make blanks of the tab that scripts look for


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
