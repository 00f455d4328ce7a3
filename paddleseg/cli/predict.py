"""`paddleseg predict`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from paddleseg.card import Card, is_exported
from paddleseg.cli import flags
from paddleseg.errors import ConfigError, WeightsError
from paddleseg.inference.outputs import FOLDERS

if TYPE_CHECKING:
    from paddleseg.inference.predictor import Predictor
    from paddleseg.inference.refine import Chained

HELP = "segment pictures: masks, overlays, cut-outs, new backgrounds"
EXAMPLE = """
paddleseg predict --model_path zoo://portrait --image_path photos/ --outputs overlay cutout
paddleseg predict --model_path zoo://portrait --image_path me.jpg --background "#00b140"
paddleseg predict --model_path zoo://portrait --matting closed_form --image_path me.jpg --outputs alpha cutout
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser, required=False)
    flags.add_model_path(parser)
    parser.add_argument("--image_path", required=True, metavar="PATH", help="an image, a folder, or a .txt list")
    parser.add_argument("--save_dir", default="./output/result", metavar="DIR", help="where the pictures go")
    parser.add_argument(
        "--outputs",
        nargs="+",
        choices=list(FOLDERS),
        metavar="KIND",
        help=f"which pictures to write: {', '.join(FOLDERS)} (default: pseudo_color overlay)",
    )
    parser.add_argument(
        "--background", metavar="WHAT", help='another background: a picture, a colour ("#00b140"), or blur'
    )
    parser.add_argument(
        "--mask_values",
        nargs="+",
        type=int,
        default=[],
        metavar="GREY",
        help="greys of the classes in mask, as in 0 255",
    )
    parser.add_argument(
        "--matting",
        metavar="WHAT",
        help="look at the mask's edges again: with a matting network (zoo://, an exported folder), or with "
        "closed_form, knn or learning_based",
    )
    flags.add_device(parser)
    flags.add_compat(parser)
    flags.add_runtime(parser, "without --config, for published weights: onnx where it is installed; else paddle")
    flags.add_providers(parser)
    parser.add_argument("--device_id", type=int, metavar="N", help="which of several devices; as --device gpu:N")
    flags.add_augmentation(parser, "--aug_pred")
    flags.add_sliding(parser)
    add_custom_color(parser)
    flags.add_multilabel(parser)


def add_custom_color(parser: argparse.ArgumentParser) -> None:
    """`--custom_color`, as flat red, green, blue numbers."""
    parser.add_argument(
        "--custom_color", nargs="+", type=int, metavar="RGB", help="red green blue of each class in turn, 0 to 255"
    )


def run(args: argparse.Namespace) -> int:
    from paddleseg.images import compositing
    from paddleseg.inference.outputs import Writer, card_palette
    from paddleseg.inference.pictures import predict_files

    outputs = outputs_from(args)
    background = compositing.background_from(args.background) if args.background else None
    first = _predictor(args)
    predictor = _chained(first, args.matting) if args.matting else first
    card = predictor.card.model_copy(update={"colors": colors_from(args.custom_color, predictor.card)})
    colors, classes = card_palette(card), card.classes
    writer = Writer(args.save_dir, outputs, colors, background, classes=classes, mask_values=args.mask_values)
    report = predict_files(predictor, args.image_path, writer, keep=[args.background] if args.background else [])
    print(f"{report.done} pictures predicted, results in {args.save_dir}")
    report.raise_if_any_failed()
    return 0


def _predictor(args: argparse.Namespace) -> Predictor:
    """The model that the flags mean; a card of its own stands in for a configuration."""
    opts = flags.test_opts(args, "aug_pred")
    if args.config is None:
        return _of_card(args, opts)
    from paddleseg import assemble
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device

    runtime = "onnx" if args.providers else args.runtime
    if runtime not in (None, "dygraph"):
        what = f"{runtime} runs exported graphs, which a configuration is none of"
        where = "--providers" if args.providers else "--runtime"
        raise ConfigError(where, what, "leave out --config, or export the model first")
    cfg = load_config(args.config, opts)
    select_device(args.device or cfg.train.device, args.device_id)
    return assemble.predictor_from_config(cfg, args.model_path)


def _chained(predictor: Predictor, what: str) -> Chained:
    """The predictor, and what looks at its edges again."""
    from paddleseg import zoo
    from paddleseg.inference.predictor import Predictor
    from paddleseg.inference.refine import Chained, refiner

    if what.startswith(zoo.PREFIX):
        return Chained(predictor, refiner(Predictor.from_zoo(what)))
    return Chained(predictor, refiner(Predictor.from_export(what) if is_exported(what) else what))


def _of_card(args: argparse.Namespace, opts: list[str]) -> Predictor:
    """Published weights, or an exported folder, with nothing but their card."""
    from paddleseg import zoo
    from paddleseg.inference.predictor import Predictor
    from paddleseg.inference.runtimes.base import RuntimeOptions

    if not args.model_path:
        raise ConfigError("--model_path", "is not given", "name weights such as zoo://portrait, or give --config")
    if opts:
        what = "there is no --config whose settings these could change"
        raise ConfigError(opts[0].partition("=")[0], what, "give --config, or leave out flags about looks and --opts")
    options = RuntimeOptions(args.device or "cpu", args.device_id or 0, providers=tuple(args.providers))
    if args.model_path.startswith(zoo.PREFIX):
        return Predictor.from_zoo(args.model_path, args.runtime, options=options)
    if not Path(args.model_path).exists():
        hint = "give zoo:// weights, the folder that export wrote, or --config beside .pdparams"
        raise WeightsError(args.model_path, "does not exist", hint)
    if not is_exported(args.model_path):
        raise ConfigError("--config", f"is needed for {args.model_path}, which holds weights and no card", "give it")
    return Predictor.from_export(args.model_path, args.runtime, options=options)


def outputs_from(args: argparse.Namespace) -> list[str]:
    """The kinds asked for; a background that was given is shown too."""
    outputs = args.outputs or (["background"] if args.background else []) + ["pseudo_color", "overlay"]
    if "background" in outputs and not args.background:
        raise ConfigError("--outputs background", "needs to know which", "add --background, such as --background blur")
    if args.background and "background" not in outputs:
        outputs = [*outputs, "background"]
    return list(dict.fromkeys(outputs))


def colors_from(numbers: list[int] | None, card: Card) -> list[list[int]]:
    """The colours of `--custom_color`, else of the card."""
    if numbers is None:
        return card.colors
    classes = max(len(card.classes), 1)
    if len(numbers) % 3 or len(numbers) < 3 * classes or not all(0 <= number <= 255 for number in numbers):
        what = f"should be three numbers from 0 to 255 for each of {classes} classes, not {len(numbers)} numbers"
        raise ConfigError("--custom_color", what, "such as: --custom_color 0 0 0 255 255 255")
    return [numbers[start : start + 3] for start in range(0, len(numbers), 3)]
