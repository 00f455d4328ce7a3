"""Flags that several commands share, each defined once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from paddleseg.device import DEVICES

_STAND_IN = (512, 512)


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config` and `--opts`."""
    parser.add_argument("--config", required=True, metavar="FILE", help="the YAML file of the run")
    add_opts(parser)


def add_opts(parser: argparse.ArgumentParser) -> None:
    """`--opts`: settings laid over the file."""
    parser.add_argument(
        "--opts", nargs="+", default=[], metavar="KEY=VALUE", help="change settings, such as model.num_classes=3"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device`: not given means the GPU where there is one."""
    parser.add_argument("--device", choices=DEVICES, help="where to run (default: gpu where there is one, else cpu)")


def add_model_path(parser: argparse.ArgumentParser) -> None:
    """`--model_path`: trained weights."""
    parser.add_argument("--model_path", metavar="WEIGHTS", help=".pdparams file, checkpoint folder or zoo:// name")


def add_augmentation(parser: argparse.ArgumentParser, switch: str) -> None:
    """`switch` (`--aug_eval` or `--aug_pred`) with its scales and flips."""
    parser.add_argument(switch, action="store_true", help="average over scales and flips")
    parser.add_argument("--scales", nargs="+", type=float, metavar="S", help="factors of the input size (default: 1.0)")
    parser.add_argument("--flip_horizontal", action="store_true", help="add the picture mirrored left to right")
    parser.add_argument("--flip_vertical", action="store_true", help="add the picture turned upside down")


def add_sliding(parser: argparse.ArgumentParser) -> None:
    """`--is_slide` with its window and stride."""
    parser.add_argument("--is_slide", action="store_true", help="run a window over the picture instead of all at once")
    parser.add_argument("--crop_size", nargs=2, type=int, metavar=("W", "H"), help="the window")
    parser.add_argument("--stride", nargs=2, type=int, metavar=("W", "H"), help="its steps")


def add_multilabel(parser: argparse.ArgumentParser) -> None:
    """`--use_multilabel`: as `test_config.use_multilabel` in the YAML."""
    parser.add_argument(
        "--use_multilabel", action="store_true", help="classes do not exclude each other: sigmoid and a threshold"
    )


def add_size(parser: argparse.ArgumentParser) -> None:
    """`--size`: of the network's input, where it is not to be the configuration's."""
    parser.add_argument(
        "--size", nargs=2, type=int, metavar=("H", "W"), help="the input's height and width (default: the config's)"
    )


def stand_in_size(config: str) -> tuple[int, int]:
    """At what size to measure a network whose input follows the picture; standard error says so."""
    h, w = _STAND_IN
    print(f"{config}: the input follows the picture; measured at {h} x {w} (--size H W for another)", file=sys.stderr)
    return _STAND_IN


def sized_opts(args: argparse.Namespace) -> list[str]:
    """`--opts`, with what makes the network's input as large as `--size` says; nothing else of the steps counts."""
    if not args.size:
        return list(args.opts)
    h, w = args.size
    return [*args.opts, f"export.transforms=[{{type: Resize, target_size: [{w}, {h}]}}]"]


def add_nchw(parser: argparse.ArgumentParser) -> None:
    """`--data_format`, kept for PaddleSeg's command lines."""
    parser.add_argument("--data_format", choices=["NCHW"], default="NCHW", help="layout of tensors (NCHW only)")


def test_options(args: argparse.Namespace, switch: str) -> dict[str, Any]:
    """The `test_config` settings that were given as flags; what was not given stays with the YAML."""
    given: dict[str, Any] = {}
    if getattr(args, switch):
        given["aug_eval"] = True
    for name in ("scales", "flip_horizontal", "flip_vertical", "is_slide", "crop_size", "stride"):
        value: bool | Sequence[float] | None = getattr(args, name)
        if value:
            given[name] = value
    return given
