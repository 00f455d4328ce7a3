"""Checkpoints: everything a run needs to go on as if it had never stopped, in one folder that appears whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from paddleseg.engine.callback import Run
from paddleseg.errors import WeightsError
from paddleseg.files import atomic_dir
from paddleseg.models.weights import load_weights
from paddleseg.version import __version__

EMA_FILE = "ema_model.pdparams"


def save(folder: Path, run: Run, config_hash: str = "") -> None:
    """Write the run's checkpoint as `folder` with PaddleSeg's file names, and `state.json` for people.

    Raises:
        OutputError: The disk is full or the folder cannot be written; an older one of that name is kept.
    """
    with atomic_dir(folder) as new:
        paddle.save(run.model.state_dict(), str(new / "model.pdparams"))
        paddle.save(_optimizer_state(run), str(new / "model.pdopt"))
        callbacks = {type(callback).__name__: callback.state_dict() for callback in run.callbacks}
        states = {"callbacks": callbacks, "stepper": run.stepper.state_dict(), "best": run.state.best_metric}
        paddle.save(states, str(new / "model.pdstates"))
        for callback in run.callbacks:
            if (weights := callback.weights()) is not None:
                paddle.save(weights, str(new / EMA_FILE))
        write_state(new, run, config_hash)


def save_best(folder: Path, run: Run, weights: dict[str, Any], config_hash: str = "") -> None:
    """Write the weights of the best evaluation so far as `folder`."""
    with atomic_dir(folder) as new:
        paddle.save(weights, str(new / "model.pdparams"))
        paddle.save({"best": run.state.best_metric}, str(new / "model.pdstates"))
        write_state(new, run, config_hash)


def write_state(folder: Path, run: Run, config_hash: str) -> None:
    described = {
        **run.state.to_dict(),
        "iters": run.state.iters,
        "config_hash": config_hash,
        "versions": {"paddleseg": __version__, "paddle": paddle.__version__},
    }
    (folder / "state.json").write_text(json.dumps(described, indent=1, default=_plain), encoding="utf-8")


def restore(folder: Path, run: Run, config_hash: str = "") -> str:
    """Put a checkpoint's weights, optimizer and state back; returns a remark where its configuration differs.

    Raises:
        WeightsError: No checkpoint there, or it belongs to another model.
    """
    state_file = folder / "state.json"
    absent = [name for name in ("model.pdparams", "model.pdopt", "state.json") if not (folder / name).is_file()]
    if absent:
        hint = "give a folder such as output/iter_1000, or --resume auto for the newest one in --save_dir"
        raise WeightsError(str(folder), f"is not a checkpoint: {', '.join(absent)} missing", hint)
    saved = json.loads(state_file.read_text(encoding="utf-8"))
    load_weights(run.model, folder / "model.pdparams")
    _restore_optimizer(run, paddle.load(str(folder / "model.pdopt")))
    states = paddle.load(str(folder / "model.pdstates"), return_numpy=True)
    run.stepper.load_state_dict(states["stepper"])
    for callback in run.callbacks:
        if type(callback).__name__ in states["callbacks"]:
            callback.load_state_dict(states["callbacks"][type(callback).__name__])
            if (folder / EMA_FILE).is_file():
                callback.load_weights(paddle.load(str(folder / EMA_FILE)))
    run.state.restore(saved)
    if config_hash and saved.get("config_hash") not in ("", config_hash):
        return "the configuration differs from the one this checkpoint was made with"
    return ""


def find_newest(save_dir: Path) -> Path | None:
    """The checkpoint below `save_dir` with the most steps, whatever its folder is called."""
    found = sorted(_checkpoints(save_dir), key=lambda pair: pair[0])
    return found[-1][1] if found else None


def remove_old(save_dir: Path, keep: int) -> None:
    """Delete checkpoints of this toolkit beyond the `keep` newest ones; `best_model` is none of them."""
    found = sorted(_checkpoints(save_dir), key=lambda pair: pair[0])
    for _, folder in found[: max(len(found) - keep, 0)]:
        if folder.name.startswith("iter_"):
            shutil.rmtree(folder)


def _checkpoints(save_dir: Path) -> Iterator[tuple[int, Path]]:
    for state_file in save_dir.glob("*/state.json"):
        if (state_file.parent / "model.pdopt").is_file() and not state_file.parent.name.startswith("."):
            yield json.loads(state_file.read_text(encoding="utf-8"))["step"], state_file.parent


def _optimizer_state(run: Run) -> dict[str, Any]:
    """The optimizer's state under the parameters' structured names.

    Paddle keys it by names such as `conv2d_3.w_0`, which count the layers made in a process so far: a second model in
    the same process, or a resumed run that built something else first, would not find its own state.
    """
    names = {parameter.name: name for name, parameter in run.model.named_parameters()}
    return _rename(run.stepper.optimizer.state_dict(), names)


def _restore_optimizer(run: Run, saved: dict[str, Any]) -> None:
    names = {name: parameter.name for name, parameter in run.model.named_parameters()}
    run.stepper.optimizer.set_state_dict(_rename(saved, names))


def _rename(state: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """`state` with the parameter's name that begins a key replaced; dictionaries inside likewise (master weights)."""
    renamed = {}
    for key, value in state.items():
        owner = next((name for name in names if key == name or key.startswith(f"{name}_")), None)
        key = key.replace(owner, names[owner], 1) if owner else key
        renamed[key] = _rename(value, names) if isinstance(value, dict) else value
    return renamed


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)
