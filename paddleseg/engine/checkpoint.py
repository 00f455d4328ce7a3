"""Checkpoints: everything a run needs to go on as if it had never stopped, in one folder that appears whole."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from paddleseg import compat
from paddleseg.arrays_only import in_words, nonfinite, read
from paddleseg.engine import dist
from paddleseg.engine.callback import Run, averaging, named
from paddleseg.engine.ownership import Claim
from paddleseg.engine.saved import DESCRIPTION, EMA, MODEL, OPTIMIZER, STATES, TIME_FORMAT, Saved, read_saved
from paddleseg.engine.saved import find_newest as find_newest
from paddleseg.engine.saved import remove_old as remove_old
from paddleseg.errors import ConfigError, UserError, WeightsError
from paddleseg.files import atomic_dir, file_sha256
from paddleseg.models.paddleseg_names import renamed
from paddleseg.models.pruned import write_record
from paddleseg.models.weights import load_weights, our_names
from paddleseg.version import __version__


def save(folder: Path, run: Run, config_hash: str = "") -> None:
    """Write the run's checkpoint as `folder` with PaddleSeg's file names, and `state.json` for people.

    Raises:
        OutputError: The disk is full or the folder cannot be written; an older one of that name is kept.
        UserError: Weights or averages hold NaN or infinity; nothing is written.
    """
    callbacks = named(run.callbacks)
    averages = {name: weights for name, callback in callbacks.items() if (weights := callback.weights()) is not None}
    for weights in (run.model.state_dict(), *averages.values()):
        refuse_nonfinite(run, weights)
    files = {name: EMA if not number else f"ema_model_{number + 1}.pdparams" for number, name in enumerate(averages)}
    with atomic_dir(folder) as new:
        paddle.save(_named(run, run.model.state_dict()), str(new / MODEL))
        write_record(new, run.model)
        paddle.save(_optimizer_state(run), str(new / OPTIMIZER))
        states = {
            "callbacks": {name: callback.state_dict() for name, callback in callbacks.items()},
            "stepper": run.stepper.state_dict(),
            "optimizer": type(run.stepper.optimizer).__name__,
            "state": run.state.to_dict(),
            "weights": files,
        }
        paddle.save(states, str(new / STATES))
        _check_readable(new / STATES)
        for name, file in files.items():
            paddle.save(averages[name], str(new / file))
        _describe(new, run, config_hash)


def save_best(folder: Path, run: Run, config_hash: str = "") -> None:
    """Write the weights of the best evaluation so far as `folder`: a callback's averages, else the model's.

    Raises:
        As `save`.
    """
    owner = averaging(run.callbacks)
    weights = run.model.state_dict() if owner is None else owner.weights() or {}
    refuse_nonfinite(run, weights)
    with atomic_dir(folder) as new:
        paddle.save(_named(run, weights), str(new / MODEL))
        write_record(new, run.model)
        paddle.save({"best": run.state.best_metric}, str(new / STATES))
        _describe(new, run, config_hash)


def _named(run: Run, weights: Mapping[str, Any]) -> Mapping[str, Any]:
    """The weights under the names that the release of PaddleSeg wants which is to be followed; else under ours."""
    if compat.release() is None:
        return weights
    published = renamed(run.model, weights)
    if published is None:
        print(f"{compat.VARIABLE}: PaddleSeg's names of a {type(run.model).__name__} of this form are not known.")
    return weights if published is None else published


def refuse_nonfinite(run: Run, weights: Mapping[str, Any]) -> None:
    """End a run whose weights are no numbers any more, which a finite loss does not rule out.

    Raises:
        UserError: With the names of the first ones.
    """
    if bad := nonfinite(weights):
        hint = "resume an older checkpoint with a lower learning_rate, add warmup_iters, or clip gradients"
        what = f"at iter {run.state.step} the network {in_words(bad)}, of {len(weights)} arrays"
        raise UserError("training", what, f"{hint} (optimizer.grad_clip_cfg)")


def restore(folder: Path, run: Run, config_hash: str = "") -> str:
    """Put a checkpoint's weights, optimizer and state back; returns remarks, such as on another configuration.

    Raises:
        WeightsError: No checkpoint there, one of its files is damaged, or it belongs to another model.
    """
    return _apply(read_saved(folder), run, config_hash)


def begin(claimed: Claim, run: Run, config_hash: str = "") -> None:
    """Take over the claimed folder, and go on from the checkpoint that rank 0 has chosen, on every rank.

    Raises:
        WeightsError: The checkpoint belongs to another model.
        ConfigError: The run is to end before the step at which it is.
    """
    saved = claimed.saved
    chosen = dist.gather(str(saved.folder) if saved else "")[0]
    remark = _apply(saved or read_saved(Path(chosen)), run, config_hash) if chosen else ""
    step, iters = run.state.step, run.state.iters
    if step > iters:
        hint = "raise iters, or resume an earlier checkpoint into another --save_dir"
        raise ConfigError("iters", f"{iters} are fewer than the {step} steps of {chosen}", hint)
    if not dist.is_main():
        return
    claimed.make_room()
    if chosen:
        print(f"Resumed {chosen} at iter {step}." + (f" Note: {remark}." if remark else ""))
    elif claimed.resume is not None:
        print(f"No checkpoint in {claimed.save_dir} yet: starting afresh.")
    if chosen and step == iters:
        print(f"This run is finished: it has done {step} of {iters} steps. To train on, raise iters.")


def _apply(saved: Saved, run: Run, config_hash: str) -> str:
    load_weights(run.model, saved.folder / MODEL)
    remarks = []
    if saved.foreign:
        saved, remark = _translated(saved, run)
        remarks.append(remark)
    _restore_optimizer(run, saved)
    with _taken_back(saved.folder / STATES, "the stepper"):
        run.stepper.load_state_dict(saved.states["stepper"])
    remarks += _restore_callbacks(saved, run)
    remarks.append(run.state.restore(saved.state))
    if config_hash and saved.config_hash not in ("", config_hash):
        remarks.append("the configuration differs from the one this checkpoint was made with")
    return "; ".join(remark for remark in remarks if remark)


def _translated(saved: Saved, run: Run) -> tuple[Saved, str]:
    """A checkpoint of PaddleSeg's with our names of what its optimizer holds, and a remark on what is not known."""
    own = run.model.state_dict()
    arrays: dict[str, Any] = {}
    for published, name in our_names(run.model, saved.optimizer).items():
        for suffix, value in saved.optimizer[published].items():
            if name not in own or not isinstance(value, np.ndarray):
                continue
            if value.ndim == 2 and len(own[name].shape) == 4:  # of a linear layer there, a convolution here
                value = value.T[..., None, None]
            if value.size == 1 or list(value.shape) == list(own[name].shape):
                arrays[f"{name}{suffix}"] = value
    trained = {name: parameter for name, parameter in run.model.named_parameters() if not parameter.stop_gradient}
    fresh = set(trained) - {_owner(key, trained) for key in arrays}
    remark = "PaddleSeg wrote it, so the step is that of its name, and no best value is known"
    if fresh:
        remark += f"; the optimizer begins anew with {len(fresh)} of {len(trained)} parameters"
    return replace(saved, optimizer=arrays), remark


