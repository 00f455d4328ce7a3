"""Ends a run whose weights are no numbers any more."""

from __future__ import annotations

from typing import Any

from paddleseg.engine.callback import Callback, Run
from paddleseg.engine.checkpoint import refuse_nonfinite


class Finite(Callback):
    """Look for NaN and infinity in the weights every `interval` steps and before every evaluation.

    A finite loss does not rule them out: ReLU takes NaN for 0. A gradient that is no number makes such weights in the
    same step. Checkpoints and best weights are looked at again when they are written.

    Args:
        interval: Steps between two looks; one takes a millisecond or two for a light network.
    """

    def __init__(self, interval: int = 10):
        self.interval = interval

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        if run.state.step % self.interval == 0:
            refuse_nonfinite(run, run.model.state_dict())

    def on_eval_start(self, run: Run) -> None:
        refuse_nonfinite(run, run.model.state_dict())
