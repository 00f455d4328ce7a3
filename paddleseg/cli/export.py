"""`paddleseg export`."""

from __future__ import annotations

import argparse
import shlex

from paddleseg.card import OUTPUT_OPS
from paddleseg.cli import flags
from paddleseg.registry import TARGETS

HELP = "write a trained model for deployment, and check that the files give its numbers"
EXAMPLE = """
paddleseg export --config configs/pp_humanseg/portrait_fine_tune.yml --model_path output/mine/best_model
paddleseg export --config portrait_fast_finish --model_path zoo://portrait --to onnx openvino --verify photos/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser)
    flags.add_model_path(parser)
    flags.add_compat(parser)
    parser.add_argument("--save_dir", default="./output/inference_model", metavar="DIR", help="where the files go")
    parser.add_argument(
        "--output_op",
        choices=sorted(OUTPUT_OPS),
        help="what the graph ends in (default: softmax, or sigmoid for one channel; probabilities make smooth edges)",
    )
    parser.add_argument(
        "--input_shape",
        nargs=4,
        type=int,
        metavar=("N", "C", "H", "W"),
        help="fix the input's shape; -1 leaves one open",
    )
    parser.add_argument("--for_fd", action="store_true", help="use FastDeploy's file names")
    parser.add_argument(
        "--format", choices=["pir", "legacy"], default="pir", help="model.json, or model.pdmodel (for Paddle Lite)"
    )
    parser.add_argument("--onnx", action="store_true", help="also write model.onnx (needs paddle2onnx)")
    parser.add_argument(
        "--to",
        nargs="+",
        default=[],
        metavar="TARGET",
        help=f"also write the files of these: {', '.join(TARGETS)}, with commas or blanks between them",
    )
    parser.add_argument(
        "--precision",
        choices=["fp32", "fp16", "int8"],
        default="fp32",
        help="of ONNX and OpenVINO: weights in 16 bits, or convolutions in 8 (default: %(default)s)",
    )
    parser.add_argument(
        "--calibrate", metavar="PHOTOS", help="what int8 learns ranges of values from (default: those of --verify)"
    )
    parser.add_argument("--opset", type=int, default=13, metavar="N", help="of ONNX, 11 to 21 (default: %(default)s)")
    parser.add_argument(
        "--embed",
        nargs="?",
        const="mask",
        choices=["mask", "prob"],
        help="also write model.embedded.onnx, from a picture (H, W, 3) uint8 to its mask (or to probabilities)",
    )
    parser.add_argument(
        "--verify",
        metavar="PHOTOS",
        help="an image, a folder, or a .txt list: run every target on them, compare with the model, and time it",
    )


def run(args: argparse.Namespace) -> int:
    from paddleseg import compat
    from paddleseg.assemble import card_from_config, model_from_config, weights_of
    from paddleseg.config import load_config
    from paddleseg.device import select_device
    from paddleseg.export.compare import table
    from paddleseg.export.embed.steps import split
    from paddleseg.export.export import export_model
    from paddleseg.images.io import list_images

    to = [name for part in args.to for name in part.split(",") if name]
    photos, calibration = (
        [path for path, _ in list_images(given)] if given else [] for given in (args.verify, args.calibrate)
    )
    cfg = load_config(args.config, args.opts)
    select_device("cpu")  # writing a graph needs no other
    op = args.output_op or cfg.export.output_op or compat.output_op()
    shape, weights = args.input_shape or cfg.export.input_shape, weights_of(cfg, args.model_path)
    card = card_from_config(cfg, kind=OUTPUT_OPS[op], shape=shape, weights=weights)
    model = model_from_config(cfg, args.model_path)
    done = export_model(
        model,
        card,
        args.save_dir,
        format=args.format,
        onnx=args.onnx,
        for_fastdeploy=args.for_fd,
        to=to,
        photos=photos,
        command=shlex.join(["paddleseg", *args.argv]),
        precision=args.precision,
        calibration=calibration,
        opset=args.opset,
        embed=args.embed,
    )
    if op == "argmax":
        print("The graph ends in classes, so masks are enlarged by nearest neighbour and have jagged edges.")
    described = " x ".join("any" if size is None else str(size) for size in done.card.input.shape)
    print(f"{done.folder}: {done.card.files.graph}, input {described}")
    if args.embed and (left_out := split(done.card)[1]):
        print(f"  {done.card.files.embedded}: without {', '.join(left_out)}, which graphs cannot do")
    for runtime, difference in done.differences.items():
        print(f"  {runtime}: differs from the model by at most {difference:.1e}")
    if photos:
        print(f"On {len(photos)} photos, the largest differences from the model, and one photo's time on one thread:")
        print(table(done.card.measured.verified_exports))
    return 0
