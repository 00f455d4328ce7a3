"""Saves the run: every so often, at the end, when interrupted, and whenever an evaluation is the best so far."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from paddleseg.engine import checkpoint, dist, ownership
from paddleseg.engine.callback import Callback, Run
from paddleseg.engine.saved import BEST


class Checkpoint(Callback):
    """Write `save_dir/iter_N` and `save_dir/best_model`.

    Stands last in the list of callbacks, so that what it saves is the state after all others have acted.

    Args:
        save_dir: Where checkpoints go.
        interval: Steps between checkpoints.
        keep: How many `iter_N` folders stay.
        config_hash: Goes into `state.json`, so that resuming under another configuration is noticed.
        claimed: The caller holds `save_dir` for this run; otherwise it is held from the first step to the last.
    """

    def __init__(
        self,
        save_dir: str | Path,
        interval: int = 1000,
        keep: int = 5,
        config_hash: str = "",
        *,
        claimed: bool = False,
    ):
        self.save_dir, self.interval, self.keep, self.config_hash = Path(save_dir), interval, keep, config_hash
        self.claimed = claimed
        self.saved_step = -1
        self._held = ExitStack()

    def on_start(self, run: Run) -> None:
        state = run.state
        self.saved_step = state.step
        if dist.is_main() and not self.claimed:
            self._held.enter_context(ownership.claim_for(self.save_dir, state.run, state.step))
        if not state.run and not state.step:
            state.run = ownership.new_run()

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        # At a step that is also evaluated, saving waits for the result.
        if run.state.step % self.interval == 0 and not run.eval_due():
            self.save(run)

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        state = run.state
        value = state.monitor.of(metrics)
        if state.monitor.better(value, state.best_metric):
            state.best_metric, state.best_step = value, state.step
            if dist.is_main():
                checkpoint.save_best(self.save_dir / BEST, run, self.config_hash)
        if state.step % self.interval == 0:
            self.save(run)

    def on_end(self, run: Run) -> None:
        if self.saved_step != run.state.step:
            self.save(run)
        self._held.close()

    def on_exception(self, run: Run, error: BaseException) -> None:
        self._held.close()

    def save(self, run: Run) -> None:
        self.saved_step = run.state.step
        if dist.is_main():
            checkpoint.save(self.save_dir / f"iter_{run.state.step}", run, self.config_hash)
            checkpoint.remove_old(self.save_dir, self.keep, run.state.run)
