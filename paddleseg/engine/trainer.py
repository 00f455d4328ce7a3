"""The training loop. What happens around a step is a callback's business; what a step is, the stepper's."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import paddle

from paddleseg.datasets.loader import Batch, TrainLoader
from paddleseg.engine import dist
from paddleseg.engine.callback import Callback
from paddleseg.engine.state import TrainState
from paddleseg.engine.step import Stepper
from paddleseg.metrics.monitor import Monitor


class Trainer:
    """Run a stepper over batches, with callbacks and evaluations.

    Two runs with the same configuration take the same steps, whatever the number of loader workers and however often
    they were interrupted: the order of samples, their augmentation and the network's own draws are functions of the
    seed and the step.

    Args:
        model: The network without any wrapper.
        stepper: Does one update.
        lr: The learning rate of every step.
        loader: Endless batches from any step on.
        iters: Steps of the run.
        callbacks: Called in list order at every call point.
        evaluate: Gives the metrics of the validation set, or None without one.
        eval_interval: Steps between evaluations; the last step always evaluates.
        seed: Base of the network's own random draws (dropout).
        monitor: What makes an evaluation better than another: for `best_model`, early stop and the log.
    """

    def __init__(
        self,
        *,
        model: paddle.nn.Layer,
        stepper: Stepper,
        lr: Callable[[int], float],
        loader: TrainLoader,
        iters: int,
        callbacks: Sequence[Callback] = (),
        evaluate: Callable[[], dict[str, Any]] | None = None,
        eval_interval: int = 1000,
        seed: int = 0,
        monitor: Monitor = Monitor(),  # noqa: B008 - it never changes
    ):
        self.model, self.stepper, self.lr, self.loader = model, stepper, lr, loader
        self.callbacks, self.evaluate, self.eval_interval, self.seed = list(callbacks), evaluate, eval_interval, seed
        self.state = TrainState(iters, monitor)

    def fit(self) -> TrainState:
        """Train to the end of the run, from where `state` stands."""
        with _graceful_stop(self.state):
            try:
                self.each("on_start")
                batches = self.batches()
                while not self.state.done:
                    self.each("on_step_start")
                    self.step(next(batches))
                    if self.eval_due():
                        self.run_evaluation()
                    if dist.any_rank(self.state.stop == "interrupted"):
                        self.state.stop = "interrupted"
            except BaseException as error:
                self.each("on_exception", error)
                raise
            finally:
                self.loader.close()
            self.each("on_end")
        return self.state

    def step(self, fetched: tuple[list[Batch], float]) -> None:
        """One update with the batches fetched for it, and the seconds that fetching took."""
        batches, reader_cost = fetched
        started = time.perf_counter()
        lr = self.lr(self.state.step)
        paddle.seed(self.seed * 1_000_003 + self.state.step * dist.world() + dist.rank())
        logs: dict[str, Any] = self.stepper(batches, lr)
        self.state.step += 1
        self.state.epoch = int(batches[-1]["epoch"])
        logs |= {
            "lr": lr,
            "reader_cost": reader_cost,
            "batch_cost": reader_cost + time.perf_counter() - started,
            "samples": sum(len(batch["image"]) for batch in batches) * dist.world(),
        }
        self.each("on_step_end", logs)

    def batches(self) -> Iterator[tuple[list[Batch], float]]:
        """The batches of every update from the current step on, with the seconds spent waiting for them."""
        accumulate = self.stepper.accumulate
        stream = self.loader.batches(self.state.step * accumulate)
        while True:
            started = time.perf_counter()
            yield [next(stream) for _ in range(accumulate)], time.perf_counter() - started

    def eval_due(self) -> bool:
        if self.evaluate is None or self.state.stop == "interrupted":
            return False
        return self.state.step % self.eval_interval == 0 or self.state.step == self.state.iters

    def run_evaluation(self) -> None:
        assert self.evaluate is not None
        self.each("on_eval_start")
        self.state.metrics = self.evaluate()
        self.each("on_eval", self.state.metrics)

    def each(self, point: str, *args: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, point)(self, *args)


@contextmanager
def _graceful_stop(state: TrainState) -> Iterator[None]:
    """The first Ctrl-C ends the run after the current step; the second one at once."""

    def request(signum: int, _frame: Any) -> None:
        if state.stop == "interrupted":
            raise KeyboardInterrupt
        state.stop = "interrupted"

    try:
        previous = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # only the main thread may set handlers; elsewhere the default stays
        previous = {}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
