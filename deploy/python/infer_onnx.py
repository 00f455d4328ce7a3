"""`paddleseg infer` on ONNX Runtime under PaddleSeg's name, with its flags."""

import argparse
import sys

from paddleseg.cli.main import main


def translated(arguments: list[str]) -> list[str]:
    """PaddleSeg's flags as those of `paddleseg infer`, which takes the others as they are."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--onnx_file", required=True, metavar="FILE", help="the graph; its card lies beside it")
    parser.add_argument(
        "--img_path", "--image_path", required=True, metavar="PATH", help="an image, a folder or a list"
    )
    args, rest = parser.parse_known_args(arguments)
    return ["infer", "--onnx_file", args.onnx_file, "--image_path", args.img_path, *rest]


if __name__ == "__main__":
    sys.exit(main(translated(sys.argv[1:])))
