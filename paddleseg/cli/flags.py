"""Flags that several commands share, each defined once."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from paddleseg import compat
from paddleseg.device import HARDWARE, split_device
from paddleseg.errors import ConfigError, DeviceError, Problem
from paddleseg.registry import RUNTIMES

_STAND_IN = (512, 512)


def add_config(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """`--config` and `--opts`."""
    more = "" if required else "; not needed for zoo:// weights and exported models"
    help_text = f"the YAML file of the run, or the name of a shipped one (`paddleseg config list`){more}"
    parser.add_argument("--config", required=required, metavar="FILE", help=help_text)
    add_opts(parser)


def add_opts(parser: argparse.ArgumentParser) -> None:
    """`--opts`: settings laid over the file."""
    parser.add_argument(
        "--opts", nargs="+", default=[], metavar="KEY=VALUE", help="change settings, such as model.num_classes=3"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device`: not given means the GPU where there is one."""
    parser.add_argument(
        "--device",
        type=_device,
        metavar="NAME[:N]",
        help=f"where to run: {', '.join(HARDWARE)}, or what a plug-in of Paddle is called; gpu:1 is one of several "
        "(default: gpu where there is one, else cpu)",
    )


def _device(text: str) -> str:
    try:
        split_device(text)
    except DeviceError as error:
        problem = error.problems[0]
        raise argparse.ArgumentTypeError(f"{text!r} {problem.what}: {problem.hint}") from error
    return text


def add_model_path(parser: argparse.ArgumentParser) -> None:
    """`--model_path`: trained weights."""
    parser.add_argument(
        "--model_path",
        metavar="WEIGHTS",
        help=".pdparams file, checkpoint folder or zoo:// name (`paddleseg zoo list`)",
    )


def add_runtime(parser: argparse.ArgumentParser, usual: str, but: Sequence[str] = ()) -> None:
    """`--runtime`: the registered ones.

    Args:
        usual: What is taken where the flag is not given, for people.
        but: Those that the command cannot use.
    """
    names = [name for name in RUNTIMES.names() if name not in but]
    parser.add_argument("--runtime", choices=names, help=f"what runs the network (default: {usual})")


def add_providers(parser: argparse.ArgumentParser) -> None:
    """`--providers`: of the runtime onnx."""
    parser.add_argument(
        "--providers",
        nargs="+",
        default=[],
        metavar="NAME",
        help="execution providers of ONNX Runtime, the preferred one first, such as CUDA, OpenVINO, CoreML or CPU",
    )


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


def add_video_model(parser: argparse.ArgumentParser) -> None:
    """Flags about the model that finds people in moving pictures, and how often it is asked."""
    parser.add_argument(
        "--model_path",
        default="zoo://portrait",
        metavar="MODEL",
        help="zoo:// name or exported folder (default: %(default)s)",
    )
    add_runtime(parser, "as predict")
    parser.add_argument(
        "--temporal",
        choices=["adaptive", "flow", "ema", "none"],
        default="adaptive",
        help="how masks are made steady (default: %(default)s)",
    )
    parser.add_argument("--people", type=_people, default="all", metavar="WHO", help="all, main, or how many at most")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="run the network for one frame in N")
    parser.add_argument("--cpu", type=_share, metavar="SHARE", help="of one core for finding people, such as 50%%")
    parser.add_argument("--skip_still", action="store_true", help="no new mask where nothing has moved")


def add_light(parser: argparse.ArgumentParser) -> None:
    """`--light_wrap` and `--colour_match`, which make people fit their background."""
    for flag, text in (
        ("--light_wrap", "background's light over the edges, 0 to 1"),
        ("--colour_match", "people's colours towards the background's, 0 to 1"),
    ):
        parser.add_argument(flag, type=float, default=0.0, metavar="SHARE", help=text)


def video_options(args: argparse.Namespace) -> dict[str, Any]:
    """What these flags mean to a `Session`."""
    temporal = None if args.temporal == "none" else args.temporal
    return {"temporal": temporal} | {name: getattr(args, name) for name in ("people", "every", "cpu", "skip_still")}


def _people(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _share(text: str) -> float:
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def add_slim(parser: argparse.ArgumentParser, example: str) -> None:
    """`--slim_config` and `--slim`: the settings of a method of `paddleseg slim`."""
    parser.add_argument("--slim_config", metavar="FILE", help="the YAML file of the method (default: its defaults)")
    parser.add_argument(
        "--slim", nargs="+", default=[], metavar="KEY=VALUE", help=f"change the method's settings, such as {example}"
    )


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    """`--calibrate`: photos that show which values a network's tensors take."""
    parser.add_argument(
        "--calibrate",
        metavar="PHOTOS",
        help="what ranges of values are learnt from: an image, a folder or a .txt list (default: train_dataset's)",
    )


def add_layout(parser: argparse.ArgumentParser) -> None:
    """`--data_format`, kept for PaddleSeg's command lines."""
    parser.add_argument("--data_format", choices=["NCHW", "NHWC"], help="kept from PaddleSeg: networks run in NCHW")


def add_compat(parser: argparse.ArgumentParser) -> None:
    """`--compat`: as `PADDLESEG_COMPAT` in the environment, which child processes get too."""
    parser.add_argument(
        "--compat",
        choices=compat.RELEASES,
        action=_Follow,
        help="follow this release of PaddleSeg where we differ on purpose (docs/howto/compat.md)",
    )


class _Follow(argparse.Action):
    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        os.environ[compat.VARIABLE] = values
        setattr(namespace, self.dest, values)


def boolean(text: str) -> bool:
    """PaddleSeg's flags take True and False as words."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"should be True or False, not {text}")
    return text.lower() == "true"


SWITCH: dict[str, Any] = {"type": boolean, "nargs": "?", "const": True, "metavar": "BOOL"}
"""What makes a flag one that may be followed by True or False."""


def say_unused(lines: Iterable[str]) -> None:
    """What was asked for and has no effect, on standard error."""
    for line in lines:
        print(line, file=sys.stderr)


def unused_layout(args: argparse.Namespace) -> Iterator[str]:
    """A line where another layout was asked for."""
    if args.data_format == "NHWC":
        yield "--data_format NHWC changes nothing: networks run in NCHW, which gives the same numbers"


def test_opts(args: argparse.Namespace, switch: str) -> list[str]:
    """`--opts`, after the `test_config` settings that were given as flags; what was not given stays with the YAML."""
    given = {"aug_eval": getattr(args, switch), "use_multilabel": args.use_multilabel}
    names = ("scales", "flip_horizontal", "flip_vertical", "is_slide", "crop_size", "stride")
    given |= {name: getattr(args, name) for name in names}
    set_here = {name: value for name, value in given.items() if value not in (None, False)}
    return [*(f"test_config.{name}={json.dumps(value)}" for name, value in set_here.items()), *args.opts]


def require_ranges(*given: tuple[str, float | Sequence[float] | None, float, float]) -> None:
    """Refuse numbers out of range, and what is no number, for flags as (name, value or values, lowest, highest).

    Raises:
        ConfigError: Some are; all of them are named.
    """
    problems = []
    for flag, value, low, high in given:
        values = [value] if isinstance(value, (int, float)) else [*(value or ())]
        wrong = [one for one in values if not low <= one <= high]
        if wrong:
            what = f"should lie between {low:,} and {high:,}, not {' '.join(f'{one:g}' for one in wrong)}"
            problems.append(Problem(flag, what, f"such as {flag} {low:g}"))
    if problems:
        raise ConfigError(problems)
