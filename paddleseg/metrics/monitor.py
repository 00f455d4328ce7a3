"""The measure that decides which weights are the best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Monitor:
    """A measure by its name, and whether more of it is better ("max") or less ("min").

    Example:
        >>> Monitor("mIoU").better(0.9, than=0.8)
        True
    """

    name: str
    mode: Literal["max", "min"] = "max"

    @property
    def worst(self) -> float:
        """What any number is better than."""
        return -math.inf if self.mode == "max" else math.inf

    def better(self, value: float, than: float) -> bool:
        """Whether a value is an improvement; what is no number never is."""
        return not math.isnan(value) and (value > than if self.mode == "max" else value < than)
