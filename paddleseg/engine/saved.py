"""Checkpoints as they lie on the disk: what is in a folder, whether it is whole, and which is the newest of a run."""

from __future__ import annotations

import json
import math
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paddleseg.arrays_only import read, read_arrays, refuse_nonfinite
from paddleseg.engine import paddleseg_checkpoint
from paddleseg.errors import WeightsError
from paddleseg.files import cannot_write, file_sha256
from paddleseg.metrics.monitor import Monitor

MODEL, OPTIMIZER, STATES, DESCRIPTION = "model.pdparams", "model.pdopt", "model.pdstates", "state.json"
EMA = "ema_model.pdparams"
BEST = "best_model"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_HINT = "give a folder such as output/iter_1000, or --resume auto for the newest one in --save_dir"
_BROKEN = "take another checkpoint; --resume auto takes the newest one that is whole"


@dataclass(frozen=True)
class Entry:
    """A folder that may be a checkpoint.

    Args:
        described: Its `state.json`, checked; empty where there is none to be understood.
        fault: What is wrong with it.
    """

    folder: Path
    described: Mapping[str, Any]
    fault: str = ""

    @property
    def run(self) -> str | None:
        return self.described.get("run")

    @property
    def step(self) -> int:
        return self.described.get("step", -1)

    @property
    def written(self) -> str:
        """When, in UTC."""
        file = self.folder / DESCRIPTION
        stamp = (file if file.exists() else self.folder / OPTIMIZER).stat().st_mtime
        return str(self.described.get("written") or time.strftime(TIME_FORMAT, time.gmtime(stamp)))

    @property
    def resumable(self) -> bool:
        """Whether it seems to be a checkpoint, and not only the best weights."""
        return not self.fault and (self.folder / OPTIMIZER).is_file()


@dataclass(frozen=True)
class Saved:
    """All that a checkpoint holds beside the model's weights.

    Args:
        state: Of the run, as `TrainState.to_dict` gave it.
        optimizer: Arrays by structured name.
        states: Of callbacks and stepper.
        averages: Weights that callbacks hold, by the callback's name; of a checkpoint of before 0.2, by none.
        foreign: Whether PaddleSeg wrote it; the optimizer's arrays then have PaddleSeg's names.
    """

    folder: Path
    state: dict[str, Any]
    optimizer: dict[str, Any]
    states: dict[str, Any]
    averages: dict[str, dict[str, Any]]
    config_hash: str
    foreign: bool = False


def read_saved(folder: Path) -> Saved:
    """Read and check a whole checkpoint; nothing in it is run.

    Raises:
        WeightsError: It is none, or one of its files is damaged; the file is named.
    """
    if paddleseg_checkpoint.step_of(folder) is not None:
        return _read_foreign(folder)
    absent = [name for name in (MODEL, OPTIMIZER, STATES, DESCRIPTION) if not (folder / name).is_file()]
    if absent:
        raise WeightsError(str(folder), f"is not a checkpoint: {', '.join(absent)} missing", _HINT)
    described = describe(folder)
    _check_digests(folder, described["files"])
    read_arrays(folder / MODEL)
    optimizer, states = (_dict_of(folder / name) for name in (OPTIMIZER, STATES))
    _check_numbers(folder / OPTIMIZER, optimizer)
    for name in ("callbacks", "stepper"):
        if not isinstance(states.get(name), dict):
            raise WeightsError(str(folder / STATES), f"is broken: it holds no states of {name}", _BROKEN)
    state = _checked(folder / STATES, states["state"]) if "state" in states else described
    if (state["run"], state["step"]) != (described["run"], described["step"]):
        raise WeightsError(
            str(folder / DESCRIPTION), f"says step {described['step']}, {STATES} {state['step']}", _BROKEN
        )
    files = states.get("weights", {"": EMA} if (folder / EMA).is_file() else {})
    if not isinstance(files, dict) or not all(_is_plain_name(file) for file in files.values()):
        raise WeightsError(str(folder / STATES), "is broken: it names odd files of weights", _BROKEN)
    averages = {name: read_arrays(folder / file) for name, file in files.items()}
    return Saved(folder, state, optimizer, states, averages, described["config_hash"])


def _read_foreign(folder: Path) -> Saved:
    """A checkpoint that PaddleSeg wrote."""
    read_arrays(folder / MODEL)
    optimizer = paddleseg_checkpoint.read_optimizer(folder)
    _check_numbers(folder / OPTIMIZER, optimizer)
    return Saved(folder, describe(folder), optimizer, {"callbacks": {}, "stepper": {}}, {}, "", foreign=True)


def describe(folder: Path) -> dict[str, Any]:
    """A checkpoint's `state.json`, with what older ones and PaddleSeg's do not say filled in.

    Raises:
        WeightsError: It is cut short, or not the description of a checkpoint.
    """
    path = folder / DESCRIPTION
    step = paddleseg_checkpoint.step_of(folder)
    if step is not None:
        return _checked(path, paddleseg_checkpoint.state_at(step))
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise WeightsError(str(path), f"is broken ({reason})", _BROKEN) from error
    return _checked(path, found)


