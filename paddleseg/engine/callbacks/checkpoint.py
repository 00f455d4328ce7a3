"""Saves the run: every so often, at the end, when interrupted, and whenever an evaluation is the best so far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paddleseg.engine import checkpoint, dist
from paddleseg.engine.callback import Callback, Run
from paddleseg.files import atomic_write_text


class Checkpoint(Callback):
    """Write `save_dir/iter_N` and `save_dir/best_model`.

    Stands last in the list of callbacks, so that what it saves is the state after all others have acted.

    Args:
        save_dir: Where checkpoints go.
        interval: Steps between checkpoints.
        keep: How many `iter_N` folders stay.
        config_hash: Goes into `state.json`, so that resuming under another configuration is noticed.
    """

    def __init__(self, save_dir: str | Path, interval: int = 1000, keep: int = 5, config_hash: str = ""):
        self.save_dir, self.interval, self.keep, self.config_hash = Path(save_dir), interval, keep, config_hash
        self.saved_step = -1

    def on_start(self, run: Run) -> None:
        self.saved_step = run.state.step
        if dist.is_main():  # a folder that cannot be written should be known now, not after an hour
            atomic_write_text(self.save_dir / ".writable", "")
            (self.save_dir / ".writable").unlink()

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        # At a step that is also evaluated, saving waits for the result.
        if run.state.step % self.interval == 0 and not run.eval_due():
            self.save(run)

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        if metrics["mIoU"] > run.state.best_metric:
            run.state.best_metric, run.state.best_step = metrics["mIoU"], run.state.step
            if dist.is_main():
                averages = [weights for callback in run.callbacks if (weights := callback.weights()) is not None]
                weights = averages[0] if averages else run.model.state_dict()
                checkpoint.save_best(self.save_dir / "best_model", run, weights, self.config_hash)
        if run.state.step % self.interval == 0:
            self.save(run)

    def on_end(self, run: Run) -> None:
        if self.saved_step != run.state.step:
            self.save(run)

    def save(self, run: Run) -> None:
        self.saved_step = run.state.step
        if dist.is_main():
            checkpoint.save(self.save_dir / f"iter_{run.state.step}", run, self.config_hash)
            checkpoint.remove_old(self.save_dir, self.keep)