def _restore_callbacks(saved: Saved, run: Run) -> list[str]:
    """Each state and each average to the callback that it is of; returns which of them have no counterpart."""
    callbacks = named(run.callbacks)
    states: dict[str, Any] = {name: state for name, state in saved.states["callbacks"].items() if state}
    for name, state in states.items():
        if name in callbacks:
            with _taken_back(saved.folder / STATES, name):
                callbacks[name].load_state_dict(state)
    lost = [name for name in states if name not in callbacks]
    fresh = [name for name, callback in callbacks.items() if callback.state_dict() and name not in states]
    for name, arrays in saved.averages.items():
        # A checkpoint of before 0.2 does not say whose its averages are.
        owner = callbacks.get(name) if name else averaging(run.callbacks)
        if owner is not None:
            owner.load_weights(_averages(saved.folder, run.model, arrays))
    return [
        *([f"no callback takes the state of {', '.join(lost)}"] if lost else []),
        *([f"{', '.join(fresh)} had no state there and begins anew"] if fresh else []),
    ]


def _averages(folder: Path, model: paddle.nn.Layer, arrays: Mapping[str, np.ndarray]) -> dict[str, paddle.Tensor]:
    own = model.state_dict()
    if {name: list(array.shape) for name, array in arrays.items()} != {name: list(own[name].shape) for name in own}:
        raise WeightsError(str(folder), f"its averages are not of a {type(model).__name__}", "resume without EMA")
    return {name: paddle.to_tensor(array).astype(own[name].dtype) for name, array in arrays.items()}