def _checked(path: Path, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise WeightsError(str(path), f"is broken: it holds a {type(found).__name__}", _BROKEN)
    monitor = found.get("monitor", asdict(Monitor()))
    odd = [name for name in ("step", "epoch", "best_step") if not _is_count(found.get(name))]
    odd += [name for name in ("run", "config_hash") if not isinstance(found.get(name, ""), str)]
    odd += [name for name in ("metrics", "files") if not isinstance(found.get(name, {}), dict)]
    known = isinstance(monitor, dict) and isinstance(monitor.get("name"), str) and monitor.get("mode") in ("max", "min")
    best = found.get("best_metric", "")
    if not known:
        odd.append("monitor")
    elif best is None:  # nothing was measured yet
        best = Monitor(**monitor).worst
    elif isinstance(best, bool) or not isinstance(best, (int, float)) or math.isnan(best):
        odd.append("best_metric")
    if odd:
        raise WeightsError(str(path), f"is broken: {', '.join(odd)} missing or odd", _BROKEN)
    given = {"run": "", "config_hash": "", "files": {}, **found}
    return given | {"monitor": {name: monitor[name] for name in ("name", "mode")}, "best_metric": float(best)}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_plain_name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\w-]+\.pdparams", value) is not None


def _check_digests(folder: Path, digests: Mapping[str, Any]) -> None:
    for name, digest in digests.items():
        path = folder / Path(name).name
        try:
            same = file_sha256(path) == digest
        except FileNotFoundError as error:
            raise WeightsError(str(path), "is missing", _BROKEN) from error
        except (OSError, ValueError) as error:
            raise WeightsError(str(path), f"cannot be read ({error})", _BROKEN) from error
        if not same:
            raise WeightsError(str(path), f"is broken: it is not the file that {DESCRIPTION} describes", _BROKEN)


def _dict_of(path: Path) -> dict[str, Any]:
    found = read(path)
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise WeightsError(str(path), f"is broken: it holds a {type(found).__name__}", _BROKEN)
    return found


def _check_numbers(path: Path, optimizer: Mapping[str, Any]) -> None:
    for value in optimizer.values():
        if isinstance(value, dict):
            _check_numbers(path, {str(name): item for name, item in value.items()})
    refuse_nonfinite(str(path), {name: value for name, value in optimizer.items() if hasattr(value, "dtype")})


def entries(save_dir: Path) -> list[Entry]:
    """All folders in `save_dir` that are checkpoints or best weights, or have such a folder's name, in step order.

    Raises:
        OutputError: It is no folder, or may not be looked into.
    """
    try:
        folders = sorted(path for path in save_dir.iterdir() if path.is_dir() and not path.name.startswith("."))
        found = [_entry(folder) for folder in folders if _seems_saved(folder)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise cannot_write(save_dir, error) from error
    return sorted(found, key=lambda entry: (entry.step, entry.folder.name))


def _seems_saved(folder: Path) -> bool:
    held = {path.name for path in folder.iterdir()}
    named = re.fullmatch(rf"iter_\d+|{BEST}", folder.name) is not None
    return bool(held & {OPTIMIZER, STATES, DESCRIPTION}) or (named and bool(held))


def _entry(folder: Path) -> Entry:
    try:
        return Entry(folder, describe(folder))
    except WeightsError as error:
        return Entry(folder, {}, error.problems[0].what)


def candidates(save_dir: Path) -> list[Entry]:
    """Checkpoints to go on from, best first: those of the run that wrote last, the most steps first.

    Folders whose description is broken come before, since nobody knows of which step they are.
    """
    found = entries(save_dir)
    resumable = [entry for entry in found if entry.resumable]
    broken = [entry for entry in found if entry.fault and entry.folder.name != BEST]
    if not resumable:
        return broken
    run = max(resumable, key=lambda entry: (entry.written, entry.step)).run
    return [*broken, *reversed([entry for entry in resumable if entry.run == run])]


def find_newest(save_dir: Path) -> Path | None:
    """The checkpoint below `save_dir` with the most steps of the run that wrote last, whatever its folder is called."""
    return next((entry.folder for entry in candidates(save_dir) if not entry.fault), None)


def remove_old(save_dir: Path, keep: int, run: str) -> None:
    """Delete checkpoints `iter_N` of a run beyond its `keep` newest ones; what was renamed stays, and PaddleSeg's."""
    found = [entry for entry in entries(save_dir) if entry.resumable and entry.run == run]
    found = [entry for entry in found if (entry.folder / DESCRIPTION).is_file()]
    own = [entry.folder for entry in found if entry.folder.name.startswith("iter_") and not entry.folder.is_symlink()]
    for folder in own[: max(len(own) - keep, 0)]:
        shutil.rmtree(folder)


def names_of(found: Sequence[Entry]) -> str:
    """`iter_3, iter_6, best_model`, the first few of many."""
    names = [entry.folder.name for entry in found]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
