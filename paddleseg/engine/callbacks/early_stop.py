"""Ends a run that has stopped getting better."""

from __future__ import annotations

from typing import Any

from paddleseg.engine import dist
from paddleseg.engine.callback import Callback, Run


class EarlyStop(Callback):
    """Stop after `patience` evaluations in a row without a better value of the run's monitor.

    Stands before `Checkpoint`, which writes the best value into the state.
    """

    def __init__(self, patience: int):
        self.patience, self.waited = patience, 0

    def on_start(self, run: Run) -> None:
        self._decide(run)
        if run.state.stop and dist.is_main():  # resuming a run that had stopped does not train it on
            print(f"This run is finished: it stopped early at iter {run.state.step}. To train on, raise the intervals.")

    def on_eval(self, run: Run, metrics: dict[str, Any]) -> None:
        monitor = run.state.monitor
        self.waited = 0 if monitor.better(monitor.of(metrics), run.state.best_metric) else self.waited + 1
        self._decide(run)

    def _decide(self, run: Run) -> None:
        if self.waited >= self.patience:
            run.state.stop = "early stop"

    def state_dict(self) -> dict[str, Any]:
        return {"waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.waited = int(state["waited"])
