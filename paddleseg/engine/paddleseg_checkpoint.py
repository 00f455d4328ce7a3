"""Checkpoints that PaddleSeg wrote: weights and optimizer, and a folder's name that tells the step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from paddleseg.arrays_only import read, read_name_table
from paddleseg.errors import WeightsError

MODEL, OPTIMIZER, STATES, DESCRIPTION = "model.pdparams", "model.pdopt", "model.pdstates", "state.json"
_OTHERS = ("LR_Scheduler", "master_weights")  # of an optimizer's state; here the rate follows from the step


def step_of(folder: Path) -> int | None:
    """The iteration of a checkpoint of PaddleSeg's, by the folder's name; None for any other folder."""
    named = re.fullmatch(r"iter_(\d{1,18})", folder.name)
    if not named or (folder / DESCRIPTION).exists() or _is_ours(folder):
        return None
    return int(named[1]) if all((folder / name).is_file() for name in (MODEL, OPTIMIZER)) else None


def _is_ours(folder: Path) -> bool:
    """Whether the states are those of a run here, whose description was lost; PaddleSeg keeps an evaluation in them."""
    try:
        held = read(folder / STATES) if (folder / STATES).is_file() else {}
    except WeightsError:
        return True
    return not isinstance(held, dict) or "callbacks" in held


def state_at(step: int) -> dict[str, Any]:
    """What such a checkpoint says of its run, which is no more than the step."""
    return {"run": "", "config_hash": "", "step": step, "epoch": 0, "best_step": 0, "best_metric": None, "metrics": {}}


def read_optimizer(folder: Path) -> dict[str, dict[str, Any]]:
    """What the optimizer keeps of each parameter, by PaddleSeg's name of it: `{"head.weight": {"_velocity_0": ...}}`.

    The file has names by which Paddle counts layers (`conv2d_0.w_0`); that of the weights says whose they are.

    Raises:
        WeightsError: A file is damaged, or tells no names.
    """
    held = read(folder / OPTIMIZER)
    if not isinstance(held, dict):
        raise WeightsError(str(folder / OPTIMIZER), f"holds a {type(held).__name__}, not the state of an optimizer")
    structured = {own: name for name, own in read_name_table(folder / MODEL).items()}
    found: dict[str, dict[str, Any]] = {}
    for key, value in held.items():
        # `linear_1.w_0` is no beginning of `linear_1.w_01_...`: the longest name that fits is meant.
        owner = max((own for own in structured if str(key).startswith(f"{own}_")), key=len, default=None)
        if owner and key not in _OTHERS:
            found.setdefault(structured[owner], {})[str(key)[len(owner) :]] = value
    return found
