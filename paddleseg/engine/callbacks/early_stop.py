"""Ends a run that has stopped getting better."""

from __future__ import annotations

from typing import Any

from paddleseg.engine.callback import Callback, Run


class EarlyStop(Callback):
    """Stop after `patience` evaluations in a row without a better mIoU.

    Stands before `Checkpoint`, which writes the best mIoU into the state.
    """

    def __init__(self, patience: int):
        self.patience, self.waited = patience, 0

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        self.waited = 0 if metrics["mIoU"] > run.state.best_metric else self.waited + 1
        if self.waited >= self.patience:
            run.state.stop = "early stop"

    def state_dict(self) -> dict[str, Any]:
        return {"waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.waited = int(state["waited"])
