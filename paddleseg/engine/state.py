"""What a training run knows about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class TrainState:
    """Where the run stands. Everything here goes into a checkpoint's `state.json`, except why it stops.

    Args:
        iters: Steps of the whole run.
        step: Optimizer updates done.
        epoch: The pass over the data that the last step belonged to.
        best_metric: The best mIoU of any evaluation, and `best_step` where it was.
        stop: Why the run should end before `iters`: "interrupted", "early stop", or nothing.
    """

    iters: int
    step: int = 0
    epoch: int = 0
    best_metric: float = -1.0
    best_step: int = 0
    metrics: dict[str, Any] = field(default_factory=dict)
    stop: str = ""

    @property
    def done(self) -> bool:
        return self.step >= self.iters or bool(self.stop)

    def to_dict(self) -> dict[str, Any]:
        kept = asdict(self)
        del kept["stop"], kept["iters"]
        return kept

    def restore(self, saved: dict[str, Any]) -> None:
        for name in ("step", "epoch", "best_metric", "best_step", "metrics"):
            setattr(self, name, saved[name])
