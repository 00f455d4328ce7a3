"""Saves the run: every so often, at the end, when interrupted, and whenever an evaluation is the best so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from paddleseg.engine import checkpoint, dist
from paddleseg.engine.callbacks.base import Callback
from paddleseg.files import atomic_write_text

if TYPE_CHECKING:
    from paddleseg.engine.trainer import Trainer


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

    def on_start(self, trainer: Trainer) -> None:
        self.saved_step = trainer.state.step
        if dist.is_main():  # a folder that cannot be written should be known now, not after an hour
            atomic_write_text(self.save_dir / ".writable", "")
            (self.save_dir / ".writable").unlink()

    def on_step_end(self, trainer: Trainer, logs: dict[str, Any]) -> None:
        # At a step that is also evaluated, saving waits for the result.
        if trainer.state.step % self.interval == 0 and not trainer.eval_due():
            self.save(trainer)

    def on_eval(self, trainer: Trainer, metrics: dict[str, Any]) -> None:
        if metrics["mIoU"] > trainer.state.best_metric:
            trainer.state.best_metric, trainer.state.best_step = metrics["mIoU"], trainer.state.step
            if dist.is_main():
                averages = [weights for callback in trainer.callbacks if (weights := callback.weights()) is not None]
                weights = averages[0] if averages else trainer.model.state_dict()
                checkpoint.save_best(self.save_dir / "best_model", trainer, weights, self.config_hash)
        if trainer.state.step % self.interval == 0:
            self.save(trainer)

    def on_end(self, trainer: Trainer) -> None:
        if self.saved_step != trainer.state.step:
            self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        self.saved_step = trainer.state.step
        if dist.is_main():
            checkpoint.save(self.save_dir / f"iter_{trainer.state.step}", trainer, self.config_hash)
            checkpoint.remove_old(self.save_dir, self.keep)
