"""The call points of a training run, and what a callback sees of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Protocol

import paddle

from paddleseg.engine.state import TrainState
from paddleseg.engine.step import Stepper


class Run(Protocol):
    """A training run as callbacks and checkpoints see it.

    Args:
        model: The network without any wrapper.
        stepper: Does the updates; holds the optimizer.
        state: Where the run stands; a callback may end it by `state.stop`.
        callbacks: All of them, in the order in which they are called.
    """

    model: paddle.nn.Layer
    stepper: Stepper
    state: TrainState

    @property
    def callbacks(self) -> Sequence[Callback]: ...

    def eval_due(self) -> bool:
        """Whether this step ends with an evaluation."""
        ...


class Callback:
    """Something that happens around training steps. A callback keeps its own state and hands it to checkpoints.

    Attributes:
        name: Under which checkpoints keep its state; the class's name where it is empty.
    """

    name: str = ""

    def on_start(self, run: Run) -> None:
        """Before the first step, after a checkpoint was restored."""

    def on_step_start(self, run: Run) -> None:
        """Before every update."""

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        """After every update, with loss, lr, reader_cost, batch_cost (seconds) and samples."""

    def on_eval_start(self, run: Run) -> None:
        """Before the validation set is run."""

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        """After the validation set was run."""

    def on_exception(self, run: Run, error: BaseException) -> None:
        """When anything is raised; the error goes on afterwards."""

    def on_end(self, run: Run) -> None:
        """After the last step of a run that ended well, or was asked to end."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""

    def weights(self) -> dict[str, Any] | None:
        """Weights that evaluation and deployment should use instead of the model's, or None.

        They have the model's names. Those of the first callback that has some are used.
        """
        return None

    def load_weights(self, weights: dict[str, Any]) -> None:
        """Take back what `weights` gave."""


def named(callbacks: Sequence[Callback]) -> dict[str, Callback]:
    """The callbacks by name; a second one of a name gets a number, so that no two share a state."""
    found: dict[str, Callback] = {}
    for callback in callbacks:
        base = callback.name or type(callback).__name__
        names = itertools.chain([base], (f"{base}_{number}" for number in itertools.count(2)))
        found[next(name for name in names if name not in found)] = callback
    return found


def averaging(callbacks: Sequence[Callback]) -> Callback | None:
    """The callback whose weights are used instead of the model's."""
    return next((callback for callback in callbacks if callback.weights() is not None), None)
