"""A clip of people into the same clip before another background, or without one; sound and times as they were."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.errors import ConfigError, DataError
from paddleseg.inference.predictor import Predictor
from paddleseg.targets import refuse_overwriting
from paddleseg.video.compositor import Background, Compositor
from paddleseg.video.pipeline import Ahead, depth
from paddleseg.video.session import Frame, Session
from paddleseg.video.source import Moment, Source, open_source
from paddleseg.video.target import Target, check_suffix, open_target

Watch = Callable[["Progress"], None]
"""Is told after each frame; what it raises ends the conversion."""


@dataclass
class Progress:
    """How far a conversion is.

    Args:
        frames: Written so far.
        total: That will be, nearly; None where nobody knows.
        shown: The frame written last, RGB or RGBA uint8 (H, W, C).
    """

    frames: int
    total: int | None
    shown: np.ndarray


@dataclass
class Conversion:
    """What was done.

    Args:
        output: The file or folder.
        frames: How many were written; as many as were read.
        seconds: That it took.
        remarks: What is not as it was in the source, a sentence each.
    """

    output: Path
    frames: int = 0
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds if self.seconds else 0.0
