"""An exponential moving average of the weights, which evaluates better than the last step's."""

from __future__ import annotations

from typing import Any

import paddle

from paddleseg.engine.callback import Callback, Run, averaging


class EMA(Callback):
    """Average parameters and batch-norm statistics; evaluation and `best_model` use the averages.

    Early in a run the average would remember the random start, so the decay begins small: min(decay, (1+n)/(10+n)).

    Args:
        decay: Share of the old average that every step keeps.
        warmup: Begin with a small decay; without it the average starts at the first weights.

    Raises:
        ValueError: `decay` is not within [0, 1).
    """

    def __init__(self, decay: float = 0.999, warmup: bool = True):
        if not 0 <= decay < 1:
            raise ValueError(f"EMA decay must be in [0, 1), not {decay}")
        self.decay, self.warmup = decay, warmup
        self.updates = 0
        self.average: dict[str, paddle.Tensor] = {}
        self._own: dict[str, paddle.Tensor] = {}

    def on_start(self, run: Run) -> None:
        if not self.average:
            self.average = {name: value.clone() for name, value in run.model.state_dict().items()}

    @paddle.no_grad()
    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates)) if self.warmup else self.decay
        for name, value in run.model.state_dict().items():
            average = self.average[name]
            average.set_value(average * decay + value.astype(average.dtype) * (1 - decay))

    def on_eval_start(self, run: Run) -> None:
        if averaging(run.callbacks) is not self:  # of two averages, the first is evaluated
            return
        self._own = {name: value.clone() for name, value in run.model.state_dict().items()}
        run.model.set_state_dict(self.average)

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        self._give_back(run)

    def on_exception(self, run: Run, error: BaseException) -> None:
        self._give_back(run)

    def _give_back(self, run: Run) -> None:
        if self._own:
            run.model.set_state_dict(self._own)
            self._own = {}

    def weights(self) -> dict[str, paddle.Tensor]:
        """The averages under the model's names."""
        return self.average

    def state_dict(self) -> dict[str, Any]:
        return {"updates": self.updates}  # the averages are a file of their own: `ema_model.pdparams`

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.updates = int(state["updates"])

    def load_weights(self, weights: dict[str, Any]) -> None:
        self.average = dict(weights)
