"""`paddleseg export --onnx` under PaddleSeg's name, with its flags."""

import argparse
import sys

from paddleseg.cli.main import main


def translated(arguments: list[str]) -> list[str]:
    """PaddleSeg's flags as those of `paddleseg export`."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--config", required=True, metavar="FILE", help="the configuration")
    parser.add_argument("--model_path", metavar="PATH", help="the trained weights")
    parser.add_argument("--save_dir", default="./output/tmp", metavar="DIR", help="where the files go")
    parser.add_argument("--width", type=int, default=-1, metavar="W", help="fix the input's width")
    parser.add_argument("--height", type=int, default=-1, metavar="H", help="fix the input's height")
    parser.add_argument("--print_model", action="store_true", help="kept from PaddleSeg; `paddleseg analyze` shows it")
    args, rest = parser.parse_known_args(arguments)
    if args.print_model:
        print("--print_model prints nothing: `paddleseg analyze` shows the network.", file=sys.stderr)
    weights = ["--model_path", args.model_path] if args.model_path else []
    sizes = [str(args.height), str(args.width)]
    shape = [] if sizes == ["-1", "-1"] else ["--input_shape", "1", "3", *sizes]
    # The graph that PaddleSeg writes ends in logits.
    end = [] if "--output_op" in rest else ["--output_op", "none"]
    return ["export", "--onnx", "--config", args.config, "--save_dir", args.save_dir, *weights, *shape, *end, *rest]


if __name__ == "__main__":
    sys.exit(main(translated(sys.argv[1:])))
