"""Parts of runs that several test files use: a finished one, its command, and one that needs no training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import paddle
from test_engine import SMALL

from paddleseg.cli.main import main
from paddleseg.engine.callback import Callback
from paddleseg.engine.callbacks import EMA, EarlyStop
from paddleseg.engine.state import TrainState
from paddleseg.engine.step import LossPlan, Stepper
from paddleseg.models.humanseg.lite import PPHumanSegLite

CONFIG = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"
OPTS = ("iters=4", "save_interval=1", "train.keep_checkpoint_max=9", "train.ema=true", "train.early_stop_intervals=9")


class OneRun:
    """A run as checkpoints see it, for what needs no training."""

    def __init__(self, callbacks: list[Callback] | None = None):
        self.model: Any = PPHumanSegLite()
        optimizer = paddle.optimizer.AdamW(0.1, parameters=self.model.parameters())
        self.stepper = Stepper(self.model, optimizer, LossPlan([], []))
        self.state = TrainState(9)
        self.callbacks = [EMA(), EarlyStop(9)] if callbacks is None else callbacks

    def eval_due(self) -> bool:
        return False


def cli(folder: Path, *arguments: str, opts: tuple[str, ...] = OPTS) -> int:
    flags = ["--config", CONFIG, "--save_dir", str(folder), "--skip_data_check", *arguments]
    return main(["train", *flags, "--opts", *SMALL, *opts])
