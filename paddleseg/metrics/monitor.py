"""The measure by which an evaluation is better than another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paddleseg.errors import ConfigError


@dataclass(frozen=True)
class Monitor:
    """What best_model, early stop and the log look at.

    Args:
        name: Of a metric that evaluation gives.
        mode: Whether a larger or a smaller value is better.
    """

    name: str = "mIoU"
    mode: Literal["max", "min"] = "max"

    @property
    def worst(self) -> float:
        """What every measured value is better than."""
        return -math.inf if self.mode == "max" else math.inf

    def better(self, new: float, old: float) -> bool:
        """Whether `new` is better than `old`; what is not a number never is."""
        if math.isnan(new) or math.isnan(old):
            return not math.isnan(new)
        return new > old if self.mode == "max" else new < old

    def of(self, metrics: Mapping[str, Any]) -> float:
        """Its value among the metrics of an evaluation.

        Raises:
            ConfigError: Evaluation gives no such number.
        """
        value: Any = metrics.get(self.name)
        if isinstance(value, bool) or not hasattr(value, "__float__"):
            held = ", ".join(name for name, item in metrics.items() if isinstance(item, float))
            raise ConfigError("evaluation", f"gives no {self.name} to compare models by", f"it gives: {held}")
        return float(value)
