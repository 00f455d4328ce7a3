"""An ONNX graph on TensorRT, compared with the CPU and timed, under PaddleSeg's name and with its flags.

It is `paddleseg export --to onnx` where there is no graph yet, and then `paddleseg bench exported --compare` with ONNX
Runtime's TensorRT.
"""

import argparse
import sys

from paddleseg.cli.main import main

PROVIDERS = ("Tensorrt", "CUDA", "CPU")


def parsed(arguments: list[str]) -> argparse.Namespace:
    """PaddleSeg's flags, and the ones that this needs beside them."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add(
        "--config",
        metavar="FILE",
        help="the configuration to export; with --onnx_model_path the card, if not beside it",
    )
    add("--model_path", metavar="WEIGHTS", help="the trained weights")
    add("--onnx_model_path", metavar="FILE", help="a graph that is there already")
    add("--save_dir", default="./output/tmp", metavar="DIR", help="where the exported files go (default: %(default)s)")
    add("--width", type=int, default=1024, metavar="W", help="of the exported input (default: %(default)s)")
    add("--height", type=int, default=512, metavar="H", help="of the exported input (default: %(default)s)")
    add("--image_path", required=True, metavar="PATH", help="the picture that it runs on")
    add("--warmup", default="500", metavar="N", help="calls before those that count (default: %(default)s)")
    add("--repeats", default="2000", metavar="N", help="calls that count (default: %(default)s)")
    add("--providers", nargs="+", default=PROVIDERS, metavar="NAME", help="of ONNX Runtime (default: TensorRT)")
    add("--trt_version", metavar="N", help="kept from PaddleSeg: ONNX Runtime brings its own")
    add("--enable_profile", action="store_true", help="kept from PaddleSeg: the times are printed anyway")
    add("--print_model", action="store_true", help="kept from PaddleSeg; `paddleseg analyze` shows the network")
    return parser.parse_args(arguments)


def commands(args: argparse.Namespace) -> list[list[str]]:
    """What does the same here, one after the other."""
    run = ["bench", "exported", "--runtime", "onnx", "--providers", *args.providers, "--compare"]
    run += ["--image_path", args.image_path, "--warmup", args.warmup, "--repeats", args.repeats]
    if args.onnx_model_path:
        card = ["--config", args.config] if args.config else []
        return [[*run, "--onnx_file", args.onnx_model_path, *card]]
    config = ["--config", args.config] if args.config else []
    weights = ["--model_path", args.model_path] if args.model_path else []
    shape = ["--input_shape", "1", "3", str(args.height), str(args.width)]
    export = ["export", *config, *weights, *shape, "--to", "onnx", "--save_dir", args.save_dir]
    return [export, [*run, "--config", args.save_dir]]


if __name__ == "__main__":
    given = parsed(sys.argv[1:])
    for flag in ("trt_version", "enable_profile", "print_model"):
        if getattr(given, flag):
            print(f"--{flag} changes nothing here", file=sys.stderr)
    sys.exit(next((code for code in map(main, commands(given)) if code), 0))
