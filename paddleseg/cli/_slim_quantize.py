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
    parser.add_argument(
        "--calibrate", metavar="PHOTOS", help="an image, a folder or a .txt list (default: the photos of train_dataset)"
    )
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
    from rich.console import Console

    from paddleseg import assemble
    from paddleseg.config.build import Builder
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device
    from paddleseg.images.io import list_images
    from paddleseg.inference.predictor import Predictor
    from paddleseg.slim.proof import Proof
    from paddleseg.slim.quantize import Quantize, quantize
    from paddleseg.slim.settings import read_settings

    flags.say_unused(flags.unused_layout(args))
    settings = read_settings(Quantize, args.slim_config, args.slim)
    cfg = load_config(args.config, args.opts)
    cfg.require("model", "val_dataset", *([] if args.calibrate else ["train_dataset"]))
    select_device("cpu")
    build = Builder(cfg)
    if args.calibrate:
        photos = [path for path, _ in list_images(args.calibrate)]
    else:
        plain = load_config(args.config, [*args.opts, "train_dataset.transforms=[]"])  # which may need more files
        photos = [entry[0] for entry in Builder(plain).dataset("train").entries]
    shape, weights = args.input_shape or cfg.export.input_shape, assemble.weights_of(cfg, args.model_path)
    card = assemble.card_from_config(cfg, shape=shape, weights=weights)
    model = assemble.model_from_config(cfg, args.model_path)
    console = Console(soft_wrap=True)
    proof = Proof(
        Predictor.from_model(model, card), build.dataset("val"), assemble.task_of(cfg), show=console.is_terminal
    )
    command = shlex.join(["paddleseg", *args.argv])
    save_dir = Path(args.save_dir)
    done = quantize(model, card, save_dir, proof, photos, settings, to=args.to, command=command, console=console)
    graph = save_dir / str(done.exported.card.files.onnx)
    print(f"{graph}: {graph.stat().st_size:,} bytes")
    return 0
