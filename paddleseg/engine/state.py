"""What a training run knows about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from paddleseg.metrics.monitor import Monitor


@dataclass
class TrainState:
    """Where the run stands. Everything here goes into its checkpoints, except why it stops.

    Args:
        iters: Steps of the whole run.
        monitor: What decides which evaluation is the best.
        run: The run's own name, which tells its checkpoints from another run's; empty in those of before 0.2.
        step: Optimizer updates done.
        epoch: The pass over the data that the last step belonged to.
        best_metric: The monitor's best value in any evaluation, and `best_step` where it was.
        stop: Why the run should end before `iters`: "interrupted", "early stop", or nothing.
    """

    iters: int
    monitor: Monitor = field(default_factory=Monitor)
    run: str = ""
    step: int = 0
    epoch: int = 0
    best_metric: float = field(init=False)
    best_step: int = 0
    metrics: dict[str, Any] = field(default_factory=dict)
    stop: str = ""

    def __post_init__(self) -> None:
        self.best_metric = self.monitor.worst

    @property
    def done(self) -> bool:
        return self.step >= self.iters or bool(self.stop)

    def to_dict(self) -> dict[str, Any]:
        kept = asdict(self)
        del kept["stop"], kept["iters"]
        return kept

    def restore(self, saved: Mapping[str, Any]) -> str:
        """Take back what `to_dict` gave; returns a remark where the best value was of another measure."""
        for name in ("run", "step", "epoch", "metrics"):
            setattr(self, name, saved[name])
        if saved["monitor"] != asdict(self.monitor):
            return f"its best {saved['monitor']['name']} is not compared with {self.monitor.name}, which begins anew"
        self.best_metric, self.best_step = saved["best_metric"], saved["best_step"]
        return ""
