"""PaddleSeg's analysis of a validation set: `paddleseg val`, with the scores of every image in result.json.

PaddleSeg's own flags mean what they can: `--aug_pred` is val's `--aug_eval`, and the others are named as they are met.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from paddleseg.cli.flags import say_unused
from paddleseg.cli.main import main

_UNUSED = {
    "image_path": "the pictures are those of val_dataset",
    "dataset_path": "the pictures are those of val_dataset",
    "device_id": "--device chooses; CUDA_VISIBLE_DEVICES says which of several",
    "custom_color": "errors have colours of their own (--worst N draws them)",
}


def translated(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments as `paddleseg val` knows them, and a line on each that has no effect."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--aug_pred", action="store_true")
    for name in _UNUSED:
        parser.add_argument(f"--{name}", nargs="+" if name == "custom_color" else None)
    given, rest = parser.parse_known_args(arguments)
    lines = [f"--{name} changes nothing: {why}" for name, why in _UNUSED.items() if getattr(given, name) is not None]
    return ["--save_dir", "./output/analyse", *(["--aug_eval"] if given.aug_pred else []), *rest], lines


if __name__ == "__main__":
    arguments, lines = translated(sys.argv[1:])
    say_unused(lines)
    sys.exit(main(["val", *arguments]))
