"""Learning-rate schedules: pure functions of the step, so resuming needs no state and a plot needs no training."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

from paddleseg.registry import LR_SCHEDULES


class Schedule:
    """A learning rate for every step: a linear warm-up, then `decayed`.

    Args:
        learning_rate: The rate at the end of the warm-up.
        iters: Steps of the whole run.
        warmup_iters: Steps of the warm-up.
        warmup_start_lr: The rate at step 0 of a warm-up.

    Raises:
        ValueError: A length or rate is negative.

    Attributes:
        remark: That the warm-up was shortened, where it would have taken the whole run.
    """

    def __init__(self, learning_rate: float, iters: int, warmup_iters: int = 0, warmup_start_lr: float = 0.0):
        if learning_rate < 0 or warmup_start_lr < 0:
            raise ValueError("a learning rate is negative")
        if warmup_iters < 0:
            raise ValueError(f"warmup_iters is negative: {warmup_iters}")
        self.remark = ""
        if warmup_iters and warmup_iters >= iters:  # a short trial of a long recipe
            short = iters // 10
            self.remark = f"warmup_iters is {short} here: {warmup_iters} would take the whole run of {iters} iters."
            warmup_iters = short
        self.learning_rate = float(learning_rate)
        self.warmup_iters, self.warmup_start_lr = warmup_iters, float(warmup_start_lr)
        self.span = max(iters - warmup_iters, 1)

    def __call__(self, step: int) -> float:
        if step < self.warmup_iters:
            return self.warmup_start_lr + (self.learning_rate - self.warmup_start_lr) * step / self.warmup_iters
        return self.decayed(step - self.warmup_iters)

    def decayed(self, step: int) -> float:
        """The rate `step` steps after the warm-up."""
        return self.learning_rate


@LR_SCHEDULES.register
class ConstantLR(Schedule):
    """The same rate at every step after the warm-up."""


@LR_SCHEDULES.register
class PolynomialDecay(Schedule):
    """`(lr - end_lr) * (1 - step / decay_steps) ** power + end_lr`; `decay_steps` is the run less the warm-up."""

    def __init__(
        self,
        learning_rate: float,
        iters: int,
        end_lr: float = 0.0,
        power: float = 0.9,
        decay_steps: int | None = None,
        warmup_iters: int = 0,
        warmup_start_lr: float = 0.0,
    ):
        super().__init__(learning_rate, iters, warmup_iters, warmup_start_lr)
        self.end_lr, self.power = float(end_lr), float(power)
        self.decay_steps = _positive("decay_steps", self.span if decay_steps is None else decay_steps)

    def decayed(self, step: int) -> float:
        left = 1 - min(step, self.decay_steps) / self.decay_steps
        return (self.learning_rate - self.end_lr) * left**self.power + self.end_lr


@LR_SCHEDULES.register
class CosineAnnealingDecay(Schedule):
    """Half a cosine from the rate to `eta_min` over `T_max` steps (the run less the warm-up), then `eta_min`."""

    def __init__(
        self,
        learning_rate: float,
        iters: int,
        T_max: int | None = None,
        eta_min: float = 0.0,
        warmup_iters: int = 0,
        warmup_start_lr: float = 0.0,
    ):
        super().__init__(learning_rate, iters, warmup_iters, warmup_start_lr)
        self.T_max, self.eta_min = _positive("T_max", self.span if T_max is None else T_max), float(eta_min)

    def decayed(self, step: int) -> float:
        phase = min(step, self.T_max) / self.T_max
        return self.eta_min + (self.learning_rate - self.eta_min) * (1 + math.cos(math.pi * phase)) / 2


@LR_SCHEDULES.register
class StepDecay(Schedule):
    """Times `gamma` after every `step_size` steps."""

    def __init__(
        self,
        learning_rate: float,
        iters: int,
        step_size: int,
        gamma: float = 0.1,
        warmup_iters: int = 0,
        warmup_start_lr: float = 0.0,
    ):
        super().__init__(learning_rate, iters, warmup_iters, warmup_start_lr)
        self.step_size, self.gamma = _positive("step_size", step_size), float(gamma)

    def decayed(self, step: int) -> float:
        return self.learning_rate * self.gamma ** (step // self.step_size)


@LR_SCHEDULES.register
class MultiStepDecay(Schedule):
    """Times `gamma` at every milestone."""

    def __init__(
        self,
        learning_rate: float,
        iters: int,
        milestones: Sequence[int],
        gamma: float = 0.1,
        warmup_iters: int = 0,
        warmup_start_lr: float = 0.0,
    ):
        super().__init__(learning_rate, iters, warmup_iters, warmup_start_lr)
        self.milestones, self.gamma = sorted(milestones), float(gamma)

    def decayed(self, step: int) -> float:
        return self.learning_rate * self.gamma ** bisect.bisect_right(self.milestones, step)


@LR_SCHEDULES.register
class PiecewiseDecay(Schedule):
    """`values[i]` until step `boundaries[i]`; one value more than boundaries."""

    def __init__(
        self,
        boundaries: Sequence[int],
        values: Sequence[float],
        iters: int,
        learning_rate: float | None = None,
        warmup_iters: int = 0,
        warmup_start_lr: float = 0.0,
    ):
        if len(values) != len(boundaries) + 1:
            raise ValueError(f"{len(boundaries)} boundaries need {len(boundaries) + 1} values, not {len(values)}")
        super().__init__(values[0], iters, warmup_iters, warmup_start_lr)
        self.boundaries, self.values = list(boundaries), [float(value) for value in values]

    def decayed(self, step: int) -> float:
        return self.values[bisect.bisect_right(self.boundaries, step)]


@LR_SCHEDULES.register
class ExponentialDecay(Schedule):
    """Times `gamma` at every step."""

    def __init__(
        self, learning_rate: float, iters: int, gamma: float, warmup_iters: int = 0, warmup_start_lr: float = 0.0
    ):
        super().__init__(learning_rate, iters, warmup_iters, warmup_start_lr)
        self.gamma = float(gamma)

    def decayed(self, step: int) -> float:
        return self.learning_rate * self.gamma**step


@LR_SCHEDULES.register
class OneCycleLR(Schedule):
    """Up to the rate by a cosine over `phase_pct` of the run, then down to `end_learning_rate` (Smith, 2018)."""

    def __init__(
        self,
        iters: int,
        learning_rate: float | None = None,
        max_learning_rate: float | None = None,
        total_steps: int | None = None,
        divide_factor: float = 25.0,
        end_learning_rate: float = 1e-4,
        phase_pct: float = 0.3,
    ):
        peak = max_learning_rate if max_learning_rate is not None else learning_rate
        if peak is None:
            raise ValueError("OneCycleLR needs max_learning_rate")
        super().__init__(peak, iters)
        self.start, self.end = peak / divide_factor, float(end_learning_rate)
        self.total = _positive("total_steps", iters if total_steps is None else total_steps)
        self.top = max(phase_pct * self.total - 1, 1.0)  # the step of the highest rate, counted from 0

    def decayed(self, step: int) -> float:
        step = min(step, self.total - 1)
        if step <= self.top:
            return _cosine(self.start, self.learning_rate, step / self.top)
        return _cosine(self.learning_rate, self.end, (step - self.top) / max(self.total - 1 - self.top, 1.0))


def _cosine(start: float, end: float, phase: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * phase)) / 2


def _positive(name: str, value: int) -> int:
    if value <= 0:
        raise ValueError(f"{name} must be positive, not {value}")
    return value
