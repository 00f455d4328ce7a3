"""Scalars and sample pictures for `visualdl --logdir SAVE_DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paddleseg.engine.callback import Callback, Run

_TAGS = {"pixel_accuracy": "Acc"}  # as in PaddleSeg's records, so that runs of both lie in one chart


class VisualDL(Callback):
    """Write losses, learning rate, costs and metrics every `interval` steps, and predictions at every evaluation.

    Args:
        save_dir: Where the records go.
        interval: Steps between scalars.
        pictures: Gives (name, RGB uint8 picture) pairs to show at an evaluation.
    """

    def __init__(self, save_dir: str | Path, interval: int = 10, pictures: Any = None):
        from visualdl import LogWriter

        self.open, self.save_dir = LogWriter, str(save_dir)
        self.interval, self.pictures = interval, pictures

    def on_start(self, run: Run) -> None:
        self.writer = self.open(self.save_dir)

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        if run.state.step % self.interval:
            return
        for name, value in logs.items():
            if name != "samples":
                self.writer.add_scalar(f"Train/{name}", value, run.state.step)

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        for name, value in metrics.items():
            if isinstance(value, (int, float)):
                self.writer.add_scalar(f"Evaluate/{_TAGS.get(name, name)}", value, run.state.step)
        for name, picture in self.pictures() if self.pictures else ():
            self.writer.add_image(f"Samples/{name}", picture, run.state.step)

    def on_end(self, run: Run) -> None:
        self.writer.close()

    def on_exception(self, run: Run, error: BaseException) -> None:
        self.writer.close()
