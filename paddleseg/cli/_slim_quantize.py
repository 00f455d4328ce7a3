"""`paddleseg slim quantize`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from paddleseg.cli import flags

HELP = "after training: convolutions in 8 bits, as ONNX; what loses too much on val_dataset is refused"
EXAMPLE = """
paddleseg slim quantize --config portrait_fast_finish --model_path zoo://portrait --save_dir output/int8
paddleseg slim quantize --config portrait_fast_finish --model_path zoo://portrait --slim margin.mIoU=0.5 --to openvino
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser)
    flags.add_model_path(parser)
    flags.add_slim(parser, "observers=[mse]")
    flags.add_layout(parser)
    flags.add_calibrate(parser)
    parser.add_argument("--to", nargs="+", default=[], metavar="TARGET", help="also write it for these: openvino")
    parser.add_argument(
        "--input_shape",
        nargs=4,
        type=int,
        metavar=("N", "C", "H", "W"),
        help="fix the input's shape; -1 leaves one open",
    )
    parser.add_argument("--save_dir", default="./output/int8", metavar="DIR", help="where the files go")


def run(args: argparse.Namespace) -> int:
    from paddleseg import assemble
    from paddleseg.cli import _slim
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device
    from paddleseg.slim.quantize import Quantize, quantize
    from paddleseg.slim.settings import read_settings

    flags.say_unused(flags.unused_layout(args))
    settings = read_settings(Quantize, args.slim_config, args.slim)
    cfg = load_config(args.config, args.opts)
    select_device("cpu")
    photos = _slim.calibration_photos(args)
    shape, weights = args.input_shape or cfg.export.input_shape, assemble.weights_of(cfg, args.model_path)
    card = assemble.card_from_config(cfg, shape=shape, weights=weights)
    model = assemble.model_from_config(cfg, args.model_path)
    proof, console = _slim.proof_of(cfg, model, card)
    command = shlex.join(["paddleseg", *args.argv])
    save_dir = Path(args.save_dir)
    done = quantize(model, card, save_dir, proof, photos, settings, to=args.to, command=command, console=console)
    _slim.say_written(save_dir, done.exported)
    return 0
