"""`paddleseg collect_shapes`: the shapes that TensorRT is to be ready for."""

from __future__ import annotations

import argparse

from paddleseg.cli import flags

HELP = "run pictures through an exported model and keep the ranges of its shapes, for TensorRT"
EXAMPLE = "paddleseg collect_shapes --config output/inference_model --image_path photos/ --dynamic_shape_path a.pbtxt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--config", required=True, metavar="PATH", help="the exported folder, its inference.yml or its deploy.yaml")
    add("--image_path", required=True, metavar="PATH", help="an image, a folder, or a .txt list")
    add("--dynamic_shape_path", default="./dynamic_shape.pbtxt", metavar="FILE", help="where the ranges go")
    flags.add_device(parser)


def run(args: argparse.Namespace) -> int:
    from paddleseg.card import load_card
    from paddleseg.cli import _engine
    from paddleseg.device import select_device
    from paddleseg.inference.runtimes.paddle import PaddleOptions
    from paddleseg.inference.runtimes.paddle_tensorrt import read_shapes
    from paddleseg.targets import refuse_overwriting

    photos = _engine.photos_of(args.image_path)
    card, folder = load_card(args.config)
    refuse_overwriting([*photos, args.image_path, args.config], [args.dynamic_shape_path])
    options = PaddleOptions(device=select_device(args.device))
    _engine.collect_shapes(card, folder, options, photos, args.dynamic_shape_path)
    found = read_shapes(args.dynamic_shape_path)
    for item in card.inputs:
        ends = found[item.name]
        print(f"{item.name}: from {list(ends.smallest)} to {list(ends.largest)}, mostly {list(ends.usual)}")
    print(f"The ranges of {len(found)} tensors are in {args.dynamic_shape_path}")
    return 0
