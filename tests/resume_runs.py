"""The README's recipe, stopped after any step and resumed: what `tests/test_resume.py` runs, and each rank of its runs.

A rank is started as `python -m tests.resume_runs FOLDER WORKERS ITERS`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from paddleseg.config import load_config
from paddleseg.engine import dist, run
from paddleseg.engine.callback import Callback, Run
from paddleseg.engine.run import train
from paddleseg.engine.saved import MODEL, OPTIMIZER, read_arrays, read_saved

ROOT = Path(__file__).parent.parent
RECIPE = ROOT / "configs/pp_humanseg/portrait_fine_tune_mini.yml"
SHAPES = "[[64,32],[48,32],[32,32],[32,48],[32,64]]"
PHOTOS = 18  # of which every shape has some, and epochs are a few steps
STEPS = 3


def compare(folder: Path, workers: int, iters: int) -> list[str]:
    """Train once, keep every step, and resume from each: the first to the end, the others for three steps more.

    Returns:
        Where a resumed run differs from the whole one. All ranks look, since none waits long for another one.
    """
    mini = ROOT / "data/portrait_mini"
    if dist.is_main():
        for part, count in (("train", PHOTOS), ("val", 1)):
            lines = (mini / f"{part}.txt").read_text().splitlines(keepends=True)[:count]
            (folder / f"{part}.txt").write_text("".join(lines))
    dist.init()
    dist.barrier()
    config = load_config(
        RECIPE,
        [
            *(f"{part}_dataset.dataset_root={mini}" for part in ("train", "val")),
            *(f"{part}_dataset.{part}_path={folder}/{part}.txt" for part in ("train", "val")),
            *(f"iters={iters}", "save_interval=1", "batch_size=2", "train.keep_checkpoint_max=99"),
            *(f"train.aspect_buckets={SHAPES}", "val_dataset.transforms.0.target_size=[48,48]"),
            *(f"train.num_workers={workers}", "train.device=cpu"),
        ],
    )
    whole, resumed = folder / "whole", folder / "resumed"
    evaluates = not workers  # every evaluation would start workers of its own
    with ending_at(iters):
        train(config, save_dir=whole, do_eval=evaluates, check_data=False)
    wrong: list[str] = []
    for step in range(1, iters):
        last = iters if step == 1 else min(step + STEPS, iters)
        with ending_at(last):
            train(config, save_dir=resumed, do_eval=evaluates, check_data=False, resume=str(whole / f"iter_{step}"))
        dist.barrier()
        for number in range(step + 1, last + 1):
            name = f"iter_{number}"
            wrong += [f"from {step}: {name}: {what}" for what in differences(whole / name, resumed / name)]
        dist.barrier()
        if dist.is_main():
            shutil.rmtree(resumed)
        dist.barrier()
    return wrong


@contextmanager
def ending_at(step: int) -> Iterator[None]:
    """Let runs end after a step as Ctrl-C ends them, with schedules that still lead to `iters`."""
    make = run._callbacks
    with mock.patch.object(run, "_callbacks", lambda *given: [Stop(step), *make(*given)]):
        yield


class Stop(Callback):
    """Ask for the end after a step."""

    def __init__(self, step: int):
        self.step = step

    def on_step_end(self, run: Run, logs: dict[str, Any]) -> None:
        if run.state.step == self.step:
            run.state.stop = "enough"


def differences(one: Path, other: Path) -> list[str]:
    """What two checkpoints do not have in common.

    Files are not compared: how Paddle calls its tensors depends on what the process built before.
    """
    left, right = read_saved(one), read_saved(other)
    arrays = {
        MODEL: (read_arrays(one / MODEL), read_arrays(other / MODEL)),
        OPTIMIZER: (left.optimizer, right.optimizer),
    }
    arrays |= {name: (weights, right.averages.get(name, {})) for name, weights in left.averages.items()}
    assert len(arrays) == 3 and all(weights for weights, _ in arrays.values())  # the average is among them
    found = [name for name, (a, b) in arrays.items() if as_bytes(a) != as_bytes(b)]
    found += [name for name in ("callbacks", "stepper") if left.states[name] != right.states[name]]
    return found + (["state"] if left.state != right.state else [])


def as_bytes(weights: Mapping[str, Any]) -> dict[str, tuple[str, bytes]]:
    arrays = {name: np.asarray(value) for name, value in weights.items()}
    return {name: (str(array.dtype), array.tobytes()) for name, array in arrays.items()}


if __name__ == "__main__":
    faults = compare(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    print("\n".join(faults), file=sys.stderr)
    sys.exit(1 if faults else 0)