@contextmanager
def _taken_back(path: Path, what: str) -> Iterator[None]:
    """Whatever a `load_state_dict` raises over a state that it did not write, as an error with the file's name."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise WeightsError(str(path), f"holds no state of {what} ({reason})", "rename that callback") from error


def _check_readable(path: Path) -> None:
    """A callback of a user's may hand over anything, which only a reader that runs code would take back."""
    try:
        read(path)
    except WeightsError as error:
        what = f"a state cannot be kept: {error.problems[0].what}"
        raise ConfigError("callbacks", what, "let state_dict give numbers, text, lists, dicts and arrays") from error


def _describe(folder: Path, run: Run, config_hash: str) -> None:
    """Write `state.json`, with the digest of every file, by which damage is noticed."""
    described = {
        **run.state.to_dict(),
        "iters": run.state.iters,
        "config_hash": config_hash,
        "written": time.strftime(TIME_FORMAT, time.gmtime()),
        "versions": {"paddleseg": __version__, "paddle": paddle.__version__},
        "files": {path.name: file_sha256(path) for path in sorted(folder.iterdir())},
    }
    text = json.dumps(_for_people(described), indent=1, allow_nan=False)
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def _optimizer_state(run: Run) -> dict[str, Any]:
    """The optimizer's state under the parameters' structured names.

    Paddle keys it by names such as `conv2d_3.w_0`, which count the layers made in a process so far: a second model in
    the same process, or a resumed run that built something else first, would not find its own state.
    """
    names = {parameter.name: name for name, parameter in run.model.named_parameters()}
    return _rename(run.stepper.optimizer.state_dict(), names)


def _restore_optimizer(run: Run, saved: Saved) -> None:
    optimizer = run.stepper.optimizer
    kind = saved.states.get("optimizer", type(optimizer).__name__)
    if kind != type(optimizer).__name__:
        hint = f"resume with {kind}, or start anew from its weights: --opts model.pretrained={saved.folder}"
        raise WeightsError(str(saved.folder), f"was made by {kind}, not {type(optimizer).__name__}", hint)
    parameters = dict(run.model.named_parameters())
    for key, value in saved.optimizer.items():
        owner = _owner(key, parameters)
        if (
            owner
            and isinstance(value, np.ndarray)
            and list(value.shape) not in ([], [1], list(parameters[owner].shape))
        ):
            what = f"is of another network: {key} has the shape {list(value.shape)}"
            raise WeightsError(str(saved.folder / OPTIMIZER), what, "resume with the configuration that made it")
    with _taken_back(saved.folder / OPTIMIZER, kind):
        set_optimizer_state(optimizer, run.model, saved.optimizer)


def set_optimizer_state(optimizer: Any, model: paddle.nn.Layer, state: Mapping[str, Any]) -> None:
    """Give the optimizer a state as checkpoints keep it, under structured names; Paddle's own stay as they are."""
    names = {name: parameter.name for name, parameter in model.named_parameters()}
    optimizer.set_state_dict(_tensors(_rename(dict(state), names)))


def _tensors(state: Mapping[str, Any]) -> dict[str, Any]:
    """`state` with tensors in the place of arrays; dictionaries inside likewise (master weights)."""
    found = {}
    for name, value in state.items():
        if isinstance(value, np.ndarray):
            value = paddle.to_tensor(value)
        found[name] = _tensors(value) if isinstance(value, dict) else value
    return found


def _rename(state: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """`state` with the parameter's name that begins a key replaced; dictionaries inside likewise (master weights)."""
    renamed = {}
    for key, value in state.items():
        owner = _owner(key, names)
        key = key.replace(owner, names[owner], 1) if owner else key
        renamed[key] = _rename(value, names) if isinstance(value, dict) else value
    return renamed


def _owner(key: str, names: Mapping[str, Any]) -> str | None:
    return next((name for name in names if key == name or key.startswith(f"{name}_")), None)


def _for_people(value: Any) -> Any:
    """`value` as JSON knows it; what is not a number is null."""
    if isinstance(value, dict):
        return {str(name): _for_people(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_for_people(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _for_people(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)
