"""`paddleseg predict`."""

from __future__ import annotations

import argparse

from paddleseg.card import Card
from paddleseg.cli import flags
from paddleseg.errors import ConfigError
from paddleseg.inference.outputs import FOLDERS

HELP = "segment pictures: masks, overlays, cut-outs, new backgrounds"
EXAMPLE = """
paddleseg predict --config portrait.yml --model_path zoo://portrait --image_path photos/ --outputs overlay cutout
paddleseg predict --config portrait.yml --model_path zoo://portrait --image_path me.jpg --background "#00b140"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser)
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
    flags.add_device(parser)
    parser.add_argument("--device_id", type=int, default=0, metavar="N", help="which of several devices")
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
    from paddleseg.assemble import card_from_config, model_from_config
    from paddleseg.config import load_config
    from paddleseg.device import select_device
    from paddleseg.images import compositing
    from paddleseg.inference.augment import TestAugmentation
    from paddleseg.inference.outputs import Writer, card_palette
    from paddleseg.inference.pictures import predict_files
    from paddleseg.inference.predictor import Predictor

    cfg = load_config(args.config, args.opts)
    select_device(args.device or cfg.train.device, args.device_id)
    cfg.test_config.use_multilabel |= args.use_multilabel
    card = card_from_config(cfg)
    card.colors = colors_from(args.custom_color, card)
    outputs = outputs_from(args)
    background = compositing.background_from(args.background) if args.background else None
    looks = TestAugmentation.from_config(cfg.test_config.model_dump() | flags.test_options(args, "aug_pred"))
    predictor = Predictor.from_model(model_from_config(cfg, args.model_path), card, looks)
    writer = Writer(args.save_dir, outputs, card_palette(card), background, classes=card.classes)
    report = predict_files(predictor, args.image_path, writer)
    print(f"{report.done} pictures predicted, results in {args.save_dir}")
    report.raise_if_any_failed()
    return 0


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
