"""`paddleseg slim quantize` under PaddleSeg's name, with its flags."""

import argparse
import sys

from paddleseg.cli.main import main
from paddleseg.errors import ConfigError
from paddleseg.program import reports_mistakes


def translated(arguments: list[str]) -> list[str]:
    """PaddleSeg's flags as those of `paddleseg slim quantize`, which takes the others as they are.

    Raises:
        ConfigError: An exported folder is given, of which the weights cannot be read.
    """
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, add_help=False)
    parser.add_argument("--model_dir", metavar="DIR", help="PaddleSeg's: an exported folder")
    parser.add_argument("--batch_nums", "--batch_num", dest="batches", type=int, default=10, metavar="N")
    parser.add_argument("--batch_size", type=int, default=1, metavar="N", help="photos are batch_nums * batch_size")
    args, rest = parser.parse_known_args(arguments)
    if args.model_dir:
        hint = "give --model_path WEIGHTS, which it was exported from"
        raise ConfigError("--model_dir", "is an exported graph, and 8 bits are made of the weights", hint)
    # Half of the photos give the ranges, as all do in PaddleSeg.
    photos = 2 * args.batches * args.batch_size
    given = next((place for place, word in enumerate(rest) if word == "--slim"), None)
    if given is not None:
        return ["slim", "quantize", *rest[: given + 1], f"photos={photos}", *rest[given + 1 :]]
    return ["slim", "quantize", *rest, "--slim", f"photos={photos}"]


@reports_mistakes
def run(arguments: list[str]) -> int:
    return main(translated(arguments))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
