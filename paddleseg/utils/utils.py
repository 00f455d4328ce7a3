"""PaddleSeg's `paddleseg.utils.utils`: seeds, devices, weights and lists of images, by way of this package's own."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import paddle
import yaml
from paddle import nn

from paddleseg.arrays_only import read
from paddleseg.device import select_device
from paddleseg.engine import checkpoint, dist, saved
from paddleseg.errors import DeviceError, WeightsError
from paddleseg.fetch import fetch_weights
from paddleseg.images.listing import list_images
from paddleseg.models.weights import load_weights
from paddleseg.utils import logger
from paddleseg.utils.env import get_sys_env

CachedProperty = cached_property


class NoAliasDumper(yaml.SafeDumper):
    """Writes what occurs twice twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def set_seed(seed: int | None = None) -> None:
    """Seed Paddle, NumPy and Python; None leaves them. Training here needs none of it: `--seed` decides everything."""
    if seed is not None:
        paddle.seed(seed)
        np.random.seed(seed)
        random.seed(seed)


def show_env_info() -> None:
    """Log what `get_sys_env` finds."""
    _log_block("Environment Information", "\n".join(f"{name}: {value}" for name, value in get_sys_env().items()))


def show_cfg_info(config: Any) -> None:
    """Log the merged file of a `Config`."""
    text = yaml.dump(config.dic, Dumper=NoAliasDumper, sort_keys=False)
    _log_block("Config Information", text.rstrip())


def _log_block(title: str, text: str) -> None:
    logger.info("\n%s", f"{title:-^48}\n{text}\n{'-' * 48}")


def set_device(device: str) -> None:
    """Make `device` Paddle's current one; the CPU, with a warning, where there is no GPU.

    PaddleSeg's tools ask for "gpu" unless they are told otherwise.

    Raises:
        DeviceError: Another device is not there.
    """
    try:
        select_device(device)
    except DeviceError as error:
        if device.partition(":")[0] != "gpu":
            raise
        logger.warning("The CPU is used: %s", error.problems[0].what)
        select_device("cpu")


def convert_sync_batchnorm(model: nn.Layer, device: str) -> nn.Layer:
    """Batch norms with statistics over all ranks, where there are several with a GPU each."""
    if device.startswith("gpu") and dist.world() > 1:
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return model


def set_cv2_num_threads(num_workers: int) -> None:
    """Let OpenCV share the cores among the loader's workers."""
    cv2.setNumThreads(max((os.cpu_count() or 1) // max(num_workers, 1), 1))


@contextmanager
def generate_tempdir(directory: str | None = None, **kwargs: Any) -> Iterator[str]:
    """A folder that is gone afterwards; `kwargs` as of `tempfile.mkdtemp`."""
    if directory is not None:
        Path(directory).mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(dir=directory, **kwargs)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_entire_model(model: nn.Layer, pretrained: str | None) -> None:
    """`load_pretrained_model`, or a line that there is nothing to load."""
    if pretrained is None:
        logger.warning("There are no weights to load: %s starts at random.", type(model).__name__)
    else:
        load_pretrained_model(model, pretrained)


def download_pretrained_model(pretrained_model: str) -> str:
    """The local file of weights at an address, fetched once."""
    return str(fetch_weights(pretrained_model))


def load_pretrained_model(model: nn.Layer, pretrained_model: str | None) -> None:
    """Load what fits of a file, an address or a `zoo://` name, and log what does not.

    Raises:
        WeightsError: There is no such file, it holds no weights, or none of them fits.
    """
    if pretrained_model is None:
        logger.info("No pretrained weights to load: %s starts at random.", type(model).__name__)
        return
    left, total = load_weights(model, pretrained_model, allow_partial=True), len(model.state_dict())
    for name in left:
        logger.warning("%s is not in the pretrained weights, or of another shape", name)
    if left and len(left) == total:
        hint = "name the model and num_classes these weights were trained with"
        raise WeightsError(str(pretrained_model), f"fits no part of {type(model).__name__}", hint)
    logger.info("There are %d/%d variables loaded into %s.", total - len(left), total, type(model).__name__)


def resume(model: nn.Layer, optimizer: Any, resume_model: str | None) -> int:
    """Put a checkpoint folder's weights and optimizer state back; returns the iteration it was written at.

    Raises:
        WeightsError: It is none, or of another model.
    """
    if resume_model is None:
        logger.info("There is no checkpoint to resume.")
        return 0
    folder = Path(resume_model)
    hint = "give a folder that training wrote, such as output/iter_1000"
    if not (folder / saved.OPTIMIZER).is_file():
        raise WeightsError(str(folder), f"is not a checkpoint: it holds no {saved.OPTIMIZER}", hint)
    step = folder.name.rpartition("_")[2]
    if (folder / saved.DESCRIPTION).is_file():
        step = str(saved.describe(folder)["step"])
    if not step.isdecimal():
        raise WeightsError(str(folder), "does not say its iteration", f"name the folder iter_N; {hint}")
    state = read(folder / saved.OPTIMIZER)
    if not isinstance(state, dict):
        raise WeightsError(str(folder / saved.OPTIMIZER), "holds no state of an optimizer", hint)
    load_weights(model, folder / saved.MODEL)
    checkpoint.set_optimizer_state(optimizer, model, state)
    logger.info("Resumed %s at iter %s.", folder, step)
    return int(step)


def worker_init_fn(worker_id: int) -> None:
    """Seed NumPy and Python of a `DataLoader`'s worker, which would all draw alike."""
    seed = random.randint(0, 100_000) + worker_id
    np.random.seed(seed)
    random.seed(seed)


def get_image_list(image_path: str | Path) -> tuple[list[str], str | None]:
    """The images that a file, a folder or a `.txt` list means, and the folder they are named in; None for one file.

    Raises:
        DataError: There is no such file, or no image in it.
    """
    place = Path(image_path)
    images = [str(path) for path, _ in list_images(place)]
    if place.is_dir():
        return images, str(image_path)
    return images, str(place.parent) if place.suffix.lower() == ".txt" else None


def get_in_channels(model_cfg: dict[str, Any]) -> int | None:
    """The channels that a model's settings, or its backbone's, ask for; None where they do not say."""
    return _owner_of_channels(model_cfg).get("in_channels")


def set_in_channels(model_cfg: dict[str, Any], in_channels: int) -> dict[str, Any]:
    """The same settings with other input channels."""
    _owner_of_channels(model_cfg)["in_channels"] = in_channels
    return model_cfg


def _owner_of_channels(model_cfg: dict[str, Any]) -> dict[str, Any]:
    backbone = model_cfg.get("backbone")
    return backbone if isinstance(backbone, dict) else model_cfg
